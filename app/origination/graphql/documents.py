"""Certificate, questions and agreement as the schema shows them."""

from datetime import datetime
from decimal import Decimal

import strawberry

from app.catalog import queries as catalog
from app.catalog.graphql.types import shown_rate
from app.foundation.graphql import Fen, Info, Rate
from app.loanmath.explain import Figure, RateFigure
from app.origination import operations, queries
from app.origination.graphql.amounts import OfCostCertificate, OfCostCertificateRate
from app.origination.graphql.explaining import ExplainingOffer
from app.origination.graphql.reductions import (
    BorrowerPays,
    OfferReduction,
    paid_by_others,
)
from app.origination.graphql.words import ComprehensionQuestionKind
from app.origination.rules.certificate import CostItem as Item
from app.origination.rules.certificate import LateItem
from app.origination.rules.comprehension import Question
from app.servicing.graphql import Explanation, RateExplanation
from app.servicing.rules import INTEREST_CHARGE


@strawberry.type(description="One thing paid beside the principal, if every payment is on time.")
class CostItem:
    """A cost."""

    explaining: strawberry.Private[ExplainingOffer]
    code: str = strawberry.field(description="The charge's code; nothing else is ever charged.")
    name: str = strawberry.field(description="What it is called.")
    method: str = strawberry.field(description="How it is reckoned, in a sentence.")
    annualized: Rate = strawberry.field(description="What it alone costs as a yearly rate.")
    collected_by: list[str] = strawberry.field(description="The names of those who take it.")
    amount: Fen = strawberry.field(description="What it comes to in all.")

    @strawberry.field(
        description="Why `amount` is what it is, if the money comes on the planned day."
    )
    async def explain(self, info: Info) -> Explanation | None:
        """Explain the amount."""
        is_interest = self.code == INTEREST_CHARGE
        figure = Figure.LOAN_INTEREST if is_interest else Figure.LOAN_CHARGE
        code = None if is_interest else self.code
        return await self.explaining.explain(info, figure, self.amount, code=code)

    @strawberry.field(
        description="Why `annualized` is what it is, if the money comes on the planned day."
    )
    async def explain_rate(self, info: Info) -> RateExplanation | None:
        """Explain the rate."""
        is_interest = self.code == INTEREST_CHARGE
        figure = RateFigure.CONTRACT_RATE if is_interest else RateFigure.ANNUALIZED_FEE
        code = None if is_interest else self.code
        return await self.explaining.explain_rate(info, figure, self.annualized, code=code)


@strawberry.type(description="What being late adds.")
class LateCost:
    """The cost of lateness."""

    explaining: strawberry.Private[ExplainingOffer]
    code: str = strawberry.field(description="The charge's code.")
    name: str = strawberry.field(description="What it is called.")
    method: str = strawberry.field(description="How it is reckoned, in a sentence.")
    annualized: Rate = strawberry.field(description="The yearly rate on overdue principal.")
    grace_days: int = strawberry.field(description="Days after a due date without a penalty.")
    example_days: int = strawberry.field(description="How late the example is.")
    example_amount: Fen = strawberry.field(
        description="What the first installment with principal costs more if it is so late."
    )

    @strawberry.field(description="Why `exampleAmount` is what it is.")
    async def explain(self, info: Info) -> Explanation | None:
        """Explain the example."""
        return await self.explaining.explain_lateness(info, self.example_days, self.example_amount)

    @strawberry.field(description="Why `annualized` is what it is.")
    async def explain_rate(self, info: Info) -> RateExplanation | None:
        """Explain the rate."""
        figure = RateFigure.PENALTY_RATE
        return await self.explaining.explain_rate(info, figure, self.annualized)


@strawberry.type(description="One possible answer.")
class ComprehensionChoice:
    """A choice."""

    key: str = strawberry.field(description="Send it back to answerComprehension.")
    text: str = strawberry.field(description="What stands on the button.")


@strawberry.type(description="A plain question made of the certificate's own figures.")
class ComprehensionQuestion:
    """A question."""

    kind: ComprehensionQuestionKind = strawberry.field(description="What it asks about.")
    text: str = strawberry.field(description="The question.")
    choices: list[ComprehensionChoice] = strawberry.field(
        description="Three answers in the order to show; one is right."
    )
    is_answered: bool = strawberry.field(description="Whether it was answered right before.")

    @classmethod
    def of(
        cls, question: Question, answered: frozenset[str], language: str
    ) -> "ComprehensionQuestion":
        """Show a question without its answer."""
        return cls(
            kind=ComprehensionQuestionKind[question.kind.name],
            text=question.asked(language),
            choices=[
                ComprehensionChoice(key=one.key, text=one.words(language, question.data))
                for one in question.choices
            ],
            is_answered=question.kind.value in answered,
        )


@strawberry.type(description="How an answer was, and why the right one is right.")
class AnsweredQuestion:
    """An answered question."""

    kind: ComprehensionQuestionKind = strawberry.field(description="Which question.")
    is_right: bool = strawberry.field(description="Whether the answer was right.")
    explanation: str = strawberry.field(
        description="Show it either way; after a wrong answer the same question may be asked again."
    )

    @classmethod
    def of(
        cls, checked: operations.Checked, view: queries.CertificateView, language: str
    ) -> "AnsweredQuestion":
        """Show how an answer was."""
        question = next(one for one in view.questions if one.kind.value == checked.question)
        return cls(
            kind=ComprehensionQuestionKind[question.kind.name],
            is_right=checked.is_right,
            explanation=question.explained(language),
        )


@strawberry.type(
    description="综合融资成本明示表: every cost of the accepted offer. It must be opened, read for"
    " a while, understood and confirmed before anything is signed."
)
class CostCertificate:
    """A cost certificate."""

    explaining: strawberry.Private[ExplainingOffer]
    title: str = strawberry.field(description="Its name.")
    hash: str = strawberry.field(
        description="SHA-256 of canonicalJson in hexadecimal; send it with answers and confirmCost."
    )
    canonical_json: str = strawberry.field(
        description="The exact document (RFC 8785: sorted keys, no spaces, whole numbers)."
    )
    principal: Fen = strawberry.field(description="What is borrowed.")
    months: int = strawberry.field(description="For how many months.")
    contract_rate: Rate = strawberry.field(description="The yearly interest rate.")
    items: list[CostItem] = strawberry.field(description="Everything paid beside the principal.")
    total_cost: Fen = strawberry.field(description="All of that together.")
    total: Fen = strawberry.field(description="Principal and cost together.")
    annualized_cost: Rate = strawberry.field(
        description="All of it as a yearly rate (monthly cost times twelve)."
    )
    annualized_cost_compound: Rate = strawberry.field(description="The same with compounding.")
    paid_by_others: list[OfferReduction] = strawberry.field(
        description="Who else pays a part of the interest, such as the state; empty where nobody"
        " does. Items, total and yearly rates are of the whole, whoever pays it."
    )
    you_pay: BorrowerPays | None = strawberry.field(
        description="What is left for the borrower then: show this first, the questions are about"
        " it; null where others pay nothing."
    )
    if_late: list[LateCost] = strawberry.field(
        description="What being late adds; empty if nothing."
    )
    cooling_off: str | None = strawberry.field(
        description="That the loan may be given back at its principal within some days; null where"
        " the agreement grants no such days."
    )
    nothing_else: str = strawberry.field(description="The statement that nothing else is charged.")
    plan_hash: str = strawberry.field(description="SHA-256 of the installment plan it belongs to.")
    agreement_hash: str = strawberry.field(description="SHA-256 of the agreement's text.")
    pdf_path: str = strawberry.field(
        description="Where it can be downloaded as PDF, to keep and print: GET with the bearer"
        " token, signed where the session is bound to a device."
    )
    opened_at: datetime | None = strawberry.field(
        description="When it was opened first; null before. The reading time counts from here."
    )
    confirmed_at: datetime | None = strawberry.field(
        description="When it was confirmed; null before."
    )
    questions: list[ComprehensionQuestion] = strawberry.field(
        description="Three plain questions; each must be answered right before confirmCost."
    )

    @strawberry.field(
        description="Why one of these amounts is what it is, if the money comes on the planned day."
    )
    async def explain(self, info: Info, of: OfCostCertificate) -> Explanation | None:
        """Explain an amount."""
        shown_fen: int = getattr(self, of.name.lower())
        return await self.explaining.explain(info, of.figure, shown_fen)

    @strawberry.field(
        description="Why one of these yearly rates is what it is, if the money comes on the planned"
        " day."
    )
    async def explain_rate(self, info: Info, of: OfCostCertificateRate) -> RateExplanation | None:
        """Explain a rate."""
        shown: Rate = getattr(self, of.name.lower())
        return await self.explaining.explain_rate(info, of.figure, shown)

    @strawberry.field(description="For how many seconds it must have been open to be confirmed.")
    async def reading_seconds(self, info: Info) -> int:
        """Look the reading time up in the policy of the day."""
        book = await catalog.policy_book(info.context.today)
        return book.whole("reading_seconds_min")

    @classmethod
    def of(cls, view: queries.CertificateView, language: str) -> "CostCertificate":
        """Show a certificate."""
        certificate = view.certificate
        names = {one.code: one.name[language] for one in certificate.parties}
        explaining = ExplainingOffer(certificate)
        return cls(
            explaining=explaining,
            title=certificate.title[language],
            hash=view.sha256,
            canonical_json=view.canonical_json,
            principal=Fen(certificate.principal_fen),
            months=certificate.months,
            contract_rate=_rate(certificate.contract_rate),
            items=[_item(one, names, language, explaining) for one in certificate.items],
            total_cost=Fen(certificate.total_cost_fen),
            total=Fen(certificate.total_fen),
            annualized_cost=_rate(certificate.annualized),
            annualized_cost_compound=_rate(certificate.annualized_compound),
            paid_by_others=paid_by_others(certificate.reductions, language),
            you_pay=BorrowerPays.of(certificate, language, explaining.reduced),
            if_late=[_late(one, language, explaining) for one in certificate.if_late],
            cooling_off=None
            if certificate.cooling_off is None
            else certificate.cooling_off[language],
            nothing_else=certificate.nothing_else[language],
            plan_hash=certificate.plan_sha256,
            agreement_hash=certificate.agreement_sha256,
            pdf_path=f"/cost-certificates/{view.certificate_id}.pdf",
            opened_at=view.opened_at,
            confirmed_at=view.confirmed_at,
            questions=[
                ComprehensionQuestion.of(one, view.answered, language) for one in view.questions
            ],
        )


def _item(
    item: Item, names: dict[str, str], language: str, explaining: ExplainingOffer
) -> CostItem:
    return CostItem(
        explaining=explaining,
        code=item.code,
        name=item.name[language],
        method=item.method[language],
        annualized=_rate(item.annualized),
        collected_by=[names[code] for code in item.collected_by],
        amount=Fen(item.amount_fen),
    )


def _late(item: LateItem, language: str, explaining: ExplainingOffer) -> LateCost:
    return LateCost(
        explaining=explaining,
        code=item.code,
        name=item.name[language],
        method=item.method[language],
        annualized=_rate(item.annualized),
        grace_days=item.grace_days,
        example_days=item.example_days,
        example_amount=Fen(item.example_fen),
    )


def _rate(written: str) -> Rate:
    return shown_rate(Decimal(written))


@strawberry.type(description="The text the borrower signs, or has signed.")
class Agreement:
    """An agreement."""

    id: strawberry.ID = strawberry.field(description="Opaque, at most 16 characters.")
    text: str | None = strawberry.field(
        description="The exact text: plain Chinese with an English gloss. Show all of it. It names"
        " the borrower: null where the session is bound to a device and a Proof header is missing."
    )
    hash: str = strawberry.field(
        description="SHA-256 of the text's UTF-8 bytes in hexadecimal; send it to signAgreement."
    )
    signed_at: datetime | None = strawberry.field(description="When it was signed; null before.")

    @strawberry.field(
        description="Where it can be downloaded as PDF, to keep and print: GET with the bearer"
        " token, signed where the session is bound to a device."
    )
    def pdf_path(self) -> str:
        """Say where the paper is."""
        return f"/agreements/{self.id}.pdf"

    @strawberry.field(
        description="Where the evidence of the signature can be downloaded, as pdfPath; anybody can"
        " check the file without us (`python -m app evidence verify`). Null before it is signed."
    )
    def evidence_path(self) -> str | None:
        """Say where the evidence is."""
        return None if self.signed_at is None else f"/agreements/{self.id}/evidence.json"

    @classmethod
    def of(cls, view: queries.AgreementView, *, sees_all: bool) -> "Agreement":
        """Show an agreement."""
        return cls(
            id=strawberry.ID(view.agreement_id),
            text=view.text if sees_all else None,
            hash=view.sha256,
            signed_at=view.signed_at,
        )
