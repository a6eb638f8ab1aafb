"""What payments holds on a borrower."""

from app.foundation.holding import Held, Holding, Withheld, held_by
from app.payments.models import (
    CardDebitRow,
    CashCodeRow,
    CashRow,
    DebitAttemptRow,
    MandateConsentRow,
    MandateRow,
    PayoffCertificateRow,
    PayoffQuoteRow,
    RefundRow,
    RepaymentRow,
    WalletRequestRow,
)

HOLDINGS = (
    Holding(
        section="repayments",
        model=RepaymentRow,
        columns=(
            "id",
            "loan_id",
            "amount_fen",
            "status",
            "channel",
            "initiated_at",
            "received_on",
            "receipt",
            "failure",
            "reversal",
        ),
    ),
    Holding(
        section="refunds",
        model=RefundRow,
        columns=(
            "id",
            "loan_id",
            "amount_fen",
            "status",
            "payee",
            "requested_at",
            "settled_at",
            "failure",
        ),
    ),
    Holding(
        section="wallet_requests",
        model=WalletRequestRow,
        columns=("id", "expires_at"),
        withheld={"parameters": Withheld.USED_ONCE},
    ),
    Holding(
        section="payoff_quotes",
        model=PayoffQuoteRow,
        columns=("id", "loan_id", "amount_fen", "quoted_on"),
    ),
    Holding(
        section="payoff_certificates",
        model=PayoffCertificateRow,
        columns=(
            "id",
            "loan_id",
            "text_zh",
            "text_en",
            "document",
            "sha256",
            "issued_at",
            "revoked_at",
            "revocation",
        ),
    ),
    Holding(
        section="mandates",
        model=MandateRow,
        columns=(
            "id",
            "loan_id",
            "status",
            "cap_per_debit_fen",
            "cap_per_month_fen",
            "floor_fen",
            "set_up_at",
            "stopped_at",
        ),
    ),
    Holding(
        section="mandate_consents",
        model=MandateConsentRow,
        columns=(
            "id",
            "mandate_id",
            "words",
            "card_tail",
            "version",
            "language",
            "sha256",
            "agreed_at",
            "ended_at",
        ),
    ),
    Holding(
        section="debit_attempts",
        model=DebitAttemptRow,
        columns=(
            "id",
            "loan_id",
            "due_on",
            "number",
            "status",
            "amount_fen",
            "attempted_at",
            "reason",
        ),
    ),
    Holding(section="card_debits", model=CardDebitRow, columns=("id", "loan_id")),
    Holding(
        section="cash",
        model=CashRow,
        columns=("id", "loan_id", "amount_fen", "state", "started_at"),
    ),
    Holding(section="cash_codes", model=CashCodeRow, columns=("id", "loan_id", "expires_at")),
)
"""Each table, with what of it is handed out."""


async def held_of(borrower_id: str) -> Held:
    """Return everything of a borrower that lives here."""
    return await held_by(borrower_id, HOLDINGS)
