"""The README's pictures: cut to what is seen at once, and small. Pillow is there because Streamlit needs it."""

from pathlib import Path

from PIL import Image

from tests.screenshots.shots import DOCUMENTS, Document, file_name

MOST_BYTES = 300_000
_COLOURS = (256, 128, 64)


def write(pictures: Path, docs: Path) -> list[str]:
    """Write those whose picture was taken; the names of what was written."""
    written = []
    for name, document in DOCUMENTS.items():
        source = pictures / file_name(document.name, document.width, document.theme)
        if source.exists():
            reduce(source, document, docs / name)
            written.append(name)
    return written


def reduce(source: Path, document: Document, target: Path, most: int = MOST_BYTES) -> None:
    """With as many colours as fit into `most` bytes. Raise ValueError where too few do."""
    with Image.open(source) as opened:
        cut = opened.convert("RGB").crop((0, 0, document.width, min(document.height, opened.height)))
    for colours in _COLOURS:
        cut.quantize(colours, dither=Image.Dither.NONE).save(target, optimize=True)
        if target.stat().st_size <= most:
            return
    raise ValueError(f"{target.name} has {target.stat().st_size:,} bytes with {_COLOURS[-1]} colours: cut it to less")
