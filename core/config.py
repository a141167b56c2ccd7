"""Settings: from the environment or ``.env``, each with its unit and default.

The README's table of settings is checked against this file.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from core.errors import ConfigError

Source = Literal["auto", "binance", "simulated", "replay"]

DEFAULT_SYMBOLS = "BTCUSDT,ETHUSDT,BNBUSDT,SOLUSDT,XRPUSDT,ADAUSDT,DOGEUSDT,LTCUSDT,LINKUSDT,AVAXUSDT"


class Settings(BaseSettings):
    """What a user may set. Read once, at the start; nothing changes it after that."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True)

    database_url: str = Field(
        "sqlite:///data/desk.db", description="where the real desk's data live, an SQLAlchemy URL"
    )
    source: Source = Field(
        "auto", description="the market: binance, simulated, replay, or auto (Binance; the simulated market only for "
        "a desk that has never seen the real one and cannot reach it)",
    )  # fmt: skip
    symbols: Annotated[tuple[str, ...], NoDecode] = Field(
        tuple(DEFAULT_SYMBOLS.split(",")), description="symbols to collect, separated by commas"
    )
    binance_ws_url: str = Field("wss://stream.binance.com:9443", description="base of the WebSocket market streams")
    binance_rest_url: str = Field("https://api.binance.com", description="base of the REST API")
    binance_ws_fallback_url: str = Field(
        "wss://data-stream.binance.vision", description="tried where the first base answers HTTP 451; empty for none"
    )
    binance_rest_fallback_url: str = Field(
        "https://data-api.binance.vision", description="tried where the first base answers HTTP 451; empty for none"
    )
    binance_usdm_ws_url: str = Field(
        "wss://fstream.binance.com", description="base of the USD-M futures' WebSocket market streams"
    )
    binance_usdm_rest_url: str = Field("https://fapi.binance.com", description="base of the USD-M futures' REST API")
    probe_seconds: float = Field(5.0, gt=0, le=60, description="how long `auto` waits for Binance to answer, seconds")
    replay_file: Path | None = Field(None, description="the recording that SOURCE=replay plays: a capture or a dump")
    replay_speed: str = Field("1", pattern=r"^([1-9][0-9]*|max)$", description="times real time, or max")
    replay_shift: Literal["none", "now"] = Field("none", description="none keeps the recorded times, now moves them")
    simulation_seed: int = Field(1, ge=0, description="seed of the simulated market")
    sqlite_synchronous: Literal["FULL", "NORMAL"] = Field(
        "NORMAL",
        description="SQLite's fsync mode: FULL survives a power cut to the last commit, NORMAL a crash of the desk",
    )
    flush_seconds: float = Field(
        0.1, gt=0, le=5, description="longest time between two commits while trades arrive, seconds"
    )
    queue_frames: int = Field(200_000, ge=100, description="frames that may wait between socket and store")
    queue_block_seconds: float = Field(
        5.0, ge=0, le=30, description="how long a full queue holds back the socket before it drops and counts, seconds"
    )
    first_frame_seconds: float = Field(
        20.0, gt=0, description="a subscription without a first frame for so long is reported, seconds"
    )
    silence_seconds: float = Field(
        60.0,
        gt=0,
        description="a connection without a byte, not even a ping, for so long is dead, seconds; on USD-M, which pings "
        "every three minutes, nine times as long",
    )
    reconcile_seconds: float = Field(
        60.0, ge=0, description="how often bars are compared with the venue's own, seconds; 0 for never"
    )
    renew_seconds: float | None = Field(
        None, gt=0, le=84_600, description="a connection so old is handed over to a new one, seconds; ten minutes before the "
        "venue's limit where it is not set",
    )  # fmt: skip
    log_level: Literal["TRACE", "DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="least level logged")
    log_dir: Path = Field(Path("logs"), description="folder of the rotated log files")
    log_rotation: str = Field("10 MB", description="a log file is rotated at this size or age")
    log_retention: str = Field("14 days", description="rotated log files older than this are removed")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        ("127.0.0.1", "localhost", "[::1]"), description="host names under which the API answers, separated by commas"
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="further web origins that may use the API, separated by commas; the desk's own always may"
    )

    @field_validator("symbols", "allowed_hosts", "allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("source", "replay_shift", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator("log_level", "sqlite_synchronous", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.strip().upper() if isinstance(value, str) else value

    @classmethod
    def load(cls, **overrides: object) -> Self:
        """Settings from the environment and `.env`, `overrides` first. Raise ConfigError naming each bad setting."""
        try:
            return cls(**overrides)  # type: ignore[arg-type]
        except ValidationError as error:
            problems = (
                f"{'.'.join(str(p) for p in e['loc']).upper()}={e['input']!r}: {e['msg']}" for e in error.errors()
            )
            raise ConfigError("bad settings: " + "; ".join(problems)) from error
        except UnicodeDecodeError as error:
            raise ConfigError(f".env is not UTF-8 text: {error}") from error
