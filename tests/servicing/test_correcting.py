"""A correction is proposed by one, decided by another, and then happens once or not at all."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.foundation.caller import StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import Database, Transaction, business_date, fetch, transaction
from app.foundation.errors import Forbidden, InvalidInput, NotFound, Refusal
from app.foundation.paging import PageAsk
from app.identity.rules import StaffMember
from app.ledger import queries as ledger
from app.ledger import rules as accounts
from app.ledger.errors import ChargeNotInCertificate
from app.loanmath.life import DueKind, LoanStatus
from app.loanmath.schedule import Moratorium
from app.servicing import operations, queries
from app.servicing.errors import (
    CorrectionAboveLimit,
    CorrectionImpossible,
    CorrectionProposedAlready,
    CorrectionStale,
    CorrectionStepRefused,
    OwnCorrection,
    TooManyCorrections,
)
from app.servicing.queries.hardship import hardship_offer
from app.servicing.queries.portfolio import recovered_between
from app.servicing.rules import LoanRef, ReversalReason
from app.servicing.rules.corrections import (
    Act,
    Charge,
    Correction,
    CorrectionReason,
    CorrectionState,
    CutRate,
    DecideCorrection,
    Defer,
    ProposeCorrection,
    Recover,
    Reopen,
    Reschedule,
    UndoRepayment,
    Waive,
    WithdrawCorrection,
    WriteOff,
    kind_of,
)
from app.servicing.rules.hardship import HardshipState, RequestHardship, Wish
from tests.published import publish_catalog
from tests.servicing.conftest import (
    GUARANTEE,
    JOINT,
    MEI,
    START_ON,
    Lend,
    Pay,
    everything,
    facts,
    is_sound,
    plain_terms,
)

DUE = date(2026, 12, 21)
LATE_DAYS = 10
LIN = StaffMember(staff_id="st00000lin000000", name="lin", role=StaffRole.AGENT)
ZHAO = StaffMember(staff_id="st0000zhao000000", name="zhao", role=StaffRole.SUPERVISOR)
QIAN = StaffMember(staff_id="st0000qian000000", name="qian", role=StaffRole.SUPERVISOR)
SUN = StaffMember(staff_id="st00000sun000000", name="sun", role=StaffRole.DIRECTOR)
NOTE = "电话里核对过，是我们的系统慢了一天。"

PENALTY = Waive(part=DueKind.PENALTY, amount_fen=50)
OURS = CorrectionReason.OUR_MISTAKE
UNPAID = CorrectionReason.LONG_UNPAID
AGREED = CorrectionReason.AGREED

Propose = Callable[..., Awaitable[Correction]]


@pytest.fixture(autouse=True)
async def policies(database: Database) -> None:
    """Publish the dated policy values."""
    assert database
    await publish_catalog()


@pytest.fixture
def propose(clock: FixedClock) -> Propose:
    """Propose by an agent, unless said otherwise, each a second after the last."""

    async def propose_now(
        loan: LoanRef,
        act: Act = PENALTY,
        reason: CorrectionReason = OURS,
        *,
        maker: StaffMember = LIN,
    ) -> Correction:
        clock.advance(timedelta(seconds=1))
        command = ProposeCorrection(
            maker_id=maker.staff_id,
            loan_id=loan.loan_id,
            kind=kind_of(act),
            act=act,
            reason=reason,
            note=NOTE,
            idempotency_key="not-looked-at-here",
        )
        async with transaction() as tx:
            return await operations.propose_correction(tx, command, maker)

    return propose_now


async def undo(tx: Transaction, loan: LoanRef, repayment_id: str, reason: ReversalReason) -> None:
    """Undo a repayment without payments, which these tests do without."""
    _ = await operations.reverse_payment(tx, loan, repayment_id=repayment_id, reason=reason)


async def decide(
    correction: Correction, *, checker: StaffMember = SUN, is_approved: bool = True
) -> Correction:
    command = DecideCorrection(
        checker_id=checker.staff_id,
        correction_id=correction.correction_id,
        is_approved=is_approved,
        note="看过了。",
        idempotency_key="not-looked-at-here",
    )
    async with transaction() as tx:
        return await operations.decide_correction(tx, command, checker, undo=undo)


async def withdraw(correction: Correction, maker: StaffMember = LIN) -> Correction:
    command = WithdrawCorrection(
        maker_id=maker.staff_id,
        correction_id=correction.correction_id,
        idempotency_key="not-looked-at-here",
    )
    async with transaction() as tx:
        return await operations.withdraw_correction(tx, command, maker)


async def stored() -> dict[str, list[dict[str, Any]]]:
    """Return all that a correction may write, to prove that nothing changed."""
    rows = await fetch("SELECT * FROM servicing_correction ORDER BY id")
    return {"servicing_correction": rows, **await everything()}


async def refuses(kind: type[Refusal], asked: Awaitable[object]) -> Refusal:
    """Prove that something is refused and nothing changed."""
    before = await stored()
    with pytest.raises(kind) as refused:
        await asked
    assert await stored() == before
    return refused.value


async def late_loan(lend: Lend, **changes: Any) -> LoanRef:  # noqa: ANN401 - any of the opening's own
    loan = await lend(**changes)
    await operations.run_days(DUE + timedelta(days=LATE_DAYS))
    return loan


async def test_an_approved_waiver_takes_the_penalty_off_and_is_told(
    lend: Lend, propose: Propose
) -> None:
    loan = await late_loan(lend)
    before = await queries.loan(loan)
    assert before.penalty_fen > PENALTY.amount_fen
    proposed = await propose(loan)
    assert await queries.loan(loan) == before
    assert proposed.state is CorrectionState.PROPOSED
    assert (proposed.amount_fen, proposed.approver) == (50, StaffRole.SUPERVISOR)
    assert proposed.before.penalty_fen - proposed.after.penalty_fen == PENALTY.amount_fen
    assert proposed.before.balance_fen - proposed.after.balance_fen == PENALTY.amount_fen

    decided = await decide(proposed, checker=ZHAO)
    assert (decided.state, decided.checker_name) == (CorrectionState.APPROVED, "zhao")
    after = await queries.loan(loan)
    assert before.penalty_fen - after.penalty_fen == PENALTY.amount_fen
    assert after.balance_fen == proposed.after.balance_fen
    (told,) = await facts("LoanCorrected")
    assert told == {
        "name": "LoanCorrected",
        "correction_id": proposed.correction_id,
        "loan_id": loan.loan_id,
        "borrower_id": MEI,
        "act": "WAIVER",
        "part": "PENALTY",
        "reason": "OUR_MISTAKE",
        "amount_fen": 50,
        "balance_fen": after.balance_fen,
        "next_due_on": DUE.isoformat(),
        "next_amount_fen": after.next_amount_fen,
    }
    assert await ledger.entries_of(loan.loan_id, after_number=1) == []
    assert await is_sound()


async def test_the_loans_history_says_what_was_corrected_and_why(
    lend: Lend, propose: Propose
) -> None:
    loan = await late_loan(lend)
    decided = await decide(await propose(loan))
    page = await queries.timeline_of(loan)
    newest = page.items[0][1]
    assert (newest.kind, newest.amount_fen, newest.part) == ("Waived", 50, DueKind.PENALTY)
    assert (newest.reason, newest.event_id) == ("OUR_MISTAKE", decided.event_id)
    assert newest.about == decided.correction_id
    assert page.items[-1][1].reason is None


async def test_what_maker_and_checker_wrote_is_sealed_and_read_by_staff(
    lend: Lend, propose: Propose
) -> None:
    proposed = await propose(await late_loan(lend))
    notes = await queries.correction_notes(proposed.correction_id)
    assert (notes.proposed, notes.decided) == (NOTE, None)
    _ = await decide(proposed)
    notes = await queries.correction_notes(proposed.correction_id)
    assert (notes.proposed, notes.decided) == (NOTE, "看过了。")
    rows = await fetch("SELECT note, decision_note FROM servicing_correction")
    assert NOTE.encode() not in bytes(rows[0]["note"])


async def test_a_rejected_correction_leaves_the_loan_as_it_is(lend: Lend, propose: Propose) -> None:
    loan = await late_loan(lend)
    proposed = await propose(loan)
    before = await everything()
    decided = await decide(proposed, is_approved=False)
    assert decided.state is CorrectionState.REJECTED
    assert await everything() == before
    again = await decide(proposed, is_approved=False)
    assert again == decided
    refused = await refuses(CorrectionStepRefused, decide(proposed))
    assert isinstance(refused, CorrectionStepRefused)
    assert refused.state == "REJECTED"


async def test_whoever_proposes_never_decides(lend: Lend, propose: Propose) -> None:
    loan = await late_loan(lend)
    proposed = await propose(loan, maker=SUN)
    await refuses(OwnCorrection, decide(proposed, checker=SUN))
    await refuses(OwnCorrection, decide(proposed, checker=SUN, is_approved=False))


@pytest.mark.parametrize(
    "role", [StaffRole.AGENT, StaffRole.RISK, StaffRole.CONTENT_EDITOR, StaffRole.AUDITOR]
)
async def test_only_supervisors_and_the_head_of_lending_decide(
    lend: Lend, propose: Propose, role: StaffRole
) -> None:
    proposed = await propose(await late_loan(lend))
    await refuses(Forbidden, decide(proposed, checker=replace(ZHAO, role=role)))


@pytest.mark.parametrize("role", [StaffRole.RISK, StaffRole.CONTENT_EDITOR, StaffRole.AUDITOR])
async def test_only_the_desk_proposes(lend: Lend, propose: Propose, role: StaffRole) -> None:
    loan = await late_loan(lend)
    await refuses(Forbidden, propose(loan, maker=replace(LIN, role=role)))


async def test_a_supervisor_approves_up_to_the_policys_limit(lend: Lend, propose: Propose) -> None:
    loan = await late_loan(lend, terms=plain_terms(principal_fen=60_000_000))
    await operations.run_days(DUE + timedelta(days=70))
    at_limit = await propose(loan, Waive(part=DueKind.INTEREST, amount_fen=50_000))
    above = await propose(loan, Waive(part=DueKind.INTEREST, amount_fen=50_001))
    assert (at_limit.approver, above.approver) == (StaffRole.SUPERVISOR, StaffRole.DIRECTOR)
    refused = await refuses(CorrectionAboveLimit, decide(above, checker=ZHAO))
    assert isinstance(refused, CorrectionAboveLimit)
    assert (refused.amount_fen, refused.limit_fen) == (50_001, 50_000)
    assert (await decide(at_limit, checker=ZHAO)).state is CorrectionState.APPROVED
    assert (await decide(above, checker=SUN)).state is CorrectionState.APPROVED


async def test_every_write_off_takes_the_head_of_lending(lend: Lend, propose: Propose) -> None:
    proposed = await propose(await late_loan(lend), WriteOff(), UNPAID)
    assert proposed.approver is StaffRole.DIRECTOR
    await refuses(CorrectionAboveLimit, decide(proposed, checker=ZHAO))


async def test_two_checkers_at_once_do_it_once(lend: Lend, propose: Propose) -> None:
    loan = await late_loan(lend)
    proposed = await propose(loan)
    outcomes = await asyncio.gather(
        *(decide(proposed, checker=one) for one in (ZHAO, QIAN, SUN)), return_exceptions=True
    )
    done = [one for one in outcomes if isinstance(one, Correction)]
    refused = [one for one in outcomes if isinstance(one, CorrectionStepRefused)]
    assert (len(done), len(refused)) == (1, 2)
    assert len(await facts("LoanCorrected")) == 1
    assert len(await queries.events_of(loan.loan_id)) == len(["Disbursed", "Waived"])
    assert await is_sound()


async def test_approving_twice_by_the_same_checker_is_answered_as_before(
    lend: Lend, propose: Propose
) -> None:
    proposed = await propose(await late_loan(lend))
    first = await decide(proposed)
    before = await stored()
    assert await decide(proposed) == first
    assert await stored() == before
    await refuses(CorrectionStepRefused, decide(proposed, checker=ZHAO))


async def test_approval_and_withdrawal_at_once_end_as_one_of_them(
    lend: Lend, propose: Propose
) -> None:
    loan = await late_loan(lend)
    proposed = await propose(loan)
    outcomes = await asyncio.gather(decide(proposed), withdraw(proposed), return_exceptions=True)
    (done,) = [one for one in outcomes if isinstance(one, Correction)]
    assert sum(isinstance(one, CorrectionStepRefused) for one in outcomes) == 1
    happened = len(await queries.events_of(loan.loan_id)) - 1
    assert happened == (done.state is CorrectionState.APPROVED)


async def test_only_whoever_proposed_takes_it_back(lend: Lend, propose: Propose) -> None:
    proposed = await propose(await late_loan(lend))
    await refuses(Forbidden, withdraw(proposed, ZHAO))
    assert (await withdraw(proposed)).state is CorrectionState.WITHDRAWN
    await refuses(CorrectionStepRefused, withdraw(proposed))
    await refuses(CorrectionStepRefused, decide(proposed))


async def test_nobody_decides_after_the_last_day(lend: Lend, propose: Propose) -> None:
    loan = await late_loan(lend)
    proposed = await propose(loan)
    assert proposed.expires_on == proposed.proposed_on + timedelta(days=5)
    await operations.run_days(proposed.expires_on + timedelta(days=1))
    refused = await refuses(CorrectionStepRefused, decide(proposed))
    assert isinstance(refused, CorrectionStepRefused)
    assert refused.state == "EXPIRED"
    assert (await queries.correction(proposed.correction_id)).state is CorrectionState.EXPIRED
    assert (await queries.corrections(CorrectionState.PROPOSED)).items == ()
    page = await queries.corrections(CorrectionState.EXPIRED)
    async with transaction() as tx:
        assert await operations.expire_corrections(tx) == 1
        assert await operations.expire_corrections(tx) == 0
    assert await queries.corrections(CorrectionState.EXPIRED) == page
    await refuses(CorrectionStepRefused, withdraw(proposed))


async def test_on_the_last_day_it_can_still_be_decided(lend: Lend, propose: Propose) -> None:
    proposed = await propose(await late_loan(lend))
    await operations.run_days(proposed.expires_on)
    assert (await decide(proposed)).state is CorrectionState.APPROVED
    assert await is_sound()


async def test_days_that_only_passed_make_no_proposal_stale(lend: Lend, propose: Propose) -> None:
    loan = await late_loan(lend)
    proposed = await propose(loan, WriteOff(), UNPAID)
    await operations.run_days(DUE + timedelta(days=LATE_DAYS + 3))
    today = await queries.correction_today(proposed.correction_id)
    assert today is not None
    assert (today.refusal_code, today.events_since) == (None, 0)
    assert today.before.penalty_fen > proposed.before.penalty_fen
    assert (await decide(proposed)).state is CorrectionState.APPROVED


async def test_a_repayment_in_between_that_changes_the_effect_makes_it_stale(
    lend: Lend, propose: Propose, pay: Pay
) -> None:
    loan = await late_loan(lend)
    proposed = await propose(loan, WriteOff(), UNPAID)
    await pay(loan, 30_000)
    today = await queries.correction_today(proposed.correction_id)
    assert today is not None
    assert (today.refusal_code, today.after, today.events_since) == ("CORRECTION_STALE", None, 1)
    refused = await refuses(CorrectionStale, decide(proposed))
    assert isinstance(refused, CorrectionStale)
    assert refused.events_since == 1
    assert (await decide(proposed, is_approved=False)).state is CorrectionState.REJECTED


async def test_a_waiver_of_what_has_been_paid_in_between_is_stale(
    lend: Lend, propose: Propose, pay: Pay
) -> None:
    loan = await late_loan(lend)
    proposed = await propose(loan)
    await pay(loan, (await queries.loan(loan)).due_now_fen)
    await refuses(CorrectionStale, decide(proposed))


async def test_what_happened_in_between_without_touching_the_effect_does_not_matter(
    lend: Lend, propose: Propose
) -> None:
    loan = await late_loan(lend)
    first = await propose(loan)
    second = await propose(loan, replace(PENALTY, amount_fen=2))
    _ = await decide(second)
    today = await queries.correction_today(first.correction_id)
    assert today is not None
    assert (today.refusal_code, today.events_since) == (None, 1)
    assert (await decide(first)).state is CorrectionState.APPROVED
    assert (await queries.loan(loan)).penalty_fen == first.before.penalty_fen - 52
    assert await queries.correction_today(first.correction_id) is None


async def test_the_same_correction_waits_once(lend: Lend, propose: Propose) -> None:
    loan = await late_loan(lend)
    outcomes = await asyncio.gather(
        propose(loan), propose(loan, maker=ZHAO), return_exceptions=True
    )
    (proposed,) = [one for one in outcomes if isinstance(one, Correction)]
    (refused,) = [one for one in outcomes if isinstance(one, CorrectionProposedAlready)]
    assert refused.correction_id == proposed.correction_id
    _ = await withdraw(proposed, LIN if proposed.maker_id == LIN.staff_id else ZHAO)
    assert (await propose(loan)).state is CorrectionState.PROPOSED


async def test_a_loan_has_at_most_ten_waiting(lend: Lend, propose: Propose) -> None:
    loan = await late_loan(lend)
    for amount_fen in range(1, 11):
        _ = await propose(loan, replace(PENALTY, amount_fen=amount_fen))
    await refuses(TooManyCorrections, propose(loan, replace(PENALTY, amount_fen=11)))


async def test_the_queue_shows_what_waits_oldest_first_a_page_at_a_time(
    lend: Lend, propose: Propose
) -> None:
    loan = await late_loan(lend)
    other = await lend(borrower_id="br00000000000jun")
    proposed = [
        await propose(loan),
        await propose(other, Defer(periods=1, moratorium=Moratorium.PRINCIPAL)),
        await propose(loan, replace(PENALTY, amount_fen=20)),
    ]
    first = await queries.corrections(CorrectionState.PROPOSED, PageAsk(first=2))
    assert ([one for _, one in first.items], first.has_more) == (proposed[:2], True)
    rest = await queries.corrections(
        CorrectionState.PROPOSED, PageAsk(first=2, after=first.items[-1][0])
    )
    assert ([one for _, one in rest.items], rest.has_more) == (proposed[2:], False)
    of_loan = await queries.corrections(CorrectionState.PROPOSED, loan_id=other.loan_id)
    assert [one for _, one in of_loan.items] == [proposed[1]]
    for one in proposed:
        _ = await decide(one, is_approved=False)
    done = await queries.corrections(CorrectionState.REJECTED, PageAsk(first=1))
    assert [one.correction_id for _, one in done.items] == [proposed[2].correction_id]
    rest = await queries.corrections(
        CorrectionState.REJECTED, PageAsk(first=5, after=done.items[-1][0])
    )
    assert [one.correction_id for _, one in rest.items] == [
        proposed[1].correction_id,
        proposed[0].correction_id,
    ]


async def test_missing_things_are_not_found(lend: Lend, propose: Propose) -> None:
    loan = await late_loan(lend)
    proposed = await propose(loan)
    nowhere = LoanRef(borrower_id=MEI, loan_id="ln00000000000000")
    await refuses(NotFound, propose(nowhere))
    never = UndoRepayment(repayment_id="rp00000000000000")
    await refuses(NotFound, propose(loan, never, CorrectionReason.BOOKED_IN_ERROR))
    await refuses(NotFound, decide(replace(proposed, correction_id="co00000000000000")))
    await refuses(NotFound, withdraw(replace(proposed, correction_id="co00000000000000")))
    for wrong in ("co00000000000000", "ln00000000000000", "co"):
        await refuses(NotFound, queries.correction(wrong))
        await refuses(NotFound, queries.correction_notes(wrong))
        await refuses(NotFound, queries.correction_today(wrong))


async def test_a_reason_must_fit_the_kind(lend: Lend, propose: Propose) -> None:
    loan = await late_loan(lend)
    await refuses(InvalidInput, propose(loan, PENALTY, CorrectionReason.CHARGED_BACK))
    await refuses(InvalidInput, propose(loan, WriteOff(), CorrectionReason.GOODWILL))


async def test_a_reversal_undoes_the_repayment_and_asks_for_its_effect_first(
    lend: Lend, propose: Propose, pay: Pay
) -> None:
    loan = await late_loan(lend)
    owed = await queries.loan(loan)
    await pay(loan, 20_000, repayment_id="rp00000000000001")
    act = UndoRepayment(repayment_id="rp00000000000001")
    reason = CorrectionReason.BOOKED_IN_ERROR
    proposed = await propose(LoanRef(borrower_id="", loan_id=""), act, reason)
    assert (proposed.loan, proposed.amount_fen) == (loan, 20_000)
    assert proposed.after.balance_fen == owed.balance_fen

    decided = await decide(proposed, checker=ZHAO)
    assert (await queries.loan(loan)).balance_fen == owed.balance_fen
    newest = (await queries.timeline_of(loan)).items[0][1]
    assert (newest.kind, newest.event_id) == ("RepaymentReversed", decided.event_id)
    assert (newest.amount_fen, newest.reason) == (20_000, "BOOKED_IN_ERROR")
    assert await facts("LoanCorrected") == []
    assert await is_sound()
    refused = await refuses(CorrectionImpossible, propose(loan, act, reason))
    assert isinstance(refused, CorrectionImpossible)
    assert refused.reason == "DOES_NOT_FIT"


async def test_a_repayment_reversed_meanwhile_by_the_rail_is_not_reversed_again(
    lend: Lend, propose: Propose, pay: Pay
) -> None:
    loan = await late_loan(lend)
    await pay(loan, 20_000, repayment_id="rp00000000000001")
    act = UndoRepayment(repayment_id="rp00000000000001")
    proposed = await propose(loan, act, CorrectionReason.CHARGED_BACK)
    async with transaction() as tx:
        await undo(tx, loan, "rp00000000000001", ReversalReason.RAIL_REVERSED)
    await refuses(CorrectionStale, decide(proposed))


async def test_a_reversal_whose_effect_changed_is_rolled_back_whole(
    lend: Lend, propose: Propose, pay: Pay
) -> None:
    loan = await late_loan(lend)
    await pay(loan, 20_000, repayment_id="rp00000000000001")
    act = UndoRepayment(repayment_id="rp00000000000001")
    proposed = await propose(loan, act, CorrectionReason.CHARGED_BACK)
    await pay(loan, 60_000)
    await refuses(CorrectionStale, decide(proposed))
    assert await is_sound()


async def test_a_reversal_above_the_limit_is_rolled_back_whole(
    lend: Lend, propose: Propose, pay: Pay
) -> None:
    loan = await lend(terms=plain_terms(principal_fen=5_000_000))
    await pay(loan, 1_000_001, repayment_id="rp00000000000001")
    act = UndoRepayment(repayment_id="rp00000000000001")
    proposed = await propose(loan, act, CorrectionReason.CHARGED_BACK)
    await refuses(CorrectionAboveLimit, decide(proposed, checker=ZHAO))
    _ = await decide(proposed, checker=SUN)
    assert (await queries.loan(loan)).principal_fen == 5_000_000
    assert await is_sound()


async def test_a_charge_has_to_be_in_the_certificate(lend: Lend, propose: Propose) -> None:
    loan = await late_loan(
        lend,
        terms=plain_terms(fees=(GUARANTEE,)),
        charge_codes=("INTEREST", "PENALTY", "guarantee", "court_fee"),
    )
    arisen = CorrectionReason.COST_ARISEN
    cost = Charge(part=DueKind.COST, code="court_fee", amount_fen=5_000)
    for code in ("legal_letter", "INTEREST", "PENALTY"):
        await refuses(ChargeNotInCertificate, propose(loan, replace(cost, code=code), arisen))
    proposed = await propose(loan, cost, arisen)
    assert proposed.after.cost_fen - proposed.before.cost_fen == 5_000
    _ = await decide(proposed, checker=ZHAO)
    assert (await queries.loan(loan)).balance_fen == proposed.after.balance_fen
    (told,) = await facts("LoanCorrected")
    assert (told["act"], told["part"], told["amount_fen"]) == ("CHARGE", "COST", 5_000)
    assert await is_sound()


async def test_a_rate_cut_makes_what_is_left_cheaper(lend: Lend, propose: Propose) -> None:
    loan = await lend()
    proposed = await propose(loan, CutRate(annual_rate=Decimal("0.06")), AGREED)
    saved_fen = proposed.before.balance_fen - proposed.after.balance_fen
    assert proposed.amount_fen == saved_fen > 0
    _ = await decide(proposed, checker=ZHAO)
    cheaper = await queries.loan(loan)
    assert (cheaper.annual_rate, cheaper.balance_fen) == (
        Decimal("0.06"),
        proposed.after.balance_fen,
    )
    for rate in ("0.06", "0.1", "-0.01"):
        refused = await refuses(
            CorrectionImpossible, propose(loan, CutRate(annual_rate=Decimal(rate)), AGREED)
        )
        assert isinstance(refused, CorrectionImpossible)
        assert refused.reason in {"RATE_NOT_LOWER", "DOES_NOT_FIT"}


async def test_a_deferral_moves_the_plan(lend: Lend, propose: Propose) -> None:
    loan = await lend()
    act = Defer(periods=2, moratorium=Moratorium.PRINCIPAL)
    proposed = await propose(loan, act, CorrectionReason.DISASTER)
    assert proposed.amount_fen == 120_000
    _ = await decide(proposed, checker=ZHAO)
    put_off = await queries.loan(loan)
    assert put_off.closes_on == proposed.after.closes_on > proposed.before.closes_on
    assert put_off.installments == 8
    assert await is_sound()
    refused = await refuses(CorrectionImpossible, propose(loan, replace(act, periods=61), AGREED))
    assert isinstance(refused, CorrectionImpossible)
    assert refused.reason == "DOES_NOT_FIT"


async def test_what_staff_arrange_answers_the_borrowers_waiting_request(
    lend: Lend, propose: Propose
) -> None:
    loan = await lend()
    wish = Wish(from_on=START_ON + timedelta(days=80))
    shown = await hardship_offer(loan, wish, START_ON)
    beyond = next(option for option in shown.options if not option.is_at_once)
    asked = await operations.request_hardship(
        RequestHardship(loan=loan, option_token=beyond.token, idempotency_key="asked")
    )
    waived = await propose(loan, Defer(periods=1, moratorium=Moratorium.PRINCIPAL), AGREED)
    state = "SELECT state, waiting_key FROM servicing_hardship_request"
    assert await fetch(state) == [{"state": "WAITING", "waiting_key": loan.loan_id}]
    _ = await decide(waived, checker=ZHAO)
    assert asked.state is HardshipState.WAITING
    assert await fetch(state) == [{"state": "ANSWERED", "waiting_key": None}]


async def test_a_rescheduling_replaces_what_is_left(lend: Lend, propose: Propose) -> None:
    loan = await late_loan(lend)
    act = Reschedule(count=12, annual_rate=Decimal("0.08"))
    proposed = await propose(loan, act, CorrectionReason.HARDSHIP)
    _ = await decide(proposed, checker=ZHAO)
    anew = await queries.loan(loan)
    assert (anew.days_past_due, anew.overdue_fen) == (0, 0)
    assert anew.closes_on > proposed.before.closes_on
    assert anew.balance_fen == proposed.after.balance_fen
    assert await is_sound()


async def accounts_of(loan: LoanRef) -> tuple[int, int]:
    """Return what stands in a loan's accounts: principal, and principal given up."""
    return (
        await ledger.balance(accounts.loan_principal(loan.loan_id)),
        await ledger.balance(accounts.loan_written_off(loan.loan_id)),
    )


async def test_a_write_off_moves_the_principal_where_it_is_seen_and_recovery_takes_it_from_there(
    lend: Lend, propose: Propose, pay: Pay
) -> None:
    loan = await late_loan(lend, funders=JOINT)
    await lend(borrower_id="br00000000000jun")
    assert await accounts_of(loan) == (120_000, 0)
    _ = await decide(await propose(loan, WriteOff(), UNPAID))
    given_up = await queries.loan(loan)
    assert given_up.status is LoanStatus.WRITTEN_OFF
    assert await accounts_of(loan) == (0, 120_000)
    assert await ledger.balances("funder:") == {
        "funder:hechuan_bank:principal": 0,
        "funder:hechuan_bank:settlement": 84_000,
        "funder:hechuan_bank:written_off": -84_000,
        "funder:qingmiao:principal": -120_000,
        "funder:qingmiao:settlement": 156_000,
        "funder:qingmiao:written_off": -36_000,
    }
    assert await is_sound()

    came = await propose(loan, Recover(amount_fen=50_000), CorrectionReason.MONEY_CAME)
    _ = await decide(came, checker=ZHAO)
    recovered = await queries.loan(loan)
    assert recovered.balance_fen == given_up.balance_fen - 50_000
    assert await accounts_of(loan) == (0, recovered.principal_fen)
    assert recovered.principal_fen < 120_000
    assert await is_sound()

    await pay(loan, 10_000)
    assert (await queries.loan(loan)).status is LoanStatus.WRITTEN_OFF
    assert await is_sound()
    _ = await decide(await propose(loan, Reopen(), AGREED))
    reopened = await queries.loan(loan)
    assert reopened.status is not LoanStatus.WRITTEN_OFF
    assert await accounts_of(loan) == (reopened.principal_fen, 0)
    assert await is_sound()


async def test_a_recovery_is_undone_once(lend: Lend, propose: Propose) -> None:
    loan = await late_loan(lend)
    _ = await decide(await propose(loan, WriteOff(), UNPAID))
    owed_fen = (await queries.loan(loan)).balance_fen
    came = await propose(loan, Recover(amount_fen=50_000), CorrectionReason.MONEY_CAME)
    _ = await decide(came)
    today = await business_date()
    assert await recovered_between(today, today) == 50_000
    act = UndoRepayment(repayment_id=came.correction_id)
    undone = await propose(loan, act, CorrectionReason.BOOKED_IN_ERROR)
    assert (undone.loan, undone.amount_fen) == (loan, 50_000)
    _ = await decide(undone)
    assert (await queries.loan(loan)).balance_fen == owed_fen
    assert await recovered_between(today, today) == 0
    assert await accounts_of(loan) == (0, 120_000)
    newest = (await queries.timeline_of(loan)).items[0][1]
    assert (newest.kind, newest.amount_fen) == ("RepaymentReversed", 50_000)
    assert (await facts("LoanCorrected"))[-1]["act"] == "REVERSAL"
    assert await is_sound()
    await refuses(CorrectionImpossible, propose(loan, act, CorrectionReason.BOOKED_IN_ERROR))
    other = UndoRepayment(repayment_id=undone.correction_id)
    await refuses(NotFound, propose(loan, other, CorrectionReason.BOOKED_IN_ERROR))


async def test_what_is_recovered_in_full_closes_the_loan(lend: Lend, propose: Propose) -> None:
    loan = await late_loan(lend)
    _ = await decide(await propose(loan, WriteOff(), UNPAID))
    owed_fen = (await queries.loan(loan)).balance_fen
    came = await propose(loan, Recover(amount_fen=owed_fen + 5), CorrectionReason.MONEY_CAME)
    _ = await decide(came)
    closed = await queries.loan(loan)
    assert (closed.status, closed.unapplied_fen) == (LoanStatus.OVERPAID, 5)
    assert await accounts_of(loan) == (0, 0)
    assert len(await facts("LoanPaidOff")) == 1
    assert await is_sound()


async def test_nobody_is_reminded_of_a_loan_given_up(lend: Lend, propose: Propose) -> None:
    loan = await late_loan(lend)
    _ = await decide(await propose(loan, WriteOff(), UNPAID))
    before = await facts()
    await operations.run_days(DUE + timedelta(days=100))
    assert await facts() == before
    given_up = await queries.loan(loan)
    assert given_up.days_past_due == 100
    assert given_up.bucket.value == "DAYS_OVER_90"
    assert await is_sound()


async def test_a_loan_reopened_is_reminded_of_again(lend: Lend, propose: Propose) -> None:
    loan = await late_loan(lend)
    _ = await decide(await propose(loan, WriteOff(), UNPAID))
    _ = await decide(await propose(loan, Reopen(), AGREED))
    before = await facts("InstallmentDueSoon", "InstallmentDueToday", "InstallmentOverdue")
    await operations.run_days(date(2027, 1, 22))
    after = await facts("InstallmentDueSoon", "InstallmentDueToday", "InstallmentOverdue")
    new = [fact["name"] for fact in after if fact not in before]
    assert sorted(new) == ["InstallmentDueSoon", "InstallmentDueToday", "InstallmentOverdue"]


@pytest.mark.parametrize(
    ("act", "reason", "why"),
    [
        (Recover(amount_fen=100), CorrectionReason.MONEY_CAME, "NOT_WRITTEN_OFF"),
        (Reopen(), AGREED, "NOT_WRITTEN_OFF"),
        (replace(PENALTY, amount_fen=10**6), OURS, "WAIVES_MORE_THAN_OWED"),
        (Waive(part=DueKind.FEE, amount_fen=1), OURS, "WAIVES_MORE_THAN_OWED"),
        (replace(PENALTY, installment_number=2), OURS, "WAIVES_MORE_THAN_OWED"),
        (Waive(part=DueKind.PRINCIPAL, amount_fen=1), OURS, "DOES_NOT_FIT"),
    ],
)
async def test_what_does_not_do_what_it_says_is_refused(
    lend: Lend, propose: Propose, act: Act, reason: CorrectionReason, why: str
) -> None:
    loan = await late_loan(lend)
    refused = await refuses(CorrectionImpossible, propose(loan, act, reason))
    assert isinstance(refused, CorrectionImpossible)
    assert refused.reason == why


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (WriteOff(), UNPAID),
        (CutRate(annual_rate=Decimal("0.01")), AGREED),
        (Defer(periods=1, moratorium=Moratorium.PRINCIPAL), AGREED),
        (Reschedule(count=3), AGREED),
    ],
)
async def test_a_loan_given_up_is_reopened_before_it_is_changed(
    lend: Lend, propose: Propose, act: Act, reason: CorrectionReason
) -> None:
    loan = await late_loan(lend)
    _ = await decide(await propose(loan, WriteOff(), UNPAID))
    refused = await refuses(CorrectionImpossible, propose(loan, act, reason))
    assert isinstance(refused, CorrectionImpossible)
    assert refused.reason == "WRITTEN_OFF"


async def test_a_loan_paid_off_is_corrected_by_a_reversal_only(
    lend: Lend, propose: Propose, pay: Pay
) -> None:
    loan = await lend()
    payoff = await queries.payoff_on(loan, START_ON)
    await pay(loan, payoff.amount_fen, repayment_id="rp00000000000001")
    acts = (
        PENALTY,
        CutRate(annual_rate=Decimal(0)),
        Defer(periods=1, moratorium=Moratorium.PRINCIPAL),
    )
    for act in acts:
        refused = await refuses(CorrectionImpossible, propose(loan, act, AGREED))
        assert isinstance(refused, CorrectionImpossible)
        assert refused.reason == "NOTHING_OWED"
    act = UndoRepayment(repayment_id="rp00000000000001")
    _ = await decide(await propose(loan, act, CorrectionReason.RAIL_REVERSED))
    assert (await queries.loan(loan)).principal_fen == 120_000
    assert await is_sound()


async def test_a_correction_that_became_impossible_by_time_alone_says_so(
    lend: Lend, propose: Propose
) -> None:
    """After the last due date nothing is left to be put off."""
    loan = await lend(terms=plain_terms(count=1))
    await operations.run_days(DUE - timedelta(days=2))
    act = Defer(periods=1, moratorium=Moratorium.PRINCIPAL)
    proposed = await propose(loan, act, AGREED)
    await operations.run_days(DUE + timedelta(days=1))
    refused = await refuses(CorrectionImpossible, decide(proposed))
    assert isinstance(refused, CorrectionImpossible)
    assert refused.reason == "CHANGES_NOTHING"
    today = await queries.correction_today(proposed.correction_id)
    assert today is not None
    assert today.refusal_code == "CORRECTION_IMPOSSIBLE"
