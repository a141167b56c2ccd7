"""One scenario on its stage: an exchange, a desk, and what came of it."""

import random
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import ExchangeError
from core.exchange import ExchangeOptions
from core.exchange.child import start
from core.market import Symbol
from tests.faults.desk import Desk, until
from tests.faults.witness import Verdict, newest, verdict

SPOT = (Symbol("BTCUSDT"), Symbol("ETHUSDT"), Symbol("XRPUSDT"))
#: What makes days into seconds: pings every second, silences that matter after three.
_OPTIONS: Mapping[str, Any] = {"history_days": 1, "ping_seconds": 1.0, "pong_seconds": 4.0}
_SETTINGS: Mapping[str, str] = {
    "SILENCE_SECONDS": "3", "FIRST_FRAME_SECONDS": "3", "RECONCILE_SECONDS": "3", "FLUSH_SECONDS": "0.05",
}  # fmt: skip
_START_SECONDS = 60.0
_WHOLE_SECONDS = 300.0
_TRIES = 5


@dataclass(frozen=True)
class Scenario:
    """What is done to exchange and desk. `bites` tells how often the fault really did something.

    `unharmed` scenarios must not even make a gap. A round begins when the desk listens, or at `any_moment`.
    """

    name: str
    play: "Callable[[Stage], None]"
    bites: "Callable[[Stage], int]"
    market: str = "spot"
    symbols: tuple[Symbol, ...] = SPOT
    options: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    unharmed: bool = False
    any_moment: bool = False


@dataclass
class Outcome:
    """What came of a scenario; `seconds` from the end of the fault until the record was whole again."""

    name: str
    bites: int = 0
    verdict: Verdict = field(default_factory=Verdict)
    gaps: int = 0
    seconds: float = 0.0
    error: str = ""

    @property
    def whole(self) -> bool:
        v = self.verdict
        return (
            not self.error
            and self.bites > 0
            and v.sent > 0
            and not (v.missing + v.duplicates + v.wrong + v.bars_differing)
        )


class Stage:
    """Sets a scenario up, plays it `rounds` times, and looks at what the desk has."""

    def __init__(self, scenario: Scenario, folder: Path, seed: int, rounds: int) -> None:
        self.scenario, self.folder, self.rounds = scenario, folder, rounds
        self.random = random.Random(f"{seed}/{scenario.name}")
        folder.mkdir(parents=True, exist_ok=True)
        self._options = ExchangeOptions(
            **{**_OPTIONS, "market": scenario.market, "memory": folder / "market.json", **scenario.options}
        )
        self.exchange = start(self._options)
        self.counted = 0
        self.desk = Desk(folder / "desk", scenario.symbols, {**self.addresses(), **_SETTINGS, **scenario.settings})

    def addresses(self) -> dict[str, str]:
        prefix = "BINANCE_USDM" if self.scenario.market == "usdm" else "BINANCE"
        return {
            f"{prefix}_WS_URL": self.exchange.ws_url, f"{prefix}_REST_URL": self.exchange.rest_url,
            "BINANCE_WS_FALLBACK_URL": "", "BINANCE_REST_FALLBACK_URL": "",
        }  # fmt: skip

    def fault(self, name: str, **parameters: Any) -> None:
        for left in reversed(range(_TRIES)):
            try:
                self.exchange.fault(name, **parameters)
            except ExchangeError as error:
                if not left or "try again" not in str(error):
                    raise
            else:
                return

    def bitten(self, name: str) -> int:
        return int(self.exchange.bites().get(name, 0))

    def let_run(self, least: float, most: float | None = None) -> None:
        """Let trades come for a while; by the clock, because it is time that has to pass."""
        time.sleep(self.random.uniform(least, most if most is not None else least))

    def until(self, condition: Callable[[], object], what: str, seconds: float = 60.0) -> None:
        until(condition, seconds, what)

    def listened_to(self) -> bool:
        return int(self.exchange.stats()["streaming"]) > 0

    def restart_exchange(self) -> None:
        """Kill it, and start it again at the same address with the same past."""
        port = self.exchange.port
        self.exchange.kill()
        self.exchange = start(ExchangeOptions(**{**vars_of(self._options), "port": port}))

    def start_desk(self) -> None:
        self.desk.start()
        until(self.desk.collected, _START_SECONDS, f"no trades\n{self.desk.log()[-3000:]}")

    def run(self) -> Outcome:
        outcome = Outcome(self.scenario.name)
        try:
            self.start_desk()
            self.let_run(1.0)
            for _ in range(self.rounds):
                if not self.scenario.any_moment:
                    self.until(self.listened_to, "a desk that listens")
                self.scenario.play(self)
            outcome.bites = self.scenario.bites(self)
            self.exchange.heal()
            outcome.seconds = self._wait_whole()
            self.desk.stop()
            self._look(outcome)
        except Exception as error:  # noqa: BLE001 - the other scenarios go on; the table has the words
            outcome.error = f"{type(error).__name__}: {error}\n{self.desk.log()[-2000:]}"
        finally:
            self.desk.close()
            self.exchange.close()
        if outcome.whole:
            shutil.rmtree(self.folder, ignore_errors=True)
        return outcome

    def _wait_whole(self) -> float:
        """Until everything published before now is stored and no gap is open [s]."""
        sent = {symbol: newest(self.exchange, symbol) for symbol in self.scenario.symbols}

        def whole() -> bool:
            reader = self.desk.reader()
            try:
                lasts = {symbol: reader.last(symbol) for symbol in sent}
            finally:
                reader.close()
            reached = all(last is not None and last.sequence.last >= sent[s] for s, last in lasts.items())
            return reached and self.desk.unfinished() == 0

        return until(whole, _WHOLE_SECONDS, f"the record is not whole\n{self.desk.log()[-3000:]}")

    def _look(self, outcome: Outcome) -> None:
        reader = self.desk.reader()
        try:
            for symbol in self.scenario.symbols:
                outcome.verdict.add(verdict(self.exchange, reader, symbol))
            gaps = reader.gaps(limit=100_000)
            outcome.gaps = len(gaps)
            if self.scenario.unharmed and gaps:
                outcome.error = f"{len(gaps)} gaps where there should be none, the newest {gaps[0]}"
        finally:
            reader.close()


def vars_of(options: ExchangeOptions) -> dict[str, Any]:
    return {name: getattr(options, name) for name in options.__dataclass_fields__}
