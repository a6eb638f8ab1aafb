"""Explain this yuan: why any figure of a loan is what it is, replayable from what is said."""

from app.loanmath.explain.explainer import (
    OF_LINE,
    OF_LOAN,
    OF_REPAYMENT,
    Explainer,
    asked_for,
    explain,
    explainer_of_lateness,
    explainer_of_plan,
    explainer_of_preview,
)
from app.loanmath.explain.figures import Cause, Figure, InputName, NotExplained, Rule, Unit
from app.loanmath.explain.rates import (
    RateExplanation,
    RateFigure,
    RateFlow,
    RateRule,
    explain_rate,
)
from app.loanmath.explain.rows import OF_ROW
from app.loanmath.explain.values import (
    Explanation,
    FeeLine,
    Input,
    Move,
    Part,
    RoundingStep,
    Segment,
)

__all__ = [
    "OF_LINE",
    "OF_LOAN",
    "OF_REPAYMENT",
    "OF_ROW",
    "Cause",
    "Explainer",
    "Explanation",
    "FeeLine",
    "Figure",
    "Input",
    "InputName",
    "Move",
    "NotExplained",
    "Part",
    "RateExplanation",
    "RateFigure",
    "RateFlow",
    "RateRule",
    "RoundingStep",
    "Rule",
    "Segment",
    "Unit",
    "asked_for",
    "explain",
    "explain_rate",
    "explainer_of_lateness",
    "explainer_of_plan",
    "explainer_of_preview",
]
