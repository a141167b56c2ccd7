"""``python -m core``: the headless commands. Exit status 0 is success, 1 an error, 2 wrong usage."""

import argparse
import os
import sys

from core import __version__, logs
from core.commands import analyze, audit, backtest, collect, exchange, export, screen
from core.config import Settings
from core.errors import DeskError


def parser() -> argparse.ArgumentParser:
    """The command line."""
    root = argparse.ArgumentParser(
        prog="python -m core",
        description="The pair trader's desk without its pages. Settings: the environment, or .env.",
    )
    root.add_argument("--version", action="version", version=f"pair trader's desk {__version__}")
    commands = root.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (exchange, collect, export, audit, analyze, screen, backtest):
        command.add_parser(commands)
    return root


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit status."""
    chosen = parser().parse_args(arguments)
    try:
        settings = Settings.load()
        logs.configure(settings.log_level if "log_level" in settings.model_fields_set else "WARNING", None, "", "")
        status: int = chosen.run(chosen)
    except DeskError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
