"""What staff send to propose, decide on and take back versions of the catalog."""

from datetime import date

import strawberry

from app.foundation.graphql import KEY_PER_CLICK
from app.support.graphql.publishing.types import VersionKind


@strawberry.input(description="A version to be published from a day on.")
class ProposeVersionInput:
    """A document."""

    kind: VersionKind = strawberry.field(description="What it is a version of.")
    document: str = strawberry.field(
        description="The whole version as TOML, of the form the files in fixtures/products and"
        " fixtures/regions have, or one entry of fixtures/policy; at most 20,000 characters. A"
        " scorecard is JSON as in fixtures/policy, with at most 40,000."
    )
    why: str = strawberry.field(description="Why, for the second person; at most 500 characters.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.input(description="A product that is to be offered no longer.")
class ProposeWithdrawalInput:
    """An end."""

    product_code: str = strawberry.field(description="The product's code.")
    effective_from: date = strawberry.field(
        description="The first day it is no longer offered; today at the earliest."
    )
    why: str = strawberry.field(description="Why, for the second person; at most 500 characters.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.input(description="A partner that is to leave the published list.")
class ProposeDelistingInput:
    """An end."""

    partner_code: str = strawberry.field(description="The partner's code.")
    effective_from: date = strawberry.field(
        description="The first day it is off the list; today at the earliest."
    )
    why: str = strawberry.field(description="Why, for the second person; at most 500 characters.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.input(description="A second person's answer to a proposed version.")
class DecideVersionInput:
    """Yes or no."""

    proposal_id: strawberry.ID = strawberry.field(description="The proposal; somebody else's.")
    sha256: str = strawberry.field(description="The hash of the content that was read.")
    is_approved: bool = strawberry.field(description="Whether it is to be published.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.input(description="One's own proposal, to be taken back.")
class TakeBackVersionInput:
    """A second thought."""

    proposal_id: strawberry.ID = strawberry.field(description="The proposal; one's own.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)
