"""What a borrower sees of being contacted: every contact, their promise, what they agreed to."""

from collections.abc import Mapping
from datetime import date, datetime

import strawberry

from app.collections import rules
from app.collections.graphql.words import (
    ContactChannel,
    ContactOutcome,
    ContestReason,
    PromiseState,
)
from app.collections.queries import Agreement
from app.foundation.clock import SHANGHAI
from app.foundation.graphql import Fen, Info
from app.foundation.text import text


@strawberry.type(description="One contact with the borrower about late money, by us or for us.")
class ContactAttempt:
    """A contact."""

    id: strawberry.ID = strawberry.field(description="Send it to contestContact.")
    loan_id: strawberry.ID = strawberry.field(description="The loan it was about.")
    channel: ContactChannel = strawberry.field(description="How.")
    outcome: ContactOutcome = strawberry.field(description="What came of it, as noted.")
    began_at: datetime = strawberry.field(description="When.")
    agency: str | None = strawberry.field(
        description="The name of the agency that contacted for us; null where we did ourselves."
    )
    words: str = strawberry.field(
        description="All of it as one sentence: when, who, how, and what came of it."
    )
    note: str | None = strawberry.field(
        description="What was noted beside it; null if nothing was. Where the session is bound to a"
        " key, null without a valid Proof header."
    )
    contested_at: datetime | None = strawberry.field(
        description="When the borrower contested it; null if they did not."
    )
    contested_why: ContestReason | None = strawberry.field(description="What they said was wrong.")

    @classmethod
    def of(
        cls, info: Info, attempt: rules.Attempt, agencies: Mapping[str, str]
    ) -> "ContactAttempt":
        """Show a contact to its borrower; `agencies` has their names by code."""
        agency = None if attempt.agency is None else agencies.get(attempt.agency, attempt.agency)
        why = attempt.contested_why
        return cls(
            id=strawberry.ID(attempt.attempt_id),
            loan_id=strawberry.ID(attempt.loan_id),
            channel=ContactChannel[attempt.channel.name],
            outcome=ContactOutcome[attempt.outcome.name],
            began_at=attempt.began_at,
            agency=agency,
            words=words_of(attempt, agency, info.context.language),
            note=attempt.note if info.context.sees_all else None,
            contested_at=attempt.contested_at,
            contested_why=None if why is None else ContestReason[why.name],
        )


def words_of(attempt: rules.Attempt, agency: str | None, language: str) -> str:
    """Say a contact in one sentence."""
    who = (
        text("collections.contact.us", language)
        if agency is None
        else text("collections.contact.agency", language, name=agency)
    )
    local = attempt.began_at.astimezone(SHANGHAI)
    return text(
        f"collections.contact.{attempt.channel}",
        language,
        on=local.date(),
        time=local.strftime("%H:%M"),
        who=who,
        outcome=text(f"collections.outcome.{attempt.outcome}", language),
    )


@strawberry.type(description="What a borrower said they would pay by a day.")
class PaymentPromise:
    """A promise."""

    id: strawberry.ID = strawberry.field(description="The promise's id.")
    loan_id: strawberry.ID = strawberry.field(description="Towards which loan.")
    amount: Fen = strawberry.field(description="How much.")
    due_on: date = strawberry.field(description="By when, that day included.")
    state: PromiseState = strawberry.field(description="Where it stands.")

    @classmethod
    def of(cls, promise: rules.Promise) -> "PaymentPromise":
        """Show a promise."""
        return cls(
            id=strawberry.ID(promise.promise_id),
            loan_id=strawberry.ID(promise.loan_id),
            amount=Fen(promise.amount_fen),
            due_on=promise.due_on,
            state=PromiseState[promise.state.name],
        )


@strawberry.type(description="When and how the borrower agreed to be contacted about late money.")
class ContactAgreement:
    """An agreement."""

    hours_from: str | None = strawberry.field(
        description="From when on, such as 18:00; null where the law's day counts."
    )
    hours_to: str | None = strawberry.field(description="Until when, such as 21:30.")
    agrees_to_visits: bool = strawberry.field(description="Whether visits are welcome.")

    @classmethod
    def of(cls, agreement: Agreement) -> "ContactAgreement":
        """Show what was agreed to."""
        hours = agreement.hours
        return cls(
            hours_from=None if hours is None else hours.begins.isoformat("minutes"),
            hours_to=None if hours is None else hours.ends.isoformat("minutes"),
            agrees_to_visits=agreement.agrees_to_visits,
        )
