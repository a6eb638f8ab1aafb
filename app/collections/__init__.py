"""Loans that are late: who may be contacted when, what was tried, what was promised."""
