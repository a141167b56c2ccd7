"""Which class of streams a socket of the futures market delivers."""

import pytest

from core.exchange.policy import SocketPolicy
from core.exchange.routing import delivers, split
from core.exchange.session import Session, address

_MARKET = ("btcusdt@aggTrade", "btcusdt@kline_1m", "btcusdt@ticker", "btcusdt@markPrice@1s", "!miniTicker@arr")
_PUBLIC = ("btcusdt@bookTicker", "!bookTicker", "btcusdt@depth5@100ms", "btcusdt@rpiDepth@500ms")


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/market/ws/a", ("market", "/ws/a")), ("/public/stream?streams=a", ("public", "/stream?streams=a")),
        ("/private/ws", ("private", "/ws")), ("/ws/a", ("public", "/ws/a")), ("/stream", ("public", "/stream")),
        ("/marketing/ws", ("public", "/marketing/ws")),
    ],
)  # fmt: skip
def test_the_path_says_the_class(target: str, expected: tuple[str, str]) -> None:
    assert split(target) == expected


@pytest.mark.parametrize("stream", _MARKET + _PUBLIC)
def test_a_stream_is_of_one_class(stream: str) -> None:
    assert delivers("market", stream) == (stream in _MARKET)
    assert delivers("public", stream) == (stream in _PUBLIC)
    assert not delivers("private", stream)
    assert delivers(None, stream)


def test_the_spot_market_knows_no_classes() -> None:
    assert address("/market/ws/a") is None
    where = address("/ws/a")
    assert where is not None
    assert where.route is None


def test_a_silent_stream_is_acknowledged_and_listed() -> None:
    where = address("/stream?streams=btcusdt@aggTrade/btcusdt@bookTicker&timeUnit=MICROSECOND", routed=True)
    assert where is not None
    assert where.flavour == (True, 1000)
    session = Session(where, SocketPolicy(), 0.0)
    assert session.opening.added == ["btcusdt@bookTicker"]
    answer = session.text('{"method":"SUBSCRIBE","params":["ethusdt@aggTrade"],"id":1}', 0.0)
    assert (answer.added, answer.replies) == ([], ['{"result":null,"id":1}'])
    listed = session.text('{"method":"LIST_SUBSCRIPTIONS","id":2}', 0.1).replies[0]
    assert all(name in listed for name in ("btcusdt@aggTrade", "btcusdt@bookTicker", "ethusdt@aggTrade"))


def test_no_such_path() -> None:
    assert address("/market/sw", routed=True) is None
    assert address("/other/ws", routed=True) is None
