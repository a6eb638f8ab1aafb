"""What the graph shows of loans: the loan, its installments, its history, what a payment does."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

import strawberry

from app.catalog.graphql import RepaymentMethod
from app.catalog.graphql.types import shown_rate
from app.catalog.queries import ProductVersion, known_version, product_versions
from app.foundation.graphql import (
    Connection,
    Fen,
    Info,
    Node,
    Rate,
    asked_page,
    connection_of,
    shown,
)
from app.foundation.ids import has_id_shape
from app.loanmath.life import Bucket
from app.loanmath.payoff import Payoff as PayoffFigures
from app.loanmath.schedule import Method
from app.servicing import queries, rules
from app.servicing.graphql.amounts import OfLoan, OfPayoff
from app.servicing.graphql.explaining import Explaining
from app.servicing.graphql.explanations import Explanation
from app.servicing.graphql.installments import Installment, NextInstallment
from app.servicing.graphql.reductions import LoanReduction, shown_reductions
from app.servicing.graphql.words import (
    LatenessBucket,
    LoanEventKind,
    LoanStatus,
)

_METHODS: Mapping[Method, RepaymentMethod] = {one: RepaymentMethod[one.name] for one in Method}
_STATUSES: Mapping[rules.LoanStatus, LoanStatus] = {
    one: LoanStatus[one.name]
    for one in rules.LoanStatus
    if one is not rules.LoanStatus.NOT_DISBURSED  # of which nobody is shown a loan
}
_BUCKETS: Mapping[Bucket, LatenessBucket] = {one: LatenessBucket[one.name] for one in Bucket}

First = Annotated[
    int | None, strawberry.argument(description="How many, 1 to 100; 20 unless said.")
]
After = Annotated[str | None, strawberry.argument(description="The cursor after which to go on.")]


@strawberry.type(description="A lender and the part of a loan that is theirs.")
class LoanLender:
    """A funder's share."""

    code: str = strawberry.field(description="The lender's stable code.")
    name: str = strawberry.field(description="The lender's name.")
    share: Rate = strawberry.field(description="Its part of the whole; all parts sum to 1.")


@strawberry.type(description="Something that happened to a loan; it is never changed afterwards.")
class LoanEvent:
    """An event."""

    id: strawberry.ID = strawberry.field(description="Its own id.")
    kind: LoanEventKind = strawberry.field(description="What happened.")
    effective_on: date = strawberry.field(description="The business date from which it counts.")
    recorded_at: datetime = strawberry.field(description="When it was recorded.")
    amount: Fen | None = strawberry.field(
        description="How much money it moved, forgave or undid; null if it is not about an amount."
    )
    repayment_id: strawberry.ID | None = strawberry.field(
        description="The repayment that came in or was undone; null if it is not about one."
    )
    text: str = strawberry.field(description="All of it as one sentence to show the borrower.")

    @classmethod
    def of(cls, info: Info, entry: rules.TimelineEntry) -> "LoanEvent":
        """Show an event."""
        kind, say = LoanEventKind(entry.kind), info.context.text
        part = "" if entry.part is None else f"_{entry.part.value}"
        part = part if entry.payer is None else "_BY"
        said = say(
            f"servicing.event.{kind.name}{part}",
            amount_fen=entry.amount_fen or 0,
            on=entry.effective_on,
            payer="" if entry.payer is None else say(f"servicing.payer.{entry.payer}"),
        )
        if entry.reason is not None:
            because = say(f"servicing.because.{entry.reason}")
            said += say("servicing.corrected.because", because=because)
        return cls(
            id=strawberry.ID(entry.event_id),
            kind=kind,
            effective_on=entry.effective_on,
            recorded_at=entry.recorded_at,
            amount=None if entry.amount_fen is None else Fen(entry.amount_fen),
            repayment_id=strawberry.ID(entry.about) if has_id_shape(entry.about, "rp") else None,
            text=said,
        )


async def _product_name(root: "Loan", info: Info) -> str:
    """Name the product as it was signed, or by its code where that is not known."""
    loan, version = root.summary, await _product_of(info, root.summary)
    return loan.product_code if version is None else version.product.wording[root.language].name


@strawberry.type(description="A loan the caller holds, as it stands on the business date.")
class Loan(Node):
    """A loan."""

    summary: strawberry.Private[rules.LoanSummary]
    explaining: strawberry.Private[Explaining]
    language: strawberry.Private[str]
    application_id: strawberry.ID = shown(
        "summary.application_id", description="The loan application it came from."
    )
    product_code: str = shown("summary.product_code", description="The product's stable code.")
    method: RepaymentMethod = shown(
        "summary.method", by=_METHODS, description="How it is paid back."
    )
    status: LoanStatus = shown("summary.status", by=_STATUSES, description="How it stands.")
    bucket: LatenessBucket = shown("summary.bucket", by=_BUCKETS, description="How late it is.")
    days_past_due: int = shown(
        "summary.days_past_due",
        description="Days since the oldest due date that was missed; 0 if none was.",
    )
    lent: Fen = shown("summary.disbursed_fen", description="What was borrowed.")
    principal: Fen = shown("summary.principal_fen", description="The part of it not yet repaid.")
    balance: Fen = shown(
        "summary.balance_fen",
        description="Everything still to be paid if the plan is kept, interest included. Paying off"
        " today costs less: see `payoff`.",
    )
    due_now: Fen = shown(
        "summary.due_now_fen",
        description="What to pay today to be up to date, penalty included.",
    )
    overdue: Fen = shown(
        "summary.overdue_fen", description="The part of `dueNow` whose due date has passed."
    )
    penalty: Fen = shown("summary.penalty_fen", description="The part of `dueNow` that is penalty.")
    unapplied: Fen = shown(
        "summary.unapplied_fen",
        description="Money kept for the borrower beyond what was owed or due: still theirs. Without"
        " it being asked for, it pays what falls due. What is being refunded is no longer in it.",
    )
    refundable: Fen = shown(
        "summary.unapplied_fen",
        description="How much of `unapplied` can be asked back right now by `refundOverpayment`.",
    )
    installments_total: int = shown(
        "summary.installments", description="How many installments the plan has."
    )
    opened_on: date = shown("summary.opened_on", description="The day the money arrived.")
    closed_on: date | None = shown(
        "summary.closed_on",
        description="The day it was paid off; null while something is owed.",
    )

    annual_rate: Rate = shown("rate", description="The yearly interest rate in force.")
    next_installment: NextInstallment | None = shown(
        "next", description="What to pay next; null when nothing is owed."
    )
    closes_on: date = shown(
        "summary.lasts_until",
        description="The last due date of the plan; for a closed loan the day it was paid off.",
    )
    product_name: str = shown(
        "known_name",
        otherwise=_product_name,
        description="The product's name, in the caller's language.",
    )

    @property
    def rate(self) -> Rate:
        """The rate as people read it."""
        return shown_rate(self.summary.annual_rate)

    @property
    def next(self) -> NextInstallment | None:
        """What to pay next, if anything."""
        if self.summary.next_number is None or self.summary.next_due_on is None:
            return None
        return NextInstallment(standing=self.summary, explaining=self.explaining)

    @property
    def known_name(self) -> str | None:
        """What `_product_name` says; None while this process has not read the product."""
        if not self.summary.product_version_id:
            return self.summary.product_code
        known = known_version(self.summary.product_version_id)
        return None if known is None else known.product.wording[self.language].name

    @strawberry.field(description="Who lends this loan, and which part; at most a handful.")
    async def lenders(self, info: Info) -> list[LoanLender]:
        """Name the lenders."""
        version = await _product_of(info, self.summary)
        funders = () if version is None else version.product.funders
        names = {funder.code: funder.name[info.context.language] for funder in funders}
        return [
            LoanLender(
                code=funder.code,
                name=names.get(funder.code, funder.code),
                share=Rate(str(funder.share)),
            )
            for funder in self.summary.funders
        ]

    @strawberry.field(
        description="The installment plan, oldest first; at most 360 lines, never paged."
    )
    async def installments(self, info: Info) -> list[Installment]:
        """Show the plan."""
        plan = await info.context.loader(queries.plans_by_loan).load(self.summary.ref.loan_id)
        return [Installment.of(line, self.explaining) for line in plan]

    @strawberry.field(
        description="The same plan in a few bytes (20 for an ordinary one), base64url without"
        " padding, for an app that works it out itself: number, due date, status and amounts of"
        " each installment, but not `paidByOthers`. fixtures/plan_decoder.py and .mjs read it, and"
        " fixtures/plan_vectors.json has plans to try. It ends in a check sum: where that differs,"
        " ask for `installments`. Null where the plan is too unusual; then ask for them too."
    )
    async def plan_terms(self, info: Info) -> str | None:
        """Show the plan in a few bytes."""
        loader = info.context.loader(queries.compact_plans_by_loan)
        return await loader.load(self.summary.ref.loan_id)

    @strawberry.field(
        description="What others pay of the interest instead of the borrower, as the plan stands;"
        " empty where nobody does. It is no longer in what the installments ask."
    )
    async def paid_by_others(self, info: Info) -> list[LoanReduction]:
        """Name who pays what of which installment."""
        loader = info.context.loader(queries.reductions_by_loan)
        return shown_reductions(info, await loader.load(self.summary.ref.loan_id))

    @strawberry.field(description="What happened to the loan, newest first.")
    async def timeline(
        self, info: Info, first: First = None, after: After = None
    ) -> Connection[LoanEvent] | None:
        """Page through the loan's events."""
        list_name = f"timeline:{self.summary.ref.loan_id}"
        ask = asked_page(list_name, first, after)
        page = await queries.timeline_of(self.summary.ref, ask)
        return connection_of(list_name, ask, page, lambda entry: LoanEvent.of(info, entry))

    @strawberry.field(description="Why one of these amounts is what it is.")
    async def explain(self, info: Info, of: OfLoan) -> Explanation | None:
        """Explain an amount."""
        shown_fen: int = getattr(self, of.name.lower())()
        return await self.explaining.explain(info, of.figure, None, shown_fen)

    @strawberry.field(
        description="How it stands and what to do next, as one sentence to show the borrower."
    )
    def explanation(self, info: Info) -> str:
        """Explain the loan in the caller's language."""
        loan = self.summary
        return info.context.text(
            f"servicing.standing.{_standing(loan, info.context.today)}",
            balance_fen=loan.balance_fen,
            due_now_fen=loan.due_now_fen,
            unapplied_fen=loan.unapplied_fen,
            next_amount_fen=loan.next_amount_fen,
            next_due_on=loan.next_due_on or loan.closes_on,
            days_past_due=loan.days_past_due,
        )

    @classmethod
    def of(cls, loan: rules.LoanSummary, language: str) -> "Loan":
        """Show a loan in a language."""
        loan_id = loan.ref.loan_id
        return cls(
            id=strawberry.ID(loan_id),
            summary=loan,
            explaining=Explaining.today(loan_id),
            language=language,
        )


@strawberry.type(description="An installment to be paid soon, or late already, with its loan.")
class Due:
    """Something to pay."""

    loan: Loan = strawberry.field(description="The loan it belongs to.")
    installment: Installment = strawberry.field(description="The installment.")

    @classmethod
    def of(cls, upcoming: queries.Upcoming, language: str) -> "Due":
        """Show something to pay."""
        return cls(loan=Loan.of(upcoming.loan, language), installment=Installment.of(upcoming.line))


@strawberry.type(
    description="What would pay a loan off today. For a price that is kept, ask `quotePayoff`."
)
class Payoff:
    """What closes a loan today."""

    explaining: strawberry.Private[Explaining]
    amount: Fen = strawberry.field(
        description="What to pay: the five parts, less `credit`; never below zero."
    )
    principal: Fen = strawberry.field(description="The principal still owed.")
    interest: Fen = strawberry.field(description="The interest still owed, up to today.")
    fee: Fen = strawberry.field(description="The fees still owed.")
    cost: Fen = strawberry.field(description="The costs of collecting the loan still owed.")
    penalty: Fen = strawberry.field(description="The penalty still owed.")
    credit: Fen = strawberry.field(
        description="The borrower's money that stands against the five parts: kept for them, or"
        " paid ahead for days that paying off now leaves out."
    )
    saved: Fen = strawberry.field(
        description="How much less this is than everything still to be paid if the plan is kept."
    )

    @strawberry.field(description="Why one of these amounts is what it is.")
    async def explain(self, info: Info, of: OfPayoff) -> Explanation | None:
        """Explain an amount."""
        shown_fen: int = getattr(self, of.name.lower())
        return await self.explaining.explain(info, of.figure, None, shown_fen)

    @classmethod
    def of(cls, figures: PayoffFigures, loan: rules.LoanSummary) -> "Payoff":
        """Show what pays a loan off."""
        beside_fen = figures.interest_fen + figures.fee_fen + figures.cost_fen + figures.penalty_fen
        owed_fen = figures.principal_fen + beside_fen
        return cls(
            explaining=Explaining.today(loan.ref.loan_id),
            amount=Fen(figures.amount_fen),
            principal=Fen(figures.principal_fen),
            interest=Fen(figures.interest_fen),
            fee=Fen(figures.fee_fen),
            cost=Fen(figures.cost_fen),
            penalty=Fen(figures.penalty_fen),
            credit=Fen(loan.unapplied_fen + figures.unearned_fen),
            saved=Fen(max(loan.balance_fen + figures.unearned_fen - owed_fen, 0)),
        )


def _standing(loan: rules.LoanSummary, today: date) -> str:
    """Name the sentence that says how a loan stands."""
    if loan.is_closed:
        return "OVERPAID" if loan.unapplied_fen else "CLOSED"
    if loan.status is rules.LoanStatus.WRITTEN_OFF:
        return "WRITTEN_OFF"
    if loan.overdue_fen:
        return "OVERDUE"
    return "DUE_TODAY" if loan.next_due_on == today else "NEXT"


async def _product_of(info: Info, loan: rules.LoanSummary) -> ProductVersion | None:
    if not loan.product_version_id:
        return None
    known = known_version(loan.product_version_id)
    return known or await info.context.loader(product_versions).load(loan.product_version_id)
