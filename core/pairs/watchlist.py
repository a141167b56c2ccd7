"""Watch-lists: pairs with their parameters, in the order in which their owner put them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from core.errors import BadDocument, DeskError
from core.market import Symbol
from core.pairs import documents
from core.pairs.spec import PairSpec

#: Version of a list's fields in the store.
VERSION = 1
#: So many pairs are followed with what is kept of each in memory.
MOST_PAIRS = 24
#: The list that is always there.
DEFAULT = "Pairs"
#: Pairs that are known to go together, where their symbols are collected.
_USUAL = (("ETHUSDT", "BTCUSDT"), ("ADAUSDT", "XRPUSDT"), ("AVAXUSDT", "SOLUSDT"))


@dataclass(frozen=True, slots=True)
class Watched:
    """One pair of a list."""

    spec: PairSpec
    starred: bool = False


@dataclass(frozen=True, slots=True)
class WatchList:
    """Pairs, each once; the same legs with other parameters are another pair."""

    name: str
    pairs: tuple[Watched, ...] = ()

    def __contains__(self, spec: object) -> bool:
        return any(each.spec == spec for each in self.pairs)

    @property
    def specs(self) -> tuple[PairSpec, ...]:
        return tuple(each.spec for each in self.pairs)

    def added(self, spec: PairSpec) -> Self:
        """With `spec` at its end, if it is not there yet. Raise BadDocument where the list is full."""
        if spec in self:
            return self
        if len(self.pairs) >= MOST_PAIRS:
            raise BadDocument(f"the list {self.name!r} has {MOST_PAIRS} pairs, and that is its most: remove one first")
        return replace(self, pairs=(*self.pairs, Watched(spec)))

    def without(self, spec: PairSpec) -> Self:
        return replace(self, pairs=tuple(each for each in self.pairs if each.spec != spec))

    def starred(self, spec: PairSpec, star: bool) -> Self:
        """With or without a star at `spec`."""
        return replace(
            self, pairs=tuple(replace(each, starred=star) if each.spec == spec else each for each in self.pairs)
        )

    def moved(self, spec: PairSpec, by: int) -> Self:
        """With `spec` so many places further down, or up where `by` is below 0, and no further than the end."""
        if spec not in self:
            return self
        place = self.specs.index(spec)
        rest = [*self.pairs[:place], *self.pairs[place + 1 :]]
        rest.insert(min(max(place + by, 0), len(rest)), self.pairs[place])
        return replace(self, pairs=tuple(rest))

    def body(self) -> dict[str, Any]:
        """The document, which `read` reads."""
        return {"pairs": [{**each.spec.query(), **({"starred": True} if each.starred else {})} for each in self.pairs]}

    @classmethod
    def read(cls, name: str, body: Mapping[str, Any]) -> Self:
        """The list of a document. Raise BadDocument, which tells every pair that cannot be read."""
        what = f"the watch-list {documents.shown(name)}"
        documents.only(body, ("pairs",), what)
        rows = documents.a_list(body.get("pairs"), f"the pairs of {what}")
        pairs: dict[PairSpec, Watched] = {}
        wrong: list[str] = []
        for number, row in enumerate(rows, 1):
            try:
                each = _watched(row)
                pairs.setdefault(each.spec, each)
            except DeskError as error:
                wrong.append(f"pair {number}: {error}")
        if wrong:
            raise BadDocument(f"{what}: {'; '.join(wrong)}")
        return cls(name, tuple(pairs.values()))


def _watched(row: object) -> Watched:
    given = documents.an_object(row, "a pair")
    star = given.get("starred", False)
    query = {key: value for key, value in given.items() if key != "starred"}
    strange = next((key for key, value in query.items() if not isinstance(value, str)), None)
    if strange is not None or not isinstance(star, bool):
        key = strange or "starred"
        raise BadDocument(f"{key} is {documents.shown(given[key])}: expected {'text' if strange else 'true or false'}")
    return Watched(PairSpec.parse(query), star)


def default(symbols: Sequence[Symbol]) -> WatchList:
    """The list before anybody has changed it: pairs that go together, else the first pairs of the symbols that are collected."""
    names = [str(symbol) for symbol in symbols]
    legs = [(y, x) for y, x in _USUAL if y in names and x in names]
    legs = legs or list(zip(names[1:4], names[:3], strict=False))
    return WatchList(DEFAULT, tuple(Watched(PairSpec(Symbol.parse(y), Symbol.parse(x))) for y, x in legs))
