"""Rewards by the app's own operations: at the phone, at the desk, in the copy, and forgotten."""

from app.foundation import outbox
from app.foundation.caller import StaffRole
from app.foundation.database import fetch, transaction
from app.foundation.paging import PageAsk
from app.foundation.rekeying.shredding import shred
from app.identity.events import BorrowerForgotten, BorrowerJoined
from app.literacy.events import PointsEarned
from app.payments.events import RepaymentTaken
from app.privacy.operations.deleting import RequestDeletion, request_deletion
from app.privacy.queries import looks_at
from app.privacy.rules.closing import DataPart
from app.rewards import queries
from app.servicing.events import LoanPaidOff
from tests.privacy.conftest import Ask
from tests.privacy.conftest import desk as desk  # noqa: PLC0414 - fixtures of this folder too
from tests.privacy.conftest import phone as phone  # noqa: PLC0414
from tests.rewards.conftest import FIRST_DUE_FEN, Town, budget_of
from tests.rewards.test_coupons import folded, kept
from tests.support.conftest import enroll


async def test_a_borrower_sees_buys_previews_and_uses_a_coupon_in_plain_words(
    town: Town, phone: Ask
) -> None:
    mei = await town.join()
    await town.learn(mei, 120)
    told = await phone("rewards", mei)
    assert (told["points"], told["coupons"]) == (120, [])
    (offer,) = told["offers"]
    assert (offer["campaign"], offer["points"], offer["isWithinReach"]) == ("POINTS_5", 100, True)
    wish = {"campaign": "POINTS_5", "idempotencyKey": "buy"}
    bought = await phone("exchange_points", mei, input=wish)
    assert bought == await phone("exchange_points", mei, input=wish)
    assert bought["rewards"]["points"] == 20
    assert "5.00 元的免息券" in bought["coupon"]["words"]
    short = await phone("exchange_points", mei, input={**wish, "idempotencyKey": "more"})
    assert (short["points"], short["needed"]) == (20, 100)
    assert "还不够" in short["message"]

    loan = await town.borrow(mei)
    ids = {"loanId": loan.loan_id, "couponId": bought["coupon"]["id"]}
    seen = await phone("coupon_preview", mei, **ids)
    assert (seen["amount"], seen["lapses"]) == (500, 0)
    assert seen["installments"][0] == {
        "number": 1,
        "dueOn": "2026-12-21",
        "less": 500,
        "left": FIRST_DUE_FEN - 500,
    }
    assert seen["annualizedCost"] < seen["annualizedCostWithout"]
    assert "不用券是 12.0" in seen["words"]
    assert "本金、费用、罚息都照旧" in seen["words"]
    english = await phone("coupon_preview", mei, language="en", **ids)
    assert "nothing else is asked for" in english["words"]
    assert await phone("coupon_preview", await town.join(), **ids) is None

    used = await phone("redeem_coupon", mei, input={**ids, "idempotencyKey": "use"})
    assert used["coupon"]["state"] == "REDEEMED"
    assert used["installments"][0]["paidByOthers"] == 500
    again = await phone("redeem_coupon", mei, input={**ids, "idempotencyKey": "again"})
    assert again["code"] == "COUPON_NOT_USABLE"
    assert await phone("coupon_preview", mei, **ids) is None
    lines = (await phone("points_entries", mei))["entries"]["edges"]
    assert {line["node"]["name"] for line in lines} == {"学习得分", "换了免息券"}


async def test_an_inviter_sees_counts_and_two_at_the_desk_decide_what_waits(
    town: Town, phone: Ask, desk: Ask
) -> None:
    mei, li = await town.join(device="s" * 32), await town.join(device="s" * 32)
    own = await phone("my_invitation", mei)
    assert (own["entered"], own["hasEntered"]) == (0, False)
    wish = {"code": own["code"].lower(), "idempotencyKey": "enter"}
    entered = await phone("enter_invitation", li, input=wish)
    assert entered["words"].startswith("邀请码收下了")
    assert not {mei, own["code"]} & set(str(entered).split("'"))
    assert entered["invitation"]["hasEntered"]
    assert "已经收下了" in (await phone("my_invitation", li))["words"]
    assert "已经收下了" not in own["words"]
    loan = await town.keep_first_due(li)
    own = await phone("my_invitation", mei)
    assert (own["entered"], own["rewarded"], own["held"]) == (1, 0, 1)
    assert "还在核对" in own["words"]
    assert not {li, loan.loan_id} & set(str(own).split("'"))

    agent, boss = await enroll(StaffRole.AGENT), await enroll(StaffRole.SUPERVISOR)
    (held,) = await desk("held_invitations", agent)
    assert (held["inviterId"], held["doubts"]) == (mei, ["SAME_DEVICE"])
    answer = {"invitationId": held["id"], "isGrant": True, "idempotencyKey": "answer"}
    proposed = await desk("answer_invitation", agent, input=answer)
    review_id = proposed["review"]["id"]
    assert [one["id"] for one in await desk("reward_reviews", boss)] == [review_id]
    decision = {"reviewId": review_id, "isApproved": True, "idempotencyKey": "decide"}
    before = await kept()
    refused = await desk("decide_reward_review", agent, input=decision)
    assert refused["code"] == "FORBIDDEN"
    assert await kept() == before
    decided = await desk("decide_reward_review", boss, input=decision)
    assert decided["review"]["state"] == "APPROVED"
    assert decided == await desk("decide_reward_review", boss, input=decision)
    assert (await phone("my_invitation", mei))["rewarded"] == 1
    money = {one["code"]: one for one in await desk("reward_campaigns", boss)}
    assert (money["INVITE_10"]["reserved"], money["INVITE_10"]["coupons"]) == (1_000, 1)

    care = {
        "borrowerId": mei,
        "campaign": "CARE_20",
        "reason": "LONG_WAIT",
        "idempotencyKey": "care",
    }
    proposed = await desk("propose_care_coupon", boss, input=care)
    decision = {
        "reviewId": proposed["review"]["id"],
        "isApproved": True,
        "idempotencyKey": "alone",
    }
    alone = await desk("decide_reward_review", boss, input=decision)
    assert alone["code"] == "OWN_REWARD_REVIEW"
    odd = await desk(
        "propose_care_coupon",
        agent,
        input={**care, "reason": "LOOKED_AT", "idempotencyKey": "odd"},
    )
    assert odd["field"] == "input.reason"
    nobody = {**care, "borrowerId": "br0000000000none", "idempotencyKey": "nobody"}
    unknown = await desk("propose_care_coupon", agent, input=nobody)
    assert (unknown["code"], unknown["field"]) == ("NOT_FOUND", "input.borrowerId")

    lines = await desk("borrower_points", boss, borrowerId=li, reason="BORROWER_ASKED")
    assert lines["edges"][0]["node"]["kind"] == "PAID_ON_TIME"
    assert len((await looks_at(li, PageAsk())).items) == 1


async def test_what_is_heard_of_somebody_after_they_were_forgotten_opens_no_account(
    town: Town,
) -> None:
    mei = await town.join()
    loan = await town.keep_first_due(mei)
    await town.learn(mei, 40)
    async with transaction() as tx:
        await shred(tx, mei)
    await town.tell(BorrowerForgotten(borrower_id=mei))
    await town.pass_days(15)  # the loan cannot be given back any more: its first due counts
    async with transaction() as tx:
        for fact in (
            BorrowerJoined(borrower_id=mei),
            PointsEarned(borrower_id=mei, source="lesson:late", points=10),
            RepaymentTaken(
                repayment_id="rp00000000000099",
                borrower_id=mei,
                loan_id=loan.loan_id,
                amount_fen=1,
                unapplied_fen=0,
                balance_fen=1,
            ),
            LoanPaidOff(loan_id=loan.loan_id, borrower_id=mei),
        ):
            await outbox.announce(tx, fact)
    await outbox.drain()
    assert await fetch("SELECT id FROM outbox_delivery WHERE status <> 'DONE'") == []
    everything = await kept()
    for table in ("reward_account", "reward_points", "reward_coupon", "reward_invitation"):
        assert mei not in str(everything[table])


async def test_what_is_forgotten_frees_its_money_and_leaves_nothing_of_the_person(
    town: Town,
) -> None:
    mei, li = await town.join(), await town.join()
    await town.invite(mei, li)
    await town.learn(mei, 150)
    await town.exchange(mei)
    await town.keep_first_due(mei)
    assert await folded(mei) == 70
    await request_deletion(
        RequestDeletion(caller_id=mei, part=DataPart.LEARNING, idempotency_key="learning")
    )
    assert await folded(mei) == 0
    loan_lines = [one.points for one in await queries.entries_of(mei)]
    assert sorted(loan_lines) == [-20, 20]  # counted once ever, and what it brought is gone
    held = await queries.held_of(mei)
    assert held["coupons"][0]["amount_fen"] == 500
    assert "lesson" not in str(held)
    await town.tell(BorrowerForgotten(borrower_id=mei))
    assert await budget_of("POINTS_5") == (0, 0)
    everything = await kept()
    for table in ("reward_account", "reward_points", "reward_coupon", "reward_invitation"):
        assert mei not in str(everything[table])
    assert mei not in str(everything["reward_budget"])
