"""Who moves first, in the market that was built so."""

import numpy as np

from core.analytics.leadlag import LeadLag
from core.pairs import Unknown
from core.pairs.lead import leads
from tests.trading import BTC, ETH, Deal, trades


def test_a_follower_is_found_with_its_delay() -> None:
    rng = np.random.default_rng(2)
    path = 1e5 * np.exp(np.cumsum(2e-4 * rng.standard_normal(40_000)))  # ten values a second
    made = []
    for symbol, delay in ((ETH, 7), (BTC, 0)):
        at = np.sort(rng.choice(np.arange(20, 39_990), 9_000, replace=False))
        deals = [Deal(i + 1, at=tick / 10, price=f"{path[tick - delay]:.2f}") for i, tick in enumerate(at.tolist())]
        made.append(trades(deals, symbol=symbol))
    y, x = made
    found = leads(y, x)
    assert isinstance(found, LeadLag)
    assert found.best_lag_us == 700_000
    assert found.ratio > 1
    back = leads(x, y)
    assert isinstance(back, LeadLag)
    assert back.best_lag_us == -700_000


def test_without_trades_in_common_there_is_none() -> None:
    early = trades([Deal(i, at=i, price=f"{100 + i % 3}") for i in range(1, 9)])
    late = trades([Deal(i, at=1000 + i, price=f"{100 + i % 3}") for i in range(1, 9)], symbol=ETH)
    for y, x in ((early, late), (early, late.take(slice(0, 0)))):
        found = leads(y, x)
        assert isinstance(found, Unknown)
        assert "needs 2" in found.reason
