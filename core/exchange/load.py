"""Opens a recording: finds out what kind of file it is, unpacks it and has it read."""

import gzip
import io
import zipfile
import zlib
from itertools import chain
from pathlib import Path

from core.errors import ExchangeError
from core.exchange.capture import read_capture
from core.exchange.dump import dump_name, read_dump
from core.exchange.recording import Recording

_EXPECTED = (
    "expected a wire capture (lines of '<local ns> <frame>', plain or .gz) or an official dump "
    "(<SYMBOL>-trades-....csv or <SYMBOL>-aggTrades-....csv, plain, .gz or .zip)"
)


def load(path: Path) -> Recording:
    """Read the recording at `path`. Raise ExchangeError saying what was found and what was expected."""
    try:
        name, text = _open(path)
        with text:
            head = text.readline()
            lines = chain([head], text)
            dump = dump_name(name)
            if dump:
                return read_dump(lines, path.name, *dump)
            if head.split(" ", 1)[0].isdigit() and "{" in head:
                return read_capture(lines, path.name)
    except FileNotFoundError:
        raise ExchangeError(f"there is no recording {path}: {_EXPECTED}") from None
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise ExchangeError(f"{path} cannot be read ({error}): {_EXPECTED}") from error
    raise ExchangeError(f"{path} begins with {head[:60]!r}: {_EXPECTED}")


def _open(path: Path) -> tuple[str, io.TextIOWrapper]:
    """The name of the innermost file and its text."""
    with path.open("rb") as raw:
        magic = raw.read(4)
    if magic[:2] == b"\x1f\x8b":
        return path.stem, io.TextIOWrapper(gzip.open(path), encoding="utf-8")
    if magic == b"PK\x03\x04":
        return _zipped(path)
    return path.name, path.open(encoding="utf-8")


def _zipped(path: Path) -> tuple[str, io.TextIOWrapper]:
    with zipfile.ZipFile(path) as archive:
        members = [m for m in archive.namelist() if m.endswith(".csv")]
        if len(members) != 1:
            raise ExchangeError(f"{path} holds {len(members)} csv files ({', '.join(archive.namelist())}): {_EXPECTED}")
        return Path(members[0]).name, io.TextIOWrapper(io.BytesIO(archive.read(members[0])), encoding="utf-8")
