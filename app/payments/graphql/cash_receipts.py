"""What the graph shows of cash that agents take."""

from datetime import datetime
from enum import Enum

import strawberry

from app.foundation.graphql import Fen, Info, enum_value
from app.loanmath.money import capitals
from app.payments.rules import cash as rules

KEY = "Made by the client for this one wish; sending it again does nothing twice."


@strawberry.enum(description="Where cash stands that an agent counted.")
class CashState(Enum):
    """States."""

    COUNTED = enum_value("COUNTED", "It waits for the borrower's word on their own phone.")
    RECEIVED = enum_value("RECEIVED", "Confirmed: it counts as repaid, and there is a receipt.")
    REVERSED = enum_value("REVERSED", "Undone by staff; it counts no more.")
    EXPIRED = enum_value("EXPIRED", "Nobody confirmed it in time: the shop gives it back.")


@strawberry.type(description="The receipt of cash paid in a shop.")
class CashReceipt:
    """A receipt."""

    number: strawberry.ID = strawberry.field(description="Its number, as printed.")
    code: str = strawberry.field(
        description="The code that whoever is shown it checks it by: see `checkCashReceipt`."
    )
    shop: str = strawberry.field(description="The shop that took the cash.")
    amount: Fen = strawberry.field(description="How much.")
    amount_in_capitals: str = strawberry.field(
        description="The amount in Chinese capital characters (大写)."
    )
    received_at: datetime = strawberry.field(description="When the borrower confirmed it.")
    state: CashState = strawberry.field(description="RECEIVED, or REVERSED once it was undone.")

    @classmethod
    def of(cls, info: Info, view: rules.CashView) -> "CashReceipt | None":
        """Show the receipt of cash that was received; None before that."""
        if view.received_at is None or view.check_code is None:
            return None
        return cls(
            number=strawberry.ID(view.cash_id),
            code=view.check_code,
            shop=view.shop[info.context.language],
            amount=Fen(view.amount_fen),
            amount_in_capitals=capitals(view.amount_fen),
            received_at=view.received_at,
            state=CashState[view.state.name],
        )
