"""Which tickets of the queue somebody at the desk wants to see."""

import strawberry

from app.foundation.errors import InvalidInput
from app.support.graphql.wording import subcategory_of
from app.support.graphql.words import TicketCategory, TicketStanding, TicketSubcategory
from app.support.queries import QueueAsk
from app.support.rules import Category, TicketState

HOURS_MAX = 24 * 366
CODE_DIGITS_MAX = 6


@strawberry.input(description="Which tickets of the queue to show; what is left out counts not.")
class TicketFilter:
    """A filter."""

    category: TicketCategory | None = strawberry.field(
        description="Only those of this kind.", default=None
    )
    subcategory: TicketSubcategory | None = strawberry.field(
        description="Only complaints about this.", default=None
    )
    region_code: str | None = strawberry.field(
        description="Only of this county, or of a province or city by how its counties begin.",
        default=None,
    )
    is_mine: bool | None = strawberry.field(
        description="True: only those the caller handles; false: only those nobody handles.",
        default=None,
    )
    is_escalated: bool | None = strawberry.field(
        description="Only those that a supervisor got because time ran short, or only others.",
        default=None,
    )
    hours_left_max: int | None = strawberry.field(
        description="Only those due within so many hours; 0 for those that are late.", default=None
    )

    def as_ask(self, state: TicketStanding | None, staff_id: str) -> QueueAsk:
        """
        Return what to look for.

        Raises:
            InvalidInput: The region is no code, or the hours are below 0 or above a year's.
        """
        category, region, hours = self.category, self.region_code, self.hours_left_max
        if region is not None and not (
            region.isascii() and region.isdigit() and len(region) <= CODE_DIGITS_MAX
        ):
            raise InvalidInput("of.regionCode", "support.reason.region")
        if hours is not None and not 0 <= hours <= HOURS_MAX:
            raise InvalidInput("of.hoursLeftMax", "support.reason.hours", most=HOURS_MAX)
        return QueueAsk(
            state=None if state is None else TicketState(state.value),
            category=None if category is None else Category(category.value),
            subcategory=subcategory_of(self.subcategory),
            region=region,
            assignee_id=staff_id if self.is_mine else None,
            is_unhandled=self.is_mine is False,
            is_escalated=self.is_escalated,
            hours_left_max=hours,
        )
