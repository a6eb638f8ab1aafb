"""News of a product, sent because two people at the desk want it: proposed, decided, told."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.catalog.queries import product_versions
from app.collections.queries import holds_by_borrower
from app.foundation.clock import local_date, milliseconds, moment_of
from app.foundation.database import Transaction, current, transaction
from app.foundation.errors import NotFound
from app.foundation.ids import has_id_shape
from app.foundation.rekeying.shredding import is_forgotten
from app.identity.queries.greeting import ever_agreed_to
from app.identity.rules.roles import WAITS_FOR
from app.messaging.errors import NewsNotOpen, OwnNews
from app.messaging.models import NewsCampaignRow
from app.messaging.operations.news import News, tell_news
from app.messaging.operations.wanting import MARKETING

BATCH_MAX = 100
SHOWN_MAX = 100


class NewsState(StrEnum):
    """Where news stand; what nobody decides within a week has lapsed."""

    ASKED = "ASKED"
    LAPSED = "LAPSED"
    SENDING = "SENDING"
    REFUSED = "REFUSED"
    SENT = "SENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeNews:
    """Propose to tell whoever agreed to news of a product; `version_id` is the one to name."""

    caller_id: str
    version_id: str | None
    why: str
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideNews:
    """Let news that somebody else proposed go out, or refuse that."""

    caller_id: str
    news_id: str
    is_approved: bool
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsCampaign:
    """News, who wants it, and how many have it."""

    news_id: str
    version_id: str | None
    why: str
    state: NewsState
    asked_name: str
    asked_at: datetime
    told: int


async def propose_news(tx: Transaction, command: ProposeNews, *, name: str) -> NewsCampaign:
    """
    Propose news; nothing is sent yet.

    Raises:
        NotFound: There is no such version of a product.
    """
    if command.version_id is not None and None in await product_versions([command.version_id]):
        raise NotFound("input.versionId")
    row = await NewsCampaignRow.create(
        id=tx.new_id("nc"),
        version_id=command.version_id,
        why=command.why,
        state=NewsState.ASKED.value,
        asked_by=command.caller_id,
        asked_name=name,
        asked_at=milliseconds(tx.now),
        place="",
        told=0,
    )
    return _news(row, tx.now)


async def waiting_news(tx: Transaction, staff_id: str) -> int:
    """Return how many news of somebody's wait for a second person."""
    return await NewsCampaignRow.filter(
        state=NewsState.ASKED.value,
        asked_by=staff_id,
        asked_at__gt=milliseconds(tx.now - WAITS_FOR),
    ).count()


async def decide_news(tx: Transaction, command: DecideNews) -> NewsCampaign:
    """
    Let news go out, from the next time the worker looks; or refuse it.

    Raises:
        NotFound: There is no such news.
        OwnNews: The caller proposed it.
        NewsNotOpen: It is decided already, or it has waited for more than a week.
    """
    row = await NewsCampaignRow.filter(id=command.news_id).select_for_update().first()
    if row is None:
        raise NotFound("input.newsId")
    if row.asked_by == command.caller_id:
        raise OwnNews
    if _state(row, tx.now) is not NewsState.ASKED:
        raise NewsNotOpen
    row.state = (NewsState.SENDING if command.is_approved else NewsState.REFUSED).value
    row.decided_by, row.decided_at = command.caller_id, milliseconds(tx.now)
    await row.save()
    return _news(row, tx.now)


async def send_news() -> int:
    """
    Tell decided news to whoever agreed, a batch of each; return how many were told.

    Whoever complains, asked for relief or may have died is offered no product.
    A batch is a transaction that keeps how far it got: nobody else is passed over or told twice.
    """
    told = 0
    for found in await NewsCampaignRow.filter(state=NewsState.SENDING.value).limit(SHOWN_MAX):
        async with transaction() as tx:
            row = await NewsCampaignRow.filter(id=found.id).select_for_update().get()
            if row.state == NewsState.SENDING:
                told += await _tell(tx, row)
    return told


async def _tell(tx: Transaction, row: NewsCampaignRow) -> int:
    told, people = 0, await ever_agreed_to(MARKETING, after=row.place, most=BATCH_MAX)
    held = await holds_by_borrower(people, local_date(tx.now))
    for borrower_id, holds in zip(people, held, strict=True):
        if holds or await is_forgotten(borrower_id):
            continue
        news = News(borrower_id=borrower_id, campaign=row.id, version_id=row.version_id)
        told += await tell_news(tx, news) is not None
    row.told += told
    row.place = people[-1] if people else row.place
    if len(people) < BATCH_MAX:
        row.state = NewsState.SENT.value
    await row.save()
    return told


async def news(news_id: str) -> NewsCampaign:
    """
    Return news.

    Raises:
        NotFound: There is none of this id.
    """
    row = await NewsCampaignRow.get_or_none(id=news_id) if has_id_shape(news_id, "nc") else None
    if row is None:
        raise NotFound
    return _news(row, current().clock.now())


async def newest_news() -> list[NewsCampaign]:
    """Return news, newest first, at most a hundred."""
    rows = await NewsCampaignRow.all().order_by("-asked_at", "-id").limit(SHOWN_MAX)
    now = current().clock.now()
    return [_news(row, now) for row in rows]


def _news(row: NewsCampaignRow, now: datetime) -> NewsCampaign:
    return NewsCampaign(
        news_id=row.id,
        version_id=row.version_id,
        why=row.why,
        state=_state(row, now),
        asked_name=row.asked_name,
        asked_at=moment_of(row.asked_at),
        told=row.told,
    )


def _state(row: NewsCampaignRow, now: datetime) -> NewsState:
    state = NewsState(row.state)
    is_late = moment_of(row.asked_at) + WAITS_FOR <= now
    return NewsState.LAPSED if is_late and state is NewsState.ASKED else state
