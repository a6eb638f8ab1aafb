"""Questions in the borrower's own words, answered from lessons and from their own figures."""

from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.graphql import Info, id_or_none
from app.foundation.text import text
from app.literacy import queries
from app.literacy.queries.answering import Answer, FigureTold, LessonQuote
from app.literacy.rules.answering import QUESTION_MAX
from app.servicing.graphql.figures import ExplainedFigure


@strawberry.enum(name="OwnFigure", description="Figures of their own that a borrower can ask for.")
class AskedOwnFigure(Enum):
    """Kinds of `rules.answering.OwnFigure`."""

    NEXT_DUE = strawberry.enum_value("NEXT_DUE", description="When and how much to pay next.")
    PAYOFF_TODAY = strawberry.enum_value(
        "PAYOFF_TODAY", description="What closes the loan if paid today."
    )
    IF_LATE = strawberry.enum_value(
        "IF_LATE", description="What paying the next installment ten days late costs more."
    )
    TOTAL_COST = strawberry.enum_value(
        "TOTAL_COST", description="What the loan costs beyond what was lent."
    )
    HOW_TO_PAY = strawberry.enum_value("HOW_TO_PAY", description="How to pay, and what is next.")
    HARDSHIP = strawberry.enum_value(
        "HARDSHIP", description="Where to see what can be arranged when paying is hard."
    )


@strawberry.type(description="What a published lesson says, word for word.")
class LessonQuotation:
    """A quote with its source."""

    slug: strawberry.ID = strawberry.field(description="The lesson's name; `lesson` has all of it.")
    title: str = strawberry.field(description="The lesson's title.")
    text: str = strawberry.field(description="Its own words, nothing changed or left out between.")
    is_plain: bool = strawberry.field(
        description="Whether it is from the plain version; else from the full one, or the title."
    )
    paragraph: int = strawberry.field(
        description="The line or paragraph it begins with, from 1; 0 for the title."
    )

    @classmethod
    def of(cls, quote: LessonQuote) -> "LessonQuotation":
        """Show a quote."""
        return cls(
            slug=strawberry.ID(quote.slug),
            title=quote.title,
            text=quote.text,
            is_plain=quote.part.value == "PLAIN",
            paragraph=quote.number,
        )


@strawberry.type(description="An answer from published lessons.")
class LessonAnswer:
    """Quotes, the best first."""

    quotes: list[LessonQuotation] = strawberry.field(
        description="What lessons say about it, the best first, at most three."
    )


@strawberry.type(description="An answer from the caller's own figures.")
class FigureAnswer:
    """A sentence of ours with figures that other fields show too."""

    kind: AskedOwnFigure = strawberry.field(description="Which figure.")
    text: str = strawberry.field(description="The sentence to show, in the question's language.")
    loan_id: strawberry.ID | None = strawberry.field(
        description="The loan it is about: the one to be paid next; null without an open one."
    )
    number: int | None = strawberry.field(
        description="The installment it is about; null where it is about the whole loan."
    )
    explains: ExplainedFigure | None = strawberry.field(
        description="What `explain` there tells how it comes about; null where it does not."
    )

    @classmethod
    def of(cls, told: FigureTold, language: str) -> "FigureAnswer":
        """Show a figure."""
        loan_id, explains = told.loan_id, told.explains
        return cls(
            kind=AskedOwnFigure(told.kind.value),
            text=text(f"literacy.own.{told.sentence}", language, **told.figures),
            loan_id=id_or_none(loan_id),
            number=told.number,
            explains=None if explains is None else ExplainedFigure[explains],
        )


@strawberry.type(description="Neither a lesson nor a figure answers this; a person will.")
class NoAnswer:
    """The offer to hand the question over."""

    text: str = strawberry.field(
        description="What to show; `askAPerson` hands the same question to a person."
    )


AskAnswer = Annotated[
    LessonAnswer | FigureAnswer | NoAnswer,
    strawberry.union("AskAnswer", description="What `ask` can say."),
]


@strawberry.type
class AskingQuery:
    """The part of Query that answers questions."""

    @strawberry.field(
        description=f"Answer a question of at most {QUESTION_MAX} characters in the caller's own"
        " words. Every word of the answer stands in a published lesson, or in a sentence of ours"
        " with the caller's own figures; no model writes any. The question is neither kept nor"
        " logged; send it by POST, so that it stands in no URL."
    )
    async def ask(
        self,
        info: Info,
        question: Annotated[
            str, strawberry.argument(description="What the borrower wants to know.")
        ],
    ) -> AskAnswer | None:
        """Answer."""
        context = info.context
        answer = await queries.answer(
            context.borrower_id, question, context.language, context.today
        )
        return _shown(answer)


def _shown(answer: Answer) -> LessonAnswer | FigureAnswer | NoAnswer:
    if answer.figure is not None:
        return FigureAnswer.of(answer.figure, answer.language)
    if answer.quotes:
        return LessonAnswer(quotes=[LessonQuotation.of(one) for one in answer.quotes])
    return NoAnswer(text=text("literacy.own.NO_ANSWER", answer.language))
