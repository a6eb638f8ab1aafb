"""What a person has had of others' money for interest, or was promised by a signature."""

from collections import defaultdict

from app.catalog.rules.reductions import OURSELVES, STATE
from app.origination.models import CertificateRow, DisbursementRow
from app.origination.queries.exposure import ON_ITS_WAY
from app.origination.rules.certificate import certificate_from
from app.origination.rules.reductions import KEPT_CODE, Used
from app.servicing import queries as servicing


async def reductions_used(borrower_id: str, *, apart_from: str) -> Used:
    """
    Return it over all loans, and signatures whose money is on its way, one application left out.

    Signatures are looked at before loans: one whose money arrives meanwhile counts twice rather
    than not at all. What a loan that ended early never needed is free again.
    """
    on_its_way = DisbursementRow.filter(borrower_id=borrower_id, state__in=ON_ITS_WAY).exclude(
        application_id=apart_from
    )
    signed = [str(one) for one in await on_its_way.values_list("application_id", flat=True)]
    by_year: defaultdict[int, int] = defaultdict(int)
    coupons: set[str] = set()
    for row in await CertificateRow.filter(live_key__in=signed) if signed else []:
        for one in certificate_from(row.content).paid_by_others:
            if one.payer == STATE:
                for year, fen in one.by_year:
                    by_year[year] += fen
            else:
                coupons.add(one.code)
    for line in await servicing.reductions_of(borrower_id):
        if line.payer == STATE:
            by_year[line.year] += line.amount_fen
        elif line.payer == OURSELVES and line.code != KEPT_CODE:
            coupons.add(line.code)
    return Used(state_by_year=dict(by_year), coupons=frozenset(coupons))
