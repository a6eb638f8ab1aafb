"""Guarantees as the schema shows them: to the borrower who asked, and to whoever is asked."""

from datetime import datetime

import strawberry

from app.foundation.graphql import Fen
from app.foundation.text import text
from app.origination import queries
from app.origination.graphql.words import GuaranteeState
from app.origination.rules.guarantees import guarantee_text


def _words(state: str, language: str) -> str:
    return text(f"origination.guarantee_state.{state}", language)


@strawberry.type(description="Whom the borrower asked to stand behind the loan.")
class Guarantor:
    """A guarantor."""

    phone: str = strawberry.field(description="The number that was named, masked.")
    state: GuaranteeState = strawberry.field(description="What they answered.")
    state_words: str = strawberry.field(description="The same in two or three words.")
    amount: Fen | None = strawberry.field(
        description="The most principal they agreed to; null before. Asking for more needs their"
        " consent again."
    )
    named_at: datetime = strawberry.field(description="When they were named.")

    @classmethod
    def of(cls, view: queries.GuarantorView, language: str) -> "Guarantor":
        """Show a guarantor to the borrower."""
        return cls(
            phone=view.phone,
            state=GuaranteeState[view.state.name],
            state_words=_words(view.state.value, language),
            amount=None if view.amount_fen is None else Fen(view.amount_fen),
            named_at=view.named_at,
        )


@strawberry.type(description="A guarantee the caller is asked for, or has given; they may say no.")
class Guarantee:
    """A guarantee."""

    id: strawberry.ID = strawberry.field(description="Opaque, at most 16 characters.")
    state: GuaranteeState = strawberry.field(description="Where it stands.")
    state_words: str = strawberry.field(description="The same in two or three words.")
    is_open: bool = strawberry.field(
        description="Whether it may still be answered, or stepped back from."
    )
    borrower_name: str | None = strawberry.field(
        description="Whose loan it is, masked; null while the borrower has not said how much."
    )
    borrower_phone_tail: str | None = strawberry.field(
        description="The last four digits of that person's number; null as the name."
    )
    product: str | None = strawberry.field(description="The product's name; null as the name.")
    amount: Fen | None = strawberry.field(description="The most principal; null as the name.")
    months_max: int | None = strawberry.field(description="The longest term; null as the name.")
    title: str | None = strawberry.field(description="What stands above the text; null as it.")
    text: str | None = strawberry.field(
        description="The exact words to be agreed to: show all of them; null as the name."
    )
    text_hash: str | None = strawberry.field(
        description="SHA-256 of title, line break and text, in hexadecimal; send it to"
        " giveGuarantee."
    )
    agreed_amount: Fen | None = strawberry.field(
        description="The most principal agreed to so far; null before."
    )
    asked_at: datetime = strawberry.field(description="When the borrower asked.")

    @classmethod
    def of(cls, view: queries.GuaranteeView, language: str) -> "Guarantee":
        """Show a guarantee to whoever is asked."""
        what = view.what
        words = None if what is None else guarantee_text(what, language)
        return cls(
            id=strawberry.ID(view.guarantee_id),
            state=GuaranteeState[view.state.name],
            state_words=_words(view.state.value, language),
            is_open=view.is_open,
            borrower_name=None if what is None else what.name,
            borrower_phone_tail=None if what is None else what.phone_tail,
            product=None if what is None else what.product[language],
            amount=None if what is None else Fen(what.amount_fen),
            months_max=None if what is None else what.months_max,
            title=None if words is None else words.title,
            text=None if words is None else words.body,
            text_hash=None if words is None else words.sha256,
            agreed_amount=None if view.agreed_fen is None else Fen(view.agreed_fen),
            asked_at=view.named_at,
        )
