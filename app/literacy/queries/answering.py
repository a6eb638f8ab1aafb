"""
Answers to a borrower's question: their own figures, published lessons, or nothing.

Every word of an answer stands in a published lesson, or in a sentence of ours filled with figures
that other queries worked out. Nothing of the question comes back, is stored or is logged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from app.foundation.errors import InvalidInput, Refusal
from app.literacy.queries.asking import late_fen_of
from app.literacy.queries.searching import lessons_about, quote
from app.literacy.queries.taught import course
from app.literacy.queries.wording import words
from app.literacy.rules.answering import (
    QUESTION_MAX,
    OwnFigure,
    figure_asked,
    gives_orders,
    is_about_somebody_else,
)
from app.literacy.rules.figures import LATE_DAYS
from app.literacy.rules.searching import Part
from app.literacy.rules.wording import language_of
from app.servicing import queries as servicing
from app.servicing.rules import LoanSummary, PlanLine


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonQuote:
    """What a published lesson says, word for word, and where."""

    slug: str
    title: str
    text: str
    part: Part
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureTold:
    """A figure of the borrower's own, to be told by one of our sentences."""

    kind: OwnFigure
    sentence: str
    """Which sentence, by its key among the texts."""
    figures: Mapping[str, object] = field(repr=False)
    loan_id: str | None = None
    number: int | None = None
    explains: str | None = None
    """What `explain` is asked about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What we can say: a figure, or quotes, or neither; then a person answers."""

    language: str
    figure: FigureTold | None = None
    quotes: Sequence[LessonQuote] = ()


async def answer(borrower_id: str, question: str, usual_language: str, today: date) -> Answer:
    """
    Return what we can say to a question.

    Raises:
        InvalidInput: It is empty or too long.
    """
    said = question.strip()
    if not 0 < len(said) <= QUESTION_MAX:
        raise InvalidInput("question", "literacy.reason.question", most=QUESTION_MAX)
    language = language_of(said, usual_language)
    nothing = Answer(language=language)
    if gives_orders(said, language, words()):
        return nothing
    kind = figure_asked(said, language, words())
    if kind is not None:
        if is_about_somebody_else(said, language, words()):
            return nothing
        if (figure := await own_figure(borrower_id, kind, today)) is not None:
            return Answer(language=language, figure=figure)
    found = await lessons_about(said, language)
    return Answer(
        language=language,
        quotes=[
            LessonQuote(
                slug=one.slug,
                title=course().by_slug[one.slug].texts[language].title,
                text=quote(one, language),
                part=one.part,
                number=one.number,
            )
            for one in found
        ],
    )


async def own_figure(borrower_id: str, kind: OwnFigure, today: date) -> FigureTold | None:
    """
    Return a figure of a borrower's loan that is to be paid next; None where there is none to tell.

    Without an open loan, what is due or closes it is told as nothing.
    """
    loans = [one for one in await servicing.loans_of(borrower_id, today) if not one.is_closed]
    if not loans:
        told = kind in {OwnFigure.NEXT_DUE, OwnFigure.PAYOFF_TODAY}
        return FigureTold(kind=kind, sentence="NO_LOAN", figures={}) if told else None
    loan = min(loans, key=lambda one: (one.next_due_on or one.closes_on, one.ref.loan_id))
    lines = (await servicing.plans_by_loan([loan.ref.loan_id]))[0]
    try:
        return await _told(kind, loan, lines, today)
    except Refusal:  # a day whose calendar is not published cannot be told of
        return None


async def _told(
    kind: OwnFigure, loan: LoanSummary, lines: Sequence[PlanLine], today: date
) -> FigureTold | None:
    line = next((one for one in lines if one.left_fen > 0), None)
    if line is None:
        return None
    sentence, explains, number = kind.value, None, line.number
    figures: dict[str, object] = {
        "number": line.number,
        "on": line.payable_on,
        "left_fen": line.left_fen,
    }
    match kind:
        case OwnFigure.NEXT_DUE if loan.overdue_fen > 0:
            sentence, explains, number = "OVERDUE", "LOAN_DUE_NOW", None
            figures = {"due_fen": loan.due_now_fen}
        case OwnFigure.NEXT_DUE | OwnFigure.HOW_TO_PAY:
            explains = "INSTALLMENT_LEFT"
        case OwnFigure.PAYOFF_TODAY:
            price = await servicing.payoff_on(loan.ref, today)
            explains, number = "PAYOFF_AMOUNT", None
            figures = {"payoff_fen": price.amount_fen, "on": today}
        case OwnFigure.IF_LATE:
            late_fen = await late_fen_of(loan.ref, line)
            if late_fen is None:
                return None
            sentence = kind.value if late_fen else "IF_LATE_FREE"
            figures = {"number": line.number, "days": LATE_DAYS, "late_fen": late_fen}
        case OwnFigure.TOTAL_COST:
            explains, number = "LOAN_CHARGES", None
            all_fen = sum(one.total_fen for one in lines)
            figures = {
                "disbursed_fen": loan.disbursed_fen,
                "all_fen": all_fen,
                "cost_fen": all_fen - sum(one.principal_fen for one in lines),
            }
        case OwnFigure.HARDSHIP:
            figures = {"due_fen": line.left_fen, "on": line.payable_on}
    return FigureTold(
        kind=kind,
        sentence=sentence,
        figures=figures,
        loan_id=loan.ref.loan_id,
        number=number,
        explains=explains,
    )
