"""An explanation of a yearly rate in words."""

from decimal import ROUND_HALF_UP, Decimal

from app.loanmath.explain import InputName, RateExplanation, RateFigure, RateRule
from app.servicing.rules.explaining.numbers import percent_of, yuan_of
from app.servicing.rules.explaining.sentences import NameOf, Say

_SHOWN = Decimal("0.000001")


def rate_label_of(figure: RateFigure, say: Say, *, charge: str = "") -> str:
    """Name a rate."""
    return say(f"servicing.explain_rate.{figure}", charge=charge)


def rate_sentence_of(explanation: RateExplanation, say: Say, name_of: NameOf = str) -> str:
    """Say why a yearly rate is what it is; the whole of it is in the explanation."""
    code = explanation.code
    inputs = {one.name: Decimal(one.value) for one in explanation.inputs}
    contract = inputs.get(InputName.CONTRACT)
    is_contract = explanation.rule is RateRule.MONTHLY and Decimal(explanation.exact) == contract
    paid = [flow.amount_fen for flow in explanation.flows if flow.amount_fen < 0]
    lent_fen = sum(flow.amount_fen for flow in explanation.flows if flow.amount_fen > 0)
    return say(
        f"servicing.explain_rate.{explanation.rule}{'_CONTRACT' if is_contract else ''}",
        label=rate_label_of(explanation.figure, say, charge="" if code is None else name_of(code)),
        rate=percent_of(explanation.result),
        contract=_percent(contract),
        factor=f"{inputs.get(InputName.FACTOR, Decimal(1)).normalize():f}",
        with_it=_percent(inputs.get(InputName.WITH_IT)),
        without_it=_percent(inputs.get(InputName.WITHOUT_IT)),
        lent=yuan_of(str(lent_fen)),
        paid=yuan_of(str(-sum(paid))),
        count=len(paid),
    )


def _percent(rate: Decimal | None) -> str:
    """Write a rate to the ten-thousandth of a percent; a solved one has more digits than that."""
    return percent_of(f"{(rate or Decimal(0)).quantize(_SHOWN, ROUND_HALF_UP):f}")
