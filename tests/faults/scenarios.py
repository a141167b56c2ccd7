"""Everything that goes wrong, one scenario each."""

import subprocess
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from core.market import Symbol
from tests.faults.stage import Outcome, Scenario, Stage

PERPETUALS = (Symbol("BTCUSDT", perpetual=True), Symbol("ETHUSDT", perpetual=True))


def bites_of(*names: str):
    def count(stage: Stage) -> int:
        return sum(stage.bitten(name) for name in names)

    return count


def counted(stage: Stage) -> int:
    return stage.counted


def reset(stage: Stage) -> None:
    stage.fault("reset")
    stage.let_run(1.5, 3.0)


def half_open(stage: Stage) -> None:
    stage.fault("half_open", seconds=300)
    before = _accepted(stage)
    stage.until(lambda: _accepted(stage) > before, "a new connection in place of one that brings nothing", 90.0)
    stage.exchange.heal()
    stage.let_run(2.0)


def full_stall(stage: Stage) -> None:
    stage.fault("full_stall", seconds=300)
    before = _accepted(stage)
    stage.until(lambda: _accepted(stage) > before, "a new connection in place of one that is dead", 90.0)
    stage.exchange.heal()
    stage.let_run(2.0)


def slow_reader(stage: Stage) -> None:
    """The desk's process stands still while the exchange floods it, until the exchange loses patience."""
    before = _closes(stage, "slow reader")
    stage.desk.pause()
    stage.fault("burst", symbol="BTCUSDT", trades=100_000, seconds=3)
    stage.until(lambda: _closes(stage, "slow reader") > before, "the exchange to cut a slow reader")
    stage.desk.resume()
    stage.counted = _closes(stage, "slow reader")
    stage.let_run(2.0)


def late_pong(stage: Stage) -> None:
    stage.fault("ignore_pongs", seconds=300)
    before = _closes(stage, "Pong timeout")
    stage.until(lambda: _closes(stage, "Pong timeout") > before, "a close for want of a pong")
    stage.exchange.heal()
    stage.counted = _closes(stage, "Pong timeout")
    stage.let_run(2.0)


def close_1008(stage: Stage) -> None:
    stage.fault("close", code=1008, reason="Too many requests")
    stage.let_run(1.5, 3.0)


def rotation(stage: Stage) -> None:
    stage.fault("max_age", seconds=1.0)
    stage.let_run(4.0)
    stage.exchange.heal()
    stage.let_run(1.0)


def planned_rotation(stage: Stage) -> None:
    before = _accepted(stage)
    stage.until(lambda: _accepted(stage) >= before + 2, "two planned hand-overs")
    stage.counted = _accepted(stage) - 1
    stage.let_run(1.0)


def shutdown(stage: Stage) -> None:
    """Announced longer before than a desk waits that was told so again and again."""
    before = _accepted(stage)
    stage.fault("shutdown", seconds=35)
    stage.until(lambda: _accepted(stage) > before, "a new connection before the old one ends")
    stage.let_run(4.0)


def duplicates(stage: Stage) -> None:
    stage.fault("duplicate", seconds=4, copies=3)
    stage.let_run(4.5)


def out_of_order(stage: Stage) -> None:
    stage.fault("reorder", seconds=4, window=7)
    stage.let_run(4.5)


def burst(stage: Stage) -> None:
    stage.fault("burst", symbol="BTCUSDT", trades=20_000, seconds=1)
    stage.let_run(3.0)


def rest_lag(stage: Stage) -> None:
    stage.fault("rest_lag", seconds=4, lasts=300)
    stage.fault("reset")
    stage.until(lambda: stage.bitten("rest_lag"), "an answer that came too early")
    stage.let_run(3.0)


def truncated(stage: Stage) -> None:
    stage.fault("truncate", rows=3, seconds=300)
    stage.fault("half_open", seconds=3)
    stage.fault("reset")
    stage.until(lambda: stage.bitten("truncate"), "a page that ends early")
    stage.let_run(2.0)


def rest_errors(stage: Stage) -> None:
    stage.fault("rest_errors", share=0.7, status=503, seconds=300)
    stage.fault("reset")
    stage.until(lambda: stage.bitten("rest_errors"), "an answer with an error")
    stage.let_run(2.0)


def refused_then_banned(stage: Stage) -> None:
    """429, and 418 because somebody behind the same address did not obey."""
    stage.fault("rest_errors", share=1.0, status=429, seconds=300, retry_after=1)
    stage.fault("reset")
    stage.until(lambda: stage.bitten("rest_errors"), "a 429")
    stage.exchange.heal("rest_errors")
    stage.until(stage.listened_to, "a desk that listens")
    stage.fault("rest_errors", share=1.0, status=418, seconds=300, retry_after=2)
    before = stage.bitten("rest_errors")
    stage.fault("reset")
    stage.until(lambda: stage.bitten("rest_errors") > before, "a 418", 90.0)
    stage.exchange.heal()
    stage.let_run(1.0)


def vision(stage: Stage) -> None:
    stage.fault("vision", on=True)
    stage.fault("reset")
    stage.until(lambda: stage.bitten("vision"), "a refusal of single trades", 60.0)
    stage.until(lambda: stage.desk.unfinished() == 0, "the repair from aggregates")


def halt(stage: Stage) -> None:
    stage.fault("halt", seconds=6)
    stage.let_run(8.0)


def kill_desk(stage: Stage) -> None:
    stage.desk.kill()
    stage.counted += 1
    stage.let_run(0.1, 1.0)
    stage.desk.start()
    stage.let_run(1.0, 4.0)


def restart_exchange(stage: Stage) -> None:
    stage.restart_exchange()
    stage.counted += 1
    stage.let_run(3.0, 5.0)


def disk_full(stage: Stage) -> None:
    """Everything but the last megabyte of the desk's disk is taken, and given back when the desk has noticed."""
    ballast = stage.desk.folder / "ballast"
    _fill(ballast)
    stage.fault("burst", symbol="BTCUSDT", trades=150_000, seconds=4)
    stage.until(lambda: "is full" in stage.desk.log(), "the desk to notice that its disk is full")
    stage.counted += 1
    stage.let_run(2.0)
    ballast.unlink()
    stage.let_run(2.0)


def clock_jumps(stage: Stage) -> None:
    stage.let_run(8.0)
    stage.counted = stage.desk.log().count("the clock jumps")
    stage.fault("reset")
    stage.let_run(3.0)


def _accepted(stage: Stage) -> int:
    return int(stage.exchange.stats()["streams_opened"])


def _closes(stage: Stage, reason: str) -> int:
    return int(stage.exchange.stats()["closes"].get(reason, 0))


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 65_536)


class _Blocked:
    """A venue that does not serve this place."""

    def __init__(self) -> None:
        self.refused = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.refused += 1
                body = b'{"code":0,"msg":"Service unavailable from a restricted location"}'
                self.send_response(451)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class BlockedStage(Stage):
    """The first address answers 451; the second is the exchange, which has no single trades by id."""

    def addresses(self) -> dict[str, str]:
        self.blocked = _Blocked()
        return {
            "BINANCE_WS_URL": f"ws://{self.blocked.host}", "BINANCE_REST_URL": f"http://{self.blocked.host}",
            "BINANCE_WS_FALLBACK_URL": self.exchange.ws_url, "BINANCE_REST_FALLBACK_URL": self.exchange.rest_url,
        }  # fmt: skip


def geo_blocked(stage: Stage) -> None:
    assert isinstance(stage, BlockedStage)
    stage.fault("vision", on=True)
    stage.fault("reset")
    stage.let_run(3.0)
    stage.counted = stage.blocked.refused


class SmallDiskStage(Stage):
    """The desk's folder is a disk of its own, of 96 megabytes."""

    def __init__(self, scenario: Scenario, folder: Path, seed: int, rounds: int) -> None:
        disk = folder / "desk"
        disk.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(disk)], check=True)
        self._disk = disk
        try:
            super().__init__(scenario, folder, seed, rounds)
        except BaseException:
            self._unmount()
            raise

    def run(self) -> Outcome:
        try:
            return super().run()
        finally:
            self._unmount()

    def _unmount(self) -> None:
        subprocess.run(["umount", "-l", str(self._disk)], check=False)


SCENARIOS = (
    Scenario("abrupt reset", reset, bites_of("reset")),
    Scenario("half-open stall", half_open, bites_of("half_open")),
    Scenario("full stall", full_stall, bites_of("full_stall")),
    Scenario("slow reader", slow_reader, counted, options={"buffer_bytes": 2**20}),
    Scenario("late pong", late_pong, counted),
    Scenario("close 1008", close_1008, bites_of("close")),
    Scenario("24 h rotation", rotation, bites_of("max_age")),
    Scenario("planned hand-over", planned_rotation, counted, settings={"RENEW_SECONDS": "2"}, unharmed=True),
    Scenario("serverShutdown", shutdown, bites_of("shutdown"), unharmed=True),
    Scenario("duplicates", duplicates, bites_of("duplicate"), unharmed=True),
    Scenario("out of order", out_of_order, bites_of("reorder")),
    Scenario("20,000 trades in a second", burst, bites_of("burst"), unharmed=True),
    Scenario("REST behind the stream", rest_lag, bites_of("rest_lag")),
    Scenario("truncated pages", truncated, bites_of("truncate")),
    Scenario("REST errors 5xx", rest_errors, bites_of("rest_errors")),
    Scenario("429, then 418", refused_then_banned, bites_of("rest_errors")),
    Scenario("451, other host", geo_blocked, counted),
    Scenario("no historicalTrades", vision, bites_of("vision")),
    Scenario("engine halt", halt, bites_of("halt"), unharmed=True),
    Scenario("kill -9 of the desk", kill_desk, counted, any_moment=True),
    Scenario("exchange restarts", restart_exchange, counted, any_moment=True),
    Scenario("disk full", disk_full, counted, options={"buffer_bytes": 2**28}),
    Scenario("clock jumps", clock_jumps, counted, settings={"DESK_CLOCK": "jumping"}),
    Scenario("USD-M, sparse ids: reset", reset, bites_of("reset"), market="usdm", symbols=PERPETUALS),
    Scenario("USD-M, sparse ids: kill -9", kill_desk, counted, "usdm", PERPETUALS, any_moment=True),
)


def stage_of(scenario: Scenario) -> type[Stage]:
    return {"451, other host": BlockedStage, "disk full": SmallDiskStage}.get(scenario.name, Stage)
