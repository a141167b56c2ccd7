"""Numbers and times as users read them. What is unknown is a dash."""

from math import floor, isfinite, log10

from core.market import SECOND_US, Scale, decimal_text
from core.ui.zone import UTC, Zone

DASH = "–"


def price(value: int | None, scale: Scale | None) -> str:
    """A price with the decimals of its tick: ``61,837.63``."""
    if value is None or scale is None:
        return DASH
    whole, _, fraction = decimal_text(value, scale.price).partition(".")
    return f"{int(whole):,}.{fraction}" if fraction else f"{int(whole):,}"


def percent(fraction: float | None, signed: bool = False, digits: int = 2) -> str:
    """A share as ``12.3 %``; `signed` shows a plus, so that the sign does not hang on colour."""
    if fraction is None:
        return DASH
    return f"{100 * fraction:{'+' if signed else ''}.{digits}f} %"


def at_least(fraction: float | None) -> str:
    """A share as ``99.93 %``, rounded down: 100 % is said of nothing less."""
    return DASH if fraction is None else f"{floor(1e4 * fraction + 1e-9) / 100:.2f} %"


def small(fraction: float | None) -> str:
    """A difference as a share, however small: ``0.25 %``, ``< 0.0001 %``."""
    if fraction is None:
        return DASH
    return (
        f"{100 * fraction:.2g} %"
        if 1e-6 <= fraction < 1
        else "< 0.0001 %"
        if fraction < 1
        else f"{100 * fraction:,.0f} %"
    )


def count(value: int | None) -> str:
    return DASH if value is None else f"{value:,}"


def rate(per_second: float) -> str:
    """Trades a second."""
    return f"{per_second:,.1f}" if per_second < 100 else f"{per_second:,.0f}"


def milliseconds(value: float | None) -> str:
    """A lag; from ten seconds on it is told in words, because then a clock or a recording is behind it."""
    if value is None:
        return DASH
    if abs(value) >= 10_000:
        return duration(abs(value) / 1000) + (" behind" if value > 0 else " ahead")
    return f"{value:,.0f} ms"


def duration(seconds: float) -> str:
    """A length of time in its two largest units: ``3 h 12 m``."""
    whole = max(0, round(seconds))
    parts = [(whole // 86400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "m"), (whole % 60, "s")]
    first = next((i for i, (amount, _) in enumerate(parts) if amount), len(parts) - 1)
    return " ".join(f"{amount} {unit}" for amount, unit in parts[first : first + 2] if amount) or "0 s"


def seconds(value: float | None) -> str:
    """A short time, below ten seconds to the tenth: ``0.4 s``."""
    return DASH if value is None else f"{value:.1f} s" if 0 <= value < 10 else duration(value)


def age(then_us: int | None, now_us: int) -> str:
    """How long ago: ``3 s ago``."""
    return DASH if then_us is None else f"{duration((now_us - then_us) / SECOND_US)} ago"


def moment(time_us: int | None, zone: Zone = UTC) -> str:
    """A time to the second, with its zone."""
    return DASH if time_us is None else zone.moment(time_us)


def size(count_bytes: int | None) -> str:
    """Bytes as ``12.3 MB``."""
    if count_bytes is None:
        return DASH
    value = float(count_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def signed(value: float, digits: int) -> str:
    """A number with its sign: ``+0.58``, ``−2.10``."""
    return f"{round(value, digits) + 0.0:+,.{digits}f}".replace("-", "−")


def significant(value: float, digits: int) -> str:
    """A number with so many significant digits, never in powers of ten: ``1.171``, ``0.00042``."""
    if value == 0 or not isfinite(value):
        return f"{value:g}".replace("-", "−").replace("inf", "∞")
    places = max(digits - 1 - floor(log10(abs(value))), 0)
    return f"{value:,.{places}f}".replace("-", "−")
