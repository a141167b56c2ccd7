"""A database of the first version comes along with everything in it."""

from pathlib import Path

from alembic import command
from sqlalchemy import create_engine, make_url, text

from core.health import GapState
from core.store import Store
from core.store.migrate import _config
from tests.trading import BTC, NOW_US, START_US


def test_trades_and_gaps_of_the_first_version(tmp_path: Path) -> None:
    url = make_url(f"sqlite:///{tmp_path / 'desk.db'}")
    engine = create_engine(url)
    with engine.begin() as connection:
        command.upgrade(_config(connection), "0001")
        for statement in (
            f"INSERT INTO desk VALUES (1, 'simulated', {NOW_US}, 7)",
            "INSERT INTO symbols VALUES (1, 'BTCUSDT')",
            "INSERT INTO scales VALUES (1, 0, 0, 2, 5)",
            f"INSERT INTO trades VALUES (1, 10, {START_US}, 10000, -500, 12345), (1, 13, {START_US + 9}, 10100, 700, 99)",
            f"INSERT INTO gaps VALUES (1, 1, 11, 12, {START_US}, {START_US + 9}, 'why', 'open', 0, {NOW_US}, NULL)",
            f"INSERT INTO gaps VALUES (2, 1, 5, 6, 1, 2, 'why', 'closed', 0, {NOW_US}, {NOW_US})",
        ):
            connection.execute(text(statement))
    engine.dispose()
    store = Store.open(url, "simulated", NOW_US)
    try:
        found = store.reader.trades_after(BTC, 0, 10)
        assert found.trade_id.tolist() == [10, 13]
        assert found.quantity.tolist() == [500, 700]
        assert found.is_buyer_maker.tolist() == [True, False]
        assert found.trade_count.tolist() == [1, 1]
        assert (found.received_us - found.trade_time_us).tolist() == [12000, 0]
        told = [(gap.state, gap.next_id, gap.missing) for gap in store.reader.gaps()]
        assert told == [(GapState.OPEN, 11, 2), (GapState.CLOSED, None, 0)]
        last = store.reader.last(BTC)
        assert last is not None
        assert last.sequence.holes == ((11, 12),)
    finally:
        store.close()
