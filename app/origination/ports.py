"""What origination needs from outside: a credit bureau, other records, a way to pay out."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Protocol

from app.payments.ports import OrderReport, PayOutOrder


class BureauUnavailable(Exception):
    """The bureau gave no answer; ask again under the same query id."""


class SourceUnavailable(Exception):
    """A source of alternative records gave no answer; ask again under the same query id."""


class RecordKind(StrEnum):
    """Alternative records by their source, each looked at only with a consent of its own."""

    MOBILE_PAYMENT = "MOBILE_PAYMENT"
    COOPERATIVE = "COOPERATIVE"
    INCOME = "INCOME"
    FARM = "FARM"
    MERCHANT = "MERCHANT"
    PHONE = "PHONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class BureauSummary:
    """
    What a credit report says of a person, in whole numbers.

    Attributes:
        late_count: Late payments in the last 24 months.
        active_loans: Loans not yet paid off.
        debt_service_fen: What those loans take each month.
        late_now_days: Days past due today, of the latest of them.
    """

    late_count: int
    active_loans: int
    debt_service_fen: int
    late_now_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternativeRecords:
    """
    What other records say of a person; None where there is none, or where it was not asked for.

    Attributes:
        mobile_payment_turnover_fen: Average monthly mobile-payment turnover.
        verified_income_fen: Average monthly wages, pension and payments for crops, as those who
            pay them say.
        cooperative_years: Full years as a co-operative member.
        farm_years: Full years of farming on record.
        farm_area_mu: Farmed area, in whole mu.
        merchant_months: Full months of selling on a marketplace or through a payment code.
        merchant_turnover_fen: Average monthly sales there.
        phone_months: Full months the number has been this person's, as the carrier says.
    """

    mobile_payment_turnover_fen: int | None = None
    verified_income_fen: int | None = None
    cooperative_years: int | None = None
    farm_years: int | None = None
    farm_area_mu: int | None = None
    merchant_months: int | None = None
    merchant_turnover_fen: int | None = None
    phone_months: int | None = None

    def only(self, kind: RecordKind) -> "AlternativeRecords":
        """Return what comes from one source; everything else is None."""
        return AlternativeRecords(**{name: getattr(self, name) for name in FIELDS_OF[kind]})

    def over(self, other: "AlternativeRecords") -> "AlternativeRecords":
        """Return what either says; where both do, this."""
        return AlternativeRecords(
            **{
                one.name: getattr(other, one.name)
                if getattr(self, one.name) is None
                else getattr(self, one.name)
                for one in fields(self)
            }
        )


FIELDS_OF: Mapping[RecordKind, tuple[str, ...]] = {
    RecordKind.MOBILE_PAYMENT: ("mobile_payment_turnover_fen",),
    RecordKind.COOPERATIVE: ("cooperative_years",),
    RecordKind.INCOME: ("verified_income_fen",),
    RecordKind.FARM: ("farm_years", "farm_area_mu"),
    RecordKind.MERCHANT: ("merchant_months", "merchant_turnover_fen"),
    RecordKind.PHONE: ("phone_months",),
}
"""Which source says what."""


class CreditBureau(Protocol):
    """
    Knows how a person has borrowed before; one adapter per bureau.

    A person is named by a keyed fingerprint of the resident ID, never by the ID itself. A query
    leaves a trace in the person's report, so the same `query_id` must be counted once.
    """

    async def summary(self, query_id: str, person_reference: str) -> BureauSummary | None:
        """
        Return what the credit report says; None if the bureau has no file on the person.

        Raises:
            BureauUnavailable: No answer.
        """
        ...


class RecordSource(Protocol):
    """
    Keeps records of a person beside the credit bureau's; one adapter per provider, or for some.

    It is asked only for a kind the person has consented to, and knows them by the same keyed
    fingerprint as the bureau. The same `query_id` and kind is one query, however often asked.
    """

    async def records(
        self, query_id: str, person_reference: str, kind: RecordKind
    ) -> AlternativeRecords:
        """
        Return what the source of this kind has; all None if it does not know the person.

        Raises:
            SourceUnavailable: No answer.
        """
        ...


class DisbursementRail(Protocol):
    """
    Pays money out to a borrower's card or wallet, or to a merchant; one adapter per provider.

    The result comes later, as a signed notice to our callback address or when we ask. The id is
    ours and deterministic: the same id moves money once, however often it is asked for.

    A payee is the number of a card, or a wallet, with its owner's name after a blank: the bank that
    keeps the account compares the two, and where they differ no money moves (NAME_MISMATCH). A
    merchant's account goes without a name, and so do cards of agreements signed before names went.
    """

    async def pay_out(
        self, disbursement_id: str, amount_fen: int, payee_reference: str
    ) -> PayOutOrder:
        """
        Ask for the disbursement, or find the one asked for.

        Raises:
            RailUnavailable: No answer; the money may or may not be on its way.
            OrderRefused: No money moves under this id, now or later.
        """
        ...

    async def order_status(self, order_id: str) -> OrderReport:
        """
        Ask how a disbursement stands, and which amount it moved.

        Raises:
            RailUnavailable: No answer.
        """
        ...


class LenderAnswer(StrEnum):
    """What another lender says of what was handed over to it."""

    ACCEPTED = "ACCEPTED"
    """It goes on: it contacts the borrower and decides by itself."""
    DECLINED = "DECLINED"


class LenderUnavailable(Exception):
    """The lender gave no answer; it may or may not have what was handed over."""


class HandoverRefused(Exception):
    """The lender takes nothing under this id, now or later; `reason` is an UPPER_SNAKE word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OtherLender(Protocol):
    """
    Takes over what referrals hand over; one adapter for all lenders, or for some.

    Its answer comes later, as a signed callback or when we ask. The id is ours and deterministic:
    what is handed over under it counts once, however often it is sent; and once taken back, it
    never counts again, whichever call arrives first.
    """

    async def hand_over(
        self, partner_code: str, handover_id: str, handed: Mapping[str, str]
    ) -> str:
        """
        Hand over exactly these fields, or find them handed over, and return the lender's reference.

        Raises:
            LenderUnavailable: No answer.
            HandoverRefused: The lender takes nothing under this id.
        """
        ...

    async def take_back(self, partner_code: str, handover_id: str) -> None:
        """
        Tell the lender to stop using what was handed over and delete it; it says that it does.

        Raises:
            LenderUnavailable: No answer.
        """
        ...

    async def answer_on(self, partner_code: str, handover_id: str) -> LenderAnswer | None:
        """
        Ask whether the lender goes on; None while it has not said.

        Raises:
            LenderUnavailable: No answer.
        """
        ...
