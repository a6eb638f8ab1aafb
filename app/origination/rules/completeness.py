"""What an application still needs before it can be handed in, and what the phone shows next."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from app.catalog.rules import OfferedProduct, Payee
from app.foundation.errors import InvalidInput
from app.origination.errors import Missing, MissingItem
from app.origination.rules.consents import ConsentKey, consents_asked
from app.origination.rules.states import ApplicationState

PURPOSE_MAX = 60
"""Characters of a purpose: one line on a small screen."""
MONTHLY_FEN_MAX = 100_000_000
"""The most that may be stated as monthly income or debt payments: a million yuan."""
MERCHANT_NAME_MAX = 60
MONTHS_IN_YEAR = 12
_ACCOUNT_SHAPE = re.compile(r"[0-9]{8,32}")
OPEN_APPLICATIONS_MAX = 5
"""Applications of one borrower that have not ended."""


class Merchant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom the money goes to where a product pays the school, clinic or shop directly."""

    name: str
    account: str

    @property
    def account_tail(self) -> str:
        """Return the account's last four digits."""
        return self.account[-4:]


def merchant_of(name: str, account: str, *, field: str) -> Merchant:
    """
    Read a merchant as its invoice or sign states it.

    Raises:
        InvalidInput: The name is empty or too long, or the account is not 8 to 32 digits.
    """
    written = unicodedata.normalize("NFKC", account[:64]).replace(" ", "")
    if not _ACCOUNT_SHAPE.fullmatch(written):
        raise InvalidInput(f"{field}.account", "origination.reason.merchant_account")
    said = unicodedata.normalize("NFKC", name[: MERCHANT_NAME_MAX + 1]).strip()
    if not said or not said.isprintable() or len(said) > MERCHANT_NAME_MAX:
        raise InvalidInput(f"{field}.name", "origination.reason.merchant_name")
    return Merchant(name=said, account=written)


def purpose_of(written: str, *, field: str) -> str:
    """
    Read what the money is for: one line, since it stands in the agreement and in a text message.

    Raises:
        InvalidInput: It is empty, too long, or holds signs that cannot be printed.
    """
    said = " ".join(unicodedata.normalize("NFKC", written[: PURPOSE_MAX * 4]).split())
    if not said:
        raise InvalidInput(field, "foundation.reason.empty")
    if len(said) > PURPOSE_MAX:
        raise InvalidInput(field, "foundation.reason.too_long", most=PURPOSE_MAX)
    if not said.isprintable():
        raise InvalidInput(field, "origination.reason.unprintable")
    return said


def monthly_fen(value: int, *, field: str) -> int:
    """
    Check an amount a month.

    Raises:
        InvalidInput: It is negative or beyond what a household can have.
    """
    if not 0 <= value <= MONTHLY_FEN_MAX:
        raise InvalidInput(field, "origination.reason.monthly_amount", most_fen=MONTHLY_FEN_MAX)
    return value


def income_months_of(months: Iterable[int], *, field: str) -> tuple[int, ...]:
    """
    Read in which months of the year income comes, each once and in order; steady income, in all.

    Raises:
        InvalidInput: There is none, or one is no month.
    """
    found = tuple(sorted(set(months)))
    if not found or found[0] < 1 or found[-1] > MONTHS_IN_YEAR:
        raise InvalidInput(field, "origination.reason.income_months")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """Which steps of an application are filled in; the sealed ones only as yes or no."""

    amount_fen: int | None
    months: int | None
    has_purpose: bool
    has_monthly_income: bool
    has_debt_payments: bool
    has_merchant: bool
    lacks_guarantor: bool = False
    """Whether a guarantor is needed who has not agreed to the whole amount."""
    needs_other_guarantor: bool = False
    """Whether the guarantor who agreed cannot stand behind it for now."""
    documents: frozenset[str] = frozenset()
    """The kinds of pictures that have arrived."""
    lacks_lender: bool = False
    """Whether somebody the product cannot be lent without is not on the published list today."""


def missing_of(
    filled: Filled,
    offered: OfferedProduct,
    given: Collection[ConsentKey],
    *,
    is_profile_complete: bool,
    has_bank_card: bool,
) -> tuple[Missing, ...]:
    """
    Return everything an application lacks, in the order the phone asks for it.

    An amount or term the region no longer offers counts as missing.
    """
    has_amount = filled.amount_fen is not None and offered.amount.allow(filled.amount_fen)
    pays_merchant = offered.product.payee is Payee.MERCHANT
    checks = (
        (MissingItem.PROFILE, is_profile_complete),
        (MissingItem.BANK_CARD, has_bank_card or pays_merchant),
        (MissingItem.AMOUNT, has_amount),
        (MissingItem.MONTHS, filled.months in offered.terms.months),
        (MissingItem.PURPOSE, filled.has_purpose),
        (MissingItem.MONTHLY_INCOME, filled.has_monthly_income),
        (MissingItem.DEBT_PAYMENTS, filled.has_debt_payments),
        (MissingItem.MERCHANT, filled.has_merchant or not pays_merchant),
        (MissingItem.GUARANTOR, not filled.lacks_guarantor),
        (MissingItem.OTHER_GUARANTOR, not filled.needs_other_guarantor),
        (MissingItem.LENDER, not filled.lacks_lender),
    )
    items = [Missing(item=item) for item, is_there in checks if not is_there]
    documents = [
        Missing(item=MissingItem.DOCUMENT, document=one.kind.value)
        for one in offered.documents_required
        if one.kind not in filled.documents
    ]
    consents = [
        Missing(
            item=MissingItem.CONSENT,
            consent=ask.key.kind.value,
            recipient=ask.key.recipient or None,
        )
        for ask in consents_asked(offered)
        if ask.is_required and ask.key not in given
    ]
    return (*items, *documents, *consents)


class NextStep(StrEnum):
    """The one thing the phone should show next."""

    FILL_IN = "FILL_IN"
    SUBMIT = "SUBMIT"
    WAIT_FOR_DECISION = "WAIT_FOR_DECISION"
    CHOOSE_OFFER = "CHOOSE_OFFER"
    READ_COST = "READ_COST"
    ANSWER_QUESTIONS = "ANSWER_QUESTIONS"
    CONFIRM_COST = "CONFIRM_COST"
    SIGN = "SIGN"
    WAIT_FOR_MONEY = "WAIT_FOR_MONEY"
    SEE_LOAN = "SEE_LOAN"
    APPLY_AGAIN = "APPLY_AGAIN"


_S, _N = ApplicationState, NextStep
_NEXT: Mapping[ApplicationState, NextStep] = {
    _S.DRAFT: _N.FILL_IN,
    _S.ACTION_REQUIRED: _N.FILL_IN,
    _S.SUBMITTED: _N.WAIT_FOR_DECISION,
    _S.DECIDING: _N.WAIT_FOR_DECISION,
    _S.OFFERED: _N.CHOOSE_OFFER,
    _S.OFFER_ACCEPTED: _N.READ_COST,
    _S.COST_CONFIRMED: _N.SIGN,
    _S.SIGNED: _N.WAIT_FOR_MONEY,
    _S.COOLING_OFF: _N.WAIT_FOR_MONEY,
    _S.DISBURSING: _N.WAIT_FOR_MONEY,
    _S.BOOKED: _N.SEE_LOAN,
    _S.REJECTED: _N.APPLY_AGAIN,
    _S.WITHDRAWN: _N.APPLY_AGAIN,
    _S.EXPIRED: _N.APPLY_AGAIN,
    _S.DISBURSEMENT_FAILED: _N.APPLY_AGAIN,
}


def next_step(
    state: ApplicationState, *, is_complete: bool, is_opened: bool, is_understood: bool
) -> NextStep:
    """Return what the phone should show next."""
    step = _NEXT[state]
    if step is NextStep.FILL_IN and is_complete:
        return NextStep.SUBMIT
    if step is NextStep.READ_COST and is_opened:
        return NextStep.CONFIRM_COST if is_understood else NextStep.ANSWER_QUESTIONS
    return step
