"""What origination needs from outside: a credit bureau, and a way to pay money out."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from app.payments.ports import OrderReport


class BureauUnavailable(Exception):
    """The bureau gave no answer; ask again under the same query id."""


class RecordKind(StrEnum):
    """Alternative records, each looked at only with a consent of its own."""

    MOBILE_PAYMENT = "MOBILE_PAYMENT"
    COOPERATIVE = "COOPERATIVE"


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
        cooperative_years: Full years as a co-operative member.
    """

    mobile_payment_turnover_fen: int | None = None
    cooperative_years: int | None = None


class CreditBureau(Protocol):
    """
    Knows how a person has borrowed before; one adapter per bureau or data provider.

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

    async def records(
        self, query_id: str, person_reference: str, kinds: Collection[RecordKind]
    ) -> AlternativeRecords:
        """
        Return the alternative records of these kinds, to which the person has consented.

        Raises:
            BureauUnavailable: No answer.
        """
        ...


class DisbursementRail(Protocol):
    """
    Pays money out to a borrower's card or a merchant; one adapter per provider.

    The result comes later, as a signed notice to our callback address or when we ask. The id is
    ours and deterministic: the same id moves money once, however often it is asked for.
    """

    async def pay_out(self, disbursement_id: str, amount_fen: int, payee_reference: str) -> str:
        """
        Ask for the disbursement, or find the one asked for, and return the provider's reference.

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
