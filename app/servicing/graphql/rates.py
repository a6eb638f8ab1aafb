"""Why a yearly rate is what it is, on the graph: the money behind it, its rule, a sentence."""

from datetime import date
from enum import Enum

import strawberry

from app.foundation.graphql import Fen, Info, Rate
from app.loanmath import explain as said
from app.servicing.graphql.explanations import ExplanationInput, input_of, namer
from app.servicing.graphql.figures import described
from app.servicing.queries import FeeNames
from app.servicing.rules.explaining import rate_label_of, rate_sentence_of


@strawberry.enum(description="Every yearly rate of a loan that can be explained.")
class ExplainedRate(Enum):
    """Rates."""

    CONTRACT_RATE = described("CONTRACT_RATE", "The contract rate.")
    PENALTY_RATE = described("PENALTY_RATE", "The rate that overdue principal bears.")
    ANNUALIZED_COST = described(
        "ANNUALIZED_COST", "Interest and all fees, the monthly cost times twelve."
    )
    ANNUALIZED_COST_COMPOUND = described("ANNUALIZED_COST_COMPOUND", "The same with compounding.")
    ANNUALIZED_FEE = described(
        "ANNUALIZED_FEE", "What one fee alone adds to the annualized cost: `code` says which."
    )


@strawberry.enum(description="How a yearly rate follows from what its explanation says.")
class RateExplanationRule(Enum):
    """Rules."""

    AGREED = described("AGREED", "CONTRACT.")
    TIMES = described("TIMES", "CONTRACT × FACTOR.")
    MONTHLY = described(
        "MONTHLY",
        "The greater of CONTRACT and twelve times the rate r at which Σ amount / (1 + r)^periods "
        "is 0; periods are months.",
    )
    YEARLY = described(
        "YEARLY",
        "The rate r at which Σ amount / (1 + r)^periods is 0; periods are years of 365 days.",
    )
    FEE_ALONE = described(
        "FEE_ALONE",
        "WITH_IT - WITHOUT_IT: MONTHLY of the amounts, and of the amounts without the fee.",
    )


@strawberry.type(description="Money that moves.")
class RateExplanationFlow:
    """A flow."""

    on: date = strawberry.field(description="When.")
    amount: Fen = strawberry.field(
        description="How much: above zero to the borrower, below zero from them."
    )
    without_fee: Fen | None = strawberry.field(
        description="The same without the fee that is explained; null where none is."
    )
    periods: str = strawberry.field(
        description="How long after the first, in the rule's periods, exact: whole or p/q."
    )


@strawberry.type(
    description="Why a yearly rate is what it is. Whoever has inputs and flows can work it out"
    " again by the rule, to the last decimal of `exact`."
)
class RateExplanation:
    """An explanation."""

    rate: ExplainedRate = strawberry.field(description="What is explained.")
    label: str = strawberry.field(description="Its name in the caller's language.")
    code: str | None = strawberry.field(
        description="Of which charge of the cost certificate; null if it is not about one."
    )
    result: Rate = strawberry.field(description="The rate: `exact` to four decimals, half up.")
    exact: str = strawberry.field(
        description="The rate before that; one that is solved for to twelve decimals, half even."
    )
    sentence: str = strawberry.field(
        description="All of it in a plain sentence, in the caller's language."
    )
    rule: RateExplanationRule = strawberry.field(
        description="The formula. In it, names in capitals are inputs."
    )
    inputs: list[ExplanationInput] = strawberry.field(
        description="The values the rule takes; at most three."
    )
    flows: list[RateExplanationFlow] = strawberry.field(
        description="The money the rate is solved over: what is lent, and each installment."
    )

    @classmethod
    def of(
        cls, info: Info, found: said.RateExplanation, fee_names: FeeNames | None
    ) -> "RateExplanation":
        """Show an explanation."""
        say, name_of = info.context.text, namer(info, fee_names)
        return cls(
            rate=ExplainedRate[found.figure.name],
            label=rate_label_of(found.figure, say, charge=name_of(found.code or "")),
            code=found.code,
            result=Rate(found.result),
            exact=found.exact,
            sentence=rate_sentence_of(found, say, name_of),
            rule=RateExplanationRule[found.rule.name],
            inputs=[input_of(info, one) for one in found.inputs],
            flows=[
                RateExplanationFlow(
                    on=one.on,
                    amount=Fen(one.amount_fen),
                    without_fee=None if one.without_fen is None else Fen(one.without_fen),
                    periods=one.periods,
                )
                for one in found.flows
            ],
        )
