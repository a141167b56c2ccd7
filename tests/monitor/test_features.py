"""The features out of the store, against its bars and the analysis."""

import numpy as np
import pandas as pd

from core.market import MINUTE
from core.monitor import Monitor
from core.store import Store
from tests.monitor.test_analyses import SPEC, deals
from tests.monitor.test_monitor import Counters
from tests.store.conftest import Put
from tests.trading import BTC, ETH


def test_the_table_stands_on_the_bars_of_the_store(store: Store, put: Put) -> None:
    put(store, *deals(range(31), 1, 100.0, 2.0), watermark=1801)
    put(store, *deals(range(31), 1, 50.0, 1.0), symbol=ETH, watermark=1801)
    monitor = Monitor(store.reader, Counters())
    found = monitor.features(SPEC, 12)
    series = monitor.analysis(SPEC).series
    btc = monitor.candles(BTC, MINUTE).take(slice(0, 30))
    assert len(found) == 12
    np.testing.assert_array_equal(found.times, series.times[-12:])
    np.testing.assert_array_equal(found.columns["z"], series.z[-12:])
    np.testing.assert_array_equal(found.columns["vwap_y"], btc.vwap()[-12:])
    np.testing.assert_array_equal(found.columns["trades_y"], btc.trade_count[-12:])
    expected = np.log(pd.Series(btc.prices())).diff().rolling(SPEC.window).std()
    np.testing.assert_allclose(found.columns["vol_y"], expected[-12:], rtol=1e-9)
    assert found.decimals == (2, 2)
    present = monitor.proof(BTC).present(btc)[-12:]
    np.testing.assert_array_equal(found.columns["proven_y"], present)
