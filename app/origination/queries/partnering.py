"""How each partner's part of the business does: counts and sums, nothing of any borrower."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from app.foundation.clock import beginning_of
from app.loanmath.life import Bucket
from app.origination.models import ApplicationRow, OfferRow
from app.origination.queries.offered import offered_of
from app.servicing.queries.books import outstanding_by_partner

BATCH_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerFigures:
    """
    One partner's figures.

    `applications` were handed in within the days asked for, for a product the partner lends or
    takes a fee of; `approvals` of them led to offers, `loans_made` to a loan. What is outstanding
    is as of now, by days past due.
    """

    partner_code: str
    applications: int
    approvals: int
    loans_made: int
    outstanding_fen: int
    buckets: Mapping[Bucket, tuple[int, int]] = field(default_factory=dict[Bucket, tuple[int, int]])
    """How many loans, and the partner's part of their principal in fen."""


async def partner_figures(since: date, until: date) -> list[PartnerFigures]:
    """Return every partner's figures: applications of some days, and what is outstanding now."""
    asked, approved, made = Counter[str](), Counter[str](), Counter[str]()
    after = ""
    start = beginning_of(since)
    end = beginning_of(until + timedelta(days=1))
    while True:
        found = ApplicationRow.filter(id__gt=after, submitted_at__gte=start, submitted_at__lt=end)
        rows = await found.order_by("id").limit(BATCH_MAX)
        offers = OfferRow.filter(application_id__in=[row.id for row in rows])
        offered = {row.application_id for row in await offers}
        for row in rows:
            product = offered_of(row.offered).product
            partners = {one.code for one in product.funders}
            partners |= {fee.collected_by for fee in product.fees}
            asked.update(partners)
            approved.update(partners if row.id in offered else ())
            made.update(partners if row.loan_id is not None else ())
        if len(rows) < BATCH_MAX:
            break
        after = rows[-1].id
    books = await outstanding_by_partner()
    return [
        PartnerFigures(
            partner_code=code,
            applications=asked[code],
            approvals=approved[code],
            loans_made=made[code],
            outstanding_fen=sum(fen for _, fen in books.get(code, {}).values()),
            buckets=books.get(code, {}),
        )
        for code in sorted({*asked, *books})
    ]
