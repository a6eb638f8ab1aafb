"""Few choices: which products are shown for a need in a region, and in which order."""

from collections.abc import Iterable
from decimal import Decimal

from app.catalog.rules.cost import typical_cost
from app.catalog.rules.offered import OfferedProduct
from app.catalog.rules.policy import PolicyBook
from app.catalog.rules.product import Need

_NEED_ORDER = {need: place for place, need in enumerate(Need)}
_Fit = tuple[bool, bool, Decimal, int, str]


def ranked_choices(
    offered: Iterable[OfferedProduct], book: PolicyBook, *, need: Need | None, most: int
) -> tuple[OfferedProduct, ...]:
    """
    Pick at most so many suited products, best first; the same products always in the same order.

    For a stated need, its products: those of which the region says something of its own before
    the others; then by what the typical amount costs a year with every party's fees, the cheaper
    first; then by the least amount, the smaller first; then by code. What others lend comes last.

    Without a need, the best product of each need by that same order; those the region speaks of
    first, then in the order of the needs.

    Raises:
        PolicyValueMissing: A policy value a product refers to does not hold on the day.
    """
    if need is not None:
        offered = [product for product in offered if product.product.need is need]
    by_fit = sorted(offered, key=lambda product: _fit(product, book))
    if need is not None:
        return tuple(by_fit[:most])
    best: dict[Need, OfferedProduct] = {}
    for product in by_fit:
        best.setdefault(product.product.need, product)
    by_need = sorted(
        best.values(),
        key=lambda product: (not product.is_local, _NEED_ORDER[product.product.need]),
    )
    return tuple(by_need[:most])


def _fit(offered: OfferedProduct, book: PolicyBook) -> _Fit:
    return (
        offered.product.is_referral,
        not offered.is_local,
        _yearly_cost(offered, book),
        offered.amount.min_fen,
        offered.product.code,
    )


def _yearly_cost(offered: OfferedProduct, book: PolicyBook) -> Decimal:
    # Without fees the yearly cost is the contract rate, so there is no plan to be reckoned.
    if not offered.product.fees:
        return offered.annual_rate
    return typical_cost(offered, book).annual_cost
