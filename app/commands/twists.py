"""What some personas do besides: send a picture, draw again, give a loan back, keep the papers."""

from typing import Any

from app.commands.phoning import PhoneError
from app.commands.story import Story
from app.commands.uploading import photograph, send_picture
from app.loanmath.money import yuan

OK, UNAUTHORIZED = 200, 401


async def send_document(story: Story) -> str:
    """Send the picture that is needed; without it nothing can be handed in."""
    wanted = story.persona.part.sends
    assert wanted is not None, "the persona sends a picture"
    lacking = [one["document"] for one in await story.missing() if one["document"]]
    refused = await story.phone.tried("submit_application", applicationId=story.application_id)
    if lacking != [wanted["kind"]] or refused.get("code") != "APPLICATION_INCOMPLETE":
        raise PhoneError(f"{lacking} is missing, and handing in says {refused}")
    content = photograph()
    sent = await send_picture(
        story.phone, story.application_id, wanted["kind"], content, breaks=wanted["breaks"]
    )

    async def documents() -> list[dict[str, Any]]:
        seen = await story.phone.run("documents", id=story.application_id)
        return seen["application"]["documents"]

    kept = await story.until(documents, lambda all_: all_[0]["state"] == "READY", "the picture")
    return (
        f"{kept[0]['title']}：{len(content)} 字节，断了 {wanted['breaks']} 次，"
        f"接着传，一共发了 {sent} 字节"
    )


async def draw_again(story: Story) -> str:
    """Draw on the line once more: a loan of its own, read, understood and signed like any."""
    wanted = story.persona.part.draws
    assert wanted is not None, "the persona draws again"
    before = await _line(story)
    drawn = await story.phone.do(
        "draw_down", lineId=before["id"], amount=wanted["amount_fen"], months=wanted["months"]
    )
    story.application_id = drawn["application"]["id"]
    await story.choose_offer()
    await story.read_certificate()
    await story.sign()
    money = await story.money()
    after = await _line(story)
    if before["left"] - after["left"] != wanted["amount_fen"]:
        raise PhoneError(f"the line had {before['left']} and has {after['left']}")
    return f"{money}，额度里还剩 {yuan(after['left'])} 元；{await story.plan()}"


async def _line(story: Story) -> dict[str, Any]:
    (line,) = (await story.phone.run("credit_lines"))["creditLines"]
    return line


async def give_back(story: Story) -> str:
    """Give the loan back at its principal, by an approval like any act that moves money."""
    offer = (await story.phone.run("return_offer", loanId=story.loan_id))["returnOffer"]
    given = {"loanId": story.loan_id}
    unapproved = {"intentId": "in00000000000000", "code": "000000"}
    refused = await story.phone.tried("return_loan", **given, approval=unapproved)
    if refused["__typename"].endswith("Success"):
        raise PhoneError("a loan was given back that nobody approved")
    begun = await story.patiently("begin_intent", to={"returnLoan": given})
    approval = await story.approval(begun["intent"])
    await story.phone.do("return_loan", **given, approval=approval)
    done = await story.until(
        story.loan, lambda one: one["status"] == "CLOSED_PAID", "the end of the loan"
    )
    if (done["balance"], offer["amount"]) != (0, story.persona.amount_fen):
        raise PhoneError(f"{offer['amount']} was asked for, and {done['balance']} is left")
    return f"冷静期内退回 {yuan(offer['amount'])} 元，没有利息（{offer['explanation']}）"


async def keep_papers(story: Story) -> str:
    """Download agreement, cost certificate and payoff certificate; nobody else can."""
    papers = (await story.phone.run("papers", id=story.application_id))["application"]
    await story.hold_certificate()
    payoff = await story.phone.run("payoff_certificate", loanId=story.loan_id)
    paths = [
        papers["certificate"]["pdfPath"],
        papers["agreement"]["pdfPath"],
        payoff["payoffCertificate"]["pdfPath"],
    ]
    kept = 0
    for path in paths:
        answer = await story.phone.send("GET", path, b"", {})
        if answer.status_code != OK or not answer.content.startswith(b"%PDF-"):
            raise PhoneError(f"{path}: {answer.status_code}")
        kept += len(answer.content)
        without = await story.phone.send("GET", path, b"", {"authorization": "Bearer none"})
        if without.status_code != UNAUTHORIZED:
            raise PhoneError(f"{path} without a session: {without.status_code}")
    return f"下载了 {len(paths)} 份 PDF，共 {kept} 字节"
