"""Open a connection aside: a handshake may take many seconds, in which the old connection has to be read."""

from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from threading import Thread

from loguru import logger

from core.errors import FeedError
from core.feed.connection import Connection

Opening = Future[Connection]


def open_aside(url: str) -> Opening:
    """Open `url` in a thread of its own; the future gives the connection, or the FeedError that says why there is none."""
    opening: Opening = Future()
    Thread(target=_open, args=(url, opening), name="feed-opener", daemon=True).start()
    return opening


def abandon(opening: Opening) -> None:
    """Nobody wants the connection any more: close it, now or as soon as it is open."""
    if not opening.cancel() and opening.exception() is None:
        opening.result().close()


def _open(url: str, opening: Opening) -> None:
    try:
        connection = Connection.open(url)
    except FeedError as error:
        _answer(opening, error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the reader must not wait for ever
        logger.exception("a connection could not be opened, for a reason that the desk does not know")
        _answer(opening, FeedError(f"no connection: {error}"))
    else:
        try:
            opening.set_result(connection)
        except InvalidStateError:  # abandoned in the meantime
            connection.close()


def _answer(opening: Opening, error: FeedError) -> None:
    with suppress(InvalidStateError):
        opening.set_exception(error)
