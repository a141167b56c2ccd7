"""The tables. Changing one takes a new revision in ``migrations/versions``; a test compares the two.

Every number is an integer: times in microseconds (``_us``), prices and quantities at the exponents of the symbol's
scale. Tables are STRICT, so that a sum out of range is an error and never becomes a float.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

metadata = MetaData()

Big = BigInteger().with_variant(Integer, "sqlite")
Small = SmallInteger().with_variant(Integer, "sqlite")

#: One row: which market the database holds, and how far its bars are final.
desk = Table(
    "desk",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("market", Text, nullable=False),
    Column("created_us", Big, nullable=False),
    Column("watermark_us", Big, nullable=False),
    CheckConstraint("id = 1", name="desk_has_one_row"),
    sqlite_strict=True,
)

symbols = Table(
    "symbols",
    metadata,
    Column("symbol_id", Integer, primary_key=True),
    Column("symbol", Text, nullable=False, unique=True),
    sqlite_strict=True,
)

#: The exponents of a symbol's integers from a trade id on; versions only ever get finer.
scales = Table(
    "scales",
    metadata,
    Column("symbol_id", ForeignKey("symbols.symbol_id"), primary_key=True),
    Column("version", Small, primary_key=True),
    Column("from_trade_id", Big, nullable=False),
    Column("price_exponent", Small, nullable=False),
    Column("quantity_exponent", Small, nullable=False),
    sqlite_strict=True,
)

#: A trade's numbers stand at the scale whose from_trade_id is the last at or below its id.
trades = Table(
    "trades",
    metadata,
    Column("symbol_id", Small, primary_key=True),
    Column("trade_id", Big, primary_key=True),
    Column("trade_time_us", Big, nullable=False),
    Column("price", Big, nullable=False),
    Column("signed_quantity", Big, nullable=False),  # below 0 where the taker sold (the buyer is the maker)
    Column("lag_ms", Big, nullable=False),  # received - traded: shorter than the time, and as fine as a clock is true
    Column("trade_count", Big, nullable=False),  # 1, which takes no room, or the single trades of an aggregate
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

#: A bar's numbers stand at the scale of the version it names.
bars = Table(
    "bars",
    metadata,
    Column("symbol_id", Small, primary_key=True),
    Column("interval_s", Integer, primary_key=True),
    Column("open_time_us", Big, primary_key=True),
    Column("open", Big, nullable=False),
    Column("high", Big, nullable=False),
    Column("low", Big, nullable=False),
    Column("close", Big, nullable=False),
    Column("volume", Big, nullable=False),
    Column("quote_volume", Big, nullable=False),
    Column("trade_count", Big, nullable=False),
    Column("taker_buy_volume", Big, nullable=False),
    Column("taker_buy_quote_volume", Big, nullable=False),
    Column("first_trade_id", Big, nullable=False),
    Column("last_trade_id", Big, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("source", Small, nullable=False),
    Column("flags", Small, nullable=False),
    Column("scale_version", Small, nullable=False),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

#: Symbols whose record holds aggregates where single trades could not be had: a row there may cover several ids.
aggregated = Table(
    "aggregated",
    metadata,
    Column("symbol_id", ForeignKey("symbols.symbol_id"), primary_key=True),
    sqlite_strict=True,
)

#: Every known hole in a symbol's trade ids, first and last missing id inclusive; next_id is the first still missing.
gaps = Table(
    "gaps",
    metadata,
    Column("gap_id", Integer, primary_key=True),
    Column("symbol_id", ForeignKey("symbols.symbol_id"), nullable=False),
    Column("first_id", Big, nullable=False),
    Column("last_id", Big, nullable=False),
    Column("next_id", Big),
    Column("from_us", Big, nullable=False),
    Column("to_us", Big, nullable=False),
    Column("cause", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("detected_us", Big, nullable=False),
    Column("tried_us", Big),
    Column("closed_us", Big),
    Column("words", Text, nullable=False),
    CheckConstraint("first_id <= last_id", name="gap_is_not_empty"),
    sqlite_strict=True,
)
Index("gaps_by_state", gaps.c.state, gaps.c.symbol_id)

#: Minutes that differ from the venue's own, until they do not any more.
differences = Table(
    "differences",
    metadata,
    Column("symbol_id", ForeignKey("symbols.symbol_id"), primary_key=True),
    Column("open_time_us", Big, primary_key=True),
    Column("fields", Text, nullable=False),
    Column("own_count", Big, nullable=False),
    Column("reference_count", Big, nullable=False),
    Column("relative_ppb", Big, nullable=False),
    Column("found_us", Big, nullable=False),
    Column("attempts", Integer, nullable=False),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

#: What users save: presets, watch-lists. `body` is JSON text of `version` of its kind, which the store does not read.
documents = Table(
    "documents",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_us", Big, nullable=False),
    Column("updated_us", Big, nullable=False),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
