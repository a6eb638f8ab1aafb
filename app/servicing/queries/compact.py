"""Plans in a few bytes, for phones that work them out themselves."""

from decimal import Decimal

from app.foundation.base64url import as_text
from app.servicing.models import LoanRow
from app.servicing.queries.kept import plans_by_loan
from app.servicing.rules.compact import compact_plan


async def compact_plans_by_loan(loan_ids: list[str]) -> list[str | None]:
    """
    Return plans in a few bytes (base64url), in the order asked; None where one travels whole.

    Two reads for any number of loans.
    """
    rows = {row.id: row for row in await LoanRow.filter(id__in=loan_ids)}
    plans = await plans_by_loan(loan_ids)
    compact: list[str | None] = []
    for loan_id, lines in zip(loan_ids, plans, strict=True):
        row = rows.get(loan_id)
        plan = None
        if row is not None and lines:
            terms, rate = row.signed().terms, Decimal(row.annual_rate)
            plan = compact_plan(lines, terms, row.opened_on, rate)
        compact.append(None if plan is None else as_text(plan))
    return compact
