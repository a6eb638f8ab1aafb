"""Plots as SVG inside a page: text stays text, nothing is fetched, nothing runs."""

import re
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec

from app.commands.reports.shapes import BASIS_POINTS, Plot, PlotKind, Unit

WIDTH, HEIGHT = 420, 300
"""Small, so that its words can still be read where the page is as wide as a phone."""
BAR_HEIGHT, AROUND_BARS = 34, 40
LEGENDS_PER_ROW, LEGEND_HEIGHT = 2, 24
ROW_MISSING = 10
"""By how much the library reckons each further row of legends too low."""
LABEL_MAX = 9
"""Characters of a label, of which a Chinese one takes as much room as two others."""
LABEL_SIZE = 11
FEW = 10
WIDE = 0x2E80
"""From here on characters are as wide as they are high."""
COLORS = ("#2f7d4f", "#d98e04", "#3b6ea5", "#b5483a", "#7a5ba6", "#5b6b73")

_SCRIPT = re.compile(r"<script.*?</script>", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


class PlotsMissing(Exception):
    """What draws plots is not installed."""


def can_draw() -> bool:
    """Tell whether what draws plots is installed."""
    return find_spec("pygal") is not None


def drawn(plot: Plot, *, title: str, number: int) -> str:
    """
    Draw a plot.

    Raises:
        PlotsMissing: The library is not installed (`pip install 'qingmiao[reports]'`).
    """
    try:
        import pygal  # noqa: PLC0415 - an extra: only pages need it
        from pygal.style import Style  # noqa: PLC0415 - the same
    except ImportError as failure:
        raise PlotsMissing from failure
    # Its finder of maps, which we do not draw, makes Python warn at every import from then on.
    finders = [one for one in sys.meta_path if not isinstance(one, pygal.PluginImportFixer)]
    sys.meta_path[:] = finders
    kinds = {
        PlotKind.BARS: pygal.HorizontalBar,
        PlotKind.STACKED: pygal.StackedBar,
        PlotKind.LINES: pygal.Line,
    }
    is_bars = plot.kind is PlotKind.BARS
    style = Style(
        background="transparent",
        plot_background="transparent",
        font_family="system-ui, 'Noto Sans CJK SC', 'PingFang SC', sans-serif",
        colors=COLORS,
        label_font_size=LABEL_SIZE,
        major_label_font_size=LABEL_SIZE,
        legend_font_size=12,
        title_font_size=14,
        no_data_font_size=14,
        value_font_size=11,
    )
    bars = len(plot.labels) * len(plot.series)
    labels = [shortened(one) for one in plot.labels]
    legends = -(-len(plot.series) // LEGENDS_PER_ROW) if len(plot.series) > 1 else 0
    chart = kinds[plot.kind](
        style=style,
        js=(),
        width=WIDTH,
        height=LEGEND_HEIGHT * legends
        + (AROUND_BARS + BAR_HEIGHT * max(2, bars) if is_bars else HEIGHT),
        show_legend=len(plot.series) > 1,
        legend_at_bottom=True,
        legend_at_bottom_columns=LEGENDS_PER_ROW,
        legend_box_size=10,
        margin=8,
        margin_bottom=8 + ROW_MISSING * max(0, legends - 1),
        margin_left=8 + (wider_by(labels) if is_bars else 0),
        x_label_rotation=0 if is_bars or len(plot.labels) <= 4 else 35,  # noqa: PLR2004 - they fit
        truncate_label=-1,
        truncate_legend=-1,
        value_formatter=formatter(plot.unit),
        print_values=is_bars,
        show_x_labels=not is_bars,  # each bar has its value on it
        show_x_guides=False,
        show_y_guides=not is_bars,
        print_values_position="center" if is_bars else None,
        include_x_axis=True,
        no_data_text="—",
        pretty_print=False,
    )
    chart.title = None
    most = max((value or 0 for values in plot.series.values() for value in values), default=0)
    if plot.unit is Unit.COUNT and not is_bars and most <= FEW:
        chart.y_labels = list(range(most + 1))  # else halves would be written as wholes
    # A horizontal chart is read from below.
    order = slice(None, None, -1 if is_bars else 1)
    chart.x_labels = labels[order]
    for name, values in plot.series.items():
        chart.add(name, list(values)[order])
    svg = chart.render(is_unicode=True, disable_xml_declaration=True)
    assert isinstance(svg, str), "a text was asked for"
    svg = _COMMENT.sub("", _SCRIPT.sub("", svg)).replace(chart.uuid, f"plot-{number}")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)


def shortened(label: str) -> str:
    """Return a label that fits beside its bar."""
    room = 2 * LABEL_MAX
    for place, character in enumerate(label):
        room -= 1 + (ord(character) >= WIDE)
        if room < 0:
            return f"{label[:place]}…"
    return label


def wider_by(labels: Sequence[str]) -> int:
    """Return by how many points labels are wider than the library takes them for."""
    return max(
        (sum(ord(one) >= WIDE for one in label) * LABEL_SIZE // 2 for label in labels), default=0
    )


def formatter(unit: Unit) -> Callable[[int | None], str]:
    """Return what writes values on a plot short: 1.2 万 for 12,000 yuan, 12.5% for a share."""

    def write(value: int | None) -> str:
        if value is None:
            return ""
        whole = int(value)
        if unit is Unit.SHARE:
            return f"{whole * 100 // BASIS_POINTS}%"
        return short_yuan(whole) if unit is Unit.FEN else f"{whole:,}"

    return write


def short_yuan(fen: int) -> str:
    """Write an amount with few digits, in yuan or in ten thousand of them."""
    sign, yuan = "-" if fen < 0 else "", abs(fen) // 100
    if yuan < 10_000:  # noqa: PLR2004 - 万
        return f"{sign}{yuan}"
    wan, tenths = divmod(yuan // 1_000, 10)
    return f"{sign}{wan}.{tenths}万" if wan < 100 else f"{sign}{wan:,}万"  # noqa: PLR2004 - short
