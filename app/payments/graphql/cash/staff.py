"""Cash in shops on the staff graph: what agents count, and what reaches us."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.errors import Forbidden, Refusal
from app.foundation.graphql import (
    Fen,
    Info,
    PlainProblem,
    checked_id,
    checked_text,
    enum_value,
    id_or_none,
    problem_of,
)
from app.payments import operations
from app.payments.graphql.cash_receipts import KEY, CashReceipt, CashState
from app.payments.queries import cash as queries
from app.payments.rules import cash as rules

_CODE_MAX = 16
_PARTNER_MAX = 48
_REFERENCE_MAX = 64


@strawberry.enum(description="Where cash stands that a partner handed over to us.")
class CashHandoverState(Enum):
    """States."""

    PROPOSED = enum_value("PROPOSED", "Noted by one person; somebody else is to confirm it.")
    CONFIRMED = enum_value("CONFIRMED", "Confirmed and booked: the partner owes so much less.")
    DECLINED = enum_value("DECLINED", "Not so; nothing was booked.")


@strawberry.type(description="Cash that the caller counted: no name, no number, no loan.")
class CountedCash:
    """What an agent sees."""

    id: strawberry.ID = strawberry.field(description="Its id; once received, the receipt's number.")
    amount: Fen = strawberry.field(description="How much was counted.")
    state: CashState = strawberry.field(description="Where it stands: look again until RECEIVED.")
    explanation: str = strawberry.field(description="What to do now, in one sentence.")
    started_at: datetime = strawberry.field(description="When it was counted.")
    expires_at: datetime = strawberry.field(
        description="Until when it can be confirmed; once it is EXPIRED, a minute later, give the"
        " cash back."
    )
    receipt: CashReceipt | None = strawberry.field(
        description="What to print and hand out; null until it is received."
    )

    @classmethod
    def of(cls, info: Info, view: rules.CashView) -> "CountedCash":
        """Show it."""
        return cls(
            id=strawberry.ID(view.cash_id),
            amount=Fen(view.amount_fen),
            state=CashState[view.state.name],
            explanation=info.context.text(
                f"payments.cash.AGENT_{view.state.name}", amount_fen=view.amount_fen
            ),
            started_at=view.started_at,
            expires_at=view.expires_at,
            receipt=CashReceipt.of(info, view),
        )


@strawberry.type(description="What the caller counted, and how much more they may take.")
class CashByMe:
    """An agent's own."""

    taken_today: Fen = strawberry.field(description="What they took today, with what waits.")
    left: Fen = strawberry.field(
        description="The most the next payment may be; 0 until cash is handed over, or tomorrow."
    )
    counted: list[CountedCash] = strawberry.field(description="Newest first, at most fifty.")


@strawberry.type(description="A partner that takes cash, and what it owes us of it.")
class CashTill:
    """A till."""

    partner_code: str = strawberry.field(description="The partner's code.")
    shop: str = strawberry.field(description="Its name.")
    outstanding: Fen = strawberry.field(description="What it has of our cash.")
    most: Fen = strawberry.field(description="What it may have at most.")


@strawberry.type(description="Cash of a partner that reached us, noted and confirmed by two.")
class CashHandover:
    """A handover."""

    id: strawberry.ID = strawberry.field(description="Its id.")
    partner_code: str = strawberry.field(description="Whose.")
    amount: Fen = strawberry.field(description="How much.")
    reference: str = strawberry.field(description="The number of the bank's slip.")
    state: CashHandoverState = strawberry.field(description="Where it stands.")
    proposed_by: strawberry.ID = strawberry.field(description="Who noted it.")
    proposed_at: datetime = strawberry.field(description="When.")
    decided_by: strawberry.ID | None = strawberry.field(description="Who decided it.")
    decided_at: datetime | None = strawberry.field(description="When.")

    @classmethod
    def of(cls, view: rules.CashHandover) -> "CashHandover":
        """Show it."""
        return cls(
            id=strawberry.ID(view.handover_id),
            partner_code=view.partner_code,
            amount=Fen(view.amount_fen),
            reference=view.reference,
            state=CashHandoverState[view.state.name],
            proposed_by=strawberry.ID(view.proposed_by),
            proposed_at=view.proposed_at,
            decided_by=id_or_none(view.decided_by),
            decided_at=view.decided_at,
        )


@strawberry.input(description="Cash that the caller counted before the borrower's eyes.")
class StartCashInput:
    """What `startCash` takes."""

    code: str = strawberry.field(description="The digits that the borrower's phone shows.")
    amount: Fen = strawberry.field(description="How much was counted.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.input(description="Cash of a partner that reached us.")
class ProposeCashHandoverInput:
    """What `proposeCashHandover` takes."""

    partner_code: str = strawberry.field(description="Whose: see `cashTills`.")
    amount: Fen = strawberry.field(description="How much.")
    reference: str = strawberry.field(
        description="The number of the bank's slip: 4 to 32 letters, digits and dashes."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.input(description="A word on a handover that a colleague noted.")
class DecideCashHandoverInput:
    """What `decideCashHandover` takes."""

    handover_id: strawberry.ID = strawberry.field(description="Which.")
    is_confirmed: bool = strawberry.field(description="Whether the money is there.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.type(description="Noted: ask the borrower to confirm it on their own phone.")
class StartCashSuccess:
    """Counted."""

    cash: CountedCash = strawberry.field(description="As it stands.")


@strawberry.type(description="Noted; somebody else is to confirm it.")
class ProposeCashHandoverSuccess:
    """Noted."""

    handover: CashHandover = strawberry.field(description="As it stands.")


@strawberry.type(description="Decided.")
class DecideCashHandoverSuccess:
    """Decided."""

    handover: CashHandover = strawberry.field(description="As it stands.")


StartCashResult = Annotated[
    StartCashSuccess | PlainProblem,
    strawberry.union("StartCashResult", description="What was noted, or why not."),
]
ProposeCashHandoverResult = Annotated[
    ProposeCashHandoverSuccess | PlainProblem,
    strawberry.union("ProposeCashHandoverResult", description="What was noted, or why not."),
]
DecideCashHandoverResult = Annotated[
    DecideCashHandoverSuccess | PlainProblem,
    strawberry.union("DecideCashHandoverResult", description="What was decided, or why not."),
]


@strawberry.type(description="Cash's queries for staff.")
class StaffCashQuery:
    """What agents and keepers read."""

    @strawberry.field(
        description="What the caller counted and may still take; for partners' agents. Null where"
        " their partner takes no cash."
    )
    async def cash_by_me(self, info: Info) -> CashByMe | None:
        """List an agent's own."""
        staff = info.context.staff
        if staff.role not in rules.CASH_AGENTS:
            raise Forbidden
        figures = await queries.figures_of(staff.staff_id)
        if figures is None:
            return None
        return CashByMe(
            taken_today=Fen(figures.today_fen),
            left=Fen(figures.left_fen),
            counted=[CountedCash.of(info, one) for one in await queries.cash_by(staff.staff_id)],
        )

    @strawberry.field(
        description="What each partner owes us of the cash it took; for supervisors, risk and the"
        " head of lending."
    )
    async def cash_tills(self, info: Info) -> list[CashTill] | None:
        """List tills."""
        _check_keeper(info)
        return [
            CashTill(
                partner_code=one.partner_code,
                shop=one.shop[info.context.language],
                outstanding=Fen(one.outstanding_fen),
                most=Fen(one.outstanding_fen_max),
            )
            for one in await queries.cash_tills()
        ]

    @strawberry.field(
        description="Cash that reached us: what is to be decided first, then the newest, at most"
        " fifty; for supervisors, risk and the head of lending."
    )
    async def cash_handovers(self, info: Info) -> list[CashHandover] | None:
        """List handovers."""
        _check_keeper(info)
        return [CashHandover.of(one) for one in await queries.cash_handovers()]


@strawberry.type(description="Cash's mutations for staff.")
class StaffCashMutation:
    """What agents and keepers do."""

    @strawberry.mutation(
        description="Note cash counted for whoever shows a code; for partners' agents. It counts"
        " only once the borrower confirms it on their own phone. Never ask for their code."
    )
    async def start_cash(
        self,
        info: Info,
        input: Annotated[StartCashInput, strawberry.argument(description="The cash.")],
    ) -> StartCashResult:
        """Count."""
        try:
            staff = info.context.staff
            command = operations.StartCash(
                caller=staff,
                code=checked_text(input.code, field="input.code", most=_CODE_MAX),
                amount_fen=input.amount,
                idempotency_key=input.idempotency_key,
            )
            cash_id = await operations.start_cash(command)
            if not isinstance(cash_id, str):
                return problem_of(info, cash_id)
            view = await queries.cash_of_agent(staff.staff_id, cash_id)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return StartCashSuccess(cash=CountedCash.of(info, view))

    @strawberry.mutation(
        description="Note that a partner's cash reached us, after `staffStepUp`; somebody else"
        " confirms it."
    )
    async def propose_cash_handover(
        self,
        info: Info,
        input: Annotated[ProposeCashHandoverInput, strawberry.argument(description="The cash.")],
    ) -> ProposeCashHandoverResult:
        """Note."""
        try:
            command = operations.ProposeCashHandover(
                caller=info.context.staff,
                partner_code=checked_text(
                    input.partner_code, field="input.partnerCode", most=_PARTNER_MAX
                ),
                amount_fen=input.amount,
                reference=checked_text(
                    input.reference, field="input.reference", most=_REFERENCE_MAX
                ),
                idempotency_key=input.idempotency_key,
            )
            view = await operations.propose_cash_handover(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return ProposeCashHandoverSuccess(handover=CashHandover.of(view))

    @strawberry.mutation(
        description="Confirm or decline a handover that a colleague noted, after `staffStepUp`:"
        " confirmed, it is booked, and the partner owes so much less."
    )
    async def decide_cash_handover(
        self,
        info: Info,
        input: Annotated[DecideCashHandoverInput, strawberry.argument(description="The word.")],
    ) -> DecideCashHandoverResult:
        """Decide."""
        try:
            command = operations.DecideCashHandover(
                caller=info.context.staff,
                handover_id=checked_id(input.handover_id, "ch", field="input.handoverId"),
                is_confirmed=input.is_confirmed,
                idempotency_key=input.idempotency_key,
            )
            view = await operations.decide_cash_handover(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return DecideCashHandoverSuccess(handover=CashHandover.of(view))


def _check_keeper(info: Info) -> None:
    if info.context.staff.role not in rules.CASH_KEEPERS:
        raise Forbidden
