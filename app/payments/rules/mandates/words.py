"""The words of a mandate, in which every figure of it stands."""

from dataclasses import dataclass
from datetime import date

from app.foundation.canonical import sha256_of
from app.foundation.text import LANGUAGES, text
from app.payments.rules.mandates.terms import Caps, DebitPolicy
from app.servicing.rules import LoanRef

TEXT_VERSION = 1
"""The version of the words under `mandate_v1`; other words get a new section and number."""

TEXT_SINCE = date(2026, 11, 21)
"""From which day these words are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateText:
    """The words of a mandate in one language, and the SHA-256 of them."""

    language: str
    title: str
    body: str

    @property
    def whole(self) -> str:
        """Title, line break, body: what is hashed and kept."""
        return f"{self.title}\n{self.body}"

    @property
    def sha256(self) -> str:
        """Name exactly these words."""
        return sha256_of(self.whole)


def mandate_text(
    loan: LoanRef, caps: Caps, policy: DebitPolicy, *, card_tail: str, language: str
) -> MandateText:
    """Return what a borrower agrees to: every figure of it stands in the words."""

    def say(name: str, **data: object) -> str:
        return text(f"payments.mandate_v{TEXT_VERSION}.{name}", language, **data)

    monthly = say("monthly", amount_fen=caps.per_month_fen) if caps.per_month_fen else ""
    return MandateText(
        language=language,
        title=say("title", version=TEXT_VERSION, since=TEXT_SINCE.isoformat()),
        body=say(
            "body",
            loan_id=loan.loan_id,
            card_tail=card_tail,
            cap_fen=caps.per_debit_fen,
            monthly=monthly,
            above=say("above_part" if policy.takes_part else "above_nothing"),
            floor_fen=caps.floor_fen,
            notice_days=policy.notice_days,
            opens=f"{policy.opens:%H:%M}",
            closes=f"{policy.closes:%H:%M}",
            attempts=len(policy.attempt_days),
            last_day=policy.attempt_days[-1],
            failures_max=policy.failures_max,
        ),
    )


def agreed_text(
    loan: LoanRef, caps: Caps, policy: DebitPolicy, *, card_tail: str, sha256: str
) -> MandateText | None:
    """Return the present text that has this hash, in whichever language; None if none has."""
    for language in LANGUAGES:
        words = mandate_text(loan, caps, policy, card_tail=card_tail, language=language)
        if words.sha256 == sha256:
            return words
    return None
