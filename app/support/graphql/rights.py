"""Borrowers' rights on the staff graph: the queues of wishes, and their answers."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from app.foundation.errors import Forbidden, InvalidInput, Refusal
from app.foundation.graphql import (
    KEY_PER_CLICK,
    Connection,
    Fen,
    Info,
    PlainProblem,
    asked_page,
    checked_id,
    checked_text,
    connection_of,
    problem_of,
)
from app.origination.rules.overturning import NewDecision
from app.privacy import queries
from app.privacy.graphql.requests import CorrectableField, DataCorrectionState, HumanReviewState
from app.privacy.operations.correcting import DecideAnswer, ProposeAnswer
from app.privacy.operations.reviewing import AnswerReview
from app.privacy.rules.requests import CorrectionState, CorrectionView, ReviewView
from app.support.operations import rights

WORDS_MAX = 1_000
FEN_MAX = 10**12
MONTHLY_FEN_MAX = 10**9
DAYS_MAX = 10_000

First = Annotated[int | None, strawberry.argument(description="How many, 1-100; 20 if left out.")]
After = Annotated[
    str | None, strawberry.argument(description="The endCursor of the page before; null to begin.")
]
RequestId = Annotated[strawberry.ID, strawberry.argument(description="From dataCorrections.")]
ReviewId = Annotated[strawberry.ID, strawberry.argument(description="From humanReviews.")]


@strawberry.type(description="A borrower's wish to have something about them put right.")
class DataCorrectionTask:
    """A wish; what was written is opened by itself, and each look is on record."""

    id: strawberry.ID = strawberry.field(description="The request's id.")
    borrower_id: strawberry.ID = strawberry.field(description="Whose.")
    field: CorrectableField = strawberry.field(description="Of what.")
    state: DataCorrectionState = strawberry.field(description="Where it stands.")
    asked_at: datetime = strawberry.field(description="When it was asked for.")
    answer_due_on: date = strawberry.field(description="The last day for our answer.")
    maker_name: str | None = strawberry.field(description="Who proposed.")
    is_proposed_right: bool | None = strawberry.field(
        description="What they proposed: to put it right, or not."
    )

    @classmethod
    def of(cls, view: CorrectionView) -> "DataCorrectionTask":
        """Show a wish."""
        return cls(
            id=strawberry.ID(view.request_id),
            borrower_id=strawberry.ID(view.borrower_id),
            field=CorrectableField(view.which.value),
            state=DataCorrectionState(view.state.value),
            asked_at=view.asked_at,
            answer_due_on=view.due_on,
            maker_name=view.maker_name,
            is_proposed_right=view.is_proposed_right,
        )


@strawberry.type(description="A wish with what was written in it; the look is on record.")
class OpenedDataCorrection:
    """A wish, opened."""

    task: DataCorrectionTask = strawberry.field(description="The wish.")
    value: str = strawberry.field(description="What is to stand there.")
    reason: str = strawberry.field(description="Why, in the borrower's words.")
    maker_note: str | None = strawberry.field(description="What the first of us made of it.")


@strawberry.type(description="A borrower's wish that a person looks at a decision by machine.")
class HumanReviewTask:
    """A wish."""

    id: strawberry.ID = strawberry.field(description="The request's id.")
    borrower_id: strawberry.ID = strawberry.field(description="Whose.")
    application_id: strawberry.ID = strawberry.field(description="Which application.")
    state: HumanReviewState = strawberry.field(description="Where it stands.")
    asked_at: datetime = strawberry.field(description="When it was asked for.")
    answer_due_on: date = strawberry.field(description="The last day for our answer.")

    @classmethod
    def of(cls, view: ReviewView) -> "HumanReviewTask":
        """Show a wish."""
        return cls(
            id=strawberry.ID(view.review_id),
            borrower_id=strawberry.ID(view.borrower_id),
            application_id=strawberry.ID(view.application_id),
            state=HumanReviewState(view.state.value),
            asked_at=view.asked_at,
            answer_due_on=view.due_on,
        )


@strawberry.type(description="A wish with the borrower's words; the look is on record.")
class OpenedHumanReview:
    """A wish, opened."""

    task: HumanReviewTask = strawberry.field(description="The wish.")
    reason: str = strawberry.field(description="Why, in the borrower's words.")


@strawberry.input(description="What one of us makes of the evidence.")
class ProposeDataCorrectionInput:
    """A proposal."""

    request_id: strawberry.ID = strawberry.field(description="From dataCorrections.")
    is_right: bool = strawberry.field(description="Whether the evidence is enough.")
    note: str = strawberry.field(description="What was seen; for the second person.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.input(description="The second person's decision.")
class DecideDataCorrectionInput:
    """A decision."""

    request_id: strawberry.ID = strawberry.field(description="From dataCorrections.")
    is_confirmed: bool = strawberry.field(
        description="Whether what is proposed happens; handed back otherwise."
    )
    answer: str = strawberry.field(description="What the borrower reads.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.input(description="The decision that takes the place of the machine's; offers follow.")
class NewDecisionInput:
    """A person's decision. What the evidence puts right is given; the rest stays as it was."""

    amount: Fen = strawberry.field(
        description="The most to offer: not above what was asked for, nor what one person may"
        " approve."
    )
    reason: str = strawberry.field(description="Why, for the file; the borrower's copy has it too.")
    monthly_income: Fen | None = strawberry.field(
        description="Income a month, where the evidence says otherwise.", default=None
    )
    other_debts: Fen | None = strawberry.field(
        description="What debts elsewhere take a month, likewise.", default=None
    )
    late_now_days: int | None = strawberry.field(
        description="Days past due elsewhere today, likewise.", default=None
    )

    def as_found(self) -> NewDecision:
        """
        Check the shapes and translate.

        Raises:
            InvalidInput: A figure is below zero or beyond any, or the reason is missing.
        """
        at = "input.newDecision."
        return NewDecision(
            amount_fen=_figure(self.amount, f"{at}amount", FEN_MAX),
            reason=checked_text(self.reason, field=f"{at}reason", most=WORDS_MAX),
            monthly_income_fen=_figure_or_none(
                self.monthly_income, f"{at}monthlyIncome", MONTHLY_FEN_MAX
            ),
            other_debts_fen=_figure_or_none(self.other_debts, f"{at}otherDebts", MONTHLY_FEN_MAX),
            late_now_days=_figure_or_none(self.late_now_days, f"{at}lateNowDays", DAYS_MAX),
        )


def _figure_or_none(figure: int | None, field: str, most: int) -> int | None:
    return None if figure is None else _figure(figure, field, most)


def _figure(figure: int, field: str, most: int) -> int:
    if not 0 <= figure <= most:
        raise InvalidInput(field, "privacy.reason.figure", most=most)
    return int(figure)


@strawberry.input(description="Whether a decision by machine stands.")
class AnswerHumanReviewInput:
    """An answer."""

    review_id: strawberry.ID = strawberry.field(description="From humanReviews.")
    is_upheld: bool = strawberry.field(
        description="Whether it stands; if not, the new decision takes its place."
    )
    new_decision: NewDecisionInput | None = strawberry.field(
        description="The one that takes its place; null if it stands.", default=None
    )
    answer: str = strawberry.field(description="What the borrower reads.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.type(description="The proposal waits for a second person.")
class ProposeDataCorrectionSuccess:
    """Proposed."""

    task: DataCorrectionTask = strawberry.field(description="As it stands now.")


@strawberry.type(description="It is decided, or handed back.")
class DecideDataCorrectionSuccess:
    """Decided."""

    task: DataCorrectionTask = strawberry.field(description="As it stands now.")


@strawberry.type(description="It is answered and the borrower is told.")
class AnswerHumanReviewSuccess:
    """Answered."""

    task: HumanReviewTask = strawberry.field(description="As it stands now.")


ProposeDataCorrectionResult = Annotated[
    ProposeDataCorrectionSuccess | PlainProblem,
    strawberry.union("ProposeDataCorrectionResult", description="Proposed, or why not."),
]
DecideDataCorrectionResult = Annotated[
    DecideDataCorrectionSuccess | PlainProblem,
    strawberry.union("DecideDataCorrectionResult", description="Decided, or why not."),
]
AnswerHumanReviewResult = Annotated[
    AnswerHumanReviewSuccess | PlainProblem,
    strawberry.union("AnswerHumanReviewResult", description="Answered, or why not."),
]


@strawberry.type(description="Queries about borrowers' rights for staff.")
class StaffRightsQuery:
    """The queues."""

    @strawberry.field(description="Wishes for corrections in a state, oldest first.")
    async def data_corrections(
        self,
        info: Info,
        state: Annotated[DataCorrectionState, strawberry.argument(description="Which.")],
        first: First = None,
        after: After = None,
    ) -> Connection[DataCorrectionTask] | None:
        """Page through them."""
        if info.context.staff.role not in rights.MAKERS:
            raise Forbidden
        name = f"data corrections {state.value}"
        ask = asked_page(name, first, after)
        page = await queries.corrections_waiting(CorrectionState(state.value), ask)
        return connection_of(name, ask, page, DataCorrectionTask.of)

    @strawberry.field(description="What a borrower wants put right; the look is on their record.")
    async def data_correction(self, info: Info, id: RequestId) -> OpenedDataCorrection | None:
        """Open one."""
        opened = await rights.open_data_correction(info.context.staff, id)
        return OpenedDataCorrection(
            task=DataCorrectionTask.of(opened.view),
            value=opened.words.value,
            reason=opened.words.reason,
            maker_note=opened.words.maker_note,
        )

    @strawberry.field(description="Decisions by machine that wait for a person, oldest first.")
    async def human_reviews(
        self, info: Info, first: First = None, after: After = None
    ) -> Connection[HumanReviewTask] | None:
        """Page through them."""
        if info.context.staff.role not in rights.REVIEWERS:
            raise Forbidden
        ask = asked_page("human reviews", first, after)
        page = await queries.reviews_waiting(ask)
        return connection_of("human reviews", ask, page, HumanReviewTask.of)

    @strawberry.field(description="Why a borrower wants a person's look; on their record.")
    async def human_review(self, info: Info, id: ReviewId) -> OpenedHumanReview | None:
        """Open one."""
        opened = await rights.open_review(info.context.staff, id)
        return OpenedHumanReview(task=HumanReviewTask.of(opened.view), reason=opened.words.reason)


@strawberry.type(description="Mutations about borrowers' rights for staff.")
class StaffRightsMutation:
    """The answers."""

    @strawberry.mutation(description="Say whether a borrower's evidence is enough.")
    async def propose_data_correction(
        self,
        info: Info,
        input: Annotated[ProposeDataCorrectionInput, strawberry.argument(description="What.")],
    ) -> ProposeDataCorrectionResult:
        """Propose."""
        try:
            staff = info.context.staff
            command = ProposeAnswer(
                caller_id=staff.staff_id,
                request_id=checked_id(input.request_id, "cq", field="input.requestId"),
                is_right=input.is_right,
                note=checked_text(input.note, field="input.note", most=WORDS_MAX),
                idempotency_key=input.idempotency_key,
            )
            view = await rights.propose_data_correction(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return ProposeDataCorrectionSuccess(task=DataCorrectionTask.of(view))

    @strawberry.mutation(
        description="Confirm what somebody else proposed, or hand it back; for supervisors, after"
        " `staffStepUp`."
    )
    async def decide_data_correction(
        self,
        info: Info,
        input: Annotated[DecideDataCorrectionInput, strawberry.argument(description="What.")],
    ) -> DecideDataCorrectionResult:
        """Decide."""
        try:
            staff = info.context.staff
            command = DecideAnswer(
                caller_id=staff.staff_id,
                request_id=checked_id(input.request_id, "cq", field="input.requestId"),
                is_confirmed=input.is_confirmed,
                answer=checked_text(input.answer, field="input.answer", most=WORDS_MAX),
                idempotency_key=input.idempotency_key,
            )
            view = await rights.decide_data_correction(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return DecideDataCorrectionSuccess(task=DataCorrectionTask.of(view))

    @strawberry.mutation(
        description="Say whether a decision by machine stands; for risk staff. If it does not, the"
        " loan is approved as the new decision says: the borrower is told and gets offers; that"
        " takes a fresh `staffStepUp`."
    )
    async def answer_human_review(
        self,
        info: Info,
        input: Annotated[AnswerHumanReviewInput, strawberry.argument(description="What.")],
    ) -> AnswerHumanReviewResult:
        """Answer."""
        try:
            staff = info.context.staff
            command = AnswerReview(
                caller_id=staff.staff_id,
                review_id=checked_id(input.review_id, "hv", field="input.reviewId"),
                is_upheld=input.is_upheld,
                new_decision=None if input.new_decision is None else input.new_decision.as_found(),
                answer=checked_text(input.answer, field="input.answer", most=WORDS_MAX),
                idempotency_key=input.idempotency_key,
            )
            view = await rights.answer_review(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return AnswerHumanReviewSuccess(task=HumanReviewTask.of(view))
