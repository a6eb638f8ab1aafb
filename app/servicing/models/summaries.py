"""A loan as its row's columns say it stands, however the row was read."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any

import orjson

from app.foundation.database.stored import day_in, day_or_none
from app.loanmath.life import Bucket, LoanStatus
from app.loanmath.record import terms_from_json
from app.loanmath.schedule import Terms
from app.servicing.rules import Funder, LoanRef, LoanSummary, Signed

TERMS_CACHED = 1_024
"""Terms never change, so those of the loans in use are read from text once."""

SUMMARY_COLUMNS: tuple[str, ...] = (
    "opened_on", "id", "as_of", "next_event_on", "borrower_id", "terms", "funders", "annual_rate",
    "past_due_since", "bucket", "status", "next_due_on", "closes_on", "closed_on",
    "application_id", "agreement_id", "product_code", "product_version_id", "disbursed_fen",
    "principal_fen", "balance_fen", "due_now_fen", "overdue_fen", "penalty_fen", "unapplied_fen",
    "next_number", "next_amount_fen", "installments",
)  # fmt: skip
"""What of a row a summary is made of; the first two put loans in order."""
_COLUMNS_OF = itemgetter(*SUMMARY_COLUMNS)
_BUCKETS: Mapping[str, Bucket] = {one.value: one for one in Bucket}
_STATUSES: Mapping[str, LoanStatus] = {one.value: one for one in LoanStatus}


@lru_cache(TERMS_CACHED)
def terms_of(text: str) -> Terms:
    """Read the terms that a loan's row keeps."""
    return terms_from_json(orjson.loads(text))


@lru_cache(TERMS_CACHED)
def funders_of(text: str) -> tuple[Funder, ...]:
    """Read who lends which part, as a loan's row keeps it."""
    return tuple(Funder(code=code, share=Decimal(share)) for code, share in orjson.loads(text))


def signed_from(row: Mapping[str, Any]) -> Signed:
    """Return what never changes about a loan."""
    return Signed(
        ref=LoanRef(borrower_id=row["borrower_id"], loan_id=row["id"]),
        terms=terms_of(row["terms"]),
        funders=funders_of(row["funders"]),
    )


def summary_columns_of(row: Mapping[str, Any]) -> Sequence[Any]:
    """Return of a row what a summary is made of, in the order of `SUMMARY_COLUMNS`."""
    return _COLUMNS_OF(row)


def is_overtaken(next_event_on: date | str | None, on: date) -> bool:
    """Tell by a row's `next_event_on` whether by a day something has changed that it misses."""
    changes_on = day_or_none(next_event_on)
    return changes_on is not None and changes_on <= on


def summary_from(values: Sequence[Any], on: date) -> LoanSummary:
    """
    Return a loan as it stands on a day before the next on which anything changes.

    `values` are its row's in the order of `SUMMARY_COLUMNS`; a day before the row's counts as its.
    """
    (
        opened_on, loan_id, as_of, _, borrower_id, terms, funders, annual_rate,
        past_due_since, bucket, status, next_due_on, closes_on, closed_on,
        application_id, agreement_id, product_code, product_version_id, disbursed_fen,
        principal_fen, balance_fen, due_now_fen, overdue_fen, penalty_fen, unapplied_fen,
        next_number, next_amount_fen, installments,
    ) = values  # fmt: skip
    days_past_due = 0
    if past_due_since is not None:
        days_past_due = (max(on, day_in(as_of)) - day_in(past_due_since)).days
    return LoanSummary(
        LoanRef(borrower_id, loan_id),
        application_id,
        agreement_id,
        product_code,
        product_version_id,
        terms_of(terms).method,
        Decimal(annual_rate),
        funders_of(funders),
        disbursed_fen,
        principal_fen,
        balance_fen,
        due_now_fen,
        overdue_fen,
        penalty_fen,
        unapplied_fen,
        days_past_due,
        _BUCKETS[bucket],
        _STATUSES[status],
        next_number,
        day_or_none(next_due_on),
        next_amount_fen,
        installments,
        day_in(opened_on),
        day_in(closes_on),
        day_or_none(closed_on),
    )
