"""An event is written once for each flavour and goes to its own subscribers only."""

from collections import Counter

from core.exchange.hub import Hub
from core.exchange.session import Flavour


class Reader:
    def __init__(self, combined: bool = False, divisor: int = 1000) -> None:
        self.flavour = Flavour(combined, divisor)
        self.outbox: list[bytes] = []
        self.flushes: list[bytes] = []

    def flush(self) -> None:
        self.flushes.append(b"".join(self.outbox))
        self.outbox = []


def test_encoded_once_a_flavour() -> None:
    hub, calls = Hub(), Counter()
    readers = [Reader(), Reader(), Reader(combined=True), Reader(combined=True, divisor=1)]
    for reader in readers:
        hub.add(reader, ["a@trade"])

    def encode(divisor: int) -> str:
        calls[divisor] += 1
        return str(divisor)

    hub.publish("a@trade", encode)
    hub.publish("b@trade", encode)
    hub.flush()
    assert calls == {1000: 2, 1: 1}
    assert readers[0].flushes == readers[1].flushes == [b"\x81\x041000"]
    assert readers[3].flushes == [b'\x81\x1d{"stream":"a@trade","data":1}']
    assert hub.sent == {"a@trade": 4}


def test_one_write_a_tick() -> None:
    hub, reader, other = Hub(), Reader(), Reader()
    hub.add(reader, ["a", "b"])
    hub.add(other, ["c"])
    hub.publish("a", str)
    hub.publish("b", str)
    hub.flush()
    hub.flush()
    assert len(reader.flushes) == 1
    assert other.flushes == []


def test_removed_readers_get_nothing() -> None:
    hub, reader = Hub(), Reader()
    hub.add(reader, ["a", "b"])
    hub.remove(reader, ["a", "never"])
    hub.publish("a", str)
    assert (hub.streams(), hub.wants("a"), reader.outbox) == (("b",), False, [])
