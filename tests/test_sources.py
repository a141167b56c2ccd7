"""Which market the desk stands on."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import sources
from core.config import Settings
from core.errors import ConfigError, ExchangeError
from core.market import Symbol
from core.store import Commit, Store, market_url
from tests.raw_venue import RawVenue
from tests.trading import BTC, NOW_US, PATIENCE, Deal, trades

PERPETUAL = Symbol("BTCUSDT", perpetual=True)


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def settings(tmp_path: Path, free_port: int) -> Callable[..., Settings]:
    """Settings for a real market that nobody answers for."""
    nowhere = f"127.0.0.1:{free_port}"

    def make(**more: object) -> Settings:
        values = {
            "database_url": f"sqlite:///{tmp_path / 'desk.db'}", "binance_rest_url": f"http://{nowhere}",
            "binance_ws_url": f"ws://{nowhere}", "binance_rest_fallback_url": "", "binance_ws_fallback_url": "", **more,
        }  # fmt: skip
        return Settings(_env_file=None, **values)

    return make


@pytest.fixture
def open_market() -> Iterator[Callable[[Settings], sources.Market]]:
    """Open markets whose exchange ends with the test."""
    opened: list[sources.Market] = []

    def open_(settings: Settings, *symbols: Symbol) -> sources.Market:
        opened.append(sources.open_market(settings, symbols or (BTC,)))
        return opened[-1]

    yield open_
    for market in opened:
        market.close()


def made(settings: Settings, market: str) -> None:
    Store.open(market_url(settings.database_url, market), market, NOW_US).close()


def test_the_real_market(settings, open_market) -> None:
    market = open_market(settings(source="binance", binance_ws_fallback_url="ws://b"))
    assert (market.name, market.banner, market.exchanges, market.usdm) == ("binance", None, (), None)
    assert market.spot is not None
    assert market.spot.ws_bases[1] == "ws://b"


def test_a_venue_is_reached_where_one_of_its_symbols_is_wanted(settings, open_market) -> None:
    both = open_market(settings(source="binance"), BTC, PERPETUAL)
    assert both.spot is not None
    assert both.usdm is not None
    assert both.usdm.ws_bases == ("wss://fstream.binance.com",)
    assert both.usdm.rest_bases == ("https://fapi.binance.com",)
    assert open_market(settings(source="binance"), PERPETUAL).spot is None


def test_a_recording_has_no_perpetuals(settings, open_market, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("")
    with pytest.raises(ConfigError, match=r"BTCUSDT\.P: a recording is of the spot market"):
        open_market(settings(source="replay", replay_file=tmp_path / "r.csv"), BTC, PERPETUAL)


@pytest.mark.parametrize(
    ("status", "name"),
    [(200, "binance"), (429, "binance"), (503, "simulated"), (451, "simulated"), (None, "simulated")],
)
def test_auto_takes_the_real_market_where_it_answers(settings, open_market, status: int | None, name: str) -> None:
    """A venue that is busy is there; one that does not serve this place, or does not answer, is not."""
    venue = RawVenue(lambda peer: peer.refuse(status or 200, body='{"serverTime":1723161600000}'))
    rest = {} if status is None else {"binance_rest_url": f"http://{venue.host}"}
    market = open_market(settings(source="auto", **rest))
    venue.close()
    assert market.name == name
    if name == "simulated":
        assert market.banner is not None
        assert "SIMULATED MARKET: invented prices. Binance cannot be reached" in market.banner


def test_auto_asks_the_mirror_too(settings, open_market) -> None:
    blocked = RawVenue(lambda peer: peer.refuse(451, body="{}"))
    mirror = RawVenue(lambda peer: peer.refuse(200, body='{"serverTime":1723161600000}'))
    market = open_market(
        settings(binance_rest_url=f"http://{blocked.host}", binance_rest_fallback_url=f"http://{mirror.host}")
    )
    blocked.close()
    mirror.close()
    assert market.name == "binance"


def test_a_page_that_stands_in_the_way_is_not_the_market(settings, open_market) -> None:
    portal = RawVenue(lambda peer: peer.refuse(200, body="<html>please log in</html>"))
    market = open_market(settings(source="auto", binance_rest_url=f"http://{portal.host}"))
    portal.close()
    assert market.name == "simulated"


def test_a_desk_that_never_got_a_trade_has_not_seen_the_market(settings, open_market) -> None:
    made(settings(), "binance")
    assert open_market(settings(source="auto")).name == "simulated"


def test_a_desk_that_has_seen_the_real_market_stays_with_it(settings, open_market) -> None:
    store = Store.open(market_url(settings().database_url, "binance"), "binance", NOW_US)
    store.append(Commit((trades([Deal(1)]),))).result(PATIENCE)
    store.close()
    assert open_market(settings(source="auto")).name == "binance"


def test_a_simulated_market_says_so(settings, open_market) -> None:
    market = open_market(settings(source="simulated"))
    assert market.name == "simulated"
    assert market.banner is not None
    assert "as SOURCE=simulated asks for" in market.banner


def test_a_replay_needs_its_file(settings, open_market, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="SOURCE=replay needs REPLAY_FILE"):
        open_market(settings(source="replay"))
    with pytest.raises(ExchangeError, match="there is no recording"):
        open_market(settings(source="replay", replay_file=tmp_path / "none.gz"))


@pytest.mark.shared_data
def test_a_replay(settings, open_market, small_capture: Path) -> None:
    market = open_market(settings(source="replay", replay_file=small_capture))
    assert (market.name, market.banner) == ("replay", "REPLAY of small.txt: a recording, not the market of now")


@pytest.mark.parametrize(
    ("source", "there", "name"),
    [
        ("binance", (), "binance"), ("simulated", (), "simulated"), ("replay", (), "replay"), ("auto", (), "binance"),
        ("auto", ("simulated",), "simulated"), ("auto", ("binance", "simulated"), "binance"), ("auto", ("replay",), "binance"),
    ],
)  # fmt: skip
def test_what_commands_read(settings, source: str, there: tuple[str, ...], name: str) -> None:
    for market in there:
        made(settings(), market)
    assert sources.market_name(settings(source=source)) == name
