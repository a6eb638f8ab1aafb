"""Corrections and human reviews on the borrower's graph."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import (
    Connection,
    Info,
    Node,
    PlainProblem,
    asked_page,
    checked_id,
    checked_text,
    connection_of,
    enum_value,
    problem_of,
)
from app.identity.rules.correcting import ProfileField
from app.privacy import queries
from app.privacy.graphql.words import KEY, After, First
from app.privacy.operations.correcting import RequestCorrection, request_correction
from app.privacy.operations.reviewing import RequestHumanReview, request_human_review
from app.privacy.rules.requests import CorrectionView, ReviewView

VALUE_MAX = 200
WORDS_MAX = 500


@strawberry.enum(description="A part of the profile that can be put right.")
class CorrectableField(Enum):
    """Fields of identity's `ProfileField`."""

    ADDRESS = enum_value("ADDRESS", "The address; at once.")
    INCOME = enum_value("INCOME", "Income in an average month, in whole fen; at once.")
    PURPOSE = enum_value("PURPOSE", "What the money is for; at once.")
    LANGUAGE = enum_value("LANGUAGE", "The language of messages, zh-Hans or en; at once.")
    NAME = enum_value("NAME", "The name; two members of staff check it.")
    RESIDENT_ID = enum_value("RESIDENT_ID", "The resident ID; two members of staff check it.")


@strawberry.enum(description="Where a wish for a correction stands.")
class DataCorrectionState(Enum):
    """States of `rules.requests`."""

    WAITING = enum_value("WAITING", "Staff have not looked yet.")
    PROPOSED = enum_value("PROPOSED", "One has looked; another decides.")
    MADE = enum_value("MADE", "It is put right.")
    REFUSED = enum_value("REFUSED", "It stays as it is; the answer says why.")


@strawberry.enum(description="Where a wish for a person's look stands.")
class HumanReviewState(Enum):
    """States of `rules.requests`."""

    OPEN = enum_value("OPEN", "Somebody will look.")
    UPHELD = enum_value("UPHELD", "The decision stands; the answer says why.")
    OVERTURNED = enum_value(
        "OVERTURNED", "The decision was not right; a person approved the loan, and offers wait."
    )


@strawberry.type(description="One of the caller's wishes for a correction.")
class DataCorrectionRequest(Node):
    """A wish."""

    field: CorrectableField = strawberry.field(description="Of what.")
    state: DataCorrectionState = strawberry.field(description="Where it stands.")
    asked_at: datetime = strawberry.field(description="When it was asked for.")
    answer_due_on: date = strawberry.field(description="The last day for our answer.")
    decided_at: datetime | None = strawberry.field(description="When it was decided.")

    @strawberry.field(
        description="Our answer, once decided by staff; null where the session is bound to a device"
        " and a Proof header is missing."
    )
    async def answer(self, info: Info) -> str | None:
        """Open the answer."""
        if not info.context.sees_all:
            return None
        return await info.context.loader(queries.correction_answers).load(str(self.id))

    @classmethod
    def of(cls, view: CorrectionView) -> "DataCorrectionRequest":
        """Show a wish."""
        return cls(
            id=strawberry.ID(view.request_id),
            field=CorrectableField(view.which.value),
            state=DataCorrectionState(view.state.value),
            asked_at=view.asked_at,
            answer_due_on=view.due_on,
            decided_at=view.decided_at,
        )


@strawberry.type(description="One of the caller's wishes that a person looks at a decision.")
class HumanReview(Node):
    """A wish."""

    application_id: strawberry.ID = strawberry.field(description="Which application.")
    state: HumanReviewState = strawberry.field(description="Where it stands.")
    asked_at: datetime = strawberry.field(description="When it was asked for.")
    answer_due_on: date = strawberry.field(description="The last day for our answer.")
    answered_by: str | None = strawberry.field(description="The work name of who answered.")
    answered_at: datetime | None = strawberry.field(description="When it was answered.")

    @strawberry.field(
        description="The answer, in words; null before, and where the session is bound to a device"
        " and a Proof header is missing."
    )
    async def answer(self, info: Info) -> str | None:
        """Open the answer."""
        if not info.context.sees_all:
            return None
        return await info.context.loader(queries.review_answers).load(str(self.id))

    @classmethod
    def of(cls, view: ReviewView) -> "HumanReview":
        """Show a wish."""
        return cls(
            id=strawberry.ID(view.review_id),
            application_id=strawberry.ID(view.application_id),
            state=HumanReviewState(view.state.value),
            asked_at=view.asked_at,
            answer_due_on=view.due_on,
            answered_by=view.answered_name,
            answered_at=view.answered_at,
        )


@strawberry.input(description="What is to be put right.")
class RequestCorrectionInput:
    """A correction."""

    field: CorrectableField = strawberry.field(description="Of what.")
    value: str = strawberry.field(description="What is to stand there; at most 200 characters.")
    reason: str = strawberry.field(description="Why; at most 500 characters.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.input(description="Which decision a person is to look at.")
class RequestHumanReviewInput:
    """A review."""

    application_id: strawberry.ID = strawberry.field(description="The declined application.")
    reason: str = strawberry.field(description="Why; at most 500 characters.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.type(description="It is put right, or with staff.")
class RequestCorrectionSuccess:
    """Taken."""

    request: DataCorrectionRequest = strawberry.field(description="As it stands now.")
    sentence: str = strawberry.field(description="What happens now; show it.")


@strawberry.type(description="A person will look.")
class RequestHumanReviewSuccess:
    """Taken."""

    review: HumanReview = strawberry.field(description="As it stands now.")
    sentence: str = strawberry.field(description="What happens now; show it.")


RequestCorrectionResult = Annotated[
    RequestCorrectionSuccess | PlainProblem,
    strawberry.union("RequestCorrectionResult", description="Taken, or why not."),
]
RequestHumanReviewResult = Annotated[
    RequestHumanReviewSuccess | PlainProblem,
    strawberry.union("RequestHumanReviewResult", description="Taken, or why not."),
]


@strawberry.type(description="Queries about corrections and reviews.")
class RequestsQuery:
    """What became of them."""

    @strawberry.field(description="The caller's wishes for corrections, newest first.")
    async def my_correction_requests(
        self, info: Info, first: First = None, after: After = None
    ) -> Connection[DataCorrectionRequest] | None:
        """Page through them."""
        borrower_id = info.context.borrower_id
        name = f"data corrections:{borrower_id}"
        ask = asked_page(name, first, after)
        page = await queries.corrections_asked_of(borrower_id, ask)
        return connection_of(name, ask, page, DataCorrectionRequest.of)

    @strawberry.field(description="The caller's wishes for a person's look, newest first.")
    async def my_human_reviews(
        self, info: Info, first: First = None, after: After = None
    ) -> Connection[HumanReview] | None:
        """Page through them."""
        borrower_id = info.context.borrower_id
        name = f"human reviews:{borrower_id}"
        ask = asked_page(name, first, after)
        page = await queries.reviews_asked_of(borrower_id, ask)
        return connection_of(name, ask, page, HumanReview.of)


@strawberry.type(description="Mutations about corrections and reviews.")
class RequestsMutation:
    """Asking for them."""

    @strawberry.mutation(
        description="Have something about the caller put right: at once, or within fifteen working"
        " days where two people check the evidence, which goes into the ticket it opens."
    )
    async def request_correction(
        self,
        info: Info,
        input: Annotated[RequestCorrectionInput, strawberry.argument(description="What.")],
    ) -> RequestCorrectionResult:
        """Ask."""
        try:
            command = RequestCorrection(
                caller_id=info.context.borrower_id,
                which=ProfileField(input.field.value),
                value=checked_text(input.value, field="input.value", most=VALUE_MAX),
                reason=checked_text(input.reason, field="input.reason", most=WORDS_MAX),
                idempotency_key=input.idempotency_key,
            )
            view = await request_correction(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return RequestCorrectionSuccess(
            request=DataCorrectionRequest.of(view),
            sentence=info.context.text(f"privacy.correction.{view.state}", due_on=view.due_on),
        )

    @strawberry.mutation(
        description="Have a person look at an application that a machine declined, within thirty"
        " days of the decision; it is answered within fifteen working days."
    )
    async def request_human_review(
        self,
        info: Info,
        input: Annotated[RequestHumanReviewInput, strawberry.argument(description="Which.")],
    ) -> RequestHumanReviewResult:
        """Ask."""
        try:
            command = RequestHumanReview(
                caller_id=info.context.borrower_id,
                application_id=checked_id(input.application_id, "ap", field="input.applicationId"),
                reason=checked_text(input.reason, field="input.reason", most=WORDS_MAX),
                idempotency_key=input.idempotency_key,
            )
            view = await request_human_review(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return RequestHumanReviewSuccess(
            review=HumanReview.of(view),
            sentence=info.context.text("privacy.review.asked", due_on=view.due_on),
        )


async def correction_node(info: Info, request_id: str) -> DataCorrectionRequest | None:
    """Find one of the caller's wishes again; somebody else's is not there."""
    found = await queries.own_correction(info.context.borrower_id, request_id)
    return None if found is None else DataCorrectionRequest.of(found)


async def review_node(info: Info, review_id: str) -> HumanReview | None:
    """Find one of the caller's wishes again; somebody else's is not there."""
    found = await queries.own_review(info.context.borrower_id, review_id)
    return None if found is None else HumanReview.of(found)
