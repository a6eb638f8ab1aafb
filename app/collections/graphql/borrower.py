"""Collections' part of the borrower's graph: who contacted me, and what I say to it."""

from datetime import date
from typing import Annotated

import strawberry

from app.collections import operations, queries, rules
from app.collections.graphql.types import ContactAgreement, ContactAttempt, PaymentPromise
from app.collections.graphql.words import ContestReason
from app.foundation.day_hours import DayHours, day_hours
from app.foundation.errors import InvalidInput, Refusal
from app.foundation.graphql import (
    KEY_PER_TAP,
    Connection,
    Fen,
    Info,
    PlainProblem,
    asked_page,
    checked_id,
    connection_of,
    problem_of,
)
from app.partners import queries as partners
from app.servicing.graphql import loan_ref

First = Annotated[int | None, strawberry.argument(description="How many, 1-100; 20 if left out.")]
After = Annotated[
    str | None, strawberry.argument(description="The endCursor of the page before; null to begin.")
]


@strawberry.input(description="Which contact was wrong, and what was wrong with it.")
class ContestContactInput:
    """Two taps."""

    attempt_id: strawberry.ID = strawberry.field(description="From contactAttempts.")
    why: ContestReason = strawberry.field(description="What was wrong.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_TAP)


@strawberry.type(
    description="It is a complaint now: until it is answered, nobody asks for late money."
)
class ContestContactSuccess:
    """Contested."""

    attempt: ContactAttempt = strawberry.field(description="The contact as it stands now.")


ContestContactResult = Annotated[
    ContestContactSuccess | PlainProblem,
    strawberry.union("ContestContactResult", description="What became of `contestContact`."),
]


@strawberry.input(description="How much the borrower will pay by when.")
class PromiseToPayInput:
    """A promise."""

    loan_id: strawberry.ID = strawberry.field(description="The loan that is late.")
    amount: Fen = strawberry.field(description="How much; at most what is late.")
    due_on: date = strawberry.field(description="By when; at most 30 days from now.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_TAP)


@strawberry.type(description="The promise is written down; breaking it costs nothing.")
class PromiseToPaySuccess:
    """Promised."""

    promise: PaymentPromise = strawberry.field(description="The promise.")


PromiseToPayResult = Annotated[
    PromiseToPaySuccess | PlainProblem,
    strawberry.union("PromiseToPayResult", description="What became of `promiseToPay`."),
]


@strawberry.input(description="Hours of a day in China's time; they may span midnight.")
class ContactHoursInput:
    """From when to when."""

    begins: str = strawberry.field(name="from", description="Such as 18:00.")
    ends: str = strawberry.field(name="to", description="Such as 21:30.")

    def as_hours(self) -> DayHours:
        """
        Return the hours.

        Raises:
            InvalidInput: One of them is no time of day.
        """
        try:
            return day_hours(self.begins, self.ends)
        except ValueError:
            raise InvalidInput("input.hours", "collections.reason.time") from None


@strawberry.input(description="When and how the borrower may be contacted about late money.")
class AgreeToContactInput:
    """An agreement."""

    hours: ContactHoursInput | None = strawberry.field(
        default=None,
        description="Only then, instead of the law's day from 8:00 to 22:00; null for that.",
    )
    agrees_to_visits: bool = strawberry.field(
        default=False, description="Whether somebody may come by."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_TAP)


@strawberry.type(description="What counts from now on.")
class AgreeToContactSuccess:
    """Agreed."""

    agreement: ContactAgreement = strawberry.field(description="As it stands now.")


AgreeToContactResult = Annotated[
    AgreeToContactSuccess | PlainProblem,
    strawberry.union("AgreeToContactResult", description="What became of `agreeToContact`."),
]


@strawberry.type(description="Collections' part of Query.")
class CollectionsQuery:
    """What a borrower can read of being contacted."""

    @strawberry.field(
        description="Every contact about late money, by us or an agency, newest first."
    )
    async def contact_attempts(
        self, info: Info, first: First = None, after: After = None
    ) -> Connection[ContactAttempt] | None:
        """Page through the contacts."""
        borrower_id = info.context.borrower_id
        list_name = f"contacts:{borrower_id}"
        ask = asked_page(list_name, first, after)
        page = await queries.attempts_of(borrower_id, ask)
        agencies = await _agencies(info, [one for _, one in page.items])
        return connection_of(
            list_name, ask, page, lambda one: ContactAttempt.of(info, one, agencies)
        )

    @strawberry.field(description="When and how the caller agreed to be contacted.")
    async def contact_agreement(self, info: Info) -> ContactAgreement | None:
        """Show the agreement."""
        return ContactAgreement.of(await queries.agreement_of(info.context.borrower_id))


@strawberry.type(description="Collections' part of Mutation.")
class CollectionsMutation:
    """What a borrower can do about being contacted."""

    @strawberry.mutation(
        description="Say that a contact was wrong. It becomes a complaint, and until that is"
        " answered nobody asks for late money."
    )
    async def contest_contact(
        self,
        info: Info,
        input: Annotated[ContestContactInput, strawberry.argument(description="Which and why.")],
    ) -> ContestContactResult:
        """Contest."""
        try:
            attempt = await operations.contest_contact(
                operations.ContestContact(
                    borrower_id=info.context.borrower_id,
                    attempt_id=checked_id(input.attempt_id, "cn", field="input.attemptId"),
                    why=rules.ContestReason(input.why.value),
                    idempotency_key=input.idempotency_key,
                )
            )
        except Refusal as refusal:
            return problem_of(info, refusal)
        agencies = await _agencies(info, [attempt])
        return ContestContactSuccess(attempt=ContactAttempt.of(info, attempt, agencies))

    @strawberry.mutation(
        description="Say how much of what is late will be paid by when; it takes the place of what"
        " was said before, and breaking it costs nothing."
    )
    async def promise_to_pay(
        self,
        info: Info,
        input: Annotated[PromiseToPayInput, strawberry.argument(description="What and when.")],
    ) -> PromiseToPayResult:
        """Promise."""
        try:
            promise = await operations.promise_to_pay(
                operations.PromiseToPay(
                    loan=loan_ref(info.context.borrower_id, input.loan_id, field="input.loanId"),
                    amount_fen=int(input.amount),
                    due_on=input.due_on,
                    idempotency_key=input.idempotency_key,
                )
            )
        except Refusal as refusal:
            return problem_of(info, refusal)
        return PromiseToPaySuccess(promise=PaymentPromise.of(promise))

    @strawberry.mutation(
        description="Set when and how the caller may be contacted about late money; own quiet hours"
        " count beside it."
    )
    async def agree_to_contact(
        self,
        info: Info,
        input: Annotated[AgreeToContactInput, strawberry.argument(description="What holds.")],
    ) -> AgreeToContactResult:
        """Agree."""
        try:
            agreement = await operations.agree_to_contact(
                operations.AgreeToContact(
                    borrower_id=info.context.borrower_id,
                    hours=None if input.hours is None else input.hours.as_hours(),
                    agrees_to_visits=input.agrees_to_visits,
                    idempotency_key=input.idempotency_key,
                )
            )
        except Refusal as refusal:
            return problem_of(info, refusal)
        return AgreeToContactSuccess(agreement=ContactAgreement.of(agreement))


async def _agencies(info: Info, attempts: list[rules.Attempt]) -> dict[str, str]:
    """Return the names of agencies by code, in the caller's language; a read only if any came."""
    if all(one.agency is None for one in attempts):
        return {}
    listed = await partners.partners(info.context.today)
    return {one.code: one.name[info.context.language] for one in listed}
