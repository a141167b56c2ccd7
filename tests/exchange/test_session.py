"""The protocol of one socket, without a socket."""

import json

import pytest

from core.exchange.policy import SocketPolicy
from core.exchange.session import Answer, Flavour, Session, address


def _session(target: str = "/ws", policy: SocketPolicy | None = None) -> Session:
    where = address(target)
    assert where is not None
    return Session(where, policy or SocketPolicy(), 0.0)


def _ask(session: Session, method: str, *params: object, id: object = 1, now: float = 0.0) -> Answer:
    return session.text(json.dumps({"method": method, "params": params, "id": id}), now)


@pytest.mark.parametrize(
    ("target", "combined", "divisor", "streams"),
    [
        ("/ws", False, 1000, ()), ("/ws/", False, 1000, ()), ("/ws/a@trade", False, 1000, ("a@trade",)),
        ("/ws/a@trade/b@trade", False, 1000, ("a@trade", "b@trade")), ("/stream", True, 1000, ()),
        ("/stream?streams=a@trade/b@trade", True, 1000, ("a@trade", "b@trade")),
        ("/stream?streams=a%40trade%2Fb%40trade&timeUnit=MICROSECOND", True, 1, ("a@trade", "b@trade")),
        ("/ws/a%40trade?timeUnit=microsecond", False, 1, ("a@trade",)),
        ("/ws/a@trade?timeUnit=MILLISECOND", False, 1000, ("a@trade",)),
        ("/stream?streams=a@kline_1d@+08:00", True, 1000, ("a@kline_1d@+08:00",)),
        ("/stream?streams=a@trade/a@trade", True, 1000, ("a@trade",)),
    ],
)  # fmt: skip
def test_addresses(target: str, combined: bool, divisor: int, streams: tuple[str, ...]) -> None:
    session = _session(target)
    assert session.flavour == Flavour(combined, divisor)
    assert tuple(session.streams) == streams == tuple(session.opening.added)


@pytest.mark.parametrize("target", ["/", "/wsx", "/streams", "/market/ws"])
def test_no_address(target: str) -> None:
    assert address(target) is None


@pytest.mark.parametrize("id", [7, "seven", None])
def test_acknowledgements_echo_the_id(id: object) -> None:
    answer = _ask(_session(), "SUBSCRIBE", "a@trade", id=id)
    assert answer.replies == [json.dumps({"result": None, "id": id}, separators=(",", ":"))]
    assert answer.added == ["a@trade"]


def test_subscribing_twice_adds_once() -> None:
    session = _session("/ws/a@trade")
    assert _ask(session, "SUBSCRIBE", "a@trade", "b@trade").added == ["b@trade"]


def test_unsubscribing_what_was_never_subscribed_is_acknowledged() -> None:
    session = _session("/ws/a@trade")
    answer = _ask(session, "UNSUBSCRIBE", "a@trade", "b@trade")
    assert (answer.removed, json.loads(answer.replies[0])) == (["a@trade"], {"result": None, "id": 1})
    assert json.loads(_ask(session, "LIST_SUBSCRIPTIONS").replies[0])["result"] == []


def test_combined_property() -> None:
    session = _session()
    assert json.loads(_ask(session, "GET_PROPERTY", "combined").replies[0])["result"] is False
    assert json.loads(_ask(session, "SET_PROPERTY", "combined", True).replies[0])["result"] is None
    assert session.flavour.combined
    assert json.loads(_ask(session, "GET_PROPERTY", "combined").replies[0])["result"] is True


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [("SET_PROPERTY", ("nosuch", True), 0), ("SET_PROPERTY", ("combined", "yes"), 1), ("SET_PROPERTY", (5, True), 2),
     ("SET_PROPERTY", ("combined", True, 1), 2), ("GET_PROPERTY", (), 2), ("SUBSCRIBE", (5,), 2)],
)  # fmt: skip
def test_nested_errors(method: str, params: tuple[object, ...], code: int) -> None:
    answer = _ask(_session(), method, *params, id=9)
    error = json.loads(answer.replies[0])
    assert (error["error"]["code"], error["id"], answer.close) == (code, 9, None)


def test_malformed_stream_closes() -> None:
    answer = _ask(_session(), "SUBSCRIBE", "@@@x###")
    assert json.loads(answer.replies[0])["error"] == {"code": 2, "msg": "Invalid request: invalid stream"}
    assert answer.close == (1008, "Invalid request")


def test_stream_1025_loses_everything() -> None:
    session = _session()
    assert _ask(session, "SUBSCRIBE", *(f"s{i}@trade" for i in range(1024))).close is None
    answer = _ask(session, "SUBSCRIBE", "one@trade")
    assert json.loads(answer.replies[0])["error"]["code"] == 4
    assert answer.close == (1008, "Invalid request")
    assert answer.added == []


def test_1025_streams_in_the_url() -> None:
    session = _session("/stream?streams=" + "/".join(f"s{i}@trade" for i in range(1025)))
    assert session.opening.close == (1008, "Invalid request")


def test_five_messages_a_second_are_kept_up_for_ever() -> None:
    session = _session()
    assert all(_ask(session, "LIST_SUBSCRIPTIONS", now=i / 5).close is None for i in range(50))


def test_too_many_messages() -> None:
    session = _session()
    kinds = [
        lambda: session.ping(1.0), lambda: session.pong(b"", 1.0), lambda: _ask(session, "LIST_SUBSCRIPTIONS", now=1.0)
    ]  # fmt: skip
    closes = [kinds[i % 3]().close for i in range(8)]
    assert closes[:5] == [None] * 5
    assert closes[-1] == (1008, "Too many requests")


def test_pings_carry_the_time_and_come_on_time() -> None:
    session = _session()
    assert session.heartbeat(19.9, 1) == (None, None)
    assert session.heartbeat(20.0, 1_700_000_000_000) == (b"1700000000000", None)
    assert session.heartbeat(20.1, 1_700_000_000_100) == (None, None)


def test_missing_pong() -> None:
    session = _session()
    session.heartbeat(20.0, 1)
    session.heartbeat(40.0, 2)
    session.pong(b"", 41.0)
    session.pong(b"other", 42.0)
    assert session.heartbeat(79.0, 3)[1] is None
    assert session.heartbeat(80.0, 4) == (None, (1008, "Pong timeout"))


def test_matching_pong() -> None:
    session = _session()
    for at in range(20, 400, 20):
        payload, close = session.heartbeat(float(at), at)
        assert close is None
        assert payload is not None
        session.pong(payload, at + 1.0)


def test_a_pong_answers_earlier_pings_too() -> None:
    session = _session()
    session.heartbeat(20.0, 1)
    session.heartbeat(40.0, 2)
    session.pong(b"2", 41.0)
    assert session.heartbeat(99.0, 3)[1] is None
