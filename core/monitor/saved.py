"""What users save on the server: their presets and their watch-lists."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from core.errors import BadName, SavedError, StoreUnavailable
from core.market import Symbol
from core.monitor.answers import Answers
from core.pairs import documents, presets, watchlist
from core.pairs.presets import Preset
from core.pairs.watchlist import WatchList
from core.store import Document, Documents, Reader, Shelf, Writer

_PRESET, _LIST = "preset", "watch-list"
_VERSIONS = {_PRESET: presets.VERSION, _LIST: watchlist.VERSION}
#: Lists that are kept as they were read.
_KEPT = 32


@dataclass(frozen=True, slots=True)
class Presets:
    """Users' own presets by name; and of those that cannot be read, the name and why."""

    own: tuple[Preset, ...]
    unreadable: tuple[tuple[str, str], ...]


class Saved:
    """Presets and watch-lists by name. Any thread may ask. Raise StoreError where the database fails.

    `now_us` is the desk's clock [us]; `symbols` those that are collected, which the first list is made of.
    """

    def __init__(
        self, reader: Reader, writer: Writer | None, now_us: Callable[[], int], symbols: Callable[[], Sequence[Symbol]]
    ) -> None:
        self._reader = reader
        self._documents = None if writer is None else Documents(reader, writer)
        self._now_us = now_us
        self._symbols = symbols
        self._read: Answers[Document, WatchList] = Answers(_KEPT)

    def presets(self) -> Presets:
        """Users' own; the built-in ones are in `core.pairs.presets`."""
        own: list[Preset] = []
        unreadable: list[tuple[str, str]] = []
        for document in self._store().all(_PRESET):
            try:
                own.append(_preset(document))
            except SavedError as error:
                unreadable.append((document.name, str(error)))
        own.sort(key=lambda preset: preset.name.casefold())
        return Presets(tuple(own), tuple(unreadable))

    def save_preset(self, preset: Preset, replacing: bool = False) -> None:
        """Save `preset`. Raise BadName where the name is built in, or taken and not to be replaced."""
        self.save_presets((preset,), (preset.name,) if replacing else ())

    def save_presets(self, found: Iterable[Preset], replacing: Collection[str] = ()) -> None:
        """Save all of them or, where one cannot be saved, none. Raise BadName as `save_preset`."""
        new = tuple(found)
        for preset in new:
            _not_built_in(preset.name)

        def work(shelf: Shelf) -> None:
            for preset in new:
                document = _document(_PRESET, preset.name, preset.body())
                taken = _taken(shelf, _PRESET, preset.name)
                if taken is not None and (taken.name, taken.body) == (document.name, document.body):
                    continue  # as it is there already: whoever clicks twice is not asked
                if taken is not None and preset.name not in replacing:
                    raise BadName(f"there is a preset {taken.name!r} already: replace it, or take another name")
                if taken is not None and taken.name != preset.name:
                    shelf.delete(taken)  # the same but for capitals
                shelf.put(document, self._now_us())
            if len(shelf.all(_PRESET)) > presets.MOST_PRESETS:
                raise BadName(f"these would be more than {presets.MOST_PRESETS} presets: delete some first")

        self._store().change(work)

    def rename_preset(self, old: str, new: str) -> str:
        """Give a preset another name, which is the answer. Raise BadName where it is taken, or there is no preset."""
        name = documents.name(new)
        _not_built_in(name)

        def work(shelf: Shelf) -> None:
            taken = _taken(shelf, _PRESET, name)
            if taken is not None and taken.name != old:
                raise BadName(f"there is a preset {taken.name!r} already: take another name")
            shelf.rename(_there(shelf, _PRESET, old), name)

        self._store().change(work)
        return name

    def delete_preset(self, name: str) -> None:
        """Raise BadName where there is none, or it is built in."""
        _not_built_in(name)
        self._store().change(lambda shelf: shelf.delete(_there(shelf, _PRESET, name)))

    def lists(self) -> tuple[str, ...]:
        """The names of the watch-lists; the first is always there."""
        found = [document.name for document in self._store().all(_LIST) if document.name != watchlist.DEFAULT]
        return (watchlist.DEFAULT, *sorted(found, key=str.casefold))

    def watch_list(self, name: str = watchlist.DEFAULT) -> WatchList:
        """The list of this name. Raise BadName where there is none, BadDocument where it cannot be read.

        The first list, before anybody has changed it, has pairs of the symbols that are collected.
        """
        found = next((each for each in self._store().all(_LIST) if each.name == name), None)
        return self._list(found, name)

    def change_list(self, name: str, change: Callable[[WatchList], WatchList]) -> WatchList:
        """Save what `change` makes of the list, as it is by then; the answer is what was saved. Raise as `watch_list`."""

        def work(shelf: Shelf) -> WatchList:
            changed = change(self._list(shelf.get(_LIST, name), name))
            shelf.put(_document(_LIST, name, changed.body()), self._now_us())
            return changed

        return self._store().change(work)

    def new_list(self, name: str) -> str:
        """Begin an empty list; its name is the answer. Raise BadName where it is taken."""
        made = documents.name(name)

        def work(shelf: Shelf) -> None:
            if made.casefold() == watchlist.DEFAULT.casefold() or _taken(shelf, _LIST, made) is not None:
                raise BadName(f"there is a list {made!r} already: take another name")
            shelf.put(_document(_LIST, made, WatchList(made).body()), self._now_us())

        self._store().change(work)
        return made

    def delete_list(self, name: str) -> None:
        """Delete a list; the first one then is as before anybody changed it. Raise BadName where there is none."""
        self._store().change(lambda shelf: shelf.delete(_there(shelf, _LIST, name)))

    def _list(self, found: Document | None, name: str) -> WatchList:
        if found is not None:
            return self._read.of(found, lambda: WatchList.read(name, _body(found)))
        if name != watchlist.DEFAULT:
            raise BadName(f"there is no watch-list {name!r}")
        return watchlist.default(self._symbols())

    def _store(self) -> Documents:
        if self._documents is None:
            raise StoreUnavailable("nothing can be saved here: this desk only reads")
        return self._documents


def _preset(document: Document) -> Preset:
    return Preset.read(document.name, _body(document))


def _body(document: Document) -> dict[str, object]:
    """What a document says. Raise BadDocument where it is broken, or of a newer desk."""
    what = f"the {document.kind} {document.name!r}"
    documents.version(document.version, _VERSIONS[document.kind], what)
    return documents.read(document.body, what)


def _document(kind: str, name: str, body: dict[str, object]) -> Document:
    return Document(kind, name, documents.written(body), _VERSIONS[kind])


def _taken(shelf: Shelf, kind: str, name: str) -> Document | None:
    """What is there under a name, in capitals or not."""
    return next((each for each in shelf.all(kind) if each.name.casefold() == name.casefold()), None)


def _there(shelf: Shelf, kind: str, name: str) -> Document:
    found = shelf.get(kind, name)
    if found is None:
        raise BadName(f"there is no {kind} {name!r}: somebody may have deleted or renamed it")
    return found


def _not_built_in(name: str) -> None:
    if presets.is_built_in(name):
        raise BadName(f"the preset {name!r} is built in and stays as it is: take another name")
