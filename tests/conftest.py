"""What the tests share: the recorded market data, stores and exchanges that end with the test."""

import gzip
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from core.exchange import ExchangeOptions
from core.exchange.child import ExchangeProcess, start
from core.store import Reader, Store, market_url
from tests.trading import NOW_US

#: The same examples each time, so that a change is what breaks a test; HYPOTHESIS_PROFILE=explore looks for others.
settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of the recorded market data. Without it a test is skipped, or fails where nothing may be skipped."""
    if not DATA.is_dir():
        reason = f"the recorded market data are not here: {DATA}"
        if os.environ.get("REQUIRE_ALL_TESTS"):
            pytest.fail(reason)
        pytest.skip(reason)
    return DATA


@pytest.fixture(scope="session")
def capture(shared_data: Path) -> Callable[[str], tuple[list[bytes], list[int]]]:
    """The frames of a capture, and when each was received [us]."""

    def read(name: str) -> tuple[list[bytes], list[int]]:
        with gzip.open(shared_data / f"{name}.txt.gz", "rb") as lines:
            stamps, frames = zip(*(line.rstrip(b"\n").split(b" ", 1) for line in lines), strict=True)
        return list(frames), [int(stamp) // 1000 for stamp in stamps]

    return read


@pytest.fixture(scope="session")
def spot_frames(capture: Callable[[str], tuple[list[bytes], list[int]]]) -> tuple[list[bytes], list[int]]:
    """The 34,419 spot trades of the capture."""
    return capture("binance_spot_trade_wire_20240808-09")


@pytest.fixture
def small_capture(spot_frames: tuple[list[bytes], list[int]], tmp_path: Path) -> Path:
    """A capture of the first 3000 frames of the real one, as a file that the exchange can replay."""
    return cut(spot_frames, slice(0, 3000), tmp_path / "small.txt")


def cut(captured: tuple[list[bytes], list[int]], rows: slice, path: Path) -> Path:
    """Write `rows` of a capture into a file of its own."""
    frames, received = captured
    lines = (b"%d %s\n" % (at * 1000, frame) for frame, at in zip(frames[rows], received[rows], strict=True))
    path.write_bytes(b"".join(lines))
    return path


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[..., Store]]:
    """Open stores that are closed with the test."""
    with ExitStack() as stack:

        def open_(name: str = "desk.db", market: str = "binance") -> Store:
            url = market_url(f"sqlite:///{tmp_path / name}", "binance")
            store = Store.open(url, market, NOW_US)
            stack.callback(store.close)
            return store

        yield open_


@pytest.fixture
def store(open_store: Callable[..., Store]) -> Store:
    """An empty store."""
    return open_store()


@pytest.fixture
def reader(store: Store) -> Reader:
    """The reader of `store`."""
    return store.reader


@pytest.fixture
def exchange() -> Iterator[Callable[..., ExchangeProcess]]:
    """Start built-in exchanges that end with the test."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(start(ExchangeOptions(**options)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that several processes end together."""
    items.sort(key=lambda item: item.path.name != "test_faults.py")
