"""Plots as SVG inside a page: text stays text, nothing is fetched, nothing runs."""

import re
from collections.abc import Callable

from app.commands.reports.shapes import BASIS_POINTS, Plot, PlotKind, Unit

WIDTH, HEIGHT = 420, 300
"""Small, so that its words can still be read where the page is as wide as a phone."""
BAR_HEIGHT, AROUND_BARS = 34, 96
LABEL_MAX = 12
COLORS = ("#2f7d4f", "#d98e04", "#3b6ea5", "#b5483a", "#7a5ba6", "#5b6b73")

_SCRIPT = re.compile(r"<script.*?</script>", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


class PlotsMissing(Exception):
    """What draws plots is not installed."""


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
        label_font_size=11,
        major_label_font_size=11,
        legend_font_size=12,
        title_font_size=14,
        no_data_font_size=14,
        value_font_size=11,
    )
    bars = len(plot.labels) * len(plot.series)
    chart = kinds[plot.kind](
        style=style,
        js=(),
        width=WIDTH,
        height=AROUND_BARS + BAR_HEIGHT * max(2, bars) if is_bars else HEIGHT,
        show_legend=len(plot.series) > 1,
        legend_at_bottom=True,
        legend_at_bottom_columns=2,
        legend_box_size=10,
        margin=8,
        x_label_rotation=0 if is_bars or len(plot.labels) <= 4 else 35,  # noqa: PLR2004 - they fit
        truncate_label=LABEL_MAX,
        truncate_legend=-1,
        value_formatter=formatter(plot.unit),
        print_values=is_bars,
        print_values_position="center" if is_bars else None,
        include_x_axis=True,
        no_data_text="—",
        pretty_print=False,
    )
    chart.title = None
    # A horizontal chart is read from below.
    order = slice(None, None, -1 if is_bars else 1)
    chart.x_labels = list(plot.labels)[order]
    for name, values in plot.series.items():
        chart.add(name, list(values)[order])
    svg = chart.render(is_unicode=True, disable_xml_declaration=True)
    assert isinstance(svg, str), "a text was asked for"
    svg = _COMMENT.sub("", _SCRIPT.sub("", svg)).replace(chart.uuid, f"plot-{number}")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)


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
    yuan, tenths = divmod(abs(fen), 100)[0], 0
    sign = "-" if fen < 0 else ""
    if yuan < 10_000:  # noqa: PLR2004 - 万
        return f"{sign}{yuan}"
    yuan, tenths = divmod(yuan // 1_000, 10)
    return f"{sign}{yuan:,}.{tenths}万" if yuan < 100 else f"{sign}{yuan:,}万"  # noqa: PLR2004 - short
