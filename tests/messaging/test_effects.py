"""Every fact a borrower should know of is told, once, with the ids a tap leads to."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.foundation import outbox
from app.foundation.database import fetch, transaction
from app.foundation.outbox import Fact, Subscription, announce
from app.foundation.paging import PageAsk
from app.household.events import TightMonthNear
from app.identity.events import DeviceEnded, DeviceEnrolled, SessionFamilyRevoked
from app.literacy.events import LessonSuggested
from app.messaging import queries
from app.messaging.operations import LOCAL_EFFECTS
from app.messaging.queries import Notification
from app.messaging.rules import Kind
from app.origination.events import (
    ActionRequired,
    ApplicationDecided,
    ApplicationExpired,
    DisbursementFailed,
    DrawLimitLowered,
    LoanDisbursed,
)
from app.payments.events import (
    MoneyAwaitsAcceptance,
    PayoffCertificateIssued,
    PayoffCertificateRevoked,
    RefundFailed,
    RefundPaid,
    RefundReturned,
    RepaymentFailed,
    RepaymentReversed,
    RepaymentTaken,
)
from app.rewards.events import CouponGranted, PointsExpiring
from app.servicing.events import (
    HardshipArranged,
    InstallmentDueSoon,
    InstallmentDueToday,
    InstallmentOverdue,
    LoanCorrected,
    LoanPaidOff,
)

MEI = "br00000abcdefghi"
LOAN = "ln00000abcdefghi"
APPLICATION = "ap00000abcdefghi"
REPAYMENT = "rp00000abcdefghi"
DUE_ON = "2026-12-20"


def taken(balance_fen: int = 490_000, unapplied_fen: int = 0) -> RepaymentTaken:
    return RepaymentTaken(
        repayment_id=REPAYMENT,
        borrower_id=MEI,
        loan_id=LOAN,
        amount_fen=110_000,
        unapplied_fen=unapplied_fen,
        balance_fen=balance_fen,
    )


def decided(outcome: str) -> ApplicationDecided:
    return ApplicationDecided(application_id=APPLICATION, borrower_id=MEI, outcome=outcome)


def overdue(grace_until: str = "2026-12-23") -> InstallmentOverdue:
    return InstallmentOverdue(
        loan_id=LOAN,
        borrower_id=MEI,
        number=1,
        due_on=DUE_ON,
        amount_fen=110_000,
        days_past_due=1,
        grace_until=grace_until,
    )


def corrected(
    act: str = "WAIVER", part: str = "PENALTY", reason: str = "OUR_MISTAKE", balance_fen: int = 1
) -> LoanCorrected:
    return LoanCorrected(
        correction_id="co00000abcdefghi",
        loan_id=LOAN,
        borrower_id=MEI,
        act=act,
        part=part,
        reason=reason,
        amount_fen=1_230,
        balance_fen=balance_fen,
        next_due_on="2027-01-20" if balance_fen else "",
        next_amount_fen=110_000 if balance_fen else 0,
    )


DUE_SOON = InstallmentDueSoon(
    loan_id=LOAN, borrower_id=MEI, number=1, due_on=DUE_ON, amount_fen=110_000
)
DUE_TODAY = InstallmentDueToday(
    loan_id=LOAN, borrower_id=MEI, number=1, due_on=DUE_ON, amount_fen=110_000
)
FAILED = RepaymentFailed(
    repayment_id=REPAYMENT, borrower_id=MEI, loan_id=LOAN, amount_fen=110_000, reason="EXPIRED"
)
REVERSED = RepaymentReversed(
    repayment_id=REPAYMENT,
    borrower_id=MEI,
    loan_id=LOAN,
    amount_fen=110_000,
    balance_fen=600_000,
    reason="CHARGED_BACK",
)
DISBURSED = LoanDisbursed(
    loan_id=LOAN, borrower_id=MEI, application_id=APPLICATION, amount_fen=600_000
)

REFUND: dict[str, Any] = {
    "refund_id": "rf00000abcdefghi",
    "borrower_id": MEI,
    "loan_id": LOAN,
    "amount_fen": 50_000,
}

TOLD: list[tuple[Fact, Kind, dict[str, str], str]] = [
    (decided("APPROVE"), Kind.APPLICATION_APPROVED, {"application_id": APPLICATION}, "通过"),
    (decided("REFER"), Kind.APPLICATION_REFERRED, {"application_id": APPLICATION}, "再看一看"),
    (decided("DECLINE"), Kind.APPLICATION_DECLINED, {"application_id": APPLICATION}, "很抱歉"),
    (
        ActionRequired(application_id=APPLICATION, borrower_id=MEI),
        Kind.APPLICATION_NEEDS_MORE,
        {"application_id": APPLICATION},
        "补",
    ),
    (
        ApplicationExpired(application_id=APPLICATION, borrower_id=MEI, had_offers=True),
        Kind.APPLICATION_EXPIRED,
        {"application_id": APPLICATION},
        "方案已经失效",
    ),
    (
        ApplicationExpired(application_id=APPLICATION, borrower_id=MEI, had_offers=False),
        Kind.APPLICATION_EXPIRED,
        {"application_id": APPLICATION},
        "没填完",
    ),
    (
        ApplicationExpired(
            application_id=APPLICATION, borrower_id=MEI, had_offers=False, was_submitted=True
        ),
        Kind.APPLICATION_EXPIRED,
        {"application_id": APPLICATION},
        "没能在期限内给您答复",
    ),
    (
        DrawLimitLowered(borrower_id=MEI, limit_fen=500_000, set_on="2026-12-01"),
        Kind.LIMIT_LOWERED,
        {},
        "5,000.00 元。已经签的借款不变",
    ),
    (DISBURSED, Kind.LOAN_DISBURSED, {"loan_id": LOAN, "application_id": APPLICATION}, "6,000.00"),
    (
        DisbursementFailed(application_id=APPLICATION, borrower_id=MEI, reason="CARD_REFUSED"),
        Kind.DISBURSEMENT_FAILED,
        {"application_id": APPLICATION},
        "请核对收款的银行卡",
    ),
    (
        DisbursementFailed(application_id=APPLICATION, borrower_id=MEI, reason="NAME_MISMATCH"),
        Kind.DISBURSEMENT_FAILED,
        {"application_id": APPLICATION},
        "不在您名下",
    ),
    (DUE_SOON, Kind.DUE_SOON, {"loan_id": LOAN}, "12月20日要还第 1 期，一共 1,100.00 元"),
    (DUE_TODAY, Kind.DUE_TODAY, {"loan_id": LOAN}, "1,100.00 元"),
    (overdue(), Kind.OVERDUE, {"loan_id": LOAN}, "12月23日以前（含当天）还上，不加收罚息"),
    (overdue(DUE_ON), Kind.OVERDUE, {"loan_id": LOAN}, "能还多少先还多少"),
    (
        taken(),
        Kind.REPAYMENT_RECEIVED,
        {"loan_id": LOAN, "repayment_id": REPAYMENT},
        "还剩 4,900.00 元",
    ),
    (taken(unapplied_fen=500), Kind.REPAYMENT_RECEIVED, {"loan_id": LOAN}, "多付的 5.00 元"),
    (FAILED, Kind.REPAYMENT_FAILED, {"loan_id": LOAN, "repayment_id": REPAYMENT}, "没有成功"),
    (REVERSED, Kind.REPAYMENT_REVERSED, {"loan_id": LOAN}, "被撤回，原因是：付款的一方通过银行"),
    (
        corrected(),
        Kind.LOAN_CORRECTED,
        {"loan_id": LOAN},
        "12.30 元罚息，原因是：我们弄错了",
    ),
    (
        corrected(act="DEFERRAL", part="", reason="DISASTER"),
        Kind.LOAN_CORRECTED,
        {"loan_id": LOAN},
        "下一次1月20日还 1,100.00 元",
    ),
    (LoanPaidOff(loan_id=LOAN, borrower_id=MEI), Kind.LOAN_PAID_OFF, {"loan_id": LOAN}, "还清"),
    (RefundPaid(**REFUND), Kind.REFUND_PAID, {"loan_id": LOAN}, "500.00 元已经退给您"),
    (
        MoneyAwaitsAcceptance(order_id="db00000000000001", borrower_id=MEI, amount_fen=50_000),
        Kind.MONEY_TO_ACCEPT,
        {},
        "500.00 元已经转到您的微信",
    ),
    (
        RefundFailed(**REFUND, reason="DECLINED"),
        Kind.REFUND_FAILED,
        {"loan_id": LOAN},
        "钱还替您记着",
    ),
    (
        RefundFailed(**REFUND, reason="NO_LONGER_HELD"),
        Kind.REFUND_FAILED,
        {"loan_id": LOAN},
        "那次还款被撤回了",
    ),
    (RefundReturned(**REFUND), Kind.REFUND_RETURNED, {"loan_id": LOAN}, "被银行退了回来"),
    (
        PayoffCertificateIssued(certificate_id="pc00000abcdefghi", loan_id=LOAN, borrower_id=MEI),
        Kind.PAYOFF_CERTIFICATE_READY,
        {"loan_id": LOAN},
        "结清证明开好了",
    ),
    (
        PayoffCertificateRevoked(
            certificate_id="pc00000abcdefghi", loan_id=LOAN, borrower_id=MEI, reason="REOPENED"
        ),
        Kind.PAYOFF_CERTIFICATE_REVOKED,
        {"loan_id": LOAN},
        "不能再用了",
    ),
    (
        HardshipArranged(
            request_id="hr00000abcdefghi",
            loan_id=LOAN,
            borrower_id=MEI,
            kind="DEFER_PRINCIPAL",
            next_due_on=DUE_ON,
            next_amount_fen=1_234,
        ),
        Kind.HARDSHIP_ARRANGED,
        {"loan_id": LOAN},
        "下次还款是12月20日，还 12.34 元",
    ),
    (
        LessonSuggested(borrower_id=MEI, lesson_slug="yearly-rate", moment="before-signing"),
        Kind.LESSON_SUGGESTED,
        {"lesson_slug": "yearly-rate"},
        "正用得上",
    ),
    (
        TightMonthNear(borrower_id=MEI, month="2026-12"),
        Kind.TIGHT_MONTH,
        {},
        "还款有困难",
    ),
    (
        TightMonthNear(borrower_id=MEI, month="2026-12", has_loan=False),
        Kind.TIGHT_MONTH,
        {},
        "过日子的钱可能不够。现在就想办法：能推的花销往后推推，再读读",
    ),
    (
        CouponGranted(
            coupon_id="cu00000abcdefghi",
            borrower_id=MEI,
            amount_fen=1_000,
            way="INVITATION",
            expires_on=DUE_ON,
        ),
        Kind.COUPON_GRANTED,
        {},
        "10.00 元的免息券",
    ),
    (
        PointsExpiring(borrower_id=MEI, points=70, on=DUE_ON),
        Kind.POINTS_EXPIRING,
        {},
        "70 个积分",
    ),
    (
        SessionFamilyRevoked(borrower_id=MEI, session_id="ss00000abcdefghi"),
        Kind.SIGNED_OUT_FOR_SAFETY,
        {},
        "不是您本人",
    ),
    (
        DeviceEnrolled(borrower_id=MEI, device_id="dv00000abcdefghi"),
        Kind.DEVICE_ENROLLED,
        {},
        "不是您加的",
    ),
    (
        DeviceEnded(borrower_id=MEI, device_id="dv00000abcdefghi", reason="REVOKED"),
        Kind.DEVICE_ENDED,
        {},
        "不能再用指纹登录",
    ),
]
"""Fact, kind, links, and what the borrower reads among other words."""


@pytest.fixture(autouse=True)
def listening(policies: None, course: None) -> Iterator[None]:
    """Let messaging listen as the worker does."""
    assert policies is course is None
    outbox.subscribe(
        [
            Subscription(fact_type=fact_type, consumer=consumer, local=effect)
            for fact_type, consumer, effect in LOCAL_EFFECTS
        ]
    )
    yield
    outbox.subscribe([])


async def happen(*facts: Fact) -> list[Notification]:
    async with transaction() as tx:
        for fact in facts:
            await announce(tx, fact)
    await outbox.drain()
    assert await outbox.dead_letters() == []
    page = await queries.inbox_of(MEI, PageAsk(first=100))
    return [told for _, told in page.items]


@pytest.mark.parametrize(
    ("fact", "kind", "links", "words"),
    [pytest.param(*one, id=f"{one[1].lower()}-{n}") for n, one in enumerate(TOLD)],
)
async def test_a_fact_is_told(fact: Fact, kind: Kind, links: dict[str, str], words: str) -> None:
    (told,) = await happen(fact)
    assert told.kind is kind
    assert {name: told.link(name) for name in links} == links
    assert words in told.body("zh-Hans")
    assert told.title("en")
    assert told.body("en")


@pytest.mark.parametrize("fact", [DUE_SOON, DUE_TODAY, overdue(), taken(), DISBURSED, FAILED])
async def test_a_fact_announced_twice_is_told_once(fact: Fact) -> None:
    assert len(await happen(fact, fact)) == 1


async def test_an_installment_moved_to_another_day_is_told_again() -> None:
    moved = InstallmentDueSoon(
        loan_id=LOAN, borrower_id=MEI, number=1, due_on="2027-01-20", amount_fen=110_000
    )
    assert len(await happen(DUE_SOON, moved)) == 2


async def test_the_last_repayment_brings_one_text_message_not_two() -> None:
    told = await happen(taken(balance_fen=0), LoanPaidOff(loan_id=LOAN, borrower_id=MEI))
    assert {one.kind for one in told} == {Kind.REPAYMENT_RECEIVED, Kind.LOAN_PAID_OFF}
    assert len(await fetch("SELECT id FROM message_delivery")) == 1


async def test_a_waiver_that_closes_a_loan_brings_one_text_message_not_two() -> None:
    told = await happen(corrected(balance_fen=0), LoanPaidOff(loan_id=LOAN, borrower_id=MEI))
    assert {one.kind for one in told} == {Kind.LOAN_CORRECTED, Kind.LOAN_PAID_OFF}
    assert len(await fetch("SELECT id FROM message_delivery")) == 1


async def test_a_suggested_lesson_is_named_in_the_readers_language() -> None:
    (told,) = await happen(
        LessonSuggested(borrower_id=MEI, lesson_slug="yearly-rate", moment="before-signing")
    )
    assert "《" in told.body("zh-Hans")
    assert "《" not in told.body("en")


async def test_a_lesson_that_is_gone_can_still_be_read_about() -> None:
    (told,) = await happen(
        LessonSuggested(borrower_id=MEI, lesson_slug="withdrawn", moment="before-signing")
    )
    assert told.body("zh-Hans") == "有一课您现在正用得上，一分钟就能看完。"
