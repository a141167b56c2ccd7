"""Contrast, by the numbers of the Web Content Accessibility Guidelines 2.2."""

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from core.ui import look
from core.ui.look import Look

ROOT = Path(__file__).resolve().parents[2]
THEMES = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
LEAST = 4.5
#: What is no text: grounds, and thin lines between them.
_NO_TEXT = {"name", "background", "panel", "grid"}

#: Colours that still fall short: orange on white has 4.2, the cyan of y on a panel 4.49.
_SHORT: set[tuple[str, str]] = set()


def luminance(color: str) -> float:
    """Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("each", [look.DARK, look.LIGHT], ids=lambda each: each.name)
def test_whatever_is_drawn_can_be_read_on_page_and_panel(each: Look) -> None:
    faint = {
        (each.name, field.name)
        for field in fields(Look)
        if field.name not in _NO_TEXT
        and min(contrast(getattr(each, field.name), ground) for ground in (each.background, each.panel)) < LEAST
    }
    assert faint <= _SHORT


@pytest.mark.parametrize("name", ["dark", "light"])
def test_the_pages_words_can_be_read_in_every_colour(name: str) -> None:
    theme = THEMES[name]
    words = [
        key
        for key in theme
        if key.endswith("Color") and key not in ("backgroundColor", "secondaryBackgroundColor", "borderColor")
    ]
    assert len(words) >= 9
    for key in words:
        for ground in ("backgroundColor", "secondaryBackgroundColor"):
            assert contrast(theme[key], theme[ground]) >= LEAST, (key, ground)
    assert all(contrast(color, theme["backgroundColor"]) >= LEAST for color in theme["chartCategoricalColors"])


def test_charts_and_pages_share_their_grounds() -> None:
    for each in (look.DARK, look.LIGHT):
        theme = THEMES[each.name]
        assert (each.background, each.panel, each.text) == tuple(
            theme[key] for key in ("backgroundColor", "secondaryBackgroundColor", "textColor")
        )
