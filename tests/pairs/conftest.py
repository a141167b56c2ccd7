"""Pairs made of prices whose truth is known."""

import numpy as np
import pytest

from core.market import MINUTE, MINUTE_US, Symbol
from core.pairs import Leg, PairSpec
from tests.analytics.reference import tied

START_US = 1_723_075_200_000_000
Y, X = Symbol.parse("BTCUSDT"), Symbol.parse("ETHUSDT")


def end_us(rows: int) -> int:
    return START_US + rows * MINUTE_US


def spec(rows: int = 600, **given: object) -> PairSpec:
    return PairSpec(Y, X, MINUTE, rows * MINUTE_US, **{"window": 60, **given})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def legs() -> tuple[Leg, Leg]:
    """700 minutes of two cointegrated legs: log y = .9 log x + 1 + AR(1)."""
    y, x = (np.exp(leg) for leg in tied(21, 700, hedge=0.9, phi=0.9, noise=5e-5))
    times = START_US + np.arange(700, dtype=np.int64) * MINUTE_US
    return Leg("BTCUSDT", times, y, 700), Leg("ETHUSDT", times, x, 700)
