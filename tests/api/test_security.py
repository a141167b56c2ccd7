"""Who may ask, over HTTP and the stream."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import websocket

from core.api.security import host_name, same_origin


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", "localhost"),
        ("LocalHost:8501", "localhost"),
        ("localhost.", "localhost"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("[::1]", "::1"),
        ("[::1]:8501", "::1"),
        ("::1", "::1"),
        ("", ""),
    ],
)
def test_host_names_lose_their_port(host: str, name: str) -> None:
    assert host_name(host) == name


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:8501", "localhost:8501", True),
        ("http://LOCALHOST:8501", "localhost:8501", True),
        ("http://localhost", "localhost:80", True),
        ("https://desk.test", "desk.test", True),
        ("http://[::1]:8501", "[::1]:8501", True),
        ("http://localhost:8502", "localhost:8501", False),
        ("http://127.0.0.1:8501", "localhost:8501", False),
        ("http://evil.test", "localhost:8501", False),
        ("http://localhost:8501.evil.test", "localhost:8501", False),
        ("http://localhost:99999", "localhost:8501", False),
        ("http://[::1", "localhost", False),
        ("file://localhost", "localhost", False),
        ("null", "localhost", False),
        ("", "localhost", False),
    ],
)
def test_same_origin(origin: str, host: str, same: bool) -> None:
    assert same_origin(origin, host) is same


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1.evil.test", "evil.test:8501", ""])
def test_a_foreign_host_is_refused(desk: Any, host: str) -> None:
    answer = desk.get("/health", headers={"Host": host})
    assert answer.status_code == 421
    assert answer.json()["error"]["code"] == "misdirected_request"
    assert "ALLOWED_HOSTS" in answer.json()["error"]["message"]
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        desk.connect(host=host or "evil.test")
    assert refused.value.status_code == 403


def test_the_port_of_the_host_does_not_matter(desk: Any) -> None:
    assert desk.get("/health", headers={"Host": "localhost:1"}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "http://127.0.0.1:1"])
def test_a_foreign_origin_may_neither_write_nor_listen(desk: Any, origin: str) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = httpx.request(method, f"{desk.origin}/api/v1/health", headers={"Origin": origin})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        desk.connect(origin=origin)
    assert refused.value.status_code == 403


def test_a_foreign_origin_may_not_read_what_it_gets(desk: Any) -> None:
    answer = desk.get("/health", headers={"Origin": "http://evil.test"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_own_pages_listed_origins_and_programs_may_listen(market: Any, serve: Callable[..., Any]) -> None:
    with serve(market, allowed_origins=("https://Desk.test/",)) as desk:
        for options in ({"origin": desk.origin}, {"origin": "https://desk.test"}, {"suppress_origin": True}):
            assert desk.connect(**options).subscribe("health")["topics"] == ["health"]


def test_an_unknown_stream_is_refused(desk: Any) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException):
        websocket.create_connection(f"ws://127.0.0.1:{desk.port}/api/v1/streams", suppress_origin=True)
