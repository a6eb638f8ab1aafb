"""The catalog's enums as the schema shows them, each value with what it means to the borrower."""

from enum import Enum

import strawberry

from app.foundation.graphql import enum_value


@strawberry.enum(description="What the money is for; the borrower chooses by it.")
class LoanNeed(Enum):
    """Needs."""

    FARM_INPUTS = enum_value("FARM_INPUTS", "Seed, fertilizer, orchard and tea garden.")
    LIVESTOCK = enum_value("LIVESTOCK", "Young animals and feed.")
    EDUCATION = enum_value("EDUCATION", "School fees and learning a trade.")
    MEDICAL = enum_value("MEDICAL", "Hospital and dentist.")
    MICRO_BUSINESS = enum_value("MICRO_BUSINESS", "A small shop, a stall, a workshop.")
    HOME_APPLIANCE = enum_value("HOME_APPLIANCE", "A washing machine, a refrigerator, a phone.")
    HOME_REPAIR = enum_value("HOME_REPAIR", "Roof, kitchen, bathroom, well.")
    RURAL_CONSUMPTION = enum_value("RURAL_CONSUMPTION", "Weddings, births, furniture.")
    GREEN = enum_value("GREEN", "Electric vehicle, solar roof, clean heating.")
    TRAVEL = enum_value("TRAVEL", "The trip home or with the family.")
    EVERYDAY = enum_value("EVERYDAY", "A small reserve to draw on and pay back any day.")


@strawberry.enum(description="How a loan is paid back.")
class RepaymentMethod(Enum):
    """Methods."""

    EQUAL_INSTALLMENT = enum_value("EQUAL_INSTALLMENT", "等额本息: the same amount every month.")
    EQUAL_PRINCIPAL = enum_value(
        "EQUAL_PRINCIPAL", "等额本金: the same principal every month, so payments get smaller."
    )
    INTEREST_ONLY = enum_value(
        "INTEREST_ONLY", "先息后本: interest every month, the principal at the end."
    )
    BULLET = enum_value("BULLET", "一次还本付息: everything once, at the end.")
    FLAT = enum_value("FLAT", "等本等息: the same principal and the same interest every month.")
    SEASONAL = enum_value(
        "SEASONAL", "Principal in the months the crop is sold, interest only in the others."
    )
    REVOLVING = enum_value(
        "REVOLVING", "Interest for the days it is used; principal at the end, or any day before."
    )


@strawberry.enum(description="Who receives the money.")
class LoanPayee(Enum):
    """Payees."""

    BORROWER = enum_value("BORROWER", "The borrower's own bank card.")
    MERCHANT = enum_value("MERCHANT", "The school, clinic or shop, directly.")


@strawberry.enum(description="Something the borrower agrees to on its own, and may withdraw.")
class ConsentKind(Enum):
    """Consents."""

    CREDIT_QUERY = enum_value("CREDIT_QUERY", "Asking the credit bureau about the borrower.")
    AUTOMATED_DECISION = enum_value(
        "AUTOMATED_DECISION", "A decision by machine; a person looks at it on request."
    )
    SHARE_WITH_FUNDERS = enum_value("SHARE_WITH_FUNDERS", "Telling the banks that lend a part.")
    SHARE_WITH_GUARANTOR = enum_value("SHARE_WITH_GUARANTOR", "Telling the guarantor.")
    SHARE_WITH_MERCHANT = enum_value("SHARE_WITH_MERCHANT", "Telling the merchant who is paid.")
    MOBILE_PAYMENT_DATA = enum_value(
        "MOBILE_PAYMENT_DATA", "Looking at the monthly turnover of mobile payments."
    )
    COOPERATIVE_DATA = enum_value("COOPERATIVE_DATA", "Looking at the record with a co-operative.")
    INCOME_DATA = enum_value(
        "INCOME_DATA", "Looking at the monthly average of wages, pension and crop payments."
    )
    FARM_DATA = enum_value("FARM_DATA", "Looking at years and area in the farm register.")
    MERCHANT_DATA = enum_value(
        "MERCHANT_DATA", "Looking at months and totals of sales as a merchant."
    )
    PHONE_DATA = enum_value("PHONE_DATA", "Asking the carrier how long the number has been theirs.")
    HAND_OVER = enum_value(
        "HAND_OVER", "Handing what a referral declares to the other lender, once."
    )
    MARKETING = enum_value("MARKETING", "News of other products; never needed for a loan.")


@strawberry.enum(description="One thing about a borrower that is handed to another lender.")
class HandedField(Enum):
    """Fields."""

    NAME = enum_value("NAME", "The name.")
    PHONE = enum_value("PHONE", "The phone number.")
    RESIDENT_ID = enum_value("RESIDENT_ID", "The resident ID number.")
    REGION = enum_value("REGION", "Province and county.")
    AMOUNT = enum_value("AMOUNT", "How much is wanted.")
    MONTHS = enum_value("MONTHS", "For how many months.")
