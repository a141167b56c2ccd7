"""Every exception that the desk raises on purpose.

::

    DeskError
    ├── ConfigError            a setting is missing, malformed or contradicts another
    ├── MarketError
    │   ├── InvalidSymbol      not a symbol's name
    │   ├── InvalidInterval    not a candle interval
    │   ├── InvalidDecimal     not a plain decimal number
    │   └── OutOfRange         a number that the exact integer columns cannot hold
    ├── FeedError
    │   ├── MalformedMessage   a frame that is not what the protocol says
    │   ├── ConnectionRefused  the venue answered the handshake with an HTTP error
    │   ├── GeoBlocked         HTTP 451: the venue does not serve this place
    │   └── RestError          a REST request failed; ``status`` and ``code`` say how
    ├── StoreError
    │   ├── StoreUnavailable   locked, read-only, full, unwritable or closed
    │   ├── StoreCorrupt       the database file is damaged
    │   ├── SchemaMismatch     written by a newer version of the desk
    │   └── WrongMarket        the database holds another market than the one asked for
    ├── ExchangeError          the built-in exchange could not start or read its recording
    ├── SavedError
    │   ├── BadDocument        a saved or imported document that cannot be read
    │   └── BadName            not a name, one that is taken, or one under which nothing is saved
    └── AnalysisError
        ├── NotEnoughData      a statistic needs more observations than there are
        ├── BadSeries          not finite numbers in one dimension, or two series of different length
        ├── Degenerate         a series without variation, or two that are the same but for scale
        └── BadParameter       a window, a lag or a level that cannot be

Messages say what was found, what was expected and what to do.
"""


class DeskError(Exception):
    """Root of the desk's own exceptions; its text is fit to show to a user."""


class ConfigError(DeskError):
    """A setting is missing, malformed or contradicts another."""


class MarketError(DeskError, ValueError):
    """A market value that cannot be."""


class InvalidSymbol(MarketError):
    """Not a symbol's name."""


class InvalidInterval(MarketError):
    """Not a candle interval."""


class InvalidDecimal(MarketError):
    """Not a plain decimal number."""


class OutOfRange(MarketError):
    """A number that the exact integer columns cannot hold."""


class FeedError(DeskError):
    """The venue, or the way to it, did not do what the protocol says."""


class MalformedMessage(FeedError):
    """A frame that is not what the protocol says."""


class ConnectionRefused(FeedError):
    """The venue answered the WebSocket handshake with an HTTP error."""

    def __init__(self, message: str, status: int, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class GeoBlocked(ConnectionRefused):
    """HTTP 451: the venue does not serve this place."""


class RestError(FeedError):
    """A REST request failed.

    ``status`` is the HTTP status (0 where no answer came), ``code`` the venue's own code where it gave one.
    """

    def __init__(
        self, message: str, status: int = 0, code: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after


class StoreError(DeskError):
    """The database did not do what was asked."""


class StoreUnavailable(StoreError):
    """The database is locked, read-only, full, unwritable or closed."""


class StoreCorrupt(StoreError):
    """The database file is damaged."""


class SchemaMismatch(StoreError):
    """The database was written by a newer version of the desk."""


class WrongMarket(StoreError):
    """The database holds another market than the one asked for."""


class ExchangeError(DeskError):
    """The built-in exchange could not start or could not read its recording."""


class SavedError(DeskError):
    """What users save is not as it has to be."""


class BadDocument(SavedError, ValueError):
    """A saved or imported document that cannot be read."""


class BadName(SavedError, ValueError):
    """Not a name, one that is taken, or one under which nothing is saved."""


class AnalysisError(DeskError):
    """A statistic cannot be computed from what was given."""


class NotEnoughData(AnalysisError):
    """A statistic needs more observations than there are."""

    def __init__(self, needed: int, found: int, what: str = "observations") -> None:
        super().__init__(f"needs {needed} {what}, found {found}")
        self.needed = needed
        self.found = found


class BadSeries(AnalysisError, ValueError):
    """Not finite numbers in one dimension, or two series of different length."""


class Degenerate(AnalysisError):
    """A series without variation, or two that are the same but for scale."""


class BadParameter(AnalysisError, ValueError):
    """A window, a lag or a level that cannot be."""
