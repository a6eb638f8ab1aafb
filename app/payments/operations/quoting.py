"""Payoff quotes: what closes a loan on a day, today or soon, promised until that day ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec

from app.catalog import queries as catalog
from app.foundation import idempotency
from app.foundation.database import transaction
from app.foundation.errors import InvalidInput, NotFound
from app.payments.errors import NothingOwed
from app.payments.models import PayoffQuoteRow
from app.payments.rules import PayoffQuoteView
from app.servicing import queries as servicing
from app.servicing.rules import LoanRef


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotePayoff:
    """Ask what closes a loan on a day to come, by default today."""

    loan: LoanRef
    idempotency_key: str
    on: date | None = None

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
    Promise what closes a loan on a day, valid from its beginning to its end.

    Paid by `repay` with the quote's id on that business day, it closes the loan at exactly 0, even
    if the money arrives, or is heard of, later. A quote for a day to come goes by what has happened
    so far: should anything happen to the loan before, it no longer holds.

    Raises:
        NotFound: There is no such loan of this borrower.
        NothingOwed: The loan is closed, or will be by then out of money that is kept.
        InvalidInput: The day is past, or too far ahead.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return msgspec.convert(claim.answer, PayoffQuoteView)
        quoted_on = await _checked_day(command.on, tx.today)
        with naming_the_loan():
            payoff = await servicing.payoff_on(command.loan, quoted_on)
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
            quoted_on=quoted_on,
        )
        quote = row.as_view()
        await claim.settle(tx, msgspec.to_builtins(quote))
    return quote


async def _checked_day(on: date | None, today: date) -> date:
    if on is None or on == today:
        return today
    most = (await catalog.policy_book(today)).whole("payoff_quote_days_ahead_max")
    latest = today + timedelta(days=most)
    if not today < on <= latest:
        raise InvalidInput("input.on", "payments.reason.quote_day", latest=latest)
    return on
