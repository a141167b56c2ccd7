"""The exchange on the network: one loopback port for REST and WebSocket, a market behind it."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from core.errors import ExchangeError
from core.exchange import kinds
from core.exchange.backstage import Backstage
from core.exchange.connection import Connection
from core.exchange.faults import Faults
from core.exchange.hub import Hub
from core.exchange.market import Market
from core.exchange.options import HOST, ExchangeOptions
from core.exchange.policy import SocketPolicy
from core.exchange.rest import Rest
from core.exchange.services import Services
from core.exchange.stats import Stats
from core.exchange.switchboard import Switchboard
from core.exchange.weight import WeightBudget

_HEARTBEAT_SECONDS = 1.0
_GOODBYE_SECONDS = 3.0
_READING_SECONDS = 60.0


class Server:
    """Listens, and runs the market until it has nothing more to say or is stopped."""

    def __init__(self, market: Market, options: ExchangeOptions) -> None:
        for _, asked in options.faults:
            kinds.read(asked)  # a plan that nobody can follow must not be found out in the middle of it
        hub = Hub()
        self._market = market
        self._options = options
        self._stopped = asyncio.Event()
        self._executor = ThreadPoolExecutor(2, "exchange-rest")
        policy = SocketPolicy(
            options.ping_seconds, options.pong_seconds, options.messages_per_second, buffer_bytes=options.buffer_bytes,
            routed=market.kind == "usdm",
        )  # fmt: skip
        self.faults = Faults(options.seed)
        budget, stats = WeightBudget(options.weight_per_minute, time.time), Stats(market, hub)
        rest = Rest(market, budget, self.faults)
        self.switchboard = Switchboard(market, stats, self.faults, budget)
        self._backstage = Backstage(market, stats, self.switchboard)
        self._services = Services(
            market, hub, rest, stats, policy, self._executor, self.faults, self.switchboard, self._backstage
        )

    async def listen(self) -> asyncio.Server:
        """Open the port. Raise ExchangeError where it is taken."""
        port = self._options.port
        try:
            return await asyncio.get_running_loop().create_server(lambda: Connection(self._services), HOST, port)
        except OSError as error:
            raise ExchangeError(
                f"the exchange cannot listen on {HOST}:{port} ({error.strerror or error}): choose another port, or 0 for any"
            ) from error

    def stop(self) -> None:
        """End `run` soon; safe to call again."""
        self._stopped.set()

    async def run(self, listener: asyncio.Server) -> None:
        """Serve until stopped or, with `once`, until the recording has been delivered."""
        parts = self._play(), self._heartbeat(), self._until_stopped()
        tasks = [asyncio.ensure_future(part) for part in parts]
        schedule = asyncio.ensure_future(self.switchboard.follow(self._options.faults))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # a market that broke must not go unnoticed
        finally:
            for task in (*tasks, schedule):
                task.cancel()
            listener.close()
            await self._say_goodbye(delivered=tasks[0].done())
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._backstage.close()

    async def _play(self) -> None:
        """Run the market; ends only with `once`, when everything has left this process."""
        await self._market.run(self._services.hub, self._drain)
        if not self._options.once:
            await self._until_stopped()
        for connection in list(self._services.stats.connections):
            await connection.emptied()

    async def _until_stopped(self) -> None:
        await self._stopped.wait()

    async def _drain(self) -> None:
        for connection in list(self._services.stats.connections):
            await connection.drained()
        await asyncio.sleep(0)

    async def _heartbeat(self) -> None:
        while True:
            await asyncio.sleep(min(_HEARTBEAT_SECONDS, self._options.ping_seconds / 4, self._options.pong_seconds / 4))
            for connection in list(self._services.stats.connections):
                connection.heartbeat()
            self.switchboard.look_at_ages()

    async def _say_goodbye(self, delivered: bool) -> None:
        """Close every connection; readers of a recording that is `delivered` get the time to read it to its end."""
        code, patience = (1000, _READING_SECONDS) if delivered else (1001, _GOODBYE_SECONDS)
        connections = list(self._services.stats.connections)
        for connection in connections:
            connection.end(code, "", patience)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                for connection in connections:
                    await connection.closed.wait()
        for connection in connections:
            connection.abort()
