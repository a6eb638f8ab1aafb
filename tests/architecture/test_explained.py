"""Every amount and yearly rate the graphs show of a loan can be asked why it is so."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    get_named_type,
)

ROOT = Path(__file__).parent.parent.parent
SCHEMAS = ("schema.graphql", "app/support/staff.graphql")
MONEY, RATE = "Fen", "Rate"
ASKED_BY = {MONEY: "explain", RATE: "explainRate"}

WITHIN = "it is a part of an explanation"
PRODUCT = "it is about a product; no loan is there yet"
STATED = "the borrower stated it"
PARTNERS = "it is agreed between partners, and no cost of the borrower's"
PAID_BY_OTHERS = "it is agreed with who pays; each installment's `paidByOthers` can be asked"
COUPON = "a coupon's own figure; the installments it changes can be asked once it is used"
CASH = "cash as it was counted in a shop; the repayment's own `receipt` can be asked"
SUMS = "it is a sum over many loans, posting by posting, held to the ledger"

UNEXPLAINED = {
    "Explanation": WITHIN,
    "ExplanationFee": WITHIN,
    "ExplanationMove": WITHIN,
    "ExplanationPart": WITHIN,
    "ExplanationSegment": WITHIN,
    "ExplanationStep": WITHIN,
    "RateExplanation": WITHIN,
    "RateExplanationFlow": WITHIN,
    "AmountRange": PRODUCT,
    "CreditLine": "it is about a person: the decision said the limit, and the loans what is owed",
    "LoweredLimit": "its reasons stand beside it",
    "BetterOffer": PRODUCT,
    "Product": PRODUCT,
    "ProductFee": PRODUCT,
    "ProductLender": PARTNERS,
    "LoanLender": PARTNERS,
    "InterestPayer": SUMS,
    "LoanReduction": PAID_BY_OTHERS,
    "ReductionPart": PAID_BY_OTHERS,
    "OfferReduction": PAID_BY_OTHERS,
    "OfferReductionPart": PAID_BY_OTHERS,
    "BorrowerPays.annualizedCost": "solved as the offer's own rate, which can be asked, over"
    " installments less what others pay: both stand beside it",
    "CashReceipt": CASH,
    "CashReceiptCheck": CASH,
    "WaitingCash": CASH,
    "CountedCash": CASH,
    "CashByMe": CASH,
    "CashTill": SUMS,
    "CashHandover": "as the bank's slip has it",
    "RewardCoupon": COUPON,
    "PointsOffer": COUPON,
    "CouponInstallment": COUPON,
    "CouponPreview": "its words stand beside it, and both yearly costs beside each other",
    "RewardCampaign": SUMS,
    "PartnerBucket": SUMS,
    "PartnerFigures": SUMS,
    "PartnerStatement": SUMS,
    "FunderLine": SUMS,
    "FunderReport": SUMS,
    "RegionLine": SUMS,
    "RegionReport": SUMS,
    "ReconciliationDifference": "what an order was for, as each side says",
    "StuckOrder": "what an order was for",
    "WholeCost": "an example of a product's cost; an offer's own can be asked",
    "FigureQuestion": "it is asked; the answer explains it",
    "AnswerFigureQuestionSuccess": "its explanation stands beside it",
    "Borrower": STATED,
    "PaymentPromise": STATED,
    "CollectionCase": "the loan's own `explain` says why so much is past due",
    "LoanApplication": STATED,
    "Household": STATED,
    "HouseholdIncome": STATED,
    "HouseholdExpense": STATED,
    "HouseholdYear": "its source stands beside it",
    "HouseholdPlanMonth": "what was stated, and installments that the loan can be asked about",
    "BorrowerApplication": STATED,
    "ReferredApplication": STATED,
    "AssistedForMe": STATED,
    "AssistedApplication": STATED,
    "Guarantee": "what the borrower asked for; its text says what standing behind it means",
    "Guarantor": "what somebody agreed to stand behind",
    "ReturnOffer": "principal alone: its own explanation stands beside it",
    "Decision": "it is about a person: `reasons` say why",
    "LoanEvent": "what happened: explanations begin with it",
    "Repayment": "what the borrower wanted to pay; its receipt, quote or debit can be asked",
    "Correction": "what staff propose; the figures around it can be asked",
    "PayoffCertificateCheck": "open to anybody, who is told no more of the loan",
    "Loan.annualRate": "agreed; what lowered it is on the timeline",
    "CorrectionFigures.annualRate": "agreed; what lowered it is on the timeline",
}
"""What no explanation is asked of, a whole type or one field of it, and why."""


def types_of(path: str) -> Iterator[GraphQLObjectType | GraphQLInterfaceType]:
    schema = build_schema((ROOT / path).read_text(encoding="utf-8"), assume_valid=True)
    for found in schema.type_map.values():
        if isinstance(found, GraphQLObjectType | GraphQLInterfaceType):
            yield found


def covered(asking: GraphQLField | None, fields: list[str]) -> set[str]:
    """Say which fields a type's own `explain` answers for: those it names, or the only one."""
    if asking is None:
        return set()
    if not asking.args:
        return set(fields) if len(fields) == 1 else set()
    amounts = get_named_type(asking.args["of"].type)
    assert isinstance(amounts, GraphQLEnumType)
    for name, value in amounts.values.items():
        assert value.description == f"`{camel(name)}`"
    return {camel(name) for name in amounts.values}


def camel(name: str) -> str:
    head, *rest = name.lower().split("_")
    return head + "".join(word.title() for word in rest)


def gaps(path: str) -> Iterator[str]:
    for found in types_of(path):
        for scalar, asked_by in ASKED_BY.items():
            fields = [
                name
                for name, field in found.fields.items()
                if get_named_type(field.type).name == scalar
                and not {found.name, f"{found.name}.{name}"} & UNEXPLAINED.keys()
                and not found.name.endswith(
                    "Problem"
                )  # a bound that the loan, product or rule it comes from shows too
            ]
            answered = covered(found.fields.get(asked_by), fields)
            yield from (f"{found.name}.{name}" for name in fields if name not in answered)


@pytest.mark.parametrize("path", SCHEMAS)
def test_every_amount_of_a_loan_can_be_asked_why_it_is_so(path: str) -> None:
    assert list(gaps(path)) == []


def test_no_exception_is_kept_that_nothing_needs() -> None:
    shown = {
        name
        for path in SCHEMAS
        for found in types_of(path)
        for field, value in found.fields.items()
        if get_named_type(value.type).name in ASKED_BY
        for name in (found.name, f"{found.name}.{field}")
    }
    assert UNEXPLAINED.keys() <= shown
    assert all(UNEXPLAINED.values())
