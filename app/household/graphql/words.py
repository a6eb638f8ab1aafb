"""The household's enums as the schema shows them."""

from enum import Enum

import strawberry


@strawberry.enum(name="HouseholdIncomeKind", description="Where a household's money comes from.")
class ShownIncomeKind(Enum):
    """Kinds of `rules.IncomeKind`."""

    CROPS = strawberry.enum_value("CROPS", description="Grain, fruit, tea and other crops.")
    ANIMALS = strawberry.enum_value("ANIMALS", description="Animals and what comes of them.")
    WAGES = strawberry.enum_value("WAGES", description="Wages, here or away from home.")
    BUSINESS = strawberry.enum_value("BUSINESS", description="A shop or trade of their own.")
    FAMILY = strawberry.enum_value("FAMILY", description="What family sends home.")
    STATE = strawberry.enum_value("STATE", description="Pensions, subsidies, support.")
    OTHER = strawberry.enum_value("OTHER", description="Anything else.")


@strawberry.enum(name="HouseholdExpenseKind", description="Where a household's money goes.")
class ShownExpenseKind(Enum):
    """Kinds of `rules.ExpenseKind`."""

    FARM = strawberry.enum_value("FARM", description="Seed, fertilizer, feed, machines, pickers.")
    SCHOOL = strawberry.enum_value("SCHOOL", description="School fees and what goes with them.")
    HEALTH = strawberry.enum_value("HEALTH", description="Doctors, medicine, insurance.")
    HOUSE = strawberry.enum_value("HOUSE", description="Rent, heating, repairs.")
    GIFTS = strawberry.enum_value("GIFTS", description="Weddings, funerals, festivals.")
    OTHER_DEBT = strawberry.enum_value("OTHER_DEBT", description="Debts elsewhere.")
    OTHER = strawberry.enum_value("OTHER", description="Anything else but daily life.")
