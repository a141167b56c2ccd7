"""Aggregates among trades, gaps with their history, and the comparison with the venue's own bars."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer, "sqlite")
Small = sa.SmallInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _trades()
    _gaps()
    _differences()


def _trades() -> None:
    op.rename_table("trades", "trades_0001")
    op.create_table(
        "trades",
        sa.Column("symbol_id", Small, primary_key=True),
        sa.Column("trade_id", Big, primary_key=True),
        sa.Column("trade_time_us", Big, nullable=False),
        sa.Column("price", Big, nullable=False),
        sa.Column("signed_quantity", Big, nullable=False),
        sa.Column("lag_ms", Big, nullable=False),
        sa.Column("trade_count", Big, nullable=False),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO trades SELECT symbol_id, trade_id, trade_time_us, price, signed_quantity, lag_us / 1000, 1 "
        "FROM trades_0001 ORDER BY symbol_id, trade_id"
    )
    op.drop_table("trades_0001")
    op.create_table(
        "aggregated",
        sa.Column("symbol_id", sa.Integer, sa.ForeignKey("symbols.symbol_id"), primary_key=True),
        sqlite_strict=True,
    )


def _gaps() -> None:
    op.drop_index("gaps_open", "gaps")
    op.rename_table("gaps", "gaps_0001")
    op.create_table(
        "gaps",
        sa.Column("gap_id", sa.Integer, primary_key=True),
        sa.Column("symbol_id", sa.Integer, sa.ForeignKey("symbols.symbol_id"), nullable=False),
        sa.Column("first_id", Big, nullable=False),
        sa.Column("last_id", Big, nullable=False),
        sa.Column("next_id", Big),
        sa.Column("from_us", Big, nullable=False),
        sa.Column("to_us", Big, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("detected_us", Big, nullable=False),
        sa.Column("tried_us", Big),
        sa.Column("closed_us", Big),
        sa.Column("words", sa.Text, nullable=False),
        sa.CheckConstraint("first_id <= last_id", name="gap_is_not_empty"),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO gaps SELECT gap_id, symbol_id, first_id, last_id, CASE state WHEN 'open' THEN first_id END, "
        "from_us, to_us, cause, state, attempts, detected_us, NULL, closed_us, '' FROM gaps_0001"
    )
    op.drop_table("gaps_0001")
    op.create_index("gaps_by_state", "gaps", ["state", "symbol_id"])


def _differences() -> None:
    op.create_table(
        "differences",
        sa.Column("symbol_id", sa.Integer, sa.ForeignKey("symbols.symbol_id"), primary_key=True),
        sa.Column("open_time_us", Big, primary_key=True),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("own_count", Big, nullable=False),
        sa.Column("reference_count", Big, nullable=False),
        sa.Column("relative_ppb", Big, nullable=False),
        sa.Column("found_us", Big, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
