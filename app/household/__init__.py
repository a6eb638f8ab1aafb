"""The borrower's own calendar of income and expenses, sealed, and what an installment leaves."""
