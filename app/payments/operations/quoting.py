"""Payoff quotes: what closes a loan today, promised until the business day ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from app.foundation import idempotency
from app.foundation.database import transaction
from app.foundation.errors import NotFound
from app.payments.errors import NothingOwed
from app.payments.models import PayoffQuoteRow
from app.payments.rules import PayoffQuoteView
from app.servicing import queries as servicing
from app.servicing.rules import LoanRef


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotePayoff:
    """Ask what closes a loan today."""

    loan: LoanRef
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower within whose keys this one counts."""
        return self.loan.borrower_id


@contextmanager
def naming_the_loan() -> Iterator[None]:
    """
    Say that it is the input's loan which servicing does not find.

    Raises:
        NotFound: There is no such loan of this borrower.
    """
    try:
        yield
    except NotFound:
        raise NotFound("input.loanId") from None


async def quote_payoff(command: QuotePayoff) -> PayoffQuoteView:
    """
    Promise what closes a loan, valid to the end of the business day.

    Paid by `repay` with the quote's id, it closes the loan at exactly 0, even if the money arrives
    after midnight.

    Raises:
        NotFound: There is no such loan of this borrower.
        NothingOwed: The loan is closed.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return msgspec.convert(claim.answer, PayoffQuoteView)
        with naming_the_loan():
            payoff = await servicing.payoff_on(command.loan, tx.today)
        if payoff.amount_fen <= 0:
            raise NothingOwed
        row = await PayoffQuoteRow.create(
            id=tx.new_id("pq"),
            borrower_id=command.loan.borrower_id,
            loan_id=command.loan.loan_id,
            amount_fen=payoff.amount_fen,
            principal_fen=payoff.principal_fen,
            interest_fen=payoff.interest_fen,
            fee_fen=payoff.fee_fen,
            cost_fen=payoff.cost_fen,
            penalty_fen=payoff.penalty_fen,
            quoted_on=tx.today,
        )
        quote = row.as_view()
        await claim.settle(tx, msgspec.to_builtins(quote))
    return quote
