"""Asking why an amount of some type is what it is: the loan is worked out once for all of them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date

from app.foundation.graphql import Info, Rate
from app.loanmath import explain as said
from app.loanmath.life import Event
from app.loanmath.schedule import Terms
from app.servicing import queries
from app.servicing.graphql.explanations import Explanation, spend
from app.servicing.graphql.rates import RateExplanation
from app.servicing.queries import ExplainedLoan, FeeNames, ToExplain

FOLLOWING_COSTS = 20
"""Working a loan out counts as so many explanations."""

SOLVING_COSTS = 20
"""Solving for a rate counts as so many."""


class Explaining:
    """
    A loan as some type shows it, worked out once for all amounts of that type that are asked about.

    Nothing is worked out before the first is asked about.
    """

    def __init__(self, to_explain: Callable[[Info], ToExplain]) -> None:
        self._to_explain = to_explain
        self._loan: Awaitable[ExplainedLoan | None] | None = None

    @classmethod
    def today(cls, loan_id: str) -> "Explaining":
        """Show a loan as it stands on the business date."""
        return cls(lambda info: ToExplain(loan_id=loan_id, on=info.context.today))

    @classmethod
    def fixed(cls, to_explain: ToExplain) -> "Explaining":
        """Show a loan as it is asked for."""
        return cls(lambda _: to_explain)

    async def loan(self, info: Info) -> ExplainedLoan | None:
        """Work the loan out, the first time."""
        if self._loan is None:
            spend(info, FOLLOWING_COSTS)
            loader = info.context.loader(queries.explained_loans)
            self._loan = loader.load(self._to_explain(info))
        return await self._loan

    async def explain(
        self, info: Info, figure: said.Figure, number: int | None, shown_fen: int
    ) -> Explanation | None:
        """Explain an amount that is shown; None where it is another by now."""
        return await self.explain_by(info, shown_fen, lambda loan: loan.explain(figure, number))

    async def explain_by(
        self,
        info: Info,
        shown_fen: int,
        explain: Callable[[ExplainedLoan], said.Explanation | None],
    ) -> Explanation | None:
        """Explain an amount that is shown, made of the loan's figures; None where it is another."""
        loan = await self.loan(info)
        found = None if loan is None else explain(loan)
        if found is None or found.result_fen != shown_fen:
            return None
        return Explanation.of(info, found, loan)


class ExplainingPlan:
    """
    The plan of terms that are not signed yet, ready to be asked; worked out when it first is.

    With `late_on`, as it would stand that day if nothing were paid; with `more`, as if these events
    happened too.
    """

    def __init__(
        self,
        terms: Terms,
        fee_names: FeeNames | None = None,
        *,
        late_on: date | None = None,
        more: Sequence[Event] = (),
    ) -> None:
        self.terms = terms
        self.fee_names = fee_names
        self._late_on = late_on
        self._more = more
        self._plan: ExplainedLoan | None = None

    def explain(
        self,
        info: Info,
        figure: said.Figure,
        number: int | None,
        shown_fen: int,
        *,
        code: str | None = None,
    ) -> Explanation | None:
        """Explain an amount that is shown."""
        if self._plan is None:
            spend(info, FOLLOWING_COSTS)
            late_on = self._late_on
            explainer = (
                said.explainer_of_plan(self.terms, self._more)
                if late_on is None
                else said.explainer_of_lateness(self.terms, late_on)
            )
            self._plan = ExplainedLoan(explainer, None, self.fee_names)
        found = self._plan.explain(figure, number, code)
        if found is None or found.result_fen != shown_fen:
            return None
        return Explanation.of(info, found, self._plan)

    def explain_rate(
        self, info: Info, figure: said.RateFigure, shown: Rate, *, code: str | None = None
    ) -> RateExplanation | None:
        """Explain a yearly rate that is shown."""
        spend(info, SOLVING_COSTS)
        try:
            found = said.explain_rate(self.terms, figure, code)
        except said.NotExplained:
            return None
        if found.result != shown:
            return None
        return RateExplanation.of(info, found, self.fee_names)
