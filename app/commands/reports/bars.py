"""Horizontal bars as SVG, each under its whole label: names of things are seldom short."""

from collections.abc import Callable, Sequence
from html import escape

from app.commands.reports.shapes import Plot

WIDTH = 420
"""Small, so that its words can still be read where the page is as wide as a phone."""
LABEL_SIZE, VALUE_SIZE = 12, 11
LABEL_ROOM = 66
"""Characters of a label that fit in one line, of which a Chinese one takes two."""
WIDE = 0x2E80
"""From here on characters are as wide as they are high."""
MARGIN, LINE, BAR, GAP = 8, 18, 16, 10
VALUE_WIDTH = 64
LEGENDS_PER_ROW = 2
INK = "#1f2a24"


def bars(
    plot: Plot, *, title: str, colors: Sequence[str], write: Callable[[int | None], str]
) -> str:
    """Draw one bar for each value, from the left, its value behind it; below zero, as nothing."""
    most = max((value or 0 for values in plot.series.values() for value in values), default=0)
    parts: list[str] = []
    top = MARGIN
    for place, label in enumerate(plot.labels):
        top += LINE
        parts.append(_text(shortened(label, LABEL_ROOM), MARGIN, top - 5, LABEL_SIZE))
        for color, values in zip(colors, plot.series.values(), strict=False):
            parts.append(_bar(values[place], most, top, color, write))
            top += BAR
        top += GAP
    if len(plot.series) > 1:
        parts.append(_legends(list(plot.series), top, colors))
        top += LINE * -(-len(plot.series) // LEGENDS_PER_ROW)
    return (
        f'<svg role="img" aria-label="{title}" viewBox="0 0 {WIDTH} {top + MARGIN}"'
        f' xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def shortened(label: str, room: int) -> str:
    """Return a label in at most so many characters' room."""
    for place, character in enumerate(label):
        room -= 1 + (ord(character) >= WIDE)
        if room < 0:
            return f"{label[:place]}…"
    return label


def _bar(
    value: int | None, most: int, top: int, color: str, write: Callable[[int | None], str]
) -> str:
    room = WIDTH - 2 * MARGIN - VALUE_WIDTH
    width = max(0, value or 0) * room // most if most else 0
    seen = max(width, 1) if value else 0
    return (
        f'<rect x="{MARGIN}" y="{top}" width="{seen}" height="{BAR - 3}" rx="2" fill="{color}"'
        f' fill-opacity="0.75"/>{_text(write(value), MARGIN + seen + 5, top + 11, VALUE_SIZE)}'
    )


def _legends(names: Sequence[str], top: int, colors: Sequence[str]) -> str:
    parts: list[str] = []
    for number, (name, color) in enumerate(zip(names, colors, strict=False)):
        row, column = divmod(number, LEGENDS_PER_ROW)
        x, y = MARGIN + column * WIDTH // LEGENDS_PER_ROW, top + row * LINE
        parts.append(
            f'<rect x="{x}" y="{y}" width="10" height="10" fill="{color}" fill-opacity="0.75"/>'
            f"{_text(name, x + 15, y + 10, LABEL_SIZE)}"
        )
    return "".join(parts)


def _text(words: str, x: int, y: int, size: int) -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{INK}">{escape(words)}</text>'
