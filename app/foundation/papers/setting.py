"""From a paper to PDF: typst sets it, in a font that comes with a package."""

import asyncio
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path

import noto_cjk_sans_otc
import orjson
import typst

from app.foundation.papers.blocks import Paper

_TEMPLATE = Path(__file__).parent / "paper.typ"
ARCHIVAL = "a-2u"
"""PDF/A-2u (ISO 19005-2): fonts embedded, every character can be read out and searched."""

SETTER = f"typst {version('typst')}, Noto Sans CJK {version('noto-cjk-sans-otc')}"
"""What sets the papers; with another, the same paper may be other bytes."""


def pdf_of(paper: Paper) -> bytes:
    """Set a paper as PDF/A; about a tenth of a second of one core at first, less after."""
    told = {
        "title": paper.title,
        "issuer": paper.issuer,
        "number": paper.number,
        "footer": paper.footer,
        "blocks": [{"kind": one.kind, **asdict(one)} for one in paper.blocks],
    }
    # A compiler of its own: what one borrower's paper said is not kept beside the next one's.
    compiler = typst.Compiler(font_paths=_fonts())
    made = compiler.compile(
        _TEMPLATE.read_bytes(),
        format="pdf",
        sys_inputs={"paper": orjson.dumps(told).decode()},
        pdf_standards=[ARCHIVAL],
        timestamp=int(paper.made_at.timestamp()),
    )
    assert isinstance(made, bytes), "a PDF is one file"
    return made


async def set_pdf(paper: Paper) -> bytes:
    """Set a paper beside the event loop."""
    return await asyncio.to_thread(pdf_of, paper)


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(Path(path)) for path in noto_cjk_sans_otc.__path__],
    )
