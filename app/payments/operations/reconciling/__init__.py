"""Reconciling with the provider: a day's comparison, what heals by itself, what people resolve."""

from app.payments.operations.reconciling.books import refund_book, repayment_book
from app.payments.operations.reconciling.days import reconcile, reconcile_due, unreconciled_days
from app.payments.operations.reconciling.resolving import (
    RESOLVERS,
    ResolveDifference,
    resolve_difference,
)

__all__ = [
    "RESOLVERS",
    "ResolveDifference",
    "reconcile",
    "reconcile_due",
    "refund_book",
    "repayment_book",
    "resolve_difference",
    "unreconciled_days",
]
