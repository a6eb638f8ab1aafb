"""Consents on the borrower's graph: what stands, what stood, giving and taking back."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.catalog.graphql import ConsentKind
from app.catalog.rules import Consent
from app.foundation.errors import Refusal
from app.foundation.graphql import (
    Connection,
    Info,
    Node,
    PlainProblem,
    asked_page,
    checked_text,
    connection_of,
    id_or_none,
    problem_of,
)
from app.foundation.ids import has_id_shape
from app.foundation.text import text
from app.identity import queries as identity
from app.identity.rules.consents import ConsentAct, ConsentLine
from app.privacy import queries
from app.privacy.graphql.words import KEY, After, First
from app.privacy.operations.consents import (
    GiveStandingConsent,
    WithdrawConsent,
    give_standing_consent,
    withdraw_consent,
)
from app.privacy.rules.consents import PurposeStanding, sha256_of_words, words_of


@strawberry.enum(description="What a line of the consent ledger says was done.")
class ConsentStep(Enum):
    """Acts."""

    GIVEN = strawberry.enum_value("GIVEN", description="The borrower agreed.")
    WITHDRAWN = strawberry.enum_value("WITHDRAWN", description="The borrower took it back.")


@strawberry.enum(description="Who gets the data besides us.")
class DataRecipient(Enum):
    """Recipients."""

    NOBODY = strawberry.enum_value("NOBODY", description="Nobody else.")
    CREDIT_BUREAU = strawberry.enum_value("CREDIT_BUREAU", description="A credit bureau.")
    FUNDERS = strawberry.enum_value("FUNDERS", description="Those who lend a part of the money.")
    GUARANTOR = strawberry.enum_value("GUARANTOR", description="Who guarantees the loan.")
    MERCHANT = strawberry.enum_value(
        "MERCHANT", description="The school, clinic or shop that is paid."
    )
    OTHER_LENDER = strawberry.enum_value(
        "OTHER_LENDER", description="Another lender, to whom a referral is handed over."
    )


@strawberry.type(description="One use of the caller's data, and whether they agree to it now.")
class ConsentPurpose:
    """A use."""

    kind: ConsentKind = strawberry.field(description="To what.")
    recipient: str | None = strawberry.field(
        description="The partner's code, for withdrawConsent; null if the use has none, or before"
        " any is named."
    )
    recipient_name: str | None = strawberry.field(description="The partner's name.")
    title: str = strawberry.field(description="What it is called.")
    body: str = strawberry.field(description="The exact words the borrower agrees to.")
    text_hash: str = strawberry.field(
        description="SHA-256 of title, line break and text, in hexadecimal; send it to"
        " giveStandingConsent."
    )
    explanation: str = strawberry.field(
        description="Which data, for whom and how long, in plain words."
    )
    data: list[str] = strawberry.field(description="Stable words for the data, such as PHONE.")
    given_to: DataRecipient = strawberry.field(description="Who gets it besides us.")
    is_needed: bool = strawberry.field(
        description="Whether an application that asks for it cannot go on without."
    )
    is_anytime: bool = strawberry.field(
        description="Whether it can be given by itself, with giveStandingConsent."
    )
    is_standing: bool = strawberry.field(description="Whether the caller agrees to it now.")
    given_at: datetime | None = strawberry.field(description="Since when; null if not given.")
    application_ids: list[strawberry.ID] = strawberry.field(
        description="The applications it was given for."
    )
    effect_of_withdrawal: str = strawberry.field(
        description="What taking it back does and does not do, in plain words; show it before."
    )

    @classmethod
    def of(
        cls, one: PurposeStanding, names: dict[str, dict[str, str]], language: str
    ) -> "ConsentPurpose":
        """Show a use in a language."""
        purpose, code = one.purpose, one.recipient_code
        name = names.get(code, {}).get(language, code) or None
        shown = name or text("privacy.consent.recipient_unnamed", language)
        title, body = words_of(purpose.kind, language, shown)
        return cls(
            kind=ConsentKind[purpose.kind.name],
            recipient=code or None,
            recipient_name=name,
            title=title,
            body=body,
            text_hash=sha256_of_words(purpose.kind, language, shown),
            explanation=purpose.meaning[language],
            data=list(purpose.data),
            given_to=DataRecipient(purpose.recipient.value),
            is_needed=purpose.is_needed,
            is_anytime=purpose.is_anytime,
            is_standing=one.is_standing,
            given_at=one.given_at,
            application_ids=[strawberry.ID(one_id) for one_id in one.application_ids],
            effect_of_withdrawal=effect_of(purpose.kind, language),
        )


def effect_of(kind: Consent, language: str) -> str:
    """Say what taking a consent back does."""
    return text(f"privacy.consent_effect.{kind}", language) + text(
        "privacy.consent.not_backwards", language
    )


@strawberry.type(description="One line of the caller's consent ledger; lines never change.")
class ConsentRecord(Node):
    """A line."""

    number: int = strawberry.field(description="From 1, in the order things happened.")
    step: ConsentStep = strawberry.field(description="What was done.")
    kind: ConsentKind = strawberry.field(description="To what.")
    recipient: str | None = strawberry.field(description="The partner's code, if any.")
    application_id: strawberry.ID | None = strawberry.field(
        description="The application it was given for; null when given by itself."
    )
    title: str = strawberry.field(description="What it is called.")
    text_version: int = strawberry.field(description="The version of the words that were read.")
    text_language: str = strawberry.field(description="The language they were read in.")
    text_hash: str = strawberry.field(description="SHA-256 of the words that were read.")
    session_id: strawberry.ID | None = strawberry.field(
        description="The session in which it was done, if it was done by phone."
    )
    noted_at: datetime = strawberry.field(description="When.")

    @classmethod
    def of(
        cls, line: ConsentLine, names: dict[str, dict[str, str]], language: str
    ) -> "ConsentRecord":
        """Show a line in a language."""
        kind, code = Consent(line.to.purpose), line.to.recipient
        title, _ = words_of(kind, language, names.get(code, {}).get(language, code))
        return cls(
            id=strawberry.ID(line.line_id),
            number=line.number,
            step=ConsentStep(ConsentAct(line.act).value),
            kind=ConsentKind[kind.name],
            recipient=line.to.recipient or None,
            application_id=strawberry.ID(line.to.about)
            if has_id_shape(line.to.about, "ap")
            else None,
            title=title,
            text_version=line.words.version,
            text_language=line.words.language,
            text_hash=line.words.sha256,
            session_id=id_or_none(line.session_id),
            noted_at=line.noted_at,
        )


@strawberry.input(description="Agreeing to one use of data by itself.")
class GiveStandingConsentInput:
    """Agreeing."""

    purpose: ConsentKind = strawberry.field(description="To what; see isAnytime.")
    text_hash: str = strawberry.field(description="The textHash of the words that were shown.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.input(description="Which consent is taken back.")
class WithdrawConsentInput:
    """Taking back."""

    purpose: ConsentKind = strawberry.field(description="To what.")
    recipient: str | None = strawberry.field(
        default=None, description="The recipient's code as consentPurposes says; null if none."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.type(description="The consent stands.")
class GiveStandingConsentSuccess:
    """Given."""

    purpose: ConsentPurpose = strawberry.field(description="As it stands now.")


@strawberry.type(description="The consent is taken back.")
class WithdrawConsentSuccess:
    """Taken back."""

    purpose: ConsentPurpose = strawberry.field(description="As it stands now.")
    was_standing: bool = strawberry.field(description="Whether there was anything to take back.")
    effect: str = strawberry.field(description="What this did and did not do; show it.")
    applications_ended: list[strawberry.ID] = strawberry.field(
        description="Applications that could not go on without it and ended; nothing is owed."
    )


GiveStandingConsentResult = Annotated[
    GiveStandingConsentSuccess | PlainProblem,
    strawberry.union("GiveStandingConsentResult", description="Noted, or why not."),
]
WithdrawConsentResult = Annotated[
    WithdrawConsentSuccess | PlainProblem,
    strawberry.union("WithdrawConsentResult", description="Taken back, or why not."),
]


@strawberry.type(description="Queries about consents.")
class ConsentQuery:
    """What the caller agreed to."""

    @strawberry.field(
        description="Every use of data there is, and whether the caller agrees to it now."
    )
    async def consent_purposes(self, info: Info) -> list[ConsentPurpose] | None:
        """Show them all."""
        found = await queries.consent_purposes(info.context.borrower_id)
        names = await queries.recipient_names()
        return [ConsentPurpose.of(one, names, info.context.language) for one in found]

    @strawberry.field(description="The caller's consent ledger, newest line first.")
    async def consents(
        self, info: Info, first: First = None, after: After = None
    ) -> Connection[ConsentRecord] | None:
        """Page through the ledger."""
        borrower_id = info.context.borrower_id
        name = f"consents:{borrower_id}"
        ask = asked_page(name, first, after)
        page = await identity.consent_lines(borrower_id, ask)
        names, language = await queries.recipient_names(), info.context.language
        return connection_of(name, ask, page, lambda line: ConsentRecord.of(line, names, language))


@strawberry.type(description="Mutations about consents.")
class ConsentMutation:
    """Giving and taking back."""

    @strawberry.mutation(
        description="Agree to one use of data by itself, until it is taken back; consents that an"
        " application asks for are given there, with giveConsent."
    )
    async def give_standing_consent(
        self,
        info: Info,
        input: Annotated[GiveStandingConsentInput, strawberry.argument(description="To what.")],
    ) -> GiveStandingConsentResult:
        """Agree."""
        try:
            caller = info.context.borrower
            kind = Consent[input.purpose.name]
            command = GiveStandingConsent(
                caller_id=caller.borrower_id,
                purpose=kind,
                text_sha256=input.text_hash,
                idempotency_key=input.idempotency_key,
            )
            await give_standing_consent(command, session_id=caller.session_id)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return GiveStandingConsentSuccess(purpose=await _shown(info, kind, ""))

    @strawberry.mutation(
        description="Take a consent back, at any time: it works from now on, never backwards, and"
        " costs nothing."
    )
    async def withdraw_consent(
        self,
        info: Info,
        input: Annotated[WithdrawConsentInput, strawberry.argument(description="Which.")],
    ) -> WithdrawConsentResult:
        """Take back."""
        try:
            caller = info.context.borrower
            kind, recipient = Consent[input.purpose.name], ""
            if input.recipient is not None:
                recipient = checked_text(input.recipient, field="input.recipient", most=40)
            done = await withdraw_consent(
                WithdrawConsent(
                    caller_id=caller.borrower_id,
                    purpose=kind,
                    recipient=recipient,
                    idempotency_key=input.idempotency_key,
                ),
                session_id=caller.session_id,
            )
        except Refusal as refusal:
            return problem_of(info, refusal)
        return WithdrawConsentSuccess(
            purpose=await _shown(info, kind, recipient),
            was_standing=done.was_standing,
            effect=effect_of(kind, info.context.language),
            applications_ended=[strawberry.ID(one) for one in done.applications_ended],
        )


async def _shown(info: Info, kind: Consent, recipient: str) -> ConsentPurpose:
    one = await queries.consent_purpose(info.context.borrower_id, kind, recipient)
    return ConsentPurpose.of(one, await queries.recipient_names(), info.context.language)


async def consent_node(info: Info, line_id: str) -> ConsentRecord | None:
    """Find a line of the caller's ledger again; somebody else's is not there."""
    line = await identity.consent_line_of(info.context.borrower_id, line_id)
    if line is None:
        return None
    return ConsentRecord.of(line, await queries.recipient_names(), info.context.language)
