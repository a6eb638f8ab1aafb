"""The household's enums as the schema shows them."""

from enum import Enum

import strawberry

from app.foundation.graphql import enum_value


@strawberry.enum(name="HouseholdIncomeKind", description="Where a household's money comes from.")
class ShownIncomeKind(Enum):
    """Kinds of `rules.IncomeKind`."""

    CROPS = enum_value("CROPS", "Grain, fruit, tea and other crops.")
    ANIMALS = enum_value("ANIMALS", "Animals and what comes of them.")
    WAGES = enum_value("WAGES", "Wages, here or away from home.")
    BUSINESS = enum_value("BUSINESS", "A shop or trade of their own.")
    FAMILY = enum_value("FAMILY", "What family sends home.")
    STATE = enum_value("STATE", "Pensions, subsidies, support.")
    OTHER = enum_value("OTHER", "Anything else.")


@strawberry.enum(name="HouseholdExpenseKind", description="Where a household's money goes.")
class ShownExpenseKind(Enum):
    """Kinds of `rules.ExpenseKind`."""

    FARM = enum_value("FARM", "Seed, fertilizer, feed, machines, pickers.")
    SCHOOL = enum_value("SCHOOL", "School fees and what goes with them.")
    HEALTH = enum_value("HEALTH", "Doctors, medicine, insurance.")
    HOUSE = enum_value("HOUSE", "Rent, heating, repairs.")
    GIFTS = enum_value("GIFTS", "Weddings, funerals, festivals.")
    OTHER_DEBT = enum_value("OTHER_DEBT", "Debts elsewhere.")
    OTHER = enum_value("OTHER", "Anything else but daily life.")
