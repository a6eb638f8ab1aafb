"""Plots as SVG inside a page: text stays text, nothing is fetched, nothing runs."""

import re
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec

from app.commands.reports.bars import WIDE, WIDTH, bars, shortened
from app.commands.reports.shapes import BASIS_POINTS, Plot, PlotKind, Unit
from app.loanmath.money import round_ratio

HEIGHT = 300
LEGENDS_PER_ROW, LEGEND_HEIGHT = 2, 24
ROW_MISSING = 10
"""By how much the library reckons each further row of legends too low."""
LABEL_MAX = 9
"""Characters of a label, of which a Chinese one takes as much room as two others."""
LABEL_SIZE = 11
LABELS_WIDTH, CHARACTER_WIDTH, BETWEEN_LABELS = 350, 6, 7
FEW, MANY = 10, 12
COLORS = ("#2f7d4f", "#d98e04", "#3b6ea5", "#b5483a", "#7a5ba6", "#5b6b73")
FEN, WAN = 100, 10_000

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
    write = formatter(plot.unit)
    if plot.kind is PlotKind.BARS:
        return bars(plot, title=title, colors=COLORS, write=write)
    try:
        import pygal  # noqa: PLC0415 - an extra: only pages need it
        from pygal.style import Style  # noqa: PLC0415 - the same
    except ImportError as failure:
        raise PlotsMissing from failure
    # Its finder of maps, which we do not draw, makes Python warn at every import from then on.
    finders = [one for one in sys.meta_path if not isinstance(one, pygal.PluginImportFixer)]
    sys.meta_path[:] = finders
    kinds = {
        PlotKind.STACKED: pygal.StackedBar,
        PlotKind.LINES: pygal.Line,
    }
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
    labels = [shortened(one, 2 * LABEL_MAX) for one in plot.labels]
    every, is_level = spread(labels)
    legends = -(-len(plot.series) // LEGENDS_PER_ROW) if len(plot.series) > 1 else 0
    chart = kinds[plot.kind](
        style=style,
        js=(),
        width=WIDTH,
        height=LEGEND_HEIGHT * legends + HEIGHT,
        show_legend=len(plot.series) > 1,
        legend_at_bottom=True,
        legend_at_bottom_columns=LEGENDS_PER_ROW,
        legend_box_size=10,
        margin=8,
        margin_bottom=8 + ROW_MISSING * max(0, legends - 1),
        x_label_rotation=0 if is_level else 35,
        x_labels_major_every=every,
        show_minor_x_labels=every == 1,
        truncate_label=-1,
        truncate_legend=-1,
        value_formatter=write,
        show_x_guides=False,
        include_x_axis=True,
        no_data_text="—",
        pretty_print=False,
    )
    chart.title = None
    columns = [[value or 0 for value in one] for one in zip(*plot.series.values(), strict=True)]
    total = sum if plot.kind is PlotKind.STACKED else max
    most = max((total(column) for column in columns), default=0)
    if plot.unit is Unit.COUNT and most <= FEW:
        chart.y_labels = list(range(most + 1))  # else halves would be written as wholes
    chart.x_labels = labels
    for name, values in plot.series.items():
        chart.add(name, list(values))
    svg = chart.render(is_unicode=True, disable_xml_declaration=True)
    assert isinstance(svg, str), "a text was asked for"
    svg = _COMMENT.sub("", _SCRIPT.sub("", svg)).replace(chart.uuid, f"plot-{number}")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)


def spread(labels: Sequence[str]) -> tuple[int, bool]:
    """
    Return that every so manieth label is written, and whether they fit without being turned.

    Only many are thinned out: they are days or numbers, where one knows the ones between.
    """
    room = max((len(one) + sum(ord(c) >= WIDE for c in one) for one in labels), default=0)
    fitting = max(1, LABELS_WIDTH // (room * CHARACTER_WIDTH + BETWEEN_LABELS))
    if len(labels) <= fitting:
        return 1, True
    return (-(-len(labels) // fitting), True) if len(labels) > MANY else (1, False)


def formatter(unit: Unit) -> Callable[[int | None], str]:
    """Return what writes values on a plot short: 1.2 万 for 12,000 yuan, 12.5% for a share."""

    def write(value: int | None) -> str:
        if value is None:
            return ""
        whole = int(value)
        if unit is Unit.SHARE:
            return short_share(whole)
        return short_yuan(whole) if unit is Unit.FEN else f"{whole:,}"

    return write


def short_yuan(fen: int) -> str:
    """Write an amount with few digits, rounded, in yuan or in ten thousand of them."""
    yuan = round_ratio(abs(fen), FEN)
    sign = "-" if fen < 0 < yuan else ""
    if yuan < WAN:
        return f"{sign}{yuan}"
    tenths = round_ratio(abs(fen), FEN * WAN // 10)
    if tenths < 100 * 10:
        return f"{sign}{tenths // 10}.{tenths % 10}万"
    return f"{sign}{round_ratio(abs(fen), FEN * WAN):,}万"


def short_share(basis_points: int) -> str:
    """Write a share in percent, rounded to a tenth where it is not whole."""
    tenths = round_ratio(abs(basis_points) * 1_000, BASIS_POINTS)
    sign = "-" if basis_points < 0 < tenths else ""
    return f"{sign}{tenths // 10}.{tenths % 10}%" if tenths % 10 else f"{sign}{tenths // 10}%"
