"""What the lessons change: what people knew before and after, and who pays on time."""

from datetime import date

from app.commands.reports.names import Names, names_on
from app.commands.reports.shapes import (
    Column,
    Named,
    Plot,
    PlotKind,
    Report,
    Table,
    Unit,
    share_of,
)
from app.foundation.anonymity import PEOPLE_MIN
from app.foundation.text import text
from app.literacy.queries import effect
from app.literacy.queries.effect import LessonEffect, PaymentEffect
from app.literacy.queries.taught import course

LESSONS_PLOTTED = 12


async def literacy_report(since: date, on: date, language: str) -> Report:
    """Report on all that was learned so far: the effect is counted over people, not over days."""
    found = await effect()
    names = await names_on(on, language)
    titles = {one.slug: one.texts[language].title for one in course().lessons}
    read = [one for one in found.lessons if one.opened]
    return Report(
        name="literacy",
        language=language,
        since=since,
        on=on,
        tables=(_lessons(read, titles), _payments(found.payments, names)),
        plots=_plots(read, titles, found.payments, names),
        notes=("effect", "small"),
    )


def _lessons(read: list[LessonEffect], titles: dict[str, str]) -> Table:
    return Table(
        name="lessons",
        columns=(
            Column("lesson", Unit.NAME),
            Column("opened", Unit.COUNT),
            Column("completed", Unit.COUNT),
            Column("guessed", Unit.COUNT),
            Column("before", Unit.SHARE),
            Column("after", Unit.SHARE),
            Column("answered", Unit.COUNT),
            Column("first_right", Unit.SHARE),
        ),
        rows=tuple(
            (
                Named(one.slug, titles.get(one.slug, one.slug)),
                one.opened,
                one.completed,
                one.guessed,
                _shown(one.guessed_right, one.guessed),
                _shown(one.first_right_of_guessed, one.answered_of_guessed),
                one.answered,
                _shown(one.first_right, one.answered),
            )
            for one in sorted(read, key=lambda one: (-one.opened, one.slug))
        ),
    )


def _shown(part: int, people: int) -> int | None:
    """Return a share, unless so few people stand behind it that it tells of one of them."""
    return share_of(part, people) if people >= PEOPLE_MIN else None


def _payments(payments: tuple[PaymentEffect, ...], names: Names) -> Table:
    return Table(
        name="payments",
        columns=(
            Column("lessons_read", Unit.NAME),
            Column("people", Unit.COUNT),
            Column("loans", Unit.COUNT),
            Column("due", Unit.COUNT),
            Column("on_time", Unit.SHARE),
        ),
        rows=tuple(
            (_read(one, names), one.borrowers, one.loans, one.installments_due, _on_time(one))
            for one in payments
        ),
    )


def _on_time(one: PaymentEffect) -> int | None:
    if one.borrowers < PEOPLE_MIN:
        return None
    return share_of(max(0, one.installments_due - one.installments_missed), one.installments_due)


def _read(one: PaymentEffect, names: Names) -> Named:
    code = f"{one.lessons_from}-{'' if one.lessons_to is None else one.lessons_to}"
    if one.lessons_to is None:
        return Named(code, text("report.word.or_more", names.language, least=one.lessons_from))
    is_one = one.lessons_from == one.lessons_to
    return Named(code, str(one.lessons_from) if is_one else code)


def _plots(
    read: list[LessonEffect],
    titles: dict[str, str],
    payments: tuple[PaymentEffect, ...],
    names: Names,
) -> tuple[Plot, ...]:
    most = [
        one
        for one in sorted(read, key=lambda one: (-one.guessed, one.slug))
        if min(one.guessed, one.answered_of_guessed) >= PEOPLE_MIN
    ][:LESSONS_PLOTTED]
    return (
        Plot(
            name="before_after",
            kind=PlotKind.BARS,
            labels=tuple(titles.get(one.slug, one.slug) for one in most),
            series={
                names.word("before"): tuple(_shown(one.guessed_right, one.guessed) for one in most),
                names.word("after"): tuple(
                    _shown(one.first_right_of_guessed, one.answered_of_guessed) for one in most
                ),
            },
            unit=Unit.SHARE,
        ),
        Plot(
            name="on_time",
            kind=PlotKind.STACKED,
            labels=tuple(_read(one, names).name for one in payments),
            series={names.word("on_time"): tuple(_on_time(one) for one in payments)},
            unit=Unit.SHARE,
        ),
    )
