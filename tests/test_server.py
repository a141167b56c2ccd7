"""The server as a whole, without a browser: it collects by itself, ends cleanly, and says why it cannot start."""

import sqlite3
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.desk_server import DeskServer, free_port


def test_collects_without_a_browser_and_ends_cleanly(tmp_path: Path) -> None:
    with DeskServer(tmp_path) as server:
        health = server.wait_until_collecting()
        assert [s["symbol"] for s in health["symbols"]] == ["BTCUSDT", "ETHUSDT", "XRPUSDT"]
        assert health["market"] == "simulated"
        assert "SIMULATED" in health["banner"]
        server.terminate()
        log = server.log()
    assert "Traceback" not in log
    assert "closed: everything received was stored" in log
    with sqlite3.connect(tmp_path / "desk.simulated.db") as database:
        stored = database.execute(
            "SELECT count(*), count(DISTINCT symbol_id || ':' || trade_id) FROM trades"
        ).fetchone()
        gaps = database.execute("SELECT count(*) FROM gaps").fetchone()[0]
    database.close()
    assert stored[0] == stored[1] > 0
    assert gaps == 0
    assert not (tmp_path / "desk.db").exists(), "simulated data must not touch the real desk's database"


def test_a_restart_goes_on_where_the_record_stands(tmp_path: Path) -> None:
    with DeskServer(tmp_path) as server:
        server.wait_until_collecting()
    with DeskServer(tmp_path) as server:
        server.wait_until_collecting()
    with sqlite3.connect(tmp_path / "desk.simulated.db") as database:
        causes = {cause for (cause,) in database.execute("SELECT cause FROM gaps")}
        overlap = database.execute(
            "SELECT count(*) - count(DISTINCT symbol_id || ':' || trade_id) FROM trades"
        ).fetchone()
    database.close()
    assert overlap == (0,)
    assert causes <= {"the desk was not running"}


def test_auto_falls_back_to_a_marked_simulation(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    settings = {"SOURCE": "auto", "BINANCE_REST_URL": nobody, "BINANCE_REST_FALLBACK_URL": "", "PROBE_SECONDS": "2"}
    with DeskServer(tmp_path, settings) as server:
        health = server.wait_until_collecting()
    assert health["market"] == "simulated"
    assert "Binance cannot be reached" in health["banner"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"SYMBOLS": "BTC USDT"}, "is not a symbol"),
        ({"SOURCE": "mars"}, "SOURCE='mars'"),
        ({"SOURCE": "replay"}, "needs REPLAY_FILE"),
        ({"DATABASE_URL": "mysql://localhost/desk"}, "SQLite"),
        ({"FLUSH_SECONDS": "-1"}, "FLUSH_SECONDS"),
    ],
)
def test_a_bad_setting_ends_in_one_clear_message(tmp_path: Path, settings: dict[str, str], words: str) -> None:
    with DeskServer(tmp_path, settings) as server:
        assert server.wait() == 1
        log = server.log()
    assert "The desk cannot start:" in log
    assert words in log
    assert "Traceback" not in log


def test_a_data_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with DeskServer(tmp_path, {"DATABASE_URL": f"sqlite:///{tmp_path}/file/desk.db"}) as server:
        assert server.wait() == 1
        log = server.log()
    assert "cannot be made" in log
    assert "Traceback" not in log


def test_a_corrupt_database(tmp_path: Path) -> None:
    (tmp_path / "desk.simulated.db").write_bytes(b"this was never a database" * 1000)
    with DeskServer(tmp_path) as server:
        assert server.wait() == 1
        log = server.log()
    assert "is damaged" in log
    assert "Traceback" not in log


def test_a_busy_port_is_told(tmp_path: Path) -> None:
    with DeskServer(tmp_path) as first:
        first.wait_until_collecting()
        (tmp_path / "second").mkdir()
        second = DeskServer(tmp_path / "second")
        second.port = first.port
        with second:
            assert second.wait() != 0
            assert "port" in second.log().lower()
            assert "Traceback" not in second.log()


def test_foreign_hosts_and_origins_are_refused(tmp_path: Path) -> None:
    with DeskServer(tmp_path) as server:
        server.wait_until_collecting()
        request = urllib.request.Request(f"{server.url}/api/v1/health", headers={"Host": "evil.example"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        refused.value.close()
        assert refused.value.code == 421
