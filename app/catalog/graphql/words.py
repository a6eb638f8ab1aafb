"""The catalog's enums as the schema shows them, each value with what it means to the borrower."""

from enum import Enum

import strawberry


def _value(name: str, description: str) -> str:
    """Describe an enum's value; to Python it is the value's name."""
    return strawberry.enum_value(name, description=description)  # pyright: ignore[reportReturnType]


@strawberry.enum(description="What the money is for; the borrower chooses by it.")
class LoanNeed(Enum):
    """Needs."""

    FARM_INPUTS = _value("FARM_INPUTS", "Seed, fertilizer, orchard and tea garden.")
    LIVESTOCK = _value("LIVESTOCK", "Young animals and feed.")
    EDUCATION = _value("EDUCATION", "School fees and learning a trade.")
    MEDICAL = _value("MEDICAL", "Hospital and dentist.")
    MICRO_BUSINESS = _value("MICRO_BUSINESS", "A small shop, a stall, a workshop.")
    HOME_APPLIANCE = _value("HOME_APPLIANCE", "A washing machine, a refrigerator, a phone.")
    HOME_REPAIR = _value("HOME_REPAIR", "Roof, kitchen, bathroom, well.")
    RURAL_CONSUMPTION = _value("RURAL_CONSUMPTION", "Weddings, births, furniture.")
    GREEN = _value("GREEN", "Electric vehicle, solar roof, clean heating.")
    TRAVEL = _value("TRAVEL", "The trip home or with the family.")
    EVERYDAY = _value("EVERYDAY", "A small reserve to draw on and pay back any day.")


@strawberry.enum(description="How a loan is paid back.")
class RepaymentMethod(Enum):
    """Methods."""

    EQUAL_INSTALLMENT = _value("EQUAL_INSTALLMENT", "等额本息: the same amount every month.")
    EQUAL_PRINCIPAL = _value(
        "EQUAL_PRINCIPAL", "等额本金: the same principal every month, so payments get smaller."
    )
    INTEREST_ONLY = _value(
        "INTEREST_ONLY", "先息后本: interest every month, the principal at the end."
    )
    BULLET = _value("BULLET", "一次还本付息: everything once, at the end.")
    FLAT = _value("FLAT", "等本等息: the same principal and the same interest every month.")
    SEASONAL = _value(
        "SEASONAL", "Principal in the months the crop is sold, interest only in the others."
    )
    REVOLVING = _value(
        "REVOLVING", "Interest for the days it is used; principal at the end, or any day before."
    )


@strawberry.enum(description="Who receives the money.")
class LoanPayee(Enum):
    """Payees."""

    BORROWER = _value("BORROWER", "The borrower's own bank card.")
    MERCHANT = _value("MERCHANT", "The school, clinic or shop, directly.")


@strawberry.enum(description="Something the borrower agrees to on its own, and may withdraw.")
class ConsentKind(Enum):
    """Consents."""

    CREDIT_QUERY = _value("CREDIT_QUERY", "Asking the credit bureau about the borrower.")
    AUTOMATED_DECISION = _value(
        "AUTOMATED_DECISION", "A decision by machine; a person looks at it on request."
    )
    SHARE_WITH_FUNDERS = _value("SHARE_WITH_FUNDERS", "Telling the banks that lend a part.")
    SHARE_WITH_GUARANTOR = _value("SHARE_WITH_GUARANTOR", "Telling the guarantor.")
    SHARE_WITH_MERCHANT = _value("SHARE_WITH_MERCHANT", "Telling the merchant who is paid.")
    MOBILE_PAYMENT_DATA = _value(
        "MOBILE_PAYMENT_DATA", "Looking at the monthly turnover of mobile payments."
    )
    COOPERATIVE_DATA = _value("COOPERATIVE_DATA", "Looking at the record with a co-operative.")
    INCOME_DATA = _value(
        "INCOME_DATA", "Looking at the monthly average of wages, pension and crop payments."
    )
    FARM_DATA = _value("FARM_DATA", "Looking at years and area in the farm register.")
    MERCHANT_DATA = _value("MERCHANT_DATA", "Looking at months and totals of sales as a merchant.")
    PHONE_DATA = _value("PHONE_DATA", "Asking the carrier how long the number has been theirs.")
    HAND_OVER = _value("HAND_OVER", "Handing what a referral declares to the other lender, once.")
    MARKETING = _value("MARKETING", "News of other products; never needed for a loan.")


@strawberry.enum(description="One thing about a borrower that is handed to another lender.")
class HandedField(Enum):
    """Fields."""

    NAME = _value("NAME", "The name.")
    PHONE = _value("PHONE", "The phone number.")
    RESIDENT_ID = _value("RESIDENT_ID", "The resident ID number.")
    REGION = _value("REGION", "Province and county.")
    AMOUNT = _value("AMOUNT", "How much is wanted.")
    MONTHS = _value("MONTHS", "For how many months.")
