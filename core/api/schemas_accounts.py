"""What is missing and what is proven, as models. Times are epoch microseconds and, beside them, ISO 8601 in UTC."""

from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from core.health import Difference, Gap, Reconciliation
from core.market import Candles, iso
from core.quality import Grade, Quality


class Mirror(BaseModel):
    """A model of one of the desk's own values, read from its attributes."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True)


class GapModel(BaseModel):
    """One entry of the gap ledger: trade ids that were found missing, first and last inclusive."""

    symbol: str
    state: str = Field(
        description="open, repairing, closed (all fetched) or lost (the venue does not give them any more)"
    )
    words: str = Field(description="what became of it, where there is something to tell")
    cause: str
    first_id: int
    last_id: int
    next_id: int | None = Field(description="the first id that is still missing; null: none is")
    missing: int = Field(description="how many ids are still missing")
    attempts: int = Field(description="how often its repair was begun")
    from_us: int = Field(description="the trade time before what is missing")
    from_iso: str
    to_us: int = Field(description="the trade time after it")
    to_iso: str
    detected_us: int
    detected_iso: str
    tried_us: int | None = Field(description="the last attempt; null: none yet")
    tried_iso: str | None
    closed_us: int | None = Field(description="null: it is not closed")
    closed_iso: str | None

    @classmethod
    def of(cls, gap: Gap) -> Self:
        return cls(
            symbol=str(gap.symbol),
            state=gap.state,
            words=gap.words,
            cause=gap.cause,
            first_id=gap.first_id,
            last_id=gap.last_id,
            next_id=gap.next_id,
            missing=gap.missing,
            attempts=gap.attempts,
            from_us=gap.from_us,
            from_iso=iso(gap.from_us),
            to_us=gap.to_us,
            to_iso=iso(gap.to_us),
            detected_us=gap.detected_us,
            detected_iso=iso(gap.detected_us),
            tried_us=gap.tried_us,
            tried_iso=_iso(gap.tried_us),
            closed_us=gap.closed_us,
            closed_iso=_iso(gap.closed_us),
        )


class GapPage(BaseModel):
    """The newest entries of the gap ledger, newest first."""

    count: int
    truncated: bool = Field(description="the ledger holds more of these than `limit`")
    gaps: list[GapModel]


class QualityModel(Mirror):
    """How much of a window of bars is proven present, by trade id."""

    grade: Grade | None = Field(
        description="A: all proven and the desk's own; B: whole, but part stands on the venue's own bars or is not proven yet; "
        "C: at least 99 % present; D: less; null: unknown, `words` says why"
    )
    share: float | None = Field(description="of its trades that are present, 0 to 1; null: unknown, `words` says why")
    exact: bool = Field(description="false: `share` is a lower bound")
    words: str
    bars: int
    present: int = Field(description="trades")
    missing: int = Field(description="trade ids")
    seeded: int = Field(description="of `present`, those in bars of the venue's own")
    unproven: int = Field(description="bars that are not known to be whole")
    gaps: int

    @classmethod
    def of(cls, quality: Quality) -> Self:
        known = cls.model_validate(quality)
        return known.model_copy(update={"grade": None}) if quality.grade is Grade.NONE else known


class ReconciliationModel(Mirror):
    """The last day's own minutes beside the venue's own bars."""

    match_rate: float | None = Field(
        description="the share of the compared minutes that match; null: none was compared yet"
    )
    worst: float | None = Field(description="the largest relative difference; null: none differs")
    differing: int
    waiting: int = Field(description="minutes not compared yet")
    matched: int
    spanning: int = Field(description="minutes that differ by no more than a trade over their boundary explains")
    compared: int
    since: int = Field(validation_alias="from_us", description="epoch us")


class DifferenceModel(BaseModel):
    """A minute that differs from the venue's own bar."""

    open_us: int
    open_iso: str
    fields: list[str]
    own_count: int = Field(description="trades")
    reference_count: int = Field(description="trades, as the venue counts them")
    relative: float = Field(description="the largest relative difference among the fields")
    found_us: int
    found_iso: str
    attempts: int = Field(description="how often it was compared")

    @classmethod
    def of(cls, difference: Difference) -> Self:
        return cls(
            open_us=difference.open_time_us,
            open_iso=iso(difference.open_time_us),
            fields=list(difference.fields),
            own_count=difference.own_count,
            reference_count=difference.reference_count,
            relative=difference.relative,
            found_us=difference.found_us,
            found_iso=iso(difference.found_us),
            attempts=difference.attempts,
        )


class QualityAnswer(QualityModel):
    """The quality of the bars of a range, and how the symbol's minutes compare with the venue's own bars."""

    symbol: str
    interval: str
    truncated: bool = Field(description="the range that was asked for holds more bars than these")
    from_us: int | None = Field(description="open time of the first bar; null: there is none")
    from_iso: str | None
    to_us: int | None = Field(description="end of the last bar; null: there is none")
    to_iso: str | None
    reconciliation: ReconciliationModel | None = Field(
        description="of the last day; null: nothing is stored of the symbol"
    )
    differences: list[DifferenceModel] = Field(description="minutes that differ, the newest ones first")

    @classmethod
    def about(
        cls,
        bars: Candles,
        truncated: bool,
        quality: Quality,
        reconciliation: Reconciliation | None,
        differences: Sequence[Difference],
    ) -> Self:
        from_us = int(bars.open_time_us[0]) if len(bars) else None
        to_us = int(bars.open_time_us[-1]) + bars.interval.us if len(bars) else None
        return cls(
            **QualityModel.of(quality).model_dump(),
            symbol=str(bars.symbol),
            interval=str(bars.interval),
            truncated=truncated,
            from_us=from_us,
            from_iso=_iso(from_us),
            to_us=to_us,
            to_iso=_iso(to_us),
            reconciliation=None if reconciliation is None else ReconciliationModel.model_validate(reconciliation),
            differences=[DifferenceModel.of(each) for each in differences],
        )


def _iso(time_us: int | None) -> str | None:
    return None if time_us is None else iso(time_us)
