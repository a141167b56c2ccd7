"""HTTP/1.1 on one connection: requests out of bytes, bytes out of answers."""

from typing import NamedTuple

import h11

from core.exchange.rest import Answer


class HttpRequest(NamedTuple):
    """A request; header names are lower-case. `raw` holds its head's bytes and all that came after them."""

    method: str
    target: str
    headers: dict[str, str]
    raw: bytes
    body: bytes = b""

    @property
    def upgrades(self) -> bool:
        return self.headers.get("upgrade", "").lower() == "websocket"


class HttpSide:
    """One connection's HTTP state. Requests are answered one after the other."""

    def __init__(self) -> None:
        self._connection = h11.Connection(h11.SERVER)
        self._raw = b""
        self._begun: HttpRequest | None = None

    def receive(self, data: bytes) -> None:
        """Take bytes from the socket; none means that the client has finished."""
        self._raw += data
        self._connection.receive_data(data)

    def next_request(self) -> HttpRequest | None:
        """The next whole request, None until more comes. Raise h11.RemoteProtocolError where it is no HTTP."""
        if self._begun is None and self._connection.our_state is not h11.IDLE:
            return None
        while True:
            event = self._connection.next_event()
            if isinstance(event, h11.Request):
                self._begun = self._request(event)
                if self._begun.upgrades:
                    return self._begun
            elif isinstance(event, h11.Data) and self._begun is not None:
                self._begun = self._begun._replace(body=self._begun.body + bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and self._begun is not None:
                self._raw = self._connection.trailing_data[0]
                request, self._begun = self._begun, None
                return request
            elif not isinstance(event, h11.Data):
                return None

    def respond(self, answer: Answer) -> tuple[bytes, bool]:
        """An answer's bytes, and whether the connection stays open after it."""
        body = answer.body.encode()
        given = dict(answer.headers)
        headers = [
            *({"Content-Type": "application/json;charset=UTF-8", "Content-Length": str(len(body))} | given).items()
        ]
        sent = [
            self._connection.send(h11.Response(status_code=answer.status, headers=headers)),
            self._connection.send(h11.Data(data=body)),
            self._connection.send(h11.EndOfMessage()),
        ]
        open_ = self._connection.our_state is h11.DONE
        if open_ and self._connection.their_state is h11.DONE:
            self._connection.start_next_cycle()
        return b"".join(part or b"" for part in sent), open_

    def _request(self, event: h11.Request) -> HttpRequest:
        headers = {name.decode(): value.decode("latin-1") for name, value in event.headers}
        return HttpRequest(event.method.decode(), event.target.decode("latin-1"), headers, self._raw)
