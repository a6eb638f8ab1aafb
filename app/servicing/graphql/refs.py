"""Loans as a caller names them."""

from app.foundation.graphql import checked_id
from app.servicing.rules import LoanRef


def loan_ref(borrower_id: str, loan_id: str, *, field: str) -> LoanRef:
    """
    Name a borrower's loan by the id a caller gave; whether there is one shows when it is read.

    Raises:
        InvalidInput: It cannot be a loan's id; `field` is its path.
    """
    return LoanRef(borrower_id=borrower_id, loan_id=checked_id(loan_id, "ln", field=field))
