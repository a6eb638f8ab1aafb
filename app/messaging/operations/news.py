"""News of products: for whoever agreed, and chosen for them only if they wish."""

from dataclasses import dataclass

from app.catalog.queries import product_version
from app.foundation.database import Transaction
from app.foundation.text import LANGUAGES
from app.identity.queries import has_consent
from app.messaging import queries
from app.messaging.operations.notifying import Notify, notify
from app.messaging.operations.wanting import MARKETING
from app.messaging.rules import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One piece of news for one borrower."""

    borrower_id: str
    campaign: str
    """Its name: nobody gets the news of one campaign twice."""
    version_id: str | None
    """The product that was chosen for this borrower; None where nothing was chosen."""


async def tell_news(tx: Transaction, news: News) -> str | None:
    """
    Tell a borrower of a product, if they agreed to such news.

    The name of what was chosen for them is told only to those who wish for it; others are told
    that there is something new, as everybody is.

    Returns:
        The notification's id, or None where there is no consent or it was told before.
    """
    if not await has_consent(news.borrower_id, MARKETING):
        return None
    data: queries.Data = {}
    is_personal = (await queries.wishes_of(news.borrower_id)).is_news_personal
    if news.version_id is not None and is_personal:
        product = await product_version(news.version_id)
        data["product_version_id"] = news.version_id
        data |= {
            f"product_name_{language}": product.product.wording[language].name
            for language in LANGUAGES
        }
    told = Notify(
        borrower_id=news.borrower_id,
        kind=Kind.PRODUCT_NEWS,
        data=data,
        dedupe_key=news.campaign,
    )
    return await notify(tx, told)
