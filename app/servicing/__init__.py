"""Loans after disbursement: their plan, repayments, lateness and payoff, derived from events."""
