"""What is pictured, and what the README's pictures are reduced to. What is wrong with a page is found in tests/browser."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.screenshots import documents
from tests.screenshots.shots import DOCUMENTS, SHOTS, THEMES, WIDTHS, Document, file_name

ROOT = Path(__file__).resolve().parents[1]
#: The page that the bare address opens.
DEFAULT = "pair"


@pytest.mark.parametrize("page", sorted(path.stem for path in ROOT.glob("pages/*.py")))
def test_every_page_is_pictured(page: str) -> None:
    address = "/" if page == DEFAULT else f"/{page}"
    assert address in {shot.path for shot in SHOTS}


def test_names_are_those_of_files_and_each_once() -> None:
    names = [file_name(shot.name, width, theme) for shot in SHOTS for width in WIDTHS for theme in THEMES]
    assert len(set(names)) == len(names)
    assert all(name == Path(name).name for name in names)


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_what_the_readme_may_show_is_pictured(name: str) -> None:
    document = DOCUMENTS[name]
    assert document.name in {shot.name for shot in SHOTS}
    assert document.width in WIDTHS
    assert document.theme in THEMES


def test_a_picture_is_cut_and_small_and_keeps_its_colours(tmp_path: Path) -> None:
    pixels = np.zeros((2000, 1280, 3), dtype=np.uint8)
    pixels[::2, ::2] = (0x5A, 0xA2, 0xFF)
    pixels[:, 640:] = (0xFF, 0x9F, 0x45)
    Image.fromarray(pixels).save(tmp_path / "whole.png")
    documents.reduce(tmp_path / "whole.png", Document("pair", "dark", 1280, 900), tmp_path / "cut.png")
    with Image.open(tmp_path / "cut.png") as cut:
        assert cut.size == (1280, 900)
        assert np.array_equal(np.asarray(cut.convert("RGB")), pixels[:900])
    assert (tmp_path / "cut.png").stat().st_size <= documents.MOST_BYTES


def test_what_does_not_get_small_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    with pytest.raises(ValueError, match=r"cut\.png has [\d,]+ bytes with 64 colours"):
        documents.reduce(tmp_path / "noise.png", Document("pair", "dark", 200, 200), tmp_path / "cut.png", 10_000)


def test_only_pictures_that_were_taken_are_written(tmp_path: Path) -> None:
    source = DOCUMENTS["market.png"]
    Image.new("RGB", (source.width, source.height)).save(tmp_path / file_name(source.name, source.width, source.theme))
    (tmp_path / "docs").mkdir()
    assert documents.write(tmp_path, tmp_path / "docs") == ["market.png"]
    assert [path.name for path in (tmp_path / "docs").iterdir()] == ["market.png"]
