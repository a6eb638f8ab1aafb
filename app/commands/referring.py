"""A persona's way to another lender: see what would go, agree to it, hand it over, be answered."""

from typing import Any

from app.commands.phoning import PhoneError
from app.commands.story import WAIT_SECONDS, WAITS_MAX, Story

ANSWERED = frozenset({"ACCEPTED", "DECLINED"})


async def hand_over(story: Story) -> str:
    """
    Hand over what a referral declares, after agreeing to exactly that; return what is said of it.

    Raises:
        PhoneError: Something was refused, more was shown than declared, or no answer came.
    """
    product, person = await story.product(), story.persona
    referral = product["referral"]
    if referral is None:
        raise PhoneError(f"{person.product_code} is no referral")
    prepared = await story.phone.do(
        "prepare_handover",
        productId=product["id"],
        regionCode=person.region_code,
        amount=person.amount_fen,
        months=person.months,
    )
    shown = prepared["handover"]
    if [one["field"] for one in shown["items"]] != referral["data"]:
        raise PhoneError("other things would go than the product declares")
    refused = await story.phone.tried("hand_over", handoverId=shown["id"])
    if refused.get("code") != "HANDOVER_CONSENT_MISSING":
        raise PhoneError(f"handed over without a consent: {refused}")
    await story.phone.do("consent_to_handover", handoverId=shown["id"], textHash=shown["textHash"])
    await story.phone.do("hand_over", handoverId=shown["id"])
    answered = await _answered(story, shown["id"])
    if answered["state"] != "ACCEPTED":
        raise PhoneError(answered["sentence"])
    looks = (await story.phone.run("who_looked_at_me", first=5))["whoLookedAtMe"]["edges"]
    told = [one["node"]["sentence"] for one in looks if one["node"]["what"] == "HANDED_OVER"]
    if not told:
        raise PhoneError("what left the house does not show")
    return f"{answered['sentence']}{told[0]}"


async def _answered(story: Story, handover_id: str) -> dict[str, Any]:
    for _ in range(WAITS_MAX):
        found = (await story.phone.run("handovers"))["handovers"]
        mine = next(one for one in found if one["id"] == handover_id)
        if mine["state"] in ANSWERED:
            return mine
        await story.phone.pause(WAIT_SECONDS)
    raise PhoneError("the other lender never answered")
