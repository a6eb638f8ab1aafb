"""A borrower with a complete profile, whose loans are paid off and certified as the worker does."""

from app.foundation import outbox
from app.foundation.outbox import Subscription
from app.identity import operations as identity
from app.identity.events import CodeIssued
from app.identity.rules import CompleteProfile, RequestCode, SignedIn, VerifyCode
from app.payments import operations, queries
from app.payments.operations import QuotePayoff, Repay
from app.payments.rules import RepaymentView
from app.payments.rules.certificate import CertificateView
from app.servicing.rules import LoanRef
from tests.payments.conftest import notice_of, now_of
from tests.published import publish_catalog

NAME = "石宝塬"
RESIDENT_ID = "612629198003120014"


class _Phone:
    def __init__(self) -> None:
        self.text = ""

    async def send_code(self, phone: str, text: str, *, message_id: str) -> None:
        assert phone
        assert message_id
        self.text = text


async def join() -> SignedIn:
    """Sign the orchard farmer in and complete their profile."""
    await publish_catalog()
    phone = _Phone()
    asked = await identity.request_code(RequestCode(phone="19900000001", idempotency_key="ask"))
    issued = CodeIssued(challenge_id=asked.challenge_id, purpose="SIGN_IN")
    await identity.deliver_code(issued, "dl00000abcdefghi", sender=phone)
    code = phone.text.rsplit("#", 1)[1]
    signed_in = await identity.verify_code(
        VerifyCode(challenge_id=asked.challenge_id, code=code, idempotency_key="verify")
    )
    assert isinstance(signed_in, SignedIn)
    profile = CompleteProfile(
        borrower_id=signed_in.borrower_id,
        name=NAME,
        resident_id=RESIDENT_ID,
        region_code="610629",
        income_fen=550_000,
        purpose="买化肥",
        bank_card="6200000000000013",
        is_student=False,
        phone_tenure_months=84,
        idempotency_key="profile",
    )
    await identity.complete_profile(profile)
    return signed_in


def certify_as_the_worker_does() -> None:
    """Let certificates follow the facts."""
    outbox.subscribe(
        [
            Subscription(fact_type=fact, consumer=name, local=effect)
            for fact, name, effect in operations.CERTIFICATE_EFFECTS
        ]
    )


async def paid_off(loan: LoanRef, key: str = "first") -> RepaymentView:
    """Pay a loan off by a quote, the money arriving at once, and deliver what is told."""
    quote = await operations.quote_payoff(QuotePayoff(loan=loan, idempotency_key=f"quote-{key}"))
    view = await operations.repay(
        Repay(
            loan=loan,
            amount_fen=quote.amount_fen,
            idempotency_key=f"pay-{key}",
            payoff_quote_id=quote.quote_id,
        )
    )
    await operations.accept_callback(notice_of(view))
    await outbox.drain()
    return await now_of(view)


async def certificate_of(loan: LoanRef) -> CertificateView:
    """Return a loan's certificate, which must be there."""
    found = await queries.payoff_certificate(loan)
    assert found is not None
    return found
