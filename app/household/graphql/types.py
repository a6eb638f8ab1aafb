"""What a borrower is shown of their household's year."""

from datetime import date

import strawberry

from app.foundation.graphql import Fen
from app.foundation.text import text
from app.household import queries
from app.household.graphql.words import ShownExpenseKind, ShownIncomeKind
from app.household.rules import (
    ExpenseKind,
    Household,
    HouseholdPlan,
    IncomeKind,
    MonthLines,
    PlannedMonth,
)

NOT_DECIDED_BY = (
    " It is for the borrower alone: no decision on a loan looks at it, now or later, without a"
    " consent of its own."
)


@strawberry.type(description="What comes in of one kind.")
class HouseholdIncome:
    """A line."""

    kind: ShownIncomeKind = strawberry.field(description="Where it comes from.")
    amount: Fen = strawberry.field(description="How much.")


@strawberry.type(description="What goes out of one kind.")
class HouseholdExpense:
    """A line."""

    kind: ShownExpenseKind = strawberry.field(description="Where it goes.")
    amount: Fen = strawberry.field(description="How much.")


@strawberry.type(description="One month of the year, as the borrower said it.")
class HouseholdMonth:
    """A month."""

    month: int = strawberry.field(description="1 for January to 12.")
    income: list[HouseholdIncome] = strawberry.field(description="What comes in.")
    expenses: list[HouseholdExpense] = strawberry.field(description="What goes out.")

    @classmethod
    def of(cls, month: int, lines: MonthLines) -> "HouseholdMonth":
        """Show a month."""
        income = [(one, lines.income[one]) for one in IncomeKind if one in lines.income]
        expenses = [(one, lines.expenses[one]) for one in ExpenseKind if one in lines.expenses]
        return cls(
            month=month,
            income=[
                HouseholdIncome(kind=ShownIncomeKind(kind.value), amount=Fen(fen))
                for kind, fen in income
            ],
            expenses=[
                HouseholdExpense(kind=ShownExpenseKind(kind.value), amount=Fen(fen))
                for kind, fen in expenses
            ],
        )


@strawberry.type(
    name="Household", description="What the borrower said of their household." + NOT_DECIDED_BY
)
class OwnHousehold:
    """A calendar."""

    people: int = strawberry.field(description="How many live on it.")
    savings: Fen = strawberry.field(description="What was put by.")
    months: list[HouseholdMonth] = strawberry.field(
        description="The months that were said, by month, at most twelve."
    )

    @classmethod
    def of(cls, household: Household) -> "OwnHousehold":
        """Show what was said."""
        return cls(
            people=household.people,
            savings=Fen(household.savings_fen),
            months=[
                HouseholdMonth.of(month, lines) for month, lines in sorted(household.months.items())
            ],
        )


@strawberry.type(description="One month ahead.")
class HouseholdPlanMonth:
    """What it brings, takes and leaves."""

    first_day: date = strawberry.field(description="Its first day.")
    income: Fen = strawberry.field(description="What comes in.")
    expenses: Fen = strawberry.field(description="What goes out beside daily life and our loans.")
    installments: Fen = strawberry.field(description="What falls due on all loans here.")
    carried_over: Fen = strawberry.field(
        description="What the months before left above the floor, savings included."
    )
    left: Fen = strawberry.field(description="What is left to live on; may be below zero.")
    floor: Fen = strawberry.field(description="What a modest life costs all of them.")
    short: Fen = strawberry.field(description="What is missing to that; 0 if nothing.")
    is_tight: bool = strawberry.field(description="Whether something is missing.")
    words: str = strawberry.field(description="The same in one sentence to show.")

    @classmethod
    def of(cls, month: PlannedMonth, language: str) -> "HouseholdPlanMonth":
        """Show a month."""
        key = "below" if month.left_fen < 0 else "tight" if month.is_tight else "enough"
        words = text(
            f"household.plan.{key}" if month.installments_fen else f"household.plan.{key}_no_dues",
            language,
            month_name=text(f"household.months.{month.first_day.month:02}", language),
            left_fen=month.left_fen,
            missing_fen=-month.left_fen,
            short_fen=month.short_fen,
        )
        return cls(
            first_day=month.first_day,
            income=Fen(month.income_fen),
            expenses=Fen(month.expenses_fen),
            installments=Fen(month.installments_fen),
            carried_over=Fen(month.carried_fen),
            left=Fen(month.left_fen),
            floor=Fen(month.floor_fen),
            short=Fen(month.short_fen),
            is_tight=month.is_tight,
            words=words,
        )


@strawberry.type(
    description="Twelve months of a household beside its loans, the present one first."
    + NOT_DECIDED_BY
)
class HouseholdYear:
    """A plan."""

    months: list[HouseholdPlanMonth] = strawberry.field(description="Twelve, the present first.")
    floor_person: Fen = strawberry.field(
        description="What a modest life costs one person in a month, as reckoned here."
    )
    floor_source: str = strawberry.field(description="Who says so.")
    words: str = strawberry.field(
        description="Which months will be tight and what to do, in plain words to show."
    )

    @classmethod
    def of(cls, plan: HouseholdPlan, floor: queries.Floor, language: str) -> "HouseholdYear":
        """Show a plan."""
        names = [text(f"household.months.{one.first_day.month:02}", language) for one in plan.tight]
        joined = text("household.plan.between", language).join(names)
        # Relief is for who owes: whoever has no loan yet is told what comes before one.
        tight = "some_tight" if plan.has_loan else "some_tight_no_loan"
        key = tight if names else "none_tight"
        return cls(
            months=[HouseholdPlanMonth.of(month, language) for month in plan.months],
            floor_person=Fen(floor.person_fen),
            floor_source=floor.source,
            words=text(f"household.plan.{key}", language, months=joined),
        )


@strawberry.type(description="A crop of a county, and how its income falls on the year.")
class HouseholdCrop:
    """A template to begin with."""

    code: str = strawberry.field(description="Its name among products.")
    name: str = strawberry.field(description="What people call it there.")
    shares: list[int] = strawberry.field(
        description="Thousandths of the year's income by month, January first; they sum to 1,000,"
        " or to 0 where nothing is known."
    )
