"""Loan applications, decisions and offers as the schema shows them, in the caller's language."""

from datetime import datetime

import strawberry

from app.catalog import queries as catalog
from app.catalog.graphql import ConsentKind, Product
from app.catalog.rules import OfferedProduct
from app.foundation.graphql import Fen, Info, Node, id_or_none
from app.foundation.text import text
from app.origination import queries
from app.origination.errors import Missing
from app.origination.graphql.documents import Agreement, CostCertificate
from app.origination.graphql.guarantees import Guarantor
from app.origination.graphql.offers import Offer
from app.origination.graphql.pictures import ApplicationDocument, DocumentAsk
from app.origination.graphql.words import (
    DecisionOutcome,
    DocumentKind,
    LoanApplicationState,
    LoanApplicationStep,
    MissingKind,
)
from app.origination.rules.consents import ConsentAsk, consent_text, consents_asked
from app.origination.rules.states import DisbursementState
from app.payments import queries as payments
from app.payments.graphql.wallets import WalletAcceptance


@strawberry.type(description="One thing to be agreed to, each by itself, in its exact words.")
class ApplicationConsent:
    """A consent."""

    kind: ConsentKind = strawberry.field(description="To what.")
    recipient: str | None = strawberry.field(
        description="Towards whom: a partner's code; null where there is no one."
    )
    recipient_name: str | None = strawberry.field(description="That partner's name.")
    is_required: bool = strawberry.field(
        description="Whether the application needs it; refusing an optional one does no harm."
    )
    title: str = strawberry.field(description="What stands beside the tick box.")
    text: str = strawberry.field(description="The words agreed to; show them before the tick.")
    text_hash: str = strawberry.field(
        description="SHA-256 of title, line break and text, in hexadecimal; send it to giveConsent."
    )
    given_at: datetime | None = strawberry.field(
        description="When it was given; null if it does not stand."
    )

    @classmethod
    def of(cls, ask: ConsentAsk, given_at: datetime | None, language: str) -> "ApplicationConsent":
        """Show a consent in the caller's language."""
        words = consent_text(ask, language)
        return cls(
            kind=ConsentKind[ask.key.kind.name],
            recipient=ask.key.recipient or None,
            recipient_name=ask.recipient_name.get(language),
            is_required=ask.is_required,
            title=words.title,
            text=words.body,
            text_hash=words.sha256,
            given_at=given_at,
        )


@strawberry.type(description="One thing that is missing before the application can be handed in.")
class MissingStep:
    """Something missing."""

    kind: MissingKind = strawberry.field(description="What it is.")
    consent: ConsentKind | None = strawberry.field(description="Which consent; null otherwise.")
    recipient: str | None = strawberry.field(description="Towards whom; null if no one.")
    document: DocumentKind | None = strawberry.field(description="Which picture; null otherwise.")
    message: str = strawberry.field(description="What to tell the person.")

    @classmethod
    def of(cls, info: Info, missing: Missing, titles: dict[str, str]) -> "MissingStep":
        """Show what is missing; a consent by its title, a picture with its reason."""
        consent = None if missing.consent is None else ConsentKind[missing.consent]
        key = missing.document or f"{missing.consent}|{missing.recipient or ''}"
        words = {"title": titles.get(key, "")}
        document = None if missing.document is None else DocumentKind[missing.document]
        if document is not None:
            name = info.context.text(f"origination.document.{missing.document}")
            words = {"title": name, "why": titles.get(key, "")}
        return cls(
            kind=MissingKind[missing.item.name],
            consent=consent,
            recipient=missing.recipient,
            document=document,
            message=info.context.text(f"origination.missing.{missing.item.value}", **words),
        )


def missing_steps(
    info: Info, missing: tuple[Missing, ...], offered: OfferedProduct
) -> list[MissingStep]:
    """Show everything that is missing, consents by their titles, pictures with their reasons."""
    language = info.context.language
    titles = {
        f"{ask.key.kind.value}|{ask.key.recipient}": consent_text(ask, language).title
        for ask in consents_asked(offered)
    } | {one.kind.value: one.why[language] for one in offered.documents_required}
    return [MissingStep.of(info, one, titles) for one in missing]


@strawberry.type(description="Why a decision came out as it did.")
class DecisionReason:
    """A reason."""

    code: str = strawberry.field(description="A stable code.")
    words: str = strawberry.field(description="The reason in plain words.")
    what_would_change_it: str = strawberry.field(description="What the borrower could do about it.")


@strawberry.type(description="The decision on an application.")
class Decision:
    """A decision."""

    id: strawberry.ID = strawberry.field(description="Opaque, at most 16 characters.")
    outcome: DecisionOutcome = strawberry.field(description="What it came to.")
    is_reviewed: bool = strawberry.field(description="Whether a person settled it.")
    limit: Fen = strawberry.field(description="The most the borrower could have had that day.")
    reasons: list[DecisionReason] = strawberry.field(
        description="At most four, the weightiest first; also where it was approved."
    )
    decided_at: datetime = strawberry.field(description="When it was made.")

    @classmethod
    def of(cls, view: queries.DecisionView, language: str) -> "Decision":
        """Show a decision."""
        return cls(
            id=strawberry.ID(view.decision_id),
            outcome=DecisionOutcome[view.outcome.name],
            is_reviewed=view.is_reviewed,
            limit=Fen(view.limit_fen),
            reasons=[
                DecisionReason(
                    code=code,
                    words=reason.words[language],
                    what_would_change_it=reason.what_would_change_it[language],
                )
                for code, reason in view.reasons
            ],
            decided_at=view.decided_at,
        )


@strawberry.type(description="The school, clinic or shop that is paid.")
class MerchantPayee:
    """A merchant."""

    name: str = strawberry.field(description="Its name.")
    account_tail: str = strawberry.field(description="The last four digits of its account.")


def state_words(view: queries.ApplicationView, language: str) -> str:
    """Say where it stands; of one whose time is over, what ran out: a draft, the wait, offers."""
    if view.expired_from is not None:
        return text(f"origination.expired.{view.expired_from.value}", language)
    return text(f"origination.state.{view.state.value}", language)


@strawberry.type(description="One of the caller's loan applications, from wish to money.")
class LoanApplication(Node):
    """An application."""

    state: LoanApplicationState = strawberry.field(description="Where it stands.")
    state_words: str = strawberry.field(description="Where it stands, in two or three words.")
    region_code: str = strawberry.field(description="Where the money is borrowed.")
    amount: Fen | None = strawberry.field(description="What was asked for; null if not said yet.")
    months: int | None = strawberry.field(description="For how many months; null if not said yet.")
    accepted_offer_id: strawberry.ID | None = strawberry.field(
        description="The offer accepted last; null before."
    )
    loan_id: strawberry.ID | None = strawberry.field(
        description="The loan it became; null until the money has arrived."
    )
    started_at: datetime = strawberry.field(description="When it was begun.")
    submitted_at: datetime | None = strawberry.field(
        description="When it was handed in; null before."
    )
    expires_at: datetime = strawberry.field(
        description="When it ends if nothing happens: an idle draft, or offers nobody signs."
    )
    view: strawberry.Private[queries.ApplicationView]

    @strawberry.field(description="The product as it stands in the region for this application.")
    async def product(self, info: Info) -> Product:
        """Show the product the application keeps."""
        book = await catalog.policy_book(info.context.today)
        return Product.of(self.view.offered, book, info.context.language)

    @strawberry.field(
        description="What the money is for; null if not said yet, and where a Proof header is"
        " missing."
    )
    async def purpose(self, info: Info) -> str | None:
        """Open what the borrower stated."""
        return (await self._stated(info)).purpose

    @strawberry.field(
        description="Income a month, as stated; null if not said yet, and where a Proof header is"
        " missing."
    )
    async def monthly_income(self, info: Info) -> Fen | None:
        """Open what the borrower stated."""
        income_fen = (await self._stated(info)).monthly_income_fen
        return None if income_fen is None else Fen(income_fen)

    @strawberry.field(
        description="What the household's other debts take a month, as stated; null if not said,"
        " and where a Proof header is missing."
    )
    async def debt_payments(self, info: Info) -> Fen | None:
        """Open what the borrower stated."""
        debt_fen = (await self._stated(info)).debt_payments_fen
        return None if debt_fen is None else Fen(debt_fen)

    @strawberry.field(
        description="The months of the year in which income comes, as stated; null if not said,"
        " and where a Proof header is missing."
    )
    async def income_months(self, info: Info) -> list[int] | None:
        """Open what the borrower stated."""
        return list((await self._stated(info)).income_months) or None

    @strawberry.field(
        description="Who is paid, where the product pays a merchant; null otherwise, and where a"
        " Proof header is missing."
    )
    async def merchant(self, info: Info) -> MerchantPayee | None:
        """Open what the borrower stated."""
        merchant = (await self._stated(info)).merchant
        if merchant is None:
            return None
        return MerchantPayee(name=merchant.name, account_tail=merchant.account_tail)

    @strawberry.field(description="What is missing before it can be handed in; empty if nothing.")
    async def missing(self, info: Info) -> list[MissingStep]:
        """List what is missing, consents by their titles."""
        standing = await info.context.loader(queries.standings).load(self.id)
        return missing_steps(info, standing.missing, self.view.offered)

    @strawberry.field(description="The one thing to show next.")
    async def next_step(self, info: Info) -> LoanApplicationStep:
        """Say what comes next."""
        standing = await info.context.loader(queries.standings).load(self.id)
        return LoanApplicationStep[standing.next_step.name]

    @strawberry.field(description="Everything that is asked to be agreed to, required ones first.")
    async def consents(self, info: Info) -> list[ApplicationConsent]:
        """Show the consents in the caller's language."""
        standing = await info.context.loader(queries.consents_by_application).load(self.id)
        given = {one.key: one.given_at for one in standing}
        return [
            ApplicationConsent.of(ask, given.get(ask.key), info.context.language)
            for ask in consents_asked(self.view.offered)
        ]

    @strawberry.field(description="The decision; null until there is one.")
    async def decision(self, info: Info) -> Decision | None:
        """Show the decision."""
        view = await info.context.loader(queries.decisions_by_application).load(self.id)
        return None if view is None else Decision.of(view, info.context.language)

    @strawberry.field(description="The offers, the main one first; empty until approved.")
    async def offers(self, info: Info) -> list[Offer]:
        """Show the offers."""
        product, language = self.view.offered.product, info.context.language
        views = await info.context.loader(queries.offers_by_application).load(self.id)
        return [Offer.of(view, product, language) for view in views]

    @strawberry.field(description="The accepted offer's cost certificate; null before.")
    async def certificate(self, info: Info) -> CostCertificate | None:
        """Show the certificate that counts; reading it here does not start the reading time."""
        view = await info.context.loader(queries.certificates_by_application).load(self.id)
        return None if view is None else CostCertificate.of(view, info.context.language)

    @strawberry.field(description="The accepted offer's agreement; null before.")
    async def agreement(self, info: Info) -> Agreement | None:
        """Show the agreement that counts."""
        view = await info.context.loader(queries.agreements_by_application).load(self.id)
        return None if view is None else Agreement.of(view, sees_all=info.context.sees_all)

    @strawberry.field(
        description="What the mini-program hands to `wx.requestMerchantTransfer`, so that the"
        " borrower takes the loan's money in WeChat; null where nothing is to be confirmed, or not"
        " any more, and where a Proof header is missing."
    )
    async def accept_in_wallet(self, info: Info) -> WalletAcceptance | None:
        """Show how to accept the money."""
        paid = await info.context.loader(queries.disbursements_by_application).load(self.id)
        is_sent = paid is not None and paid.state is DisbursementState.SENT
        if paid is None or not is_sent or not info.context.sees_all:
            return None
        found = info.context.loader(payments.acceptances_by_order)
        return WalletAcceptance.of(await found.load(paid.disbursement_id))

    @strawberry.field(description="Kinds of pictures that may be added, required ones first.")
    async def documents_asked(self, info: Info) -> list[DocumentAsk]:
        """Say what is of use for the need."""
        asked = (await queries.document_rules()).asked
        required = {one.kind: one for one in self.view.offered.documents_required}
        kinds = dict.fromkeys((*required, *asked.get(self.view.offered.product.need, ())))
        return [DocumentAsk.of(kind, required.get(kind), info.context.language) for kind in kinds]

    @strawberry.field(description="Pictures added, oldest first; at most eight and those refused.")
    async def documents(self, info: Info) -> list[ApplicationDocument]:
        """Show where each picture stands."""
        views = await info.context.loader(queries.documents_by_application).load(self.id)
        return [ApplicationDocument.of(view, info.context.language) for view in views]

    @strawberry.field(
        description="Who was asked to stand behind the loan; null if nobody, or nobody needs to."
    )
    async def guarantor(self, info: Info) -> Guarantor | None:
        """Show whom the borrower named last."""
        view = await info.context.loader(queries.guarantors_by_application).load(self.id)
        return None if view is None else Guarantor.of(view, info.context.language)

    async def _stated(self, info: Info) -> queries.Statements:
        if not info.context.sees_all:
            return queries.Statements()
        return await info.context.loader(queries.statements_by_application).load(self.id)

    @classmethod
    def of(cls, info: Info, view: queries.ApplicationView) -> "LoanApplication":
        """Show an application."""
        return cls(
            id=strawberry.ID(view.application_id),
            state=LoanApplicationState[view.state.name],
            state_words=state_words(view, info.context.language),
            region_code=view.region_code,
            amount=None if view.amount_fen is None else Fen(view.amount_fen),
            months=view.months,
            accepted_offer_id=id_or_none(view.offer_id),
            loan_id=id_or_none(view.loan_id),
            started_at=view.started_at,
            submitted_at=view.submitted_at,
            expires_at=view.expires_at,
            view=view,
        )
