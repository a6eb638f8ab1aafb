"""What the graph shows of auto-debit: a mandate, its words, what it takes next, what it tried."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.graphql import Connection, Fen, Info, Node, asked_page, connection_of
from app.loanmath.explain import Figure
from app.payments import queries
from app.payments.graphql.mandates.states import AttemptReason, AttemptState, AutoDebitState
from app.payments.graphql.types import Repayment
from app.payments.rules.mandates import (
    TEXT_SINCE,
    TEXT_VERSION,
    AttemptView,
    Caps,
    ConsentView,
    MandateText,
    MandateView,
    NextDebit,
    bound_explained,
    debit_explained,
)
from app.servicing.graphql import Explaining, Explanation
from app.servicing.graphql.figures import described
from app.servicing.queries import ToExplain

First = Annotated[
    int | None, strawberry.argument(description="How many, 1 to 100; 20 unless said.")
]
After = Annotated[str | None, strawberry.argument(description="The cursor after which to go on.")]


@strawberry.enum(description="An amount that bounds debits.")
class AutoDebitAmount(Enum):
    """Amounts of `AutoDebitBounds`."""

    CAP_PER_DEBIT = described("CAP_PER_DEBIT", "`capPerDebit`")
    CAP_PER_MONTH = described("CAP_PER_MONTH", "`capPerMonth`")
    LIVING_MONEY_FLOOR = described("LIVING_MONEY_FLOOR", "`livingMoneyFloor`")

    @property
    def figure(self) -> Figure:
        """Which figure it is."""
        return {
            AutoDebitAmount.CAP_PER_DEBIT: Figure.DEBIT_CAP,
            AutoDebitAmount.CAP_PER_MONTH: Figure.DEBIT_CAP_PER_MONTH,
            AutoDebitAmount.LIVING_MONEY_FLOOR: Figure.DEBIT_FLOOR,
        }[self]


OfAutoDebit = Annotated[AutoDebitAmount, strawberry.argument(description="Which amount.")]


@strawberry.type(description="What a borrower bounds debits by.")
class AutoDebitBounds:
    """Caps and floor."""

    cap_per_debit: Fen = strawberry.field(description="The most that is debited at a time.")
    cap_per_month: Fen | None = strawberry.field(
        description="The most that is debited in a calendar month; null when only each is capped."
    )
    living_money_floor: Fen = strawberry.field(
        description="What is always left on the card; with less, nothing is taken."
    )

    @strawberry.field(
        description="Why one of these amounts is what it is; null where there is none."
    )
    def explain(self, info: Info, of: OfAutoDebit) -> Explanation | None:
        """Explain an amount."""
        shown_fen: int | None = getattr(self, of.name.lower())
        if shown_fen is None:
            return None
        return Explanation.of(info, bound_explained(of.figure, shown_fen, info.context.today), None)

    @classmethod
    def of(cls, caps: Caps) -> "AutoDebitBounds":
        """Show caps."""
        per_month_fen = caps.per_month_fen
        return cls(
            cap_per_debit=Fen(caps.per_debit_fen),
            cap_per_month=None if per_month_fen is None else Fen(per_month_fen),
            living_money_floor=Fen(caps.floor_fen),
        )


@strawberry.type(description="The exact words to be agreed to before dues may be debited.")
class AutoDebitText:
    """Words, version and hash."""

    version: int = strawberry.field(description="The version of the words.")
    since: date = strawberry.field(description="The day from which this version is shown.")
    title: str = strawberry.field(description="The heading.")
    body: str = strawberry.field(
        description="What is agreed to, with every figure of it; show all of it, unchanged."
    )
    text_hash: str = strawberry.field(
        description="The SHA-256 of title, line break and body; send it back to agree to exactly"
        " this text."
    )
    bounds: AutoDebitBounds = strawberry.field(description="The figures in the words.")

    @classmethod
    def of(cls, words: MandateText, caps: Caps) -> "AutoDebitText":
        """Show the words."""
        return cls(
            version=TEXT_VERSION,
            since=TEXT_SINCE,
            title=words.title,
            body=words.body,
            text_hash=words.sha256,
            bounds=AutoDebitBounds.of(caps),
        )


@strawberry.type(description="What the borrower agreed to, and when.")
class AutoDebitConsent:
    """A kept consent."""

    id: strawberry.ID = strawberry.field(description="Its id.")
    version: int = strawberry.field(description="The version of the words.")
    text: str | None = strawberry.field(
        description="The words as they were shown: title and body; null where the session is bound"
        " to a device and a Proof header is missing."
    )
    text_hash: str = strawberry.field(description="The SHA-256 of the words.")
    card_tail: str = strawberry.field(description="The last four digits of the card agreed to.")
    agreed_at: datetime = strawberry.field(description="When it was agreed to.")

    @classmethod
    def of(cls, consent: ConsentView, *, sees_all: bool) -> "AutoDebitConsent":
        """Show a consent."""
        return cls(
            id=strawberry.ID(consent.consent_id),
            version=consent.version,
            text=consent.words if sees_all else None,
            text_hash=consent.sha256,
            card_tail=consent.card_tail,
            agreed_at=consent.agreed_at,
        )


@strawberry.type(description="The debit that comes next, as far as can be known today.")
class PlannedDebit:
    """Day and amount."""

    due: strawberry.Private[NextDebit]
    explaining: strawberry.Private[Explaining]
    on: date = strawberry.field(description="The business date on which it is tried.")
    amount: Fen = strawberry.field(
        description="What is to be debited if nothing is paid before; worked out anew then."
    )
    is_above_cap: bool = strawberry.field(
        description="Whether a cap stands in its way, so that nothing would be taken."
    )
    explanation: str = strawberry.field(description="All of it in one sentence, ready to show.")

    @strawberry.field(description="Why `amount` is what it is.")
    async def explain(self, info: Info) -> Explanation | None:
        """Explain the amount."""
        found = debit_explained(self.due)
        return await self.explaining.explain_by(info, self.amount, lambda _: found)

    @classmethod
    def of(cls, info: Info, due: NextDebit, loan_id: str, tail: str) -> "PlannedDebit":
        """Show what comes next."""
        name = "next" if due.above is None else "next_above"
        return cls(
            due=due,
            explaining=Explaining.fixed(ToExplain(loan_id=loan_id, on=due.on)),
            on=due.on,
            amount=Fen(due.amount_fen),
            is_above_cap=due.above is not None,
            explanation=info.context.text(
                f"payments.debit.{name}", on=due.on, amount_fen=due.amount_fen, card_tail=tail
            ),
        )


@strawberry.type(description="One attempt to debit what was due.")
class AutoDebitAttempt:
    """An attempt."""

    view: strawberry.Private[AttemptView]
    id: strawberry.ID = strawberry.field(description="Its id.")
    due_on: date = strawberry.field(description="The due date it was for.")
    number: int = strawberry.field(description="Which attempt at that due date it was, from 1.")
    amount: Fen = strawberry.field(description="What was, or would have been, debited.")
    status: AttemptState = strawberry.field(description="Where it stands.")
    attempted_on: date = strawberry.field(description="The business date of the attempt.")
    attempted_at: datetime = strawberry.field(description="The moment of the attempt.")
    reason: AttemptReason | None = strawberry.field(  # pyright: ignore[reportInvalidTypeForm] - an enum made of the reasons
        description="Why nothing was taken; null while it is with the bank, or when it succeeded."
    )

    @strawberry.field(
        description="How it went, or why nothing was taken, as one sentence to show the borrower."
    )
    def explanation(self, info: Info) -> str:
        """Explain the attempt in the caller's language."""
        view = self.view
        key = f"debit.{view.status.value}"
        if view.reason is not None:
            key = f"debit_failure.{view.reason}"
        return info.context.text(f"payments.{key}", amount_fen=view.amount_fen)

    @strawberry.field(
        description="Why `amount` is what it is, by what was known at the attempt; null where it"
        " was not everything due then."
    )
    async def explain(self, info: Info) -> Explanation | None:
        """Explain the amount."""
        view = self.view
        then = ToExplain(
            loan_id=view.loan.loan_id, on=view.attempted_on, known_at=view.attempted_at
        )
        due_now = Figure.LOAN_DUE_NOW
        return await Explaining.fixed(then).explain(info, due_now, None, self.amount)

    @strawberry.field(description="The repayment it became; null when the bank was not asked.")
    async def repayment(self, info: Info) -> Repayment | None:
        """Show the repayment."""
        if self.view.repayment_id is None:
            return None
        found = await info.context.loader(queries.repayments_by_id).load(self.view.repayment_id)
        return None if found is None else Repayment.of(found)

    @classmethod
    def of(cls, view: AttemptView) -> "AutoDebitAttempt":
        """Show an attempt."""
        return cls(
            view=view,
            id=strawberry.ID(view.attempt_id),
            due_on=view.due_on,
            number=view.number + 1,
            amount=Fen(view.amount_fen),
            status=AttemptState(view.status.value),
            attempted_on=view.attempted_on,
            attempted_at=view.attempted_at,
            reason=None if view.reason is None else AttemptReason(view.reason),
        )


@strawberry.type(description="A borrower's mandate to debit what falls due on a loan.")
class AutoDebit(Node):
    """A mandate of the caller's."""

    view: strawberry.Private[MandateView]
    loan_id: strawberry.ID = strawberry.field(description="The loan whose dues are debited.")
    status: AutoDebitState = strawberry.field(description="Where it stands.")
    bounds: AutoDebitBounds = strawberry.field(description="What it may take and must leave.")
    set_up_at: datetime = strawberry.field(description="When it was first agreed to.")
    failures_in_a_row: int = strawberry.field(
        description="How many debits have failed since the last that went well."
    )

    @strawberry.field(description="Where it stands and what to do, as a sentence or two to show.")
    def explanation(self, info: Info) -> str:
        """Explain the state in the caller's language."""
        return info.context.text(f"payments.mandate.{self.view.status.value}")

    @strawberry.field(description="What was agreed to last.")
    async def consent(self, info: Info) -> AutoDebitConsent:
        """Open the consent."""
        return AutoDebitConsent.of(await _consent(self.view), sees_all=info.context.sees_all)

    @strawberry.field(
        description="The debit that comes next; null when none is known to, or it is not active."
    )
    async def next_debit(self, info: Info) -> PlannedDebit | None:
        """Look ahead."""
        due = await queries.next_debit(self.view)
        if due is None:
            return None
        return PlannedDebit.of(info, due, self.loan_id, (await _consent(self.view)).card_tail)

    @strawberry.field(
        description="The debit that is with the bank right now, which may outlive the mandate; null"
        " when there is none."
    )
    async def under_way(self) -> Repayment | None:
        """Show what is on its way."""
        found = await queries.debit_under_way(self.view.loan)
        return None if found is None else Repayment.of(found)

    @strawberry.field(description="Its attempts to debit, newest first.")
    async def attempts(
        self, first: First = None, after: After = None
    ) -> Connection[AutoDebitAttempt]:
        """Page through the attempts."""
        list_name = f"attempts:{self.view.mandate_id}"
        ask = asked_page(list_name, first, after)
        page = await queries.attempts_of(self.view, ask)
        return connection_of(list_name, ask, page, AutoDebitAttempt.of)

    @classmethod
    def of(cls, view: MandateView) -> "AutoDebit":
        """Show a mandate."""
        return cls(
            id=strawberry.ID(view.mandate_id),
            view=view,
            loan_id=strawberry.ID(view.loan.loan_id),
            status=AutoDebitState(view.status.value),
            bounds=AutoDebitBounds.of(view.caps),
            set_up_at=view.set_up_at,
            failures_in_a_row=view.failures,
        )


async def _consent(view: MandateView) -> ConsentView:
    return await queries.mandate_consent(view.loan.borrower_id, view.consent_id)
