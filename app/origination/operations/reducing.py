"""What others pay of a loan's interest: in its documents as far as it is left, and held there."""

import orjson

from app.catalog import queries as catalog
from app.catalog.rules.reductions import Reduction, interest_subsidy
from app.foundation.database import Transaction
from app.loanmath.record import terms_from_json
from app.loanmath.schedule import Terms
from app.origination.errors import ReductionChanged
from app.origination.models import ApplicationRow, CertificateRow, OfferRow
from app.origination.queries import offered_of
from app.origination.queries.reducing import reductions_used
from app.origination.rules.certificate import CostCertificate, certificate_from
from app.origination.rules.reductions import (
    agreed_on_arrival,
    reductions_from,
    still_granted,
)
from app.servicing.rules import AgreedReduction


async def reductions_left(
    tx: Transaction, row: ApplicationRow, offer: OfferRow
) -> tuple[Reduction, ...]:
    """
    Return what others pay of an offer's interest, less what was signed for since it was made.

    The state's sum for a year, and a coupon of one name, are one person's, over all their loans.
    """
    offered = reductions_from(offer.reductions)
    if not offered:
        return ()
    used = await reductions_used(row.borrower_id, apart_from=row.id)
    table = (await catalog.policy_book(tx.today)).table("interest_subsidy")
    terms = terms_from_json(orjson.loads(offer.terms))
    year_max_fen = int(table["person_year_max_fen"])
    return still_granted(offered, terms, used, year_max_fen=year_max_fen)


async def is_as_certified(tx: Transaction, row: ApplicationRow, offer: OfferRow) -> bool:
    """Tell whether the certificate that counts still says what others pay of the interest."""
    certificate = await CertificateRow.get(live_key=row.id)
    left = await reductions_left(tx, row, offer)
    return certificate_from(certificate.content).reductions == left


async def check_reductions(tx: Transaction, row: ApplicationRow) -> None:
    """
    Refuse a signature whose certificate promises more of others' money than is left.

    Whoever signs holds all applications of the borrower, so two signatures never promise the same
    fen twice.

    Raises:
        ReductionChanged: Another loan has used a part since; choose the offer again.
    """
    offer = await OfferRow.get(id=row.offer_id)
    if not await is_as_certified(tx, row, offer):
        raise ReductionChanged


async def reductions_on_arrival(
    tx: Transaction,
    row: ApplicationRow,
    certificate: CostCertificate,
    *,
    signed: Terms,
    terms: Terms,
) -> tuple[AgreedReduction, ...]:
    """Return what others pay of the loan that the money's arrival begins."""
    if not certificate.paid_by_others:
        return ()
    need, book = offered_of(row.offered).product.need, await catalog.policy_book(tx.today)
    return agreed_on_arrival(
        certificate.reductions,
        signed=signed,
        terms=terms,
        again=interest_subsidy(terms, need, book),
    )
