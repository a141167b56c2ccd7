"""Presets: the parameters of a pair under a name, without its legs; and files of them."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from core.analytics.backtest.signals import Levels
from core.errors import BadDocument, DeskError
from core.market import DAY_US, HOUR_US, Interval, Symbol
from core.pairs import documents
from core.pairs.spec import PairSpec

#: Version of a preset's fields, in the store and in files.
VERSION = 1
#: More than anybody names, and few enough for one file.
MOST_PRESETS = 200
_WHAT = "pair trader's desk: presets"
#: A preset has no legs: these stand in for them where it is checked and compared.
_Y, _X = Symbol("Y"), Symbol("X")
_LEVELS = ("entry", "exit", "stop")
_COUNTS = ("window", "stale_limit")
_SPEC = tuple(
    "lookback" if field.name == "lookback_us" else field.name
    for field in fields(PairSpec)
    if field.name not in ("y", "x")
)


@dataclass(frozen=True, slots=True)
class Preset:
    """How a pair is looked at: all of `spec` but its legs, which stand in for any, and the levels of its z-score."""

    name: str
    spec: PairSpec
    levels: Levels

    @classmethod
    def of(cls, name: str, spec: PairSpec, levels: Levels) -> Self:
        """What is chosen, as a preset. Raise BadName."""
        kept = Levels(levels.entry, levels.exit, levels.stop)
        return cls(documents.name(name), replace(spec, y=_Y, x=_X), kept)

    @classmethod
    def read(cls, name: str, body: Mapping[str, Any]) -> Self:
        """The preset of a document; what is not in it has its default. Raise BadName, BadDocument."""
        what = f"the preset {documents.shown(name)}"
        documents.only(body, (*_SPEC, *_LEVELS), what)
        try:
            query = {key: _text(key, value) for key, value in body.items() if key in _SPEC}
            levels = Levels(*(_level(key, body.get(key, getattr(Levels(), key))) for key in _LEVELS))  # type: ignore[arg-type]
            return cls.of(name, PairSpec.parse({**query, "y": str(_Y), "x": str(_X)}), levels)
        except BadDocument as error:
            raise BadDocument(f"{what}: {error}") from error
        except (DeskError, ValueError, ArithmeticError) as error:
            raise BadDocument(f"{what} cannot be: {error}") from error

    def body(self) -> dict[str, Any]:
        """The document, which `read` reads."""
        query = self.spec.query()
        found = {key: int(query[key]) if key in _COUNTS else query[key] for key in _SPEC}
        return {**found, **{key: getattr(self.levels, key) for key in _LEVELS}}

    def of_legs(self, y: Symbol, x: Symbol) -> PairSpec:
        """The question that it asks of a pair."""
        return replace(self.spec, y=y, x=x)

    def same(self, spec: PairSpec, levels: Levels) -> bool:
        """Whether it is what is chosen."""
        other = Preset.of(self.name, spec, levels)
        return (self.spec, self.levels) == (other.spec, other.levels)

    @property
    def words(self) -> str:
        """What it is, in short."""
        spec, levels = self.spec, self.levels
        stop = "" if levels.stop is None else f" / {levels.stop:g}"
        return (
            f"{spec.interval} over {spec.lookback}, window {spec.window:,}, {spec.estimator}, z {spec.z}, "
            f"±{levels.entry:g} / {levels.exit:g}{stop}"
        )


def _built_in(name: str, interval: str, lookback_us: int, window: int) -> Preset:
    return Preset(name, PairSpec(_Y, _X, Interval.parse(interval), lookback_us, window), Levels())


#: These are always there; nobody deletes or overwrites them.
BUILT_IN = (
    _built_in("Scalp", "1s", HOUR_US, 300),
    _built_in("Intraday", "1m", DAY_US, 240),
    _built_in("Swing", "5m", 7 * DAY_US, 288),
)
DEFAULT = BUILT_IN[1]


def is_built_in(name: str) -> bool:
    """Whether a preset of this name is always there, in capitals or not."""
    return name.casefold() in {preset.name.casefold() for preset in BUILT_IN}


def exported(presets: Iterable[Preset]) -> str:
    """A file of presets."""
    bodies = [{"name": preset.name, **preset.body()} for preset in presets]
    return documents.written({"what": _WHAT, "version": VERSION, "presets": bodies})


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file holds: the presets that can be read, and what is wrong with the others, each in words."""

    presets: tuple[Preset, ...]
    wrong: tuple[str, ...]


def imported(text: str) -> Imported:
    """Read a file of presets. Raise BadDocument where it is none."""
    file = documents.read(text, "the file")
    documents.only(file, ("what", "version", "presets"), "the file")
    if file.get("what") != _WHAT:
        raise BadDocument(f"the file says that it is {documents.shown(file.get('what'))}: expected {_WHAT!r}")
    documents.version(file.get("version"), VERSION, "the file")
    bodies = documents.a_list(file.get("presets"), "presets")
    if len(bodies) > MOST_PRESETS:
        raise BadDocument(f"the file has {len(bodies):,} presets: expected at most {MOST_PRESETS}")
    found: dict[str, Preset] = {}
    wrong: list[str] = []
    for number, body in enumerate(bodies, 1):
        try:
            preset = _one(body, number)
            if preset.name.casefold() in found:
                raise BadDocument(f"preset {number}: the name {preset.name!r} comes twice")
            found[preset.name.casefold()] = preset
        except DeskError as error:
            wrong.append(str(error))
    return Imported(tuple(found.values()), tuple(wrong))


def _one(body: object, number: int) -> Preset:
    """The preset that is `number` in a file. Raise DeskError."""
    given = documents.an_object(body, f"preset {number}")
    name = given.get("name")
    if not isinstance(name, str):
        raise BadDocument(f"preset {number}: its name is {documents.shown(name)}: expected text")
    preset = Preset.read(name, {key: value for key, value in given.items() if key != "name"})
    if is_built_in(preset.name):
        raise BadDocument(f"preset {number}: {preset.name!r} is built in and stays as it is; give it another name")
    return preset


def _text(key: str, value: object) -> str:
    """A field of the spec as its text."""
    if key in _COUNTS and isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return str(value)
    if key not in _COUNTS and isinstance(value, str):
        return value
    raise BadDocument(
        f"{key} is {documents.shown(value)}: expected {'a whole number from 0' if key in _COUNTS else 'text'}"
    )


def _level(key: str, value: object) -> float | None:
    if key == "stop" and value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise BadDocument(f"{key} is {documents.shown(value)}: expected a number")
