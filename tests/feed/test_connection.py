"""One connection against a venue of raw sockets."""

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import websocket

from core.errors import ConnectionRefused, FeedError, GeoBlocked
from core.feed import connection as module
from core.feed.connection import Connection, ConnectionEnded, readable
from tests.raw_venue import CLOSE, PING, PONG, TEXT, Heard, Peer, RawVenue, server_frame
from tests.trading import PATIENCE

Venues = Callable[..., RawVenue]


def drained(connection: Connection) -> tuple[list[bytes], FeedError]:
    """Every message until the connection's end, and the end."""
    messages: list[bytes] = []
    while True:
        try:
            messages += connection.read(PATIENCE)
        except ConnectionEnded as end:
            return messages + end.messages, end
        except FeedError as end:
            return messages, end


def read_some(connection: Connection, count: int) -> list[bytes]:
    messages: list[bytes] = []
    while len(messages) < count:
        messages += connection.read(PATIENCE)
    return messages


def test_messages_close_frame_and_goodbye(venue: Venues) -> None:
    heard: list[Heard] = []

    def act(peer: Peer) -> None:
        peer.accept().say("one", "two")
        peer.send(server_frame("last") + server_frame(b"\x03\xf0Pong timeout", CLOSE))
        heard.extend(peer.hear_out())

    connection = Connection.open(venue(act).url)
    messages, end = drained(connection)
    connection.close()
    assert messages == [b"one", b"two", b"last"]
    assert str(end) == "closed by the venue: 1008 Pong timeout"
    assert connection.bytes > 0


@pytest.mark.parametrize(
    ("payload", "words"),
    [(b"", "closed by the venue without a reason"), (b"\x03\xe8", "closed by the venue: 1000"), (b"\x03\xe9\xff", "closed by the venue: 1001 \ufffd")],
)  # fmt: skip
def test_farewells(venue: Venues, payload: bytes, words: str) -> None:
    connection = Connection.open(venue(lambda peer: peer.accept().send(server_frame(payload, CLOSE))).url)
    assert str(drained(connection)[1]) == words
    connection.close()


def test_an_abrupt_cut(venue: Venues) -> None:
    read = threading.Event()

    def act(peer: Peer) -> None:
        peer.accept().say("one")
        assert read.wait(PATIENCE)
        peer.reset()

    connection = Connection.open(venue(act).url)
    assert read_some(connection, 1) == [b"one"]
    read.set()
    _, end = drained(connection)
    assert "the connection broke" in str(end)
    connection.close()


def test_an_end_without_a_close_frame(venue: Venues) -> None:
    connection = Connection.open(venue(lambda peer: peer.accept().say("one")).url)
    messages, end = drained(connection)
    assert messages == [b"one"]
    assert "cut without a close frame" in str(end)
    connection.close()


def test_pings_are_answered_with_their_payload(venue: Venues) -> None:
    heard: list[Heard | None] = []

    def act(peer: Peer) -> None:
        peer.accept().send(server_frame(b"1723161600000", PING))
        heard.append(peer.hear())
        peer.send(server_frame(b"", PING) + server_frame("x"))
        heard.append(peer.hear())

    connection = Connection.open(venue(act).url)
    messages, _ = drained(connection)
    connection.close()
    assert messages == [b"x"]
    assert heard == [Heard(PONG, b"1723161600000"), Heard(PONG, b"")]


def test_sending_and_a_goodbye(venue: Venues) -> None:
    heard: list[Heard] = []
    raw = venue(lambda peer: heard.extend(peer.accept().hear_out()))
    connection = Connection.open(raw.url)
    connection.send('{"method":"SUBSCRIBE"}')
    connection.close()
    raw.close()
    assert heard[0] == Heard(TEXT, b'{"method":"SUBSCRIBE"}')
    assert heard[1].opcode == CLOSE
    with pytest.raises(FeedError, match="sending failed"):
        connection.send("late")
    with pytest.raises(FeedError, match="the connection is closed"):
        connection.read(0.01)
    connection.close()


def test_silence_is_no_message_and_no_end(venue: Venues) -> None:
    spoken = threading.Event()

    def act(peer: Peer) -> None:
        peer.accept()
        assert spoken.wait(PATIENCE)
        peer.say("x")

    connection = Connection.open(venue(act).url)
    assert connection.read(0.01) == []
    spoken.set()
    assert read_some(connection, 1) == [b"x"]
    connection.close()


def test_a_broken_protocol_ends_it_with_its_reason(venue: Venues) -> None:
    connection = Connection.open(
        venue(lambda peer: peer.accept().send(server_frame("good") + server_frame("x", opcode=5))).url
    )
    messages, end = drained(connection)
    assert messages == [b"good"]
    assert "unknown kind" in str(end) or "cut" in str(end)
    connection.close()


def test_not_served_in_this_place(venue: Venues) -> None:
    raw = venue(lambda peer: peer.refuse(451, body='{"code":0,"msg":"restricted location"}'))
    with pytest.raises(
        GeoBlocked, match=r"127.0.0.1:\d+ does not serve this place \(HTTP 451\): use the \*.binance.vision hosts"
    ):
        Connection.open(raw.url)


@pytest.mark.parametrize(
    ("header", "wait"),
    [("Retry-After: 7", 7.0), ("Retry-After: soon", None), ("Retry-After: \u00b2", None), ("X: y", None)],
)
@pytest.mark.parametrize("status", [429, 503, 200, 403])
def test_refusals(venue: Venues, status: int, header: str, wait: float | None) -> None:
    raw = venue(lambda peer: peer.refuse(status, header))
    with pytest.raises(ConnectionRefused, match=f"refused the connection with HTTP {status}") as caught:
        Connection.open(raw.url)
    assert (caught.value.status, caught.value.retry_after) == (status, wait)


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(FeedError, match=f"no connection to 127.0.0.1:{port}: .*refused"):
        Connection.open(f"ws://127.0.0.1:{port}/stream")


def test_somebody_who_says_nothing(venue: Venues, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.05)
    release = threading.Event()
    raw = venue(lambda peer: release.wait(PATIENCE) and None)
    with pytest.raises(FeedError, match=r"no connection to .*timed out"):
        Connection.open(raw.url)
    release.set()


@pytest.mark.parametrize("url", ["", "host", "ftp://host", "ws://", "ws://host:port"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(FeedError, match="no connection to"):
        Connection.open(url)


def test_somebody_who_does_not_speak_websocket(venue: Venues) -> None:
    def act(peer: Peer) -> None:
        peer.request()
        peer.send(b"SSH-2.0-OpenSSH\r\n\r\n")

    with pytest.raises(FeedError):
        Connection.open(venue(act).url)


def staying(*texts: str) -> Callable[[Peer], None]:
    """Send `texts`, then stay until the client leaves."""

    def act(peer: Peer) -> None:
        peer.accept().say(*texts)
        peer.hear_out()

    return act


@pytest.fixture
def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("localhost.pem"))
    return context


def open_tls(url: str) -> Connection:
    """A connection that trusts the tests' certificate."""
    inner = websocket.WebSocket(
        skip_utf8_validation=True, enable_multithread=False, sslopt={"cert_reqs": ssl.CERT_NONE}
    )
    inner.connect(url, timeout=PATIENCE)
    return Connection(inner)


def test_what_tls_has_decrypted_already_counts_as_readable(
    venue: Venues, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read takes some records; the system says nothing any more of those that TLS has taken from it."""
    monkeypatch.setattr(module, "_READ_BYTES", 100)
    monkeypatch.setattr(module, "_TLS_RECORDS", 1)
    connection = open_tls(venue(staying("x" * 5000, "last"), tls=tls).url)
    messages: list[bytes] = []
    while not connection.pending:
        messages += connection.read(PATIENCE)
    while connection.pending:
        assert readable([connection], PATIENCE) == [connection]
        messages += connection.read(0.0)
    assert messages == [b"x" * 5000, b"last"]
    assert readable([connection], 0.0) == []
    assert connection.read(0.0) == []
    connection.close()


def test_tls_from_handshake_to_farewell(venue: Venues, tls: ssl.SSLContext) -> None:
    texts = [str(number) * 300 for number in range(2000)]
    connection = open_tls(venue(lambda peer: peer.accept().say(*texts) and None, tls=tls).url)
    messages, _ = drained(connection)
    assert messages == [text.encode() for text in texts]
    assert not connection.pending
    connection.close()


def test_which_of_two_has_something(venue: Venues) -> None:
    go = [threading.Event(), threading.Event()]

    def talker(event: threading.Event) -> Callable[[Peer], None]:
        def act(peer: Peer) -> None:
            peer.accept()
            assert event.wait(PATIENCE)
            peer.say("x")
            peer.hear_out()

        return act

    one, two = (Connection.open(venue(talker(event)).url) for event in go)
    assert readable([one, two], 0.0) == []
    go[1].set()
    assert readable([one, two], PATIENCE) == [two]
    go[0].set()
    assert readable([one], PATIENCE) == [one]
    assert readable([one, two], PATIENCE) == [one, two]
    one.close()
    assert readable([one, two], PATIENCE) == [one, two], "one that is closed is read to learn of it"
    two.close()


def test_nothing_to_read_and_no_wait(venue: Venues) -> None:
    connection = Connection.open(venue(staying()).url)
    assert connection.read(0.0) == []
    assert connection.drain() == []
    connection.close()


def reset_with(text: str, gone: threading.Event, before: bytes = b"") -> Callable[[Peer], None]:
    def act(peer: Peer) -> None:
        peer.accept().send(before)
        peer.say(text)
        peer.reset()
        gone.set()

    return act


def test_what_came_before_a_reset_is_read(venue: Venues) -> None:
    gone = threading.Event()
    connection = Connection.open(venue(reset_with("last", gone)).url)
    assert gone.wait(PATIENCE)
    messages, end = drained(connection)
    assert messages == [b"last"]
    assert "the connection broke" in str(end)
    connection.close()


def test_a_message_that_cannot_be_sent_does_not_lose_those_that_came(venue: Venues) -> None:
    gone = threading.Event()
    connection = Connection.open(venue(reset_with("last", gone)).url)
    assert gone.wait(PATIENCE)
    with pytest.raises(ConnectionEnded, match="sending failed") as caught:
        connection.send("subscribe")
    assert caught.value.messages == [b"last"]
    connection.close()


def test_a_ping_that_cannot_be_answered_does_not_lose_what_came_after(
    venue: Venues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_READ_BYTES", 4)
    gone = threading.Event()
    connection = Connection.open(venue(reset_with("last", gone, server_frame(b"", PING))).url)
    assert gone.wait(PATIENCE)
    messages, end = drained(connection)
    assert messages == [b"last"]
    assert "answering a ping failed" in str(end)
    connection.close()


def test_a_venue_that_never_pauses_is_not_drained_for_ever(venue: Venues, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_READ_BYTES", 8)
    monkeypatch.setattr(module, "_DRAIN_READS", 3)
    connection = Connection.open(venue(staying(*["123456"] * 10)).url)
    assert readable([connection], PATIENCE) == [connection]
    assert connection.drain() == [b"123456"] * 3
    connection.close()
