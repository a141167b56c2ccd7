"""Trades to test with, and what bars of them have to be: one slow trade at a time, in decimals."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from core.market import SECOND_US, Candles, Scale, Symbol, Trades, scaled

BTC = Symbol("BTCUSDT")
ETH = Symbol("ETHUSDT")
SCALE = Scale(2, 5)
START_US = 1_723_161_600 * SECOND_US  # 2024-08-09T00:00:00Z
NOW_US = START_US + 3600 * SECOND_US
#: More than all the ids of a test.
ALL_IDS = (0, 10**9)
#: What a test waits for at most before it is taken for hung; nothing is measured by it.
PATIENCE = 30.0


class Deal(NamedTuple):
    """A trade in plain words: `at` in seconds after START_US, prices and quantities as text."""

    id: int
    at: float = 0.0
    price: str = "100.00"
    quantity: str = "1.00000"
    maker: bool = False

    @property
    def time_us(self) -> int:
        return START_US + round(self.at * SECOND_US)


def trades(deals: Iterable[Deal], scale: Scale = SCALE, symbol: Symbol = BTC, lag_us: int = 1000) -> Trades:
    """`deals` as columns at `scale`, each once and ascending by id, as the store takes them."""
    rows = sorted({deal.id: deal for deal in deals}.values())

    def ints(values: Iterable[int]) -> np.ndarray:
        return np.array(list(values), dtype=np.int64)

    return Trades(
        symbol,
        scale,
        ints(d.id for d in rows),
        ints(scaled(d.price, scale.price) for d in rows),
        ints(scaled(d.quantity, scale.quantity) for d in rows),
        ints(d.time_us for d in rows),
        ints(d.time_us + lag_us for d in rows),
        np.array([d.maker for d in rows], dtype=bool),
        np.ones(len(rows), dtype=np.int64),
    )


@dataclass(frozen=True)
class Bar:
    """A bar in decimals: what it has to be, however it was come by."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    quote_volume: Decimal
    trade_count: int
    taker_buy_volume: Decimal
    taker_buy_quote_volume: Decimal
    first_trade_id: int
    last_trade_id: int


def open_time(time_us: int, interval_us: int) -> int:
    """By counting from an epoch that is a Monday for weeks, and 1970 for everything else."""
    monday = 4 * 86_400 * SECOND_US
    epoch = monday if interval_us % (7 * 86_400 * SECOND_US) == 0 else 0
    return epoch + (time_us - epoch) // interval_us * interval_us


def reference_bars(deals: Iterable[Deal], interval_us: int) -> dict[int, Bar]:
    """The bars of `deals` by open time: one trade after the other, in the order of their ids."""
    bars: dict[int, Bar] = {}
    for deal in sorted({deal.id: deal for deal in deals}.values()):
        price, quantity = Decimal(deal.price), Decimal(deal.quantity)
        bought = Decimal(0) if deal.maker else quantity
        at = open_time(deal.time_us, interval_us)
        was = bars.get(at)
        if was is None:
            was = Bar(price, price, price, price, Decimal(0), Decimal(0), 0, Decimal(0), Decimal(0), deal.id, deal.id)
        bars[at] = Bar(
            was.open,
            max(was.high, price),
            min(was.low, price),
            price,
            was.volume + quantity,
            was.quote_volume + price * quantity,
            was.trade_count + 1,
            was.taker_buy_volume + bought,
            was.taker_buy_quote_volume + price * bought,
            was.first_trade_id,
            deal.id,
        )
    return bars


def told(candles: Candles) -> dict[int, Bar]:
    """The desk's bars by open time, in decimals."""
    scale = candles.scale

    def decimals(values: np.ndarray, exponent: int) -> list[Decimal]:
        return [Decimal(value).scaleb(-exponent) for value in values.tolist()]

    columns = zip(
        decimals(candles.open, scale.price),
        decimals(candles.high, scale.price),
        decimals(candles.low, scale.price),
        decimals(candles.close, scale.price),
        decimals(candles.volume, scale.quantity),
        decimals(candles.quote_volume, scale.quote),
        candles.trade_count.tolist(),
        decimals(candles.taker_buy_volume, scale.quantity),
        decimals(candles.taker_buy_quote_volume, scale.quote),
        candles.first_trade_id.tolist(),
        candles.last_trade_id.tolist(),
        strict=True,
    )
    opens = candles.open_time_us.tolist()
    assert opens == sorted(set(opens)), "open times ascend, each once"
    return dict(zip(opens, (Bar(*column) for column in columns), strict=True))


def said(found: Trades) -> list[tuple[int, Decimal, Decimal, int, bool]]:
    """The desk's trades in decimals."""
    return [
        (t.id, Decimal(t.price).scaleb(-t.scale.price), Decimal(t.quantity).scaleb(-t.scale.quantity), t.trade_time_us,
         t.is_buyer_maker)
        for t in found.rows()
    ]  # fmt: skip


def meant(deals: Iterable[Deal]) -> list[tuple[int, Decimal, Decimal, int, bool]]:
    """`deals` in decimals, each once, ascending by id."""
    rows = sorted({deal.id: deal for deal in deals}.values())
    return [(d.id, Decimal(d.price), Decimal(d.quantity), d.time_us, d.maker) for d in rows]


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait for `condition`; fail when it has not come true in `seconds`."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "what the test waits for has not happened"
        pause.wait(0.005)
