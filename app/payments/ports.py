"""What payments needs from a payment provider, and the words both directions of money share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class RailStatus(StrEnum):
    """How an order stands with the provider."""

    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    """The provider has never seen the order's id."""


class FailureReason(StrEnum):
    """Why an order failed, as far as the provider says."""

    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    INSUFFICIENT_ABOVE_FLOOR = "INSUFFICIENT_ABOVE_FLOOR"
    """The money was there, but taking it would have left less than the stated floor."""
    DECLINED = "DECLINED"
    PAYEE_UNREACHABLE = "PAYEE_UNREACHABLE"
    NAME_MISMATCH = "NAME_MISMATCH"
    """The bank keeps the account under another name than the one it was told."""
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"
    """We took the order back before the provider had it."""
    UNSTATED = "UNSTATED"


class RailUnavailable(Exception):
    """The provider gave no answer; what it did is unknown, so ask again under the same id."""


class OrderRefused(Exception):
    """The provider will not take the order; no money moves under its id."""

    def __init__(self, reason: FailureReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAsk:
    """One repayment to be collected; `order_id` is ours, and asking twice makes one order."""

    order_id: str
    amount_fen: int
    description: str
    """What the payer reads in their wallet; never a name or a phone number."""
    expires_at: datetime
    """From then on the provider lets nobody pay the order."""
    wallet: str | None = field(default=None, repr=False)
    """The payer's wallet, where they named one: they can then pay in the app itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RailOrder:
    """An order the provider has taken."""

    provider_ref: str
    pay_link: str | None = None
    """What the phone opens for the borrower to pay."""
    pay_in_app: Mapping[str, str] | None = field(default=None, repr=False)
    """What the app hands to the wallet on the same phone instead, signed by us."""
    takes_refunds: bool = False
    """Whether money of this order can be sent back the way it came (`RefundRail.give_back`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayOutOrder:
    """Money out that the provider has taken over."""

    provider_ref: str
    accept_in_app: Mapping[str, str] | None = field(default=None, repr=False)
    """What the payee's app hands to the wallet, where they have to accept the money first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReport:
    """How an order stands when the provider is asked; the last three tell more than UNKNOWN can."""

    status: RailStatus
    provider_ref: str | None = None
    amount_fen: int | None = None
    reason: FailureReason | None = None
    settled_at: datetime | None = None
    awaits_payee: bool = False
    """Money out that the payee has to accept first."""


class CollectionRail(Protocol):
    """
    Collects repayments; one adapter per provider.

    The result comes later, as a signed notice to our callback address (see `rules.RailNotice`) or
    when we ask. An adapter for a real provider (WeChat Pay, UnionPay, a bank) translates the
    provider's notices and reports into these words, uses our id as the provider's merchant order
    number, and sets a deadline on every call.
    """

    async def create_order(self, ask: OrderAsk) -> RailOrder:
        """
        Make the order, or return the one already made under this id.

        Raises:
            RailUnavailable: No answer; the order may or may not exist.
            OrderRefused: There is and will be no such order.
        """
        ...

    async def order_status(self, order_id: str) -> OrderReport:
        """
        Ask how the order stands.

        Raises:
            RailUnavailable: No answer.
        """
        ...

    async def close_order(self, order_id: str) -> None:
        """
        Let nobody pay the order from now on; what was paid before stays paid, as a question shows.

        Raises:
            RailUnavailable: No answer; it may still be paid.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveBackAsk:
    """Money of a collected order to be sent back the way it came; `refund_id` is ours."""

    refund_id: str
    amount_fen: int
    order_id: str
    """The order that collected it."""
    order_fen: int
    """All that this order collected."""


class RefundRail(Protocol):
    """
    Pays money held for a borrower out to them; one adapter per provider.

    A payee is a card or wallet with its owner's name after a blank, as in `DisbursementRail`.

    The result comes later, as a signed notice to our callback address or when we ask. The id is
    ours and deterministic: the same id moves money once, however often it is asked for. Money that
    a bank returns after it was paid is told as FAILED, with the later moment of the return.
    """

    async def pay_out(
        self, refund_id: str, amount_fen: int, payee_reference: str, /
    ) -> PayOutOrder:
        """
        Ask for the payment to their card or wallet, or find the one asked for.

        Raises:
            RailUnavailable: No answer; the money may or may not be on its way.
            OrderRefused: No money moves under this id, now or later.
        """
        ...

    async def give_back(self, ask: GiveBackAsk) -> str:
        """
        Send money back the way it came, or find the order for it; return the provider's reference.

        Raises:
            RailUnavailable: No answer; the money may or may not be on its way.
            OrderRefused: No money moves under this id, now or later.
        """
        ...

    async def order_status(self, order_id: str) -> OrderReport:
        """
        Ask how a refund stands, and which amount it moved.

        Raises:
            RailUnavailable: No answer.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitAsk:
    """One debit of a borrower's card; `debit_id` is ours, and asking twice makes one debit."""

    debit_id: str
    amount_fen: int
    card: str = field(repr=False)
    """The number of the card, in clear: it goes to the rail and nowhere else."""
    holder: str | None = field(default=None, repr=False)
    """Whose card it is, as the borrower's profile says, for the bank to compare."""
    floor_fen: int
    """What must be left in the account; with less, nothing is taken."""
    description: str
    """What the payer reads in their account; never a name or a phone number."""
    expires_at: datetime
    """From then on the rail begins no debit under this id."""


class DebitRail(Protocol):
    """
    Debits a borrower's card on their mandate; one adapter per provider.

    The whole amount is taken or none of it, and never so that less than the floor is left (the
    reason is then INSUFFICIENT_ABOVE_FLOOR). The result comes later, as a signed notice to our
    callback address (see `rules.RailNotice`) or when we ask.
    """

    async def debit(self, ask: DebitAsk) -> str:
        """
        Take the debit, or find the one taken under this id, and return the provider's reference.

        Raises:
            RailUnavailable: No answer; the debit may or may not be under way.
            OrderRefused: No money moves under this id, now or later.
        """
        ...

    async def order_status(self, order_id: str) -> OrderReport:
        """
        Ask how a debit stands.

        Raises:
            RailUnavailable: No answer.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One order that came to an end, as the provider's statement of that day has it."""

    order_id: str
    """Ours, as we gave it; or whatever the provider has for an order we never made."""
    goes_out: bool
    report: OrderReport
    """How it ended: SUCCEEDED or FAILED, with amount and moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """All that the provider moved, or failed to move, for us on one day by the clock in China."""

    on: date
    sha256: str
    lines: tuple[StatementLine, ...]


class StatementBroken(Exception):
    """The statement is not the provider's: its signature, hash or form is wrong."""


class StatementSource(Protocol):
    """Hands out the provider's daily statements; one adapter per provider."""

    async def statement(self, on: date) -> Statement | None:
        """
        Return the statement of a day that is over; None while the provider has not made it yet.

        Raises:
            RailUnavailable: No answer.
            StatementBroken: What came is not the provider's statement of that day.
        """
        ...
