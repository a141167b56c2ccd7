"""Starts the exchange in this process and runs it until it is told to end."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable

from core.errors import ExchangeError
from core.exchange.history import MarketEvents
from core.exchange.load import load
from core.exchange.market import Market
from core.exchange.options import HOST, ExchangeOptions
from core.exchange.recorded import RecordedMarket
from core.exchange.server import Server
from core.exchange.simulated import SimulatedMarket
from core.exchange.usdm import UsdmMarket


def serve(options: ExchangeOptions) -> int:
    """Run the exchange until SIGTERM, SIGINT or, with `once`, the recording's end; the exit status.

    Prints one line once it is ready. A problem at the start is told on stderr, and the status is 1.
    """
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(options))
    except ExchangeError as error:
        sys.stderr.write(f"exchange: {error}\n")
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


async def _serve(options: ExchangeOptions) -> None:
    market = _market(options)
    server = Server(market, options)
    listener = await server.listen()
    _end_with_signals(server.stop)
    if options.die_with_parent:
        _end_with_stdin(server.stop)
    where = f"{HOST}:{listener.sockets[0].getsockname()[1]}"
    sys.stdout.write(f"exchange ready: {market.description} on http://{where} and ws://{where}\n")
    sys.stdout.flush()
    await server.run(listener)


def _market(options: ExchangeOptions) -> Market:
    if options.replay is not None:
        return _recorded(options)
    market = UsdmMarket if options.market == "usdm" else SimulatedMarket
    events = MarketEvents(options.memory)
    return market(options.seed, options.history_days, options.symbols, options.break_after_seconds, events=events)


def _recorded(options: ExchangeOptions) -> Market:
    assert options.replay is not None
    recording = load(options.replay)
    found = "usdm" if recording.futures else "spot"
    if found != options.market:
        raise ExchangeError(f"{options.replay} was recorded on the {found} market, asked for was {options.market}")
    if recording.futures:
        raise ExchangeError("the usdm market cannot be served: expected a recording of the spot market")
    return RecordedMarket(recording, options.rate, options.shift == "now")


def _end_with_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop)
        except (NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
            if threading.current_thread() is threading.main_thread():
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))


def _end_with_stdin(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 4096):  # not sys.stdin.read: it would hold a lock that the end needs
            pass
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop)

    threading.Thread(target=wait, name="exchange-parent", daemon=True).start()
