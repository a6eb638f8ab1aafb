"""Other ways of paying than the wallet: from the card on file, and in cash over a counter."""

from typing import Any

from app.commands.phoning import Phone, PhoneError
from app.commands.story import Story
from app.loanmath.money import yuan

CASH_FEN = 10_000


async def pay_from_card(story: Story) -> str:
    """Have so much debited from the card on file, once, by an approval that names the sum."""
    given = {"loanId": story.loan_id, "amount": CASH_FEN}
    unapproved = {"intentId": "in00000000000000", "code": "000000"}
    refused = await story.phone.tried("repay_from_card", **given, approval=unapproved)
    if refused["__typename"].endswith("Success"):
        raise PhoneError("a card was debited that nobody approved")
    begun = await story.patiently("begin_intent", to={"repayFromCard": given})
    approval = await story.approval(begun["intent"])
    taken = await story.phone.do("repay_from_card", **given, approval=approval)

    async def repayment() -> dict[str, Any]:
        return (await story.phone.run("repayment", id=taken["repayment"]["id"]))["repayment"]

    done = await story.until(
        repayment, lambda one: one["status"] not in {"INITIATED", "PENDING"}, "the debit"
    )
    if done["status"] != "ALLOCATED":
        raise PhoneError(f"the debit ended as {done['status']}: {done['explanation']}")
    return f"银行卡扣了 {yuan(CASH_FEN)} 元（{done['explanation']}）"


async def pay_in_shop(story: Story, agent: Phone) -> str:
    """Show a code, have cash counted, confirm it on one's own phone, and check the receipt."""
    shown = await story.phone.do("show_cash_code", loanId=story.loan_id)
    counted = (await agent.do("start_cash", code=shown["digits"], amount=CASH_FEN))["cash"]
    (waiting,) = (await story.phone.run("cash_waiting"))["cashWaiting"]
    begun = await story.patiently("begin_intent", to={"payCash": {"cashId": waiting["id"]}})
    approval = await story.approval(begun["intent"])
    booked = await story.phone.do("confirm_cash", cashId=waiting["id"], approval=approval)
    receipt = booked["repayment"]["cashReceipt"]
    asked = {"number": receipt["number"], "code": receipt["code"]}
    checked = (await story.phone.run("check_cash_receipt", **asked))["checkCashReceipt"]
    seen = str(await agent.run("cash_by_me"))
    person = story.persona
    for hidden in (person.name, person.phone, person.bank_card, story.loan_id):
        if hidden in seen:
            raise PhoneError("the shop sees what is not theirs")
    if receipt["number"] not in seen or counted["id"] != receipt["number"]:
        raise PhoneError("the shop has no receipt to hand out")
    if not checked["isGenuine"]:
        raise PhoneError("the shop's receipt does not stand its own check")
    return f"{waiting['shop']}收现金 {yuan(CASH_FEN)} 元，收据 {receipt['number']}，查验是真的"
