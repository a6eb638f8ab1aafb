"""Holding a loan still while another room decides about it."""

from app.servicing import queries
from app.servicing.operations.restatement import locked
from app.servicing.rules import LoanRef, LoanSummary


async def hold_loan(loan: LoanRef) -> LoanSummary:
    """
    Keep a loan as it is until the open transaction ends, and return how it stands today.

    No repayment is taken and no day closed for it meanwhile. Hold a loan before rows of one's own
    that belong to it, a repayment alone excepted, and before counting a change of its borrower's
    (`revise`): else two wait for each other.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
    """
    held = await locked(loan)
    return await queries.loan(held.ref)
