"""Guarantees: when one is needed, its life, and the exact words a guarantor agrees to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.catalog.rules import OfferedProduct, PolicyBook
from app.foundation.caller import BorrowerCaller
from app.foundation.canonical import sha256_of
from app.foundation.text import LANGUAGES, text
from app.identity.rules.intents import Approval
from app.origination.errors import GuaranteeOver
from app.origination.rules.commands import BorrowerCommand
from app.origination.rules.states import ApplicationState

TEXT_VERSION = 1
"""The version of the words under `guarantee_v1`; other words get a new section and number."""
NAMED_MAX = 5
"""How many people a borrower may name for one application, one after the other."""
NEEDED_FROM = "guarantor_from_fen"
WEIGHED_SINCE = "guarantor_total_fen_max"
"""Before this policy value held nobody's own debts were weighed."""
AGE_MIN = 18
"""Civil Code, articles 17 and 18: who is younger cannot stand surety."""

_A = ApplicationState
BEFORE_SIGNATURE = frozenset(
    {
        _A.DRAFT,
        _A.SUBMITTED,
        _A.ACTION_REQUIRED,
        _A.DECIDING,
        _A.OFFERED,
        _A.OFFER_ACCEPTED,
        _A.COST_CONFIRMED,
    }
)
"""While a guarantor may still be named, agree, refuse and step back."""


LEADS_NOWHERE = frozenset({_A.REJECTED, _A.WITHDRAWN, _A.EXPIRED, _A.DISBURSEMENT_FAILED})
"""No loan comes of it: nobody stands behind anything."""


class GuaranteeState(StrEnum):
    """Where a guarantee stands."""

    ASKED = "ASKED"
    GIVEN = "GIVEN"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    REPLACED = "REPLACED"


_S = GuaranteeState
STEPS: Mapping[GuaranteeState, frozenset[GuaranteeState]] = {
    _S.ASKED: frozenset({_S.GIVEN, _S.REFUSED, _S.REPLACED}),
    # Given again when the borrower asks for more than was agreed to.
    _S.GIVEN: frozenset({_S.GIVEN, _S.WITHDRAWN, _S.REPLACED}),
    _S.REFUSED: frozenset({_S.REPLACED}),
    _S.WITHDRAWN: frozenset({_S.REPLACED}),
    _S.REPLACED: frozenset(),
}
"""Every step a guarantee may take; there are no others."""


def stepped(state: GuaranteeState, wanted: GuaranteeState) -> GuaranteeState:
    """
    Take a step of a guarantee.

    Raises:
        GuaranteeOver: It is not in the table.
    """
    if wanted not in STEPS[state]:
        raise GuaranteeOver(state.value)
    return wanted


def is_guarantor_needed(book: PolicyBook, product_code: str, amount_fen: int | None) -> bool:
    """Tell whether a product wants a guarantor for an amount; one not named yet counts as any."""
    if NEEDED_FROM not in book.values:
        return False
    least = book.table(NEEDED_FROM).get(product_code)
    return isinstance(least, int) and (amount_fen is None or amount_fen >= least)


class Overcommitted(StrEnum):
    """Why somebody cannot stand behind a loan for now; it is for their own eyes alone."""

    OVERDUE = "OVERDUE"
    GUARANTEES_TOO_MANY = "GUARANTEES_TOO_MANY"
    OWES_TOO_MUCH = "OWES_TOO_MUCH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Burden:
    """What somebody owes us and stands behind, principal, and how late they are themselves."""

    owed_fen: int
    guaranteed_fen: int
    guarantees: int
    days_past_due: int


def overcommitted(burden: Burden, amount_fen: int, book: PolicyBook) -> Overcommitted | None:
    """Tell why somebody cannot stand behind an amount besides; None if they can."""
    if WEIGHED_SINCE not in book.values:
        return None
    if burden.days_past_due > book.whole("guarantor_days_past_due_max"):
        return Overcommitted.OVERDUE
    if burden.guarantees >= book.whole("guarantor_guarantees_max"):
        return Overcommitted.GUARANTEES_TOO_MANY
    if burden.owed_fen + burden.guaranteed_fen + amount_fen > book.whole(WEIGHED_SINCE):
        return Overcommitted.OWES_TOO_MUCH
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guaranteed:
    """What a guarantor would stand behind: whose, masked, how much at most, for how long."""

    name: str
    phone_tail: str
    amount_fen: int
    months_max: int
    product: Mapping[str, str]
    """The product's name by language."""

    @classmethod
    def of(
        cls, offered: OfferedProduct, *, name: str, phone_tail: str, amount_fen: int
    ) -> "Guaranteed":
        """Say it of an application for a product."""
        return cls(
            name=name,
            phone_tail=phone_tail,
            amount_fen=amount_fen,
            months_max=max(offered.terms.months),
            product={language: offered.wording[language].name for language in LANGUAGES},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteeText:
    """The words in one language, and the SHA-256 of title, line break and body."""

    title: str
    body: str
    sha256: str


def guarantee_text(what: Guaranteed, language: str) -> GuaranteeText:
    """Return the exact words a guarantor agrees to."""
    section = f"origination.guarantee_v{TEXT_VERSION}"
    title = text(f"{section}.title", language)
    body = text(
        f"{section}.body",
        language,
        name=what.name,
        tail=what.phone_tail,
        amount_fen=what.amount_fen,
        months=what.months_max,
        product=what.product[language],
    )
    return GuaranteeText(title=title, body=body, sha256=sha256_of(f"{title}\n{body}"))


def text_with_hash(what: Guaranteed, sha256: str) -> GuaranteeText | None:
    """Return the words, in whichever language, that have this hash today; None if none has."""
    for language in LANGUAGES:
        words = guarantee_text(what, language)
        if words.sha256 == sha256:
            return words
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class NameGuarantor(BorrowerCommand):
    """Ask somebody, by their number, to stand behind an application; whoever was asked is not."""

    application_id: str
    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuarantorCommand:
    """What somebody does who was asked; keys count within them."""

    caller: BorrowerCaller
    guarantee_id: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the guarantor."""
        return self.caller.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginGuarantee(GuarantorCommand):
    """Read what it would mean, and open what approves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveGuarantee(GuarantorCommand):
    """Agree to the words with this hash."""

    text_sha256: str
    approval: Approval


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseGuarantee(GuarantorCommand):
    """Say no, or step back before the borrower signs."""
