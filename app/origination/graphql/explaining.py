"""Asking a cost certificate why its figures are what they are: its offer's terms say so."""

from datetime import timedelta

from app.foundation.graphql import Info, Rate
from app.loanmath.explain import Figure, RateFigure
from app.origination import queries
from app.origination.graphql.reductions import reduced_plan
from app.origination.rules.certificate import CostCertificate
from app.servicing.graphql import ExplainingPlan, Explanation, RateExplanation


class ExplainingOffer:
    """The plan of the offer that a certificate is about; looked up when it is first asked."""

    def __init__(self, certificate: CostCertificate) -> None:
        self._certificate = certificate
        self._plan: ExplainingPlan | None = None

    async def explain(
        self, info: Info, figure: Figure, shown_fen: int, *, code: str | None = None
    ) -> Explanation | None:
        """Explain an amount that is shown."""
        plan = await self._of_offer(info)
        return None if plan is None else plan.explain(info, figure, None, shown_fen, code=code)

    async def explain_lateness(self, info: Info, days: int, shown_fen: int) -> Explanation | None:
        """Explain the penalty on the first installment with principal, paid so many days late."""
        plan = await self._of_offer(info)
        if plan is None:
            return None
        number, due_on, *_ = next(row for row in self._certificate.plan if row[2])
        late = ExplainingPlan(plan.terms, late_on=due_on + timedelta(days=days))
        return late.explain(info, Figure.INSTALLMENT_PENALTY, number, shown_fen)

    async def explain_rate(
        self, info: Info, figure: RateFigure, shown: Rate, *, code: str | None = None
    ) -> RateExplanation | None:
        """Explain a yearly rate that is shown."""
        plan = await self._of_offer(info)
        return None if plan is None else plan.explain_rate(info, figure, shown, code=code)

    async def reduced(self, info: Info) -> ExplainingPlan | None:
        """Return the plan less what others pay; None where the offer is shown no longer."""
        plan = await self._of_offer(info)
        if plan is None:
            return None
        return reduced_plan(plan.terms, self._certificate.reductions, plan.fee_names or {})

    async def _of_offer(self, info: Info) -> ExplainingPlan | None:
        if self._plan is None:
            certificate = self._certificate
            loader = info.context.loader(queries.offers_by_application)
            offers = await loader.load(certificate.application_id)
            of_it = [one.terms for one in offers if one.offer_id == certificate.offer_id]
            names = {item.code: item.name for item in certificate.items}
            self._plan = ExplainingPlan(of_it[0], names) if of_it else None
        return self._plan
