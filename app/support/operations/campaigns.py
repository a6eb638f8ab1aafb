"""News at the desk: one proposes, another lets it go out, both on record."""

from app.catalog.rules.proposing import CHECKERS, MAKERS
from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.caller import StaffCaller
from app.foundation.database import Transaction, transaction
from app.identity.queries import check_stepped_up
from app.messaging import operations as messaging
from app.messaging.operations import DecideNews, NewsCampaign, NewsState, ProposeNews
from app.privacy.operations.reveals import hold_staff
from app.support.operations.desk import staff_at_desk
from app.support.rules import check_may_wait

DECIDED = {NewsState.SENDING: "news.approved", NewsState.REFUSED: "news.refused"}


async def propose_news(caller: StaffCaller, command: ProposeNews) -> NewsCampaign:
    """
    Propose news of a product to whoever agreed to news, once per idempotency key.

    Raises:
        Forbidden: The role proposes no news.
        NotFound: There is no such version of a product.
        TooManyWait: Ten of what the caller proposed wait already.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, MAKERS)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await messaging.news(claim.answer["news_id"])
        await hold_staff(tx, staff.staff_id)
        check_may_wait(await messaging.waiting_news(tx, staff.staff_id))
        proposed = await messaging.propose_news(tx, command, name=staff.name)
        await _put_in_chain(tx, "news.proposed", staff.staff_id, proposed)
        await claim.settle(tx, {"news_id": proposed.news_id})
        return proposed


async def decide_news(caller: StaffCaller, command: DecideNews) -> NewsCampaign:
    """
    Let news that somebody else proposed go out, or refuse it, once per idempotency key.

    Raises:
        Forbidden: The role decides on no news.
        StepUpNeeded: No fresh authenticator code was entered within five minutes.
        NotFound: There is no such news.
        OwnNews: The caller proposed it.
        NewsNotOpen: It is decided already, or it has waited for more than a week.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, CHECKERS)
    async with transaction() as tx:
        await check_stepped_up(caller, tx.now)
        claim = await idempotency.claim(tx, command)
        if claim.answer is None:
            decided = await messaging.decide_news(tx, command)
            await _put_in_chain(tx, DECIDED[decided.state], staff.staff_id, decided)
            await claim.settle(tx, {"news_id": decided.news_id})
        return await messaging.news(command.news_id)


async def _put_in_chain(tx: Transaction, kind: str, staff_id: str, campaign: NewsCampaign) -> None:
    about = {"news": campaign.news_id, "version": campaign.version_id or ""}
    await record(tx, Entry(kind, None, staff_id, about))
