"""Plans in a few bytes, for phones that work them out themselves."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.foundation.base64url import as_text
from app.foundation.database import fetch
from app.foundation.database.stored import day_in
from app.servicing.models import terms_of
from app.servicing.queries.kept import plans_by_loan
from app.servicing.rules import PlanLine
from app.servicing.rules.compact import compact_plan


async def compact_plans_by_loan(loan_ids: list[str]) -> list[str | None]:
    """
    Return plans in a few bytes (base64url), in the order asked; None where one travels whole.

    Two reads for any number of loans.
    """
    if not loan_ids:
        return []
    marks = ", ".join("?" for _ in loan_ids)
    found = await fetch(
        f"SELECT id, terms, opened_on, annual_rate FROM servicing_loan WHERE id IN ({marks})",
        list(loan_ids),
    )
    rows = {str(row["id"]): row for row in found}
    plans = await plans_by_loan(loan_ids)
    return [
        _compact(rows[loan_id], lines) if loan_id in rows and lines else None
        for loan_id, lines in zip(loan_ids, plans, strict=True)
    ]


def _compact(row: Mapping[str, Any], lines: Sequence[PlanLine]) -> str | None:
    terms, rate = terms_of(row["terms"]), Decimal(row["annual_rate"])
    plan = compact_plan(lines, terms, day_in(row["opened_on"]), rate)
    return None if plan is None else as_text(plan)
