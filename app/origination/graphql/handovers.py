"""Hand-overs as the graphs show them: to their borrower, and to staff, who see nobody's name."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.catalog.graphql.words import HandedField
from app.foundation.caller import StaffRole
from app.foundation.errors import Forbidden
from app.foundation.graphql import Connection, Info, asked_page, connection_of, enum_value
from app.foundation.text import text
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


@strawberry.enum(description="Where a hand-over stands.")
class HandoverState(Enum):
    """States of `rules.HandoverState`."""

    PREPARED = enum_value("PREPARED", "To be looked at and agreed to; nothing has gone.")
    REQUESTED = enum_value("REQUESTED", "Asked for; nothing has gone.")
    SENDING = enum_value("SENDING", "On its way; it may have arrived.")
    SENT = enum_value("SENT", "The lender has it, and will answer.")
    ACCEPTED = enum_value("ACCEPTED", "The lender goes on with it.")
    DECLINED = enum_value("DECLINED", "The lender doesn't.")
    CANCELLED = enum_value("CANCELLED", "Given up before anything went.")
    RECALLING = enum_value("RECALLING", "Taken back; the lender is being told to delete it.")
    RECALLED = enum_value("RECALLED", "Taken back; the lender says that it deleted it.")


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
