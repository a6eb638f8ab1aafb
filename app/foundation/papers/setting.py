"""From a paper to PDF: typst sets it, in a font that comes with a package."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path

import noto_cjk_sans_otc
import orjson
import typst

from app.foundation.errors import RateLimited
from app.foundation.papers.blocks import Paper

_TEMPLATE = Path(__file__).parent / "paper.typ"
ARCHIVAL = "a-2u"
"""PDF/A-2u (ISO 19005-2): fonts embedded, every character can be read out and searched."""

SETTER = f"typst {version('typst')}, Noto Sans CJK {version('noto-cjk-sans-otc')}"
"""What sets the papers; with another, the same paper may be other bytes."""


UNDER_WAY_MAX = 16
"""Papers set or waiting in a process: somebody who asks again and again holds up no repayment."""

_SETTERS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="papers")


class _Desk:
    under_way = 0


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
    """
    Set a paper beside the event loop, on threads of its own.

    Raises:
        RateLimited: Too many papers wait already; come again in a moment.
    """
    if _Desk.under_way >= UNDER_WAY_MAX:
        raise RateLimited(1)
    _Desk.under_way += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_SETTERS, pdf_of, paper)
    finally:
        _Desk.under_way -= 1


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(Path(path)) for path in noto_cjk_sans_otc.__path__],
    )
