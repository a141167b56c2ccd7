"""A backtest in figures: profit, costs, drawdown, exposure, and how sure all of it is."""

from dataclasses import dataclass

import numpy as np

from core.analytics.backtest.run import Backtest, Trade
from core.analytics.backtest.sharpe import Sharpe, sharpe
from core.errors import AnalysisError, BadSeries
from core.market import Floats


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall of a profit below what it had been, `depth` >= 0 [quote currency].

    From row `peak` to row `trough`, and over in row `recovery`, None where it is not. `length` counts the bars from the peak to the
    recovery, or to the end; `longest` is the most that one took, which may be another.
    """

    depth: float
    peak: int
    trough: int
    recovery: int | None
    length: int
    longest: int


@dataclass(frozen=True, slots=True)
class Report:
    """What the trades come to. Money in the quote currency; None where there is nothing to take it from.

    `net` is `gross` less `fees`, `spread` and `slippage`. `exposure` is the share of bars with a position from the first row in which the
    rule could decide, `turnover` the value traded as a multiple of the capital. `hit_rate` is the share of trades with a net profit,
    `profit_factor` their profits over the others' losses (inf without losses). `break_even_bps` is the cost of each leg and side at
    which the gross profit is used up. `probabilistic` and `deflated` are probabilities that the true Sharpe ratio is above 0: of this
    rule alone, and of the best of `trials`.
    """

    trades: int
    gross: float
    fees: float
    spread: float
    slippage: float
    net: float
    drawdown: Drawdown
    exposure: float
    turnover: float
    hit_rate: float | None
    profit_factor: float | None
    mean_trade: float | None
    mean_bars: float | None
    break_even_bps: float | None
    sharpe: Sharpe | None
    probabilistic: float | None
    deflated: float | None
    trials: int


def report(found: Backtest, trials: int = 1, trial_deviation: float | None = None) -> Report:
    """The figures of a backtest that is the best of `trials` variants, whose Sharpe ratios [per bar] have that standard deviation.

    Where `trial_deviation` is None it is taken from the error of this one's. Raise BadParameter.
    """
    nets = [trade.net for trade in found.trades]
    gross = sum(trade.gross for trade in found.trades)
    ratio = sharpe_of(found)
    return Report(
        trades=len(nets),
        gross=gross,
        fees=sum(trade.fees for trade in found.trades),
        spread=sum(trade.spread for trade in found.trades),
        slippage=sum(trade.slippage for trade in found.trades),
        net=sum(nets),
        drawdown=drawdown(found.net),
        exposure=exposure(found),
        turnover=found.traded / found.capital,
        hit_rate=sum(net > 0 for net in nets) / len(nets) if nets else None,
        profit_factor=_factor(nets),
        mean_trade=sum(nets) / len(nets) if nets else None,
        mean_bars=_mean_bars(found.trades),
        break_even_bps=1e4 * gross / found.traded if found.traded else None,
        sharpe=ratio,
        probabilistic=None if ratio is None else ratio.probabilistic(),
        deflated=None if ratio is None else ratio.deflated(trials, trial_deviation),
        trials=trials,
    )


def returns(found: Backtest) -> Floats:
    """The net profit of each bar as a share of the capital, from the first row in which the rule could decide, shape (n - start,)."""
    if found.start >= found.rows:
        return np.empty(0)
    return np.diff(found.net[found.start :], prepend=0.0) / found.capital


def sharpe_of(found: Backtest) -> Sharpe | None:
    """The Sharpe ratio of `returns`, None where they are too few or all the same: where nothing was traded."""
    try:
        return sharpe(returns(found))
    except AnalysisError:
        return None


def score(found: Backtest) -> float:
    """The Sharpe ratio per bar, 0 where nothing was traded: what to compare between markets whose spreads are not equally wide."""
    ratio = sharpe_of(found)
    return 0.0 if ratio is None else ratio.value


def exposure(found: Backtest) -> float:
    """The share of bars over which a position was held, from the first row in which the rule could decide."""
    bars = found.rows - 1 - found.start
    return sum(trade.bars for trade in found.trades) / bars if bars > 0 else 0.0


def drawdown(profit: Floats) -> Drawdown:
    """The deepest fall of a profit, shape (n,), n >= 1, that starts at 0. Raise BadSeries."""
    if profit.ndim != 1 or not len(profit):
        raise BadSeries(f"a profit of the shape {profit.shape}: expected one dimension with at least a row")
    most = np.maximum.accumulate(np.maximum(profit, 0.0))
    fall = most - profit
    trough = int(fall.argmax())
    depth = float(fall[trough])
    if depth == 0:
        return Drawdown(0.0, 0, 0, 0, 0, 0)
    rows, under = np.arange(len(profit)), fall > 0
    peaks = np.maximum.accumulate(np.where(under, 0, rows))
    ends = np.flatnonzero(under & np.append(~under[1:], True))  # the last rows below each peak
    over = np.minimum(ends + 1, rows[-1])
    place = int(np.searchsorted(ends, trough))
    peak, end = int(peaks[trough]), int(over[place])
    recovery = None if under[end] else end
    return Drawdown(depth, peak, trough, recovery, end - peak, int((over - peaks[ends]).max()))


def _factor(nets: list[float]) -> float | None:
    won, lost = sum(net for net in nets if net > 0), -sum(net for net in nets if net < 0)
    if not won and not lost:
        return None
    return won / lost if lost else float("inf")


def _mean_bars(trades: tuple[Trade, ...]) -> float | None:
    return sum(trade.bars for trade in trades) / len(trades) if trades else None
