"""A loan as its row's columns say it stands, however the row was read."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson

from app.foundation.database.stored import day_in, day_or_none
from app.loanmath.life import Bucket, LoanStatus
from app.loanmath.record import terms_from_json
from app.loanmath.schedule import Terms
from app.servicing.rules import Funder, LoanRef, LoanSummary, Signed

TERMS_CACHED = 1_024
"""Terms never change, so those of the loans in use are read from text once."""

_AS_THEY_ARE = (
    "application_id", "agreement_id", "product_code", "product_version_id", "disbursed_fen",
    "principal_fen", "balance_fen", "due_now_fen", "overdue_fen", "penalty_fen", "unapplied_fen",
    "next_number", "next_amount_fen", "installments",
)  # fmt: skip
SUMMARY_COLUMNS = (
    "id", "borrower_id", "terms", "funders", "as_of", "annual_rate", "past_due_since", "bucket",
    "status", "next_due_on", "next_event_on", "opened_on", "closes_on", "closed_on", *_AS_THEY_ARE,
)  # fmt: skip
"""What of a row a summary is made of."""
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


def summary_from(row: Mapping[str, Any], on: date) -> LoanSummary:
    """Return a loan as it stands on a day before the next on which anything changes."""
    past_due_since = day_or_none(row["past_due_since"])
    return LoanSummary(
        ref=LoanRef(borrower_id=row["borrower_id"], loan_id=row["id"]),
        method=terms_of(row["terms"]).method,
        annual_rate=Decimal(row["annual_rate"]),
        funders=funders_of(row["funders"]),
        days_past_due=0 if past_due_since is None else (on - past_due_since).days,
        bucket=_BUCKETS[row["bucket"]],
        status=_STATUSES[row["status"]],
        next_due_on=day_or_none(row["next_due_on"]),
        opened_on=day_in(row["opened_on"]),
        closes_on=day_in(row["closes_on"]),
        closed_on=day_or_none(row["closed_on"]),
        **{name: row[name] for name in _AS_THEY_ARE},
    )
