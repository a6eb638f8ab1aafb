"""What collections holds on a borrower, for their copy of it."""

from app.collections.models import (
    CollectionCaseRow,
    CollectionHoldRow,
    ContactAgreementRow,
    ContactAttemptRow,
    ContactPermitRow,
    PaymentPromiseRow,
)
from app.foundation.holding import Held, Holding, held_by

HOLDINGS = (
    Holding(
        section="collection_cases",
        model=CollectionCaseRow,
        columns=("loan_id", "state", "stage", "opened_at", "offered_at", "offered_by", "closed_at"),
    ),
    Holding(
        section="collection_holds",
        model=CollectionHoldRow,
        columns=("reason", "until_on", "placed_at", "released_at"),
    ),
    Holding(
        section="contact_permits",
        model=ContactPermitRow,
        columns=("channel", "purpose", "agency", "reasons", "asked_at", "used_at"),
    ),
    Holding(
        section="contact_attempts",
        model=ContactAttemptRow,
        columns=(
            "loan_id",
            "channel",
            "purpose",
            "outcome",
            "agency",
            "note",
            "began_at",
            "contested_at",
            "contested_why",
        ),
    ),
    Holding(
        section="payment_promises",
        model=PaymentPromiseRow,
        columns=("loan_id", "state", "amount_fen", "due_on", "made_at", "settled_at"),
    ),
    Holding(
        section="contact_agreement",
        model=ContactAgreementRow,
        columns=("hours_from", "hours_to", "agrees_to_visits", "agreed_at"),
    ),
)
"""Each table, with what of it is handed out."""


async def held_of(borrower_id: str) -> Held:
    """Return everything of a borrower that lives here."""
    return await held_by(borrower_id, HOLDINGS)
