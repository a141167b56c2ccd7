"""Desk stamp, symbols with their scales, trades, bars of 1 s and 1 m, and the gap ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer, "sqlite")
Small = sa.SmallInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _desk_and_symbols()
    _trades()
    _bars()
    _gaps()


def _desk_and_symbols() -> None:
    op.create_table(
        "desk",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("market", sa.Text, nullable=False),
        sa.Column("created_us", Big, nullable=False),
        sa.Column("watermark_us", Big, nullable=False),
        sa.CheckConstraint("id = 1", name="desk_has_one_row"),
        sqlite_strict=True,
    )
    op.create_table(
        "symbols",
        sa.Column("symbol_id", sa.Integer, primary_key=True),
        sa.Column("symbol", sa.Text, nullable=False, unique=True),
        sqlite_strict=True,
    )
    op.create_table(
        "scales",
        sa.Column("symbol_id", sa.Integer, sa.ForeignKey("symbols.symbol_id"), primary_key=True),
        sa.Column("version", Small, primary_key=True),
        sa.Column("from_trade_id", Big, nullable=False),
        sa.Column("price_exponent", Small, nullable=False),
        sa.Column("quantity_exponent", Small, nullable=False),
        sqlite_strict=True,
    )


def _trades() -> None:
    op.create_table(
        "trades",
        sa.Column("symbol_id", Small, primary_key=True),
        sa.Column("trade_id", Big, primary_key=True),
        sa.Column("trade_time_us", Big, nullable=False),
        sa.Column("price", Big, nullable=False),
        sa.Column("signed_quantity", Big, nullable=False),
        sa.Column("lag_us", Big, nullable=False),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )


def _bars() -> None:
    numbers = (
        "open", "high", "low", "close", "volume", "quote_volume", "trade_count", "taker_buy_volume",
        "taker_buy_quote_volume", "first_trade_id", "last_trade_id",
    )  # fmt: skip
    op.create_table(
        "bars",
        sa.Column("symbol_id", Small, primary_key=True),
        sa.Column("interval_s", sa.Integer, primary_key=True),
        sa.Column("open_time_us", Big, primary_key=True),
        *(sa.Column(name, Big, nullable=False) for name in numbers),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("source", Small, nullable=False),
        sa.Column("flags", Small, nullable=False),
        sa.Column("scale_version", Small, nullable=False),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )


def _gaps() -> None:
    op.create_table(
        "gaps",
        sa.Column("gap_id", sa.Integer, primary_key=True),
        sa.Column("symbol_id", sa.Integer, sa.ForeignKey("symbols.symbol_id"), nullable=False),
        sa.Column("first_id", Big, nullable=False),
        sa.Column("last_id", Big, nullable=False),
        sa.Column("from_us", Big, nullable=False),
        sa.Column("to_us", Big, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("detected_us", Big, nullable=False),
        sa.Column("closed_us", Big),
        sa.CheckConstraint("first_id <= last_id", name="gap_is_not_empty"),
        sqlite_strict=True,
    )
    op.create_index("gaps_open", "gaps", ["symbol_id", "state"])
