"""Hand-overs to other lenders on the graphs: looked at, agreed to, sent, taken back."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.catalog.graphql.words import HandedField
from app.foundation.caller import BorrowerCaller, StaffRole
from app.foundation.errors import Forbidden, Refusal
from app.foundation.graphql import (
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
from app.foundation.text import text
from app.origination import operations
from app.origination.graphql.inputs import HASH_MAX, KEY
from app.origination.queries import handovers as queries
from app.origination.rules import handovers as rules

READERS = frozenset(
    {
        StaffRole.AGENT,
        StaffRole.SUPERVISOR,
        StaffRole.DIRECTOR,
        StaffRole.RISK,
        StaffRole.AUDITOR,
    }
)
REGION_MAX = 6
_ID = "From prepareHandover or handovers."


def _value(name: str, description: str) -> str:
    """Describe an enum's value; to Python it is the value's name."""
    return strawberry.enum_value(name, description=description)  # pyright: ignore[reportReturnType]


@strawberry.enum(description="Where a hand-over stands.")
class HandoverState(Enum):
    """States of `rules.HandoverState`."""

    PREPARED = _value("PREPARED", "To be looked at and agreed to; nothing has gone.")
    REQUESTED = _value("REQUESTED", "Asked for; nothing has gone.")
    SENDING = _value("SENDING", "On its way; it may have arrived.")
    SENT = _value("SENT", "The lender has it, and will answer.")
    ACCEPTED = _value("ACCEPTED", "The lender goes on with it.")
    DECLINED = _value("DECLINED", "The lender doesn't.")
    CANCELLED = _value("CANCELLED", "Given up before anything went.")
    RECALLING = _value("RECALLING", "Taken back; the lender is being told to delete it.")
    RECALLED = _value("RECALLED", "Taken back; the lender says that it deleted it.")


@strawberry.type(description="One thing that goes to the other lender.")
class HandedItem:
    """A field."""

    field: HandedField = strawberry.field(description="Which.")
    label: str = strawberry.field(description="What it is called.")
    value: str = strawberry.field(
        description="What it says; masked where it names or reaches the borrower. Amounts are fen,"
        " regions their code."
    )


@strawberry.type(description="What goes, or went, to another lender, and under which consent.")
class Handover:
    """A hand-over."""

    id: strawberry.ID = strawberry.field(description="The hand-over's id.")
    product_name: str = strawberry.field(description="For which product.")
    lender_code: str = strawberry.field(description="To whom: the partner's code.")
    lender_name: str = strawberry.field(description="The lender's name.")
    state: HandoverState = strawberry.field(description="Where it stands.")
    sentence: str = strawberry.field(
        description="Where it stands, in the borrower's language; show this."
    )
    items: list[HandedItem] = strawberry.field(
        description="Exactly what goes or went, and nothing else ever."
    )
    consent_title: str = strawberry.field(description="What the consent is called.")
    consent_body: str = strawberry.field(description="The exact words to agree to.")
    text_hash: str = strawberry.field(
        description="SHA-256 of title, line break and words; send it to consentToHandover. Once"
        " agreed to, of the words that were."
    )
    reason: str | None = strawberry.field(
        description="Why nothing went, or the lender's own word on why it declined."
    )
    prepared_at: datetime = strawberry.field(description="When it was put together.")
    consented_at: datetime | None = strawberry.field(description="When it was agreed to.")
    sent_at: datetime | None = strawberry.field(description="When it left us.")
    answered_at: datetime | None = strawberry.field(description="When the lender answered.")
    recalled_at: datetime | None = strawberry.field(
        description="When the lender said that it deleted what it had."
    )

    @classmethod
    def of(cls, own: queries.OwnHandover, language: str) -> "Handover":
        """Show a hand-over in a language."""
        seen = own.seen
        words = rules.words_of(seen.product, language)
        funder = seen.product.funders[0]
        name = funder.name[language]
        labels = dict(words.fields)
        return cls(
            id=strawberry.ID(seen.handover_id),
            product_name=seen.product.wording[language].name,
            lender_code=funder.code,
            lender_name=name,
            state=HandoverState(seen.state.value),
            sentence=text(f"origination.handover.{seen.state}", language, lender=name),
            items=[
                HandedItem(field=HandedField[one.name], label=labels[one], value=value)
                for one, value in own.handed.items()
            ],
            consent_title=words.text.title,
            consent_body=words.text.body,
            text_hash=seen.text_sha256 or words.text.sha256,
            reason=seen.reason,
            prepared_at=seen.prepared_at,
            consented_at=seen.consented_at,
            sent_at=seen.sent_at,
            answered_at=seen.answered_at,
            recalled_at=seen.recalled_at,
        )


@strawberry.input(description="What is wanted of the other lender.")
class PrepareHandoverInput:
    """A wish."""

    product_id: strawberry.ID = strawberry.field(description="A product with a referral.")
    region_code: str = strawberry.field(description="Where the borrower lives; see regions.")
    amount: Fen = strawberry.field(description="How much.")
    months: int = strawberry.field(description="For how long.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> rules.PrepareHandover:
        """Check the shapes and translate."""
        return rules.PrepareHandover(
            borrower_id=borrower_id,
            idempotency_key=self.idempotency_key,
            product_id=checked_id(self.product_id, "pr", field="input.productId"),
            region_code=checked_text(self.region_code, field="input.regionCode", most=REGION_MAX),
            amount_fen=self.amount,
            months=self.months,
        )


@strawberry.input(description="Agreeing to one hand-over.")
class ConsentToHandoverInput:
    """Agreeing."""

    handover_id: strawberry.ID = strawberry.field(description=_ID)
    text_hash: str = strawberry.field(description="The textHash of the words that were shown.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.input(description="Which hand-over goes.")
class HandOverInput:
    """Handing over."""

    handover_id: strawberry.ID = strawberry.field(description=_ID)
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.input(description="Which hand-over is taken back.")
class WithdrawHandoverInput:
    """Taking back."""

    handover_id: strawberry.ID = strawberry.field(description=_ID)
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.type(description="Show exactly what would go, and the words; nothing has gone.")
class PrepareHandoverSuccess:
    """Prepared."""

    handover: Handover = strawberry.field(description="As it stands.")


@strawberry.type(description="Agreed to; it stands in the consent ledger. Nothing has gone.")
class ConsentToHandoverSuccess:
    """Agreed."""

    handover: Handover = strawberry.field(description="As it stands.")


@strawberry.type(description="It goes now; handovers shows how far it is.")
class HandOverSuccess:
    """Asked for."""

    handover: Handover = strawberry.field(description="As it stands.")


@strawberry.type(description="Taken back: nothing goes any more, and who has it is told.")
class WithdrawHandoverSuccess:
    """Taken back."""

    handover: Handover = strawberry.field(description="As it stands.")


PrepareHandoverResult = Annotated[
    PrepareHandoverSuccess | PlainProblem,
    strawberry.union("PrepareHandoverResult", description="What would go, or why nothing can."),
]
ConsentToHandoverResult = Annotated[
    ConsentToHandoverSuccess | PlainProblem,
    strawberry.union("ConsentToHandoverResult", description="Agreed to, or why not."),
]
HandOverResult = Annotated[
    HandOverSuccess | PlainProblem,
    strawberry.union("HandOverResult", description="On its way, or why not."),
]
WithdrawHandoverResult = Annotated[
    WithdrawHandoverSuccess | PlainProblem,
    strawberry.union("WithdrawHandoverResult", description="Taken back, or why not."),
]


@strawberry.type(description="Hand-overs' queries.")
class HandoverQuery:
    """What a borrower can read of them."""

    @strawberry.field(
        description="The caller's hand-overs to other lenders, newest first, at most twenty; null"
        " when nobody is signed in."
    )
    async def handovers(self, info: Info) -> list[Handover] | None:
        """List them."""
        caller = info.context.caller
        if not isinstance(caller, BorrowerCaller):
            return None
        found = await queries.handovers_of(caller.borrower_id)
        return [Handover.of(one, info.context.language) for one in found]


@strawberry.type(description="Hand-overs' mutations.")
class HandoverMutation:
    """What a borrower can do."""

    @strawberry.mutation(
        description="Put together exactly what a referral would hand over, to be looked at; nothing"
        " goes. It is kept for thirty days."
    )
    async def prepare_handover(
        self,
        info: Info,
        input: Annotated[PrepareHandoverInput, strawberry.argument(description="The wish.")],
    ) -> PrepareHandoverResult:
        """Prepare."""
        try:
            borrower_id = info.context.borrower_id
            handover_id = await operations.prepare_handover(input.as_command(borrower_id))
            shown = await _shown(info, handover_id)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return PrepareHandoverSuccess(handover=shown)

    @strawberry.mutation(
        description="Agree to one hand-over, in exactly the words shown, separately from anything"
        " else; it can be taken back at any time."
    )
    async def consent_to_handover(
        self,
        info: Info,
        input: Annotated[ConsentToHandoverInput, strawberry.argument(description="Which.")],
    ) -> ConsentToHandoverResult:
        """Agree."""
        try:
            caller = info.context.borrower
            command = rules.ConsentToHandover(
                borrower_id=caller.borrower_id,
                idempotency_key=input.idempotency_key,
                handover_id=_id(input.handover_id),
                text_sha256=checked_text(input.text_hash, field="input.textHash", most=HASH_MAX),
            )
            agreed = await operations.consent_to_handover(command, session_id=caller.session_id)
            shown = await _shown(info, agreed)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return ConsentToHandoverSuccess(handover=shown)

    @strawberry.mutation(
        description="Hand over what was looked at and agreed to: exactly that, to that lender."
    )
    async def hand_over(
        self,
        info: Info,
        input: Annotated[HandOverInput, strawberry.argument(description="Which.")],
    ) -> HandOverResult:
        """Hand over."""
        try:
            command = rules.HandOver(
                borrower_id=info.context.borrower_id,
                idempotency_key=input.idempotency_key,
                handover_id=_id(input.handover_id),
            )
            shown = await _shown(info, await operations.hand_over(command))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return HandOverSuccess(handover=shown)

    @strawberry.mutation(
        description="Take a hand-over back: what has not gone stays; of what has, the lender is"
        " told to stop using it and delete it."
    )
    async def withdraw_handover(
        self,
        info: Info,
        input: Annotated[WithdrawHandoverInput, strawberry.argument(description="Which.")],
    ) -> WithdrawHandoverResult:
        """Take back."""
        try:
            caller = info.context.borrower
            command = rules.WithdrawHandover(
                borrower_id=caller.borrower_id,
                idempotency_key=input.idempotency_key,
                handover_id=_id(input.handover_id),
            )
            taken = await operations.withdraw_handover(command, session_id=caller.session_id)
            shown = await _shown(info, taken)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return WithdrawHandoverSuccess(handover=shown)


@strawberry.type(description="A hand-over as staff see it; it names nobody.")
class StaffHandover:
    """A hand-over."""

    id: strawberry.ID = strawberry.field(description="The hand-over's id.")
    product_code: str = strawberry.field(description="For which product.")
    partner_code: str = strawberry.field(description="To which lender.")
    state: HandoverState = strawberry.field(description="Where it stands.")
    fields: list[HandedField] = strawberry.field(description="What goes; not what it says.")
    reason: str | None = strawberry.field(description="Why nothing went, or why it was declined.")
    prepared_at: datetime = strawberry.field(description="When it was put together.")
    consented_at: datetime | None = strawberry.field(description="When it was agreed to.")
    sent_at: datetime | None = strawberry.field(description="When it left us.")
    answered_at: datetime | None = strawberry.field(description="When the lender answered.")
    recalled_at: datetime | None = strawberry.field(
        description="When the lender said that it deleted what it had."
    )

    @classmethod
    def of(cls, seen: queries.HandoverSeen) -> "StaffHandover":
        """Show a hand-over."""
        return cls(
            id=strawberry.ID(seen.handover_id),
            product_code=seen.product.code,
            partner_code=rules.lender_of(seen.product),
            state=HandoverState(seen.state.value),
            fields=[HandedField[one.name] for one in rules.declared(seen.product)],
            reason=seen.reason,
            prepared_at=seen.prepared_at,
            consented_at=seen.consented_at,
            sent_at=seen.sent_at,
            answered_at=seen.answered_at,
            recalled_at=seen.recalled_at,
        )


@strawberry.type(description="Hand-overs, for staff.")
class StaffHandoverQuery:
    """What staff can read of them."""

    @strawberry.field(
        description="Hand-overs to other lenders, newest first; for customer service, supervisors,"
        " directors, risk and auditors."
    )
    async def handovers(
        self,
        info: Info,
        first: Annotated[
            int | None, strawberry.argument(description="How many; 1 to 100, 20 if left out.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> Connection[StaffHandover] | None:
        """Return a page of them."""
        if info.context.staff.role not in READERS:
            raise Forbidden
        ask = asked_page("handovers", first, after)
        page = await queries.handovers(ask)
        return connection_of("handovers", ask, page, StaffHandover.of)


def _id(value: str) -> str:
    return checked_id(value, "ho", field="input.handoverId")


async def _shown(info: Info, handover_id: str) -> Handover:
    own = await queries.handover(info.context.borrower_id, handover_id)
    return Handover.of(own, info.context.language)
