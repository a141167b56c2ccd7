"""The simulated USD-M market: perpetuals on the symbols of the simulated spot market, told as aggregates."""

from functools import partial

from core.exchange import usdm_wire
from core.exchange.hub import Hub
from core.exchange.market import MarketKind, Quoted
from core.exchange.merging import merged
from core.exchange.perpetual import PerpetualFlow, PerpetualPrices
from core.exchange.prices import Prices
from core.exchange.simulated import ODD, Blocks, Clock, SimulatedMarket, SimulatedTape
from core.exchange.tape import Aggregate, Block, Tape, aggregates
from core.exchange.tickers import quote
from core.exchange.universe import Asset, perpetual
from core.exchange.usdm_periodic import UsdmPeriodic
from core.market import Ints


class Aggregated:
    """The blocks of a flow with one row an aggregate."""

    def __init__(self, flow: Blocks) -> None:
        self._flow = flow
        self._made: dict[int, tuple[Block, Block]] = {}

    def number_of(self, time_us: int) -> int:
        return self._flow.number_of(time_us)

    def first_ids(self, hours: int) -> tuple[Ints, Ints]:
        return self._flow.first_ids(hours)

    def halted(self, start_us: int, end_us: int) -> bool:
        return self._flow.halted(start_us, end_us)

    def block(self, number: int) -> Block:
        """A block, made anew where the flow's own has become another one."""
        trades = self._flow.block(number)
        of, made = self._made.get(number, (None, None))
        if made is None or of is not trades:
            made = merged(trades)
            self._made = {n: pair for n, pair in self._made.items() if abs(n - number) <= 1} | {number: (trades, made)}
        return made


class UsdmMarket(SimulatedMarket):
    """Ten perpetuals. What it counts as told are aggregates, and `last_ids` are theirs."""

    kind: MarketKind = "usdm"
    description = "usdm simulated market"

    def _tapes(
        self, seed: int, prices: Prices, assets: list[Asset], clock: Clock, oldest_us: int
    ) -> list[SimulatedTape]:
        pricing = PerpetualPrices(seed, prices)
        tapes = []
        for asset in map(perpetual, assets):
            flow = self._overlaid(PerpetualFlow(seed, asset, pricing), asset)
            aggregated = SimulatedTape(asset.listing, Aggregated(flow), clock, oldest_us)
            tapes.append(SimulatedTape(asset.listing, flow, clock, oldest_us, aggregated))
        return tapes

    def _periodic(self, hub: Hub) -> UsdmPeriodic:
        return UsdmPeriodic(self.quoted, hub, self.now_us())

    def _begin(self) -> None:
        self._best_of: dict[str, int] = {}
        for symbol, tape in self.tapes.items():
            last = tape.aggregated.last()
            self.last_ids[symbol] = last.aggregate_id if last else 0

    def _publish(self, hub: Hub) -> None:
        """Publish the aggregates whose time is over, in the order in which they are told, then the best prices."""
        new = {symbol: self._new(symbol, tape.aggregated) for symbol, tape in self.tapes.items()}
        for _, symbol, aggregate in sorted((a.event_us, symbol, a) for symbol, found in new.items() for a in found):
            extra = ',"odd":true' if aggregate.id % ODD == 0 else ""
            text = partial(usdm_wire.aggregate, self.tapes[symbol].listing, aggregate, extra=extra)
            hub.publish(f"{symbol.lower()}@aggTrade", text)
        for symbol, quoted in self.quoted.items():
            if hub.wants(f"{symbol.lower()}@bookTicker"):
                self._publish_best(hub, symbol, quoted)

    def _new(self, symbol: str, tape: Tape) -> list[Aggregate]:
        found = list(aggregates(tape.since("aggregate_id", self.last_ids[symbol] + 1)))
        if found:
            self.emitted[symbol] += len(found)
            self.first_ids.setdefault(symbol, found[0].id)
            self.last_ids[symbol] = found[-1].id
        return found

    def _publish_best(self, hub: Hub, symbol: str, quoted: Quoted) -> None:
        last, best = quoted.tape.last(), quote(quoted)
        if last is None or best is None or self._best_of.get(symbol) == last.id:
            return
        self._best_of[symbol] = last.id
        text = usdm_wire.book_ticker(quoted.tape.listing, last, best)
        hub.publish(f"{symbol.lower()}@bookTicker", lambda _: text)
