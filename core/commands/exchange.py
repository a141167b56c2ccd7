"""``python -m core exchange``: the built-in exchange on 127.0.0.1."""

import argparse
import json
from math import inf
from pathlib import Path
from typing import Any

from core.errors import ExchangeError
from core.exchange import ExchangeOptions, kinds, serve


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "exchange",
        help="run the built-in exchange: Binance's protocol over a simulated or recorded market",
        description="Serve Binance's WebSocket and REST protocol on 127.0.0.1, over a simulated or a recorded market. "
        "Prints one line when it is ready; ends with SIGTERM, or with --once.",
    )
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 lets the system choose")
    parser.add_argument("--market", choices=("spot", "usdm"), default="spot", help="which market's protocol")
    parser.add_argument(
        "--replay", type=Path, metavar="FILE", help="a capture or a dump of trades; without it, simulate"
    )
    parser.add_argument("--speed", default="1", help="1, N times faster, or max")
    parser.add_argument(
        "--shift", choices=("none", "now"), default="none", help="keep the recorded times, or begin now"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the simulated market")
    parser.add_argument("--once", action="store_true", help="end when the recording has been delivered")
    parser.add_argument(
        "--fault", action="append", default=[], type=_fault, metavar="SECONDS:JSON",
        help='a fault, so many seconds after the start, such as 10:{"fault": "half_open", "seconds": 30}',
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    options = ExchangeOptions(
        port=arguments.port,
        market=arguments.market,
        replay=arguments.replay,
        speed=arguments.speed,
        shift=arguments.shift,
        seed=arguments.seed,
        once=arguments.once,
        faults=tuple(arguments.fault),
    )
    return serve(options)


def _fault(text: str) -> tuple[float, dict[str, Any]]:
    at, _, fault = text.partition(":")
    try:
        seconds, asked = float(at), json.loads(fault)
        kinds.read(asked)
    except (ExchangeError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not SECONDS:JSON: {error}") from error
    if not 0 <= seconds < inf:
        raise argparse.ArgumentTypeError(f"{at} s after the start: expected 0 or more")
    return seconds, asked
