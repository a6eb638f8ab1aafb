"""News on the staff graph: proposed by one person, let out by another."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.catalog.rules.proposing import CHECKERS, MAKERS
from app.foundation.errors import Refusal
from app.foundation.graphql import (
    KEY_PER_CLICK,
    Info,
    PlainProblem,
    checked_id,
    checked_text,
    enum_value,
    id_or_none,
    problem_of,
)
from app.messaging import operations as messaging
from app.support.operations import campaigns, staff_at_desk

WHY_MAX = 500


@strawberry.enum(description="Where news stands.")
class NewsStanding(Enum):
    """States of `messaging.operations.NewsState`."""

    ASKED = enum_value("ASKED", "It waits for a second person.")
    LAPSED = enum_value("LAPSED", "Nobody decided within a week; propose it anew.")
    SENDING = enum_value("SENDING", "It goes out.")
    REFUSED = enum_value("REFUSED", "It was refused.")
    SENT = enum_value("SENT", "Everybody who agreed to news was told.")


@strawberry.type(description="News of a product for whoever agreed to news.")
class NewsCampaign:
    """News."""

    id: strawberry.ID = strawberry.field(description="The news' id.")
    version_id: strawberry.ID | None = strawberry.field(
        description="The product that is named to those who let news be chosen for them; others"
        " hear that there is something new. Null where nobody is told a name."
    )
    why: str = strawberry.field(description="Why it was proposed.")
    state: NewsStanding = strawberry.field(description="Where it stands.")
    asked_by: str = strawberry.field(description="The work name of who proposed it.")
    asked_at: datetime = strawberry.field(description="When.")
    told: int = strawberry.field(description="How many borrowers were told.")

    @classmethod
    def of(cls, campaign: messaging.NewsCampaign) -> "NewsCampaign":
        """Show news."""
        return cls(
            id=strawberry.ID(campaign.news_id),
            version_id=id_or_none(campaign.version_id),
            why=campaign.why,
            state=NewsStanding(campaign.state.value),
            asked_by=campaign.asked_name,
            asked_at=campaign.asked_at,
            told=campaign.told,
        )


@strawberry.input(description="News to be proposed.")
class ProposeNewsInput:
    """News."""

    version_id: strawberry.ID | None = strawberry.field(
        description="The version of the product to name; leave out to name none.",
        default=None,
    )
    why: str = strawberry.field(
        description="Why, for whoever decides; at most 500 characters, and nothing of a borrower."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.type(description="It waits for a second person.")
class ProposeNewsSuccess:
    """The news."""

    news: NewsCampaign = strawberry.field(description="The news.")


ProposeNewsResult = Annotated[
    ProposeNewsSuccess | PlainProblem,
    strawberry.union("ProposeNewsResult", description="What became of `proposeNews`."),
]


@strawberry.input(description="Whether news goes out.")
class DecideNewsInput:
    """An answer."""

    news_id: strawberry.ID = strawberry.field(description="The news; one that waits.")
    is_approved: bool = strawberry.field(description="True to let it go out, false to refuse.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.type(description="It is decided.")
class DecideNewsSuccess:
    """The news."""

    news: NewsCampaign = strawberry.field(description="The news.")


DecideNewsResult = Annotated[
    DecideNewsSuccess | PlainProblem,
    strawberry.union("DecideNewsResult", description="What became of `decideNews`."),
]


@strawberry.type(description="Queries about news.")
class StaffNewsQuery:
    """News."""

    @strawberry.field(description="News of products, newest first; at most 100.")
    async def news(self, info: Info) -> list[NewsCampaign] | None:
        """Return news."""
        await staff_at_desk(info.context.staff, MAKERS | CHECKERS)
        return [NewsCampaign.of(one) for one in await messaging.newest_news()]


@strawberry.type(description="Mutations about news.")
class StaffNewsMutation:
    """Proposing and deciding."""

    @strawberry.mutation(
        description="Propose news of a product. It goes to whoever agreed to news, once, within"
        " quiet hours and caps, when a second person lets it."
    )
    async def propose_news(
        self,
        info: Info,
        input: Annotated[ProposeNewsInput, strawberry.argument(description="The news.")],
    ) -> ProposeNewsResult:
        """Propose."""
        try:
            staff, named = info.context.staff, input.version_id
            if named is not None:
                named = strawberry.ID(checked_id(named, "pr", field="input.versionId"))
            command = messaging.ProposeNews(
                caller_id=staff.staff_id,
                version_id=named,
                why=checked_text(input.why, field="input.why", most=WHY_MAX),
                idempotency_key=input.idempotency_key,
            )
            proposed = await campaigns.propose_news(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return ProposeNewsSuccess(news=NewsCampaign.of(proposed))

    @strawberry.mutation(
        description="Let news that a colleague proposed go out, or refuse it, after `staffStepUp`."
    )
    async def decide_news(
        self,
        info: Info,
        input: Annotated[DecideNewsInput, strawberry.argument(description="The answer.")],
    ) -> DecideNewsResult:
        """Decide."""
        try:
            staff = info.context.staff
            command = messaging.DecideNews(
                caller_id=staff.staff_id,
                news_id=checked_id(input.news_id, "nc", field="input.newsId"),
                is_approved=input.is_approved,
                idempotency_key=input.idempotency_key,
            )
            decided = await campaigns.decide_news(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return DecideNewsSuccess(news=NewsCampaign.of(decided))
