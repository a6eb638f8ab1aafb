"""Privacy: who looked at a borrower's data, and what we hold on them."""
