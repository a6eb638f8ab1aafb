"""What a borrower says of their household, checked."""

import strawberry

from app.foundation.errors import InvalidInput
from app.foundation.graphql import KEY_PER_TAP, Fen
from app.household import operations
from app.household.graphql.words import ShownExpenseKind, ShownIncomeKind
from app.household.rules import (
    AMOUNT_MAX_FEN,
    MONTHS,
    PEOPLE_MAX,
    ExpenseKind,
    IncomeKind,
    MonthLines,
)


@strawberry.input(description="What comes in of one kind.")
class HouseholdIncomeInput:
    """A line."""

    kind: ShownIncomeKind = strawberry.field(description="Where it comes from; once a month each.")
    amount: Fen = strawberry.field(description="How much; at most ten million yuan.")


@strawberry.input(description="What goes out of one kind.")
class HouseholdExpenseInput:
    """A line."""

    kind: ShownExpenseKind = strawberry.field(description="Where it goes; once a month each.")
    amount: Fen = strawberry.field(description="How much; at most ten million yuan.")


@strawberry.input(description="One month of the year, whole: what it had before is replaced.")
class HouseholdMonthInput:
    """A month."""

    month: int = strawberry.field(description="1 for January to 12.")
    income: list[HouseholdIncomeInput] = strawberry.field(description="What comes in.")
    expenses: list[HouseholdExpenseInput] = strawberry.field(
        description="What goes out, beside food and daily life and our own loans."
    )

    def lines(self, at: int) -> tuple[int, MonthLines]:
        """
        Return the month.

        Raises:
            InvalidInput: It is no month, names a kind twice, or an amount cannot be.
        """
        field = f"input.months.{at}"
        if not 1 <= self.month <= MONTHS:
            raise InvalidInput(field, "household.reason.month")
        income = {IncomeKind(one.kind.value): int(one.amount) for one in self.income}
        expenses = {ExpenseKind(one.kind.value): int(one.amount) for one in self.expenses}
        if len(income) + len(expenses) < len(self.income) + len(self.expenses):
            raise InvalidInput(field, "household.reason.twice")
        if not all(
            0 <= amount <= AMOUNT_MAX_FEN for amount in (*income.values(), *expenses.values())
        ):
            raise InvalidInput(field, "household.reason.amount")
        return self.month, MonthLines(income=income, expenses=expenses)


@strawberry.input(description="What a borrower says of their household; leave out what stays.")
class SaveHouseholdInput:
    """A calendar, or a part of it."""

    people: int | None = strawberry.field(
        description="How many live on it, 1 to 20; null leaves it as it is.", default=None
    )
    savings: Fen | None = strawberry.field(
        description="What is put by as this month begins; null leaves it as it is.", default=None
    )
    months: list[HouseholdMonthInput] = strawberry.field(
        description="Whole months to keep, one or all twelve; the others stay as they are."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_TAP)

    def as_command(self, borrower_id: str) -> operations.SaveHousehold:
        """
        Return the command.

        Raises:
            InvalidInput: A month, a kind, an amount or the number of people cannot be.
        """
        if self.people is not None and not 1 <= self.people <= PEOPLE_MAX:
            raise InvalidInput("input.people", "household.reason.people", most=PEOPLE_MAX)
        if self.savings is not None and not 0 <= self.savings <= AMOUNT_MAX_FEN:
            raise InvalidInput("input.savings", "household.reason.amount")
        if len(self.months) > MONTHS:
            raise InvalidInput("input.months", "household.reason.month")
        months = [one.lines(at) for at, one in enumerate(self.months)]
        if len(dict(months)) < len(months):
            raise InvalidInput("input.months", "household.reason.twice")
        return operations.SaveHousehold(
            borrower_id=borrower_id,
            people=self.people,
            savings_fen=None if self.savings is None else int(self.savings),
            months=dict(months),
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(description="Take back everything said of the household.")
class ClearHouseholdInput:
    """Nothing but the key."""

    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_TAP)
