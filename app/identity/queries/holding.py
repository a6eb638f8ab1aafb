"""What identity holds on a borrower."""

from app.foundation.holding import Held, Holding, Withheld, held_by
from app.identity.models import (
    BorrowerRow,
    ConsentLineRow,
    DeviceRow,
    DisbursementFreezeRow,
    IdentificationRow,
    IntentRow,
    OneTimeCodeRow,
    PinRow,
    SessionRow,
    StoppedNumberRow,
    WalletRow,
)
from app.identity.queries.borrower_rows import check_rows
from app.identity.queries.pins import card_aside_of
from app.identity.queries.wallets import wallet_aside_of

HOLDINGS = (
    Holding(
        section="profile",
        model=BorrowerRow,
        of="id",
        columns=(
            "id",
            "phone",
            "name",
            "resident_id",
            "bank_card",
            "income",
            "purpose",
            "address",
            "region_code",
            "is_student",
            "phone_since",
            "language",
            "joined_at",
            "completed_at",
            "leaves_at",
        ),
        amounts=("income",),
    ),
    Holding(section="wallet", model=WalletRow, columns=("openid", "set_at")),
    Holding(
        section="sessions",
        model=SessionRow,
        columns=("id", "device_name", "started_at", "last_used_on", "ended_at", "is_revoked"),
    ),
    Holding(
        section="devices",
        model=DeviceRow,
        columns=("id", "kind", "level", "name", "enrolled_at", "last_used_on", "ended_at"),
        withheld={"public_key": Withheld.WAY_IN, "proof_key": Withheld.WAY_IN},
    ),
    Holding(
        section="pin",
        model=PinRow,
        columns=("set_at",),
        withheld={"verifier": Withheld.WAY_IN, "duress": Withheld.WAY_IN},
    ),
    Holding(
        section="codes_sent",
        model=OneTimeCodeRow,
        columns=("id", "purpose", "language", "sent_at", "expires_at", "used_at"),
        withheld={"phone": Withheld.SAME_ELSEWHERE, "words": Withheld.WAY_IN},
    ),
    Holding(
        section="approvals",
        model=IntentRow,
        columns=("id", "act", "text", "means", "evidence", "opened_at", "approved_at"),
    ),
    Holding(
        section="identifications",
        model=IdentificationRow,
        columns=("id", "asked_at", "reason", "settled_at", "is_confirmed"),
    ),
    Holding(
        section="consents",
        model=ConsentLineRow,
        columns=(
            "number",
            "act",
            "purpose",
            "recipient",
            "about",
            "version",
            "language",
            "text_sha256",
            "noted_at",
        ),
    ),
)
"""Each table, with what of it is handed out; what a thief would want of them is not."""

KEPT_BACK = (
    Holding(
        section="disbursement_freezes",
        model=DisbursementFreezeRow,
        columns=(),
        withheld={
            "card": Withheld.PROTECTS_THE_PERSON,
            "wallet": Withheld.PROTECTS_THE_PERSON,
            "reason": Withheld.PROTECTS_THE_PERSON,
        },
    ),
    Holding(
        section="stopped_numbers",
        model=StoppedNumberRow,
        columns=(),
        withheld={"phone": Withheld.NOT_THEIRS},
    ),
)
"""
What is not in the copy at all: that money was held back because somebody was made to sign in, of
which staff tell the borrower in person; and numbers whose holders said that
they are nobody we know.
"""


async def held_of(borrower_id: str) -> Held:
    """
    Return everything of a borrower that lives here and may be handed out.

    Whoever forced them reads the card or wallet that they named, as everywhere.

    Raises:
        SealBroken: The borrower's row is not as it was last written.
    """
    await check_rows(await BorrowerRow.filter(id=borrower_id))
    held = await held_by(borrower_id, HOLDINGS)
    aside = await card_aside_of(borrower_id)
    if aside is not None:
        for profile in held["profile"]:
            profile["bank_card"] = aside.card
    wallet = await wallet_aside_of(borrower_id)
    if wallet is not None:
        held["wallet"] = [] if wallet.wallet is None else [{"openid": wallet.wallet}]
    return held
