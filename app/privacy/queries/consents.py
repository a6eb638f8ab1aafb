"""Reading what a borrower agrees to, beside everything they may agree to."""

from app.catalog.queries import policy_book
from app.catalog.rules import Consent
from app.foundation.database import business_date
from app.identity import queries as identity
from app.partners import queries as partners
from app.privacy.rules.consents import (
    PurposeStanding,
    purpose_of,
    purposes_of,
    standing_by_purpose,
)


async def consent_purposes(borrower_id: str) -> tuple[PurposeStanding, ...]:
    """Return every use of data there is, and whether the borrower agrees to it now."""
    book = await policy_book(await business_date())
    return standing_by_purpose(purposes_of(book), await identity.consents_standing(borrower_id))


async def consent_purpose(borrower_id: str, kind: Consent, recipient: str) -> PurposeStanding:
    """Return one use of data towards one recipient as it stands for a borrower."""
    book = await policy_book(await business_date())
    lines = {
        to: line
        for to, line in (await identity.consents_standing(borrower_id)).items()
        if to.recipient == recipient
    }
    found = standing_by_purpose((purpose_of(book, kind),), lines)[0]
    if not found.is_standing:
        return PurposeStanding(
            purpose=found.purpose,
            recipient_code=recipient,
            is_standing=False,
            given_at=None,
            application_ids=(),
        )
    return found


async def recipient_names() -> dict[str, dict[str, str]]:
    """Return the names of partners by code and language; one that left the list keeps its code."""
    found = await partners.partners(await business_date())
    return {one.code: dict(one.name) for one in found}
