"""Which market the desk stands on: the real one, the simulated one or a recording; and where to reach it."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from loguru import logger

from core.config import Settings
from core.errors import ConfigError, FeedError, RestError, StoreError
from core.exchange import ExchangeOptions
from core.exchange import child as exchange_child
from core.feed.binance import BinanceSpot
from core.feed.budget import Budget
from core.feed.rest import RestClient
from core.market import Symbol
from core.store import Store, market_url
from core.store.location import REAL_MARKET, exists

#: Only the venue itself says this; anything may stand in the way and answer 200 or 503.
_TOO_MANY_REQUESTS = (418, 429)
SIMULATED, REPLAY = "simulated", "replay"


class Closing(Protocol):
    """What has to be closed at the end."""

    def close(self) -> object: ...


class Address(NamedTuple):
    """Where a venue is: bases of its streams and of its REST, each tried in turn where one answers HTTP 451."""

    ws_bases: tuple[str, ...]
    rest_bases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Market:
    """A market to collect: its name, the addresses of its venues, and what users must be told of it.

    `name` chooses the database; `stamp` is what the database says it holds, so that two made-up markets never mix.
    `spot` and `usdm` are None where that venue is not wanted.
    """

    name: str
    stamp: str
    spot: Address | None
    usdm: Address | None
    banner: str | None = None
    exchanges: tuple[Closing, ...] = ()

    def close(self) -> None:
        """End the built-in exchanges, where there are any."""
        for exchange in self.exchanges:
            exchange.close()


def market_name(settings: Settings) -> str:
    """The market that commands which only read are about: the real one where it exists, under ``auto``."""
    if settings.source != "auto":
        return REAL_MARKET if settings.source == "binance" else settings.source
    real = exists(market_url(settings.database_url, REAL_MARKET))
    simulated = exists(market_url(settings.database_url, SIMULATED))
    return SIMULATED if simulated and not real else REAL_MARKET


def open_market(settings: Settings, symbols: Sequence[Symbol]) -> Market:
    """The market that SOURCE asks for, with the venues of `symbols`; a made-up one runs as child processes.

    Raise ConfigError or ExchangeError.
    """
    if settings.source == "binance":
        return _real(settings, symbols)
    if settings.source == "replay":
        return _replay(settings, symbols)
    if settings.source == "simulated":
        return _simulated(settings, symbols, "SIMULATED MARKET: invented prices, as SOURCE=simulated asks for")
    if _has_seen_the_real_market(settings) or _answers(settings):
        return _real(settings, symbols)
    logger.warning("Binance cannot be reached from here, and this desk has never seen it: using the simulated market")
    return _simulated(
        settings,
        symbols,
        "SIMULATED MARKET: invented prices. Binance cannot be reached from here; once it can, restart the desk and it "
        "collects the real market, in a database of its own",
    )


def _real(settings: Settings, symbols: Sequence[Symbol]) -> Market:
    spot = Address(
        (settings.binance_ws_url, settings.binance_ws_fallback_url),
        (settings.binance_rest_url, settings.binance_rest_fallback_url),
    )
    usdm = Address((settings.binance_usdm_ws_url,), (settings.binance_usdm_rest_url,))
    return Market(REAL_MARKET, REAL_MARKET, *_wanted(symbols, lambda: spot, lambda: usdm))


def _simulated(settings: Settings, symbols: Sequence[Symbol], banner: str) -> Market:
    started: list[Closing] = []

    def start(market: Literal["spot", "usdm"]) -> Address:
        exchange = exchange_child.start(ExchangeOptions(seed=settings.simulation_seed, market=market))
        started.append(exchange)
        return Address((exchange.ws_url,), (exchange.rest_url,))

    try:
        spot, usdm = _wanted(symbols, lambda: start("spot"), lambda: start("usdm"))
    except BaseException:
        for exchange in started:
            exchange.close()
        raise
    return Market(SIMULATED, f"{SIMULATED}, seed {settings.simulation_seed}", spot, usdm, banner, tuple(started))


def _wanted(
    symbols: Sequence[Symbol], spot: Callable[[], Address], usdm: Callable[[], Address]
) -> tuple[Address | None, Address | None]:
    """The addresses of the venues that `symbols` trade on."""
    perpetual = any(symbol.perpetual for symbol in symbols)
    return None if all(symbol.perpetual for symbol in symbols) else spot(), usdm() if perpetual else None


def _replay(settings: Settings, symbols: Sequence[Symbol]) -> Market:
    if settings.replay_file is None:
        raise ConfigError("SOURCE=replay needs REPLAY_FILE: a capture (.txt.gz) or a trades dump (.csv or .zip)")
    perpetuals = [str(symbol) for symbol in symbols if symbol.perpetual]
    if perpetuals:
        raise ConfigError(
            f"{', '.join(perpetuals)}: a recording is of the spot market; leave perpetuals out of SYMBOLS"
        )
    options = ExchangeOptions(
        replay=settings.replay_file, speed=settings.replay_speed, shift=settings.replay_shift
    )  # fmt: skip
    exchange = exchange_child.start(options)
    banner = f"REPLAY of {settings.replay_file.name}: a recording, not the market of now"
    name, stamp = _replay_identity(settings.replay_file, settings.replay_shift)
    spot = Address((exchange.ws_url,), (exchange.rest_url,))
    return Market(name, stamp, spot, None, banner, (exchange,))


def _replay_identity(file: Path, shift: str) -> tuple[str, str]:
    """A recording with its own times goes into one database, checked by its digest; a shifted one into a new each time."""
    if shift == "now":
        name = f"{REPLAY}-{time.time_ns() // 1_000_000_000}"
        return name, name
    with file.open("rb") as recording:
        digest = hashlib.file_digest(recording, "sha256").hexdigest()[:16]
    return REPLAY, f"{REPLAY} of {digest}"


def _answers(settings: Settings) -> bool:
    """Whether the real market, or its data-only mirror, tells its time within PROBE_SECONDS."""
    bases = (settings.binance_rest_url, settings.binance_rest_fallback_url)
    return any(_tells_time(base, settings.probe_seconds) for base in bases if base)


def _tells_time(base: str, seconds: float) -> bool:
    venue = BinanceSpot()
    client = RestClient((base,), Budget(venue.weight_per_minute, time.time), seconds)
    try:
        venue.read_time(client.get(venue.time_request()))
    except FeedError as error:
        logger.info("{} does not tell its time: {}", base, error)
        return isinstance(error, RestError) and error.status in _TOO_MANY_REQUESTS
    finally:
        client.close()
    return True


def _has_seen_the_real_market(settings: Settings) -> bool:
    url = market_url(settings.database_url, REAL_MARKET)
    if not exists(url):
        return False
    try:
        reader = Store.read_only(url)
    except StoreError:
        return True  # something is there, and opening it for good will tell what is wrong with it
    try:
        return bool(reader.symbols())
    finally:
        reader.close()
