"""Few choices: which products are shown for a need in a region, and in which order."""

from collections.abc import Iterable

from app.catalog.rules.offered import OfferedProduct
from app.catalog.rules.product import Need

_NEED_ORDER = {need: place for place, need in enumerate(Need)}


def ranked_choices(
    offered: Iterable[OfferedProduct], *, need: Need | None, most: int
) -> tuple[OfferedProduct, ...]:
    """
    Pick at most so many suited products, best first.

    For a stated need: its products, those made for the region first, then the cheaper. Without
    one: the best product of each need, those made for the region first, then in the needs' order.
    """
    if need is not None:
        suited = [product for product in offered if product.product.need is need]
        return tuple(sorted(suited, key=_by_fit)[:most])
    best: dict[Need, OfferedProduct] = {}
    for product in sorted(offered, key=_by_fit):
        best.setdefault(product.product.need, product)
    by_need = sorted(
        best.values(),
        key=lambda product: (not product.is_local, _NEED_ORDER[product.product.need]),
    )
    return tuple(by_need[:most])


def _by_fit(offered: OfferedProduct) -> tuple[bool, object, int, str]:
    return (
        not offered.is_local,
        offered.annual_rate,
        offered.amount.min_fen,
        offered.product.code,
    )
