"""Logging: loguru to the console and to rotated files, with every library's own log led into it."""

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from loguru import logger

from core.errors import ConfigError

if TYPE_CHECKING:
    import loguru

_FORMAT = "{time:YYYY-MM-DD HH:mm:ss.SSS} | {level: <7} | {name} | {message}"


class InterceptHandler(logging.Handler):
    """Leads the standard library's log records to loguru, keeping their level and origin."""

    def emit(self, record: logging.LogRecord) -> None:
        level: str | int = record.levelno
        if record.levelname in ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
            level = record.levelname

        def at_its_origin(entry: "loguru.Record") -> None:
            entry["name"], entry["function"], entry["line"] = record.name, record.funcName, record.lineno

        logger.patch(at_its_origin).opt(exception=record.exc_info).log(level, record.getMessage())


def configure(level: str, folder: Path | None, rotation: str, retention: str) -> None:
    """Log at `level` to stderr, and to files in `folder` where that can be written.

    Raise ConfigError where `rotation` or `retention` cannot be understood.
    """
    logger.remove()
    logger.add(sys.stderr, level=level, format=_FORMAT, backtrace=False, diagnose=False)
    if folder is not None:
        try:
            logger.add(
                folder / "desk.log", level=level, format=_FORMAT, rotation=rotation, retention=retention,
                encoding="utf-8", backtrace=False, diagnose=False,
            )  # fmt: skip
        except OSError as error:
            logger.warning("no log files: {} cannot be written ({}): set LOG_DIR to another folder", folder, error)
        except ValueError as error:
            raise ConfigError(
                f"LOG_ROTATION={rotation!r} or LOG_RETENTION={retention!r} cannot be understood ({error}): "
                "expected such as 10 MB and 14 days"
            ) from error
    logging.basicConfig(handlers=[InterceptHandler()], level=logging.INFO, force=True)
    for chatty in ("uvicorn.access", "alembic.runtime.migration", "urllib3.connectionpool", "watchdog"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
