"""What a check of the database found."""

from dataclasses import dataclass, field

from core.continuity import Hole
from core.health import GapState
from core.market import Interval, Symbol

#: How many findings of a kind are told in full.
_TOLD = 20


@dataclass(frozen=True, slots=True)
class WrongBar:
    """A stored bar that its trades do not make: `fields` differ, or it is ``absent``, or ``unfounded`` (no trade is in it)."""

    interval: Interval
    open_time_us: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ids:
    """Trade ids of which the same is to be told: how many, and the first ranges of them, inclusive at both ends."""

    count: int
    first: tuple[Hole, ...]


@dataclass(frozen=True, slots=True)
class SymbolCheck:
    """What the check of one symbol came to.

    `trades` rows cover the ids from `first_id` to `last_id` (None without any). `missing` counts the ids that the gap ledger
    accounts for, by state. `unledgered` are missing ids that it does not know, `unfounded` those that it takes for missing
    while a row covers them, `overlapping` those that two rows cover, `impossible` those of rows that no trade can be. `bars`
    were compared with their trades; of the `wrong_bars` the first twenty are told.
    """

    symbol: Symbol
    trades: int
    first_id: int | None
    last_id: int | None
    missing: tuple[tuple[GapState, int], ...]
    unledgered: Ids
    unfounded: Ids
    overlapping: Ids
    impossible: Ids
    bars: int
    wrong_bars: tuple[WrongBar, ...]
    wrong_bar_count: int

    @property
    def sound(self) -> bool:
        """Nothing differs. What is known to be missing is no difference."""
        told = (self.unledgered, self.unfounded, self.overlapping, self.impossible)
        return not (self.wrong_bar_count or any(ids.count for ids in told))


@dataclass(slots=True)
class Collected:
    """Ids as they are found."""

    count: int = 0
    first: list[Hole] = field(default_factory=list)

    def add(self, ranges: tuple[Hole, ...]) -> None:
        self.count += sum(last - first + 1 for first, last in ranges)
        self.first += ranges[: max(0, _TOLD - len(self.first))]

    def told(self) -> Ids:
        return Ids(self.count, tuple(self.first))


@dataclass(slots=True)
class WrongBars:
    """Bars as they are found to be wrong, each once."""

    fields: dict[tuple[int, Interval], tuple[str, ...]] = field(default_factory=dict)

    def add(self, interval: Interval, found: list[tuple[int, tuple[str, ...]]]) -> None:
        self.fields.update({(at, interval): fields for at, fields in found})

    def told(self) -> tuple[WrongBar, ...]:
        return tuple(WrongBar(interval, at, self.fields[at, interval]) for at, interval in sorted(self.fields)[:_TOLD])
