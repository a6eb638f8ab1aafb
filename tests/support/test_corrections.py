"""Corrections at the desk, over the staff graph: typed, keyed, on record, told to the borrower."""

import asyncio
from collections.abc import Awaitable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app import worker
from app.foundation import outbox
from app.foundation.caller import BorrowerCaller, Caller, StaffCaller, StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import Database, business_date, fetch, transaction
from app.foundation.errors import Forbidden
from app.foundation.graphql import Context
from app.foundation.outbox import Subscription
from app.foundation.paging import PageAsk
from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA
from app.ledger.operations import permit_charges
from app.loanmath.schedule import Method, Terms
from app.messaging.operations import LOCAL_EFFECTS
from app.messaging.queries import inbox_of
from app.payments import operations as payments
from app.payments import queries as repayments
from app.payments.operations import Repay
from app.payments.ports import RailStatus
from app.payments.rules import RailNotice, RailOrderKind, RepaymentRef, RepaymentStatus
from app.privacy.queries import looks_at
from app.privacy.rules import Reason, What
from app.servicing import operations as servicing
from app.servicing import queries as loans
from app.servicing.graphql.amounts import CorrectionAmount
from app.servicing.rules import LoanRef, OpenLoan
from app.servicing.rules.corrections import (
    Correction,
    CorrectionReason,
    CorrectionState,
    DecideCorrection,
    ProposeCorrection,
    WriteOff,
    kind_of,
)
from app.support import operations
from app.support.rules import BORROWERS_PER_HOUR_MAX
from tests.meeting import meet
from tests.servicing.explained import EXPLANATION, hold, hold_one, with_explanations
from tests.support.conftest import enroll, lend

CORRECTION = """
  id loanId borrowerId kind amount sentence reason state approver makerId makerName proposedAt
  expiresOn checkerName decidedAt
"""
FIGURES = """
  status annualRate principal interest fee cost penalty balance dueNow overdue unapplied waived
  payoff daysPastDue installmentsLeft nextDueOn nextAmount closesOn
"""
PROBLEM = """
  ... on CorrectionImpossibleProblem { most }
  ... on CorrectionProposedAlreadyProblem { correctionId }
  ... on Problem { __typename code field message }
"""


def proposing(kind: str) -> str:
    """Write the mutation that proposes a kind of correction."""
    return f"""
mutation Propose($input: Propose{kind}Input!) {{
  propose{kind}(input: $input) {{
    ... on Propose{kind}Success {{
      correction {{ {CORRECTION} }} before {{ {FIGURES} }} after {{ {FIGURES} }}
    }}
    {PROBLEM}
  }}
}}
"""


DECIDE = f"""
mutation Decide($input: DecideCorrectionInput!) {{
  decideCorrection(input: $input) {{
    ... on DecideCorrectionSuccess {{ correction {{ {CORRECTION} }} }}
    ... on CorrectionStaleProblem {{ eventsSince }}
    ... on CorrectionStepProblem {{ state }}
    ... on CorrectionAboveLimitProblem {{ amount limit approver }}
    ... on CorrectionImpossibleProblem {{ most }}
    ... on Problem {{ __typename code field message }}
  }}
}}
"""
WITHDRAW = f"""
mutation Withdraw($input: WithdrawCorrectionInput!) {{
  withdrawCorrection(input: $input) {{
    ... on WithdrawCorrectionSuccess {{ correction {{ {CORRECTION} }} }}
    ... on CorrectionStepProblem {{ state }}
    ... on Problem {{ __typename code field message }}
  }}
}}
"""
QUEUE = f"""
query Queue($state: CorrectionState! = PROPOSED, $loanId: ID, $first: Int, $after: String) {{
  corrections(state: $state, loanId: $loanId, first: $first, after: $after) {{
    edges {{ node {{ {CORRECTION} }} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""
OPEN = f"""
query Open($id: ID!) {{
  correction(id: $id) {{
    correction {{ {CORRECTION} }} note decisionNote
    before {{ {FIGURES} }} after {{ {FIGURES} }}
    today {{ before {{ {FIGURES} }} after {{ {FIGURES} }} isPossible eventsSince }}
  }}
}}
"""
HISTORY = """
query History($id: ID!) {
  loan(id: $id) { status timeline { edges { node { kind amount repaymentId text } } } }
}
"""
LATE_ON = date(2026, 12, 31)
NOTE = "客户来电，核对过系统记录。"


@pytest.fixture
async def loan(mei: str) -> LoanRef:
    """Give Mei's loan, eleven days late."""
    lent = await lend(mei)
    await servicing.run_days(LATE_ON)
    return lent


@pytest.fixture
async def supervisor(policies: None) -> StaffCaller:
    """Give a supervisor."""
    assert policies is None
    return await enroll(StaffRole.SUPERVISOR)


@pytest.fixture
async def director(policies: None) -> StaffCaller:
    """Give the head of lending."""
    assert policies is None
    return await enroll(StaffRole.DIRECTOR)


async def ask(
    caller: Caller, document: str, *, language: str = "zh-Hans", **variables: object
) -> Any:  # noqa: ANN401 - an answer's only field
    context = await context_of(caller, language)
    answer = await STAFF_SCHEMA.execute(document, variable_values=variables, context_value=context)
    assert answer.errors is None, answer.errors
    assert answer.data is not None
    (value,) = answer.data.values()
    return value


async def context_of(caller: Caller, language: str = "zh-Hans") -> Context:
    async with transaction() as tx:
        return Context(caller=caller, language=language, now=tx.now, today=tx.today)


async def propose(staff: StaffCaller, kind: str, *, key: str = "propose", **values: object) -> Any:  # noqa: ANN401 - an answer's only field
    given = {"note": NOTE, "idempotencyKey": key, **values}
    return await ask(staff, proposing(kind), input=given)


async def waive(
    staff: StaffCaller, loan: LoanRef, amount: int = 1_230, key: str = "propose"
) -> Any:  # noqa: ANN401 - an answer's only field
    return await propose(
        staff,
        "Waiver",
        key=key,
        loanId=loan.loan_id,
        part="INTEREST",
        amount=amount,
        installmentNumber=1,
        reason="OUR_MISTAKE",
    )


async def decide(
    staff: StaffCaller,
    correction_id: str,
    *,
    is_approved: bool = True,
    key: str = "decide",
) -> Any:  # noqa: ANN401 - an answer's only field
    given = {
        "correctionId": correction_id,
        "isApproved": is_approved,
        "note": "同意，核对无误。",
        "idempotencyKey": key,
    }
    return await ask(staff, DECIDE, input=given)


def listen() -> None:
    """Let messaging listen as the worker does."""
    outbox.subscribe(
        [
            Subscription(fact_type=fact_type, consumer=consumer, local=effect)
            for fact_type, consumer, effect in LOCAL_EFFECTS
        ]
    )


async def told(borrower_id: str) -> list[str]:
    """Return what a borrower has been told, newest first."""
    page = await inbox_of(borrower_id, PageAsk(first=100))
    return [one.body("zh-Hans") for _, one in page.items]


async def looks(borrower_id: str) -> list[tuple[StaffRole, What, Reason]]:
    """Return who looked at a borrower's data, newest first."""
    page = await looks_at(borrower_id, PageAsk(first=100))
    return [(one.staff_role, one.what, one.reason) for _, one in page.items]


async def stored() -> dict[str, list[dict[str, Any]]]:
    """Return all that a correction may write but the looks, to prove that nothing changed."""
    tables = (
        "servicing_correction", "servicing_loan", "servicing_loan_event", "servicing_installment",
        "ledger_posting", "ledger_entry", "ledger_balance", "repayment", "outbox_fact", "look",
        "revision",
    )  # fmt: skip
    return {table: sorted(await fetch(f"SELECT * FROM {table}"), key=str) for table in tables}


async def refused(asked: Awaitable[Any]) -> Any:  # noqa: ANN401 - a problem
    """Prove that a command is refused and nothing changed."""
    before = await stored()
    problem = await asked
    assert problem["__typename"].endswith("Problem"), problem
    assert problem["message"]
    assert await stored() == before
    return problem


async def test_a_waiver_goes_from_proposal_to_the_borrowers_eyes(
    mei: str, loan: LoanRef, agent: StaffCaller, supervisor: StaffCaller
) -> None:
    proposed = await waive(agent, loan)
    correction = proposed["correction"]
    assert correction["sentence"] == "免去利息 12.30 元。只免第 1 期。"
    assert (correction["kind"], correction["amount"]) == ("WAIVER", 1_230)
    assert (correction["state"], correction["approver"]) == ("PROPOSED", "SUPERVISOR")
    assert (correction["makerName"], correction["borrowerId"]) == ("li.agent", mei)
    assert proposed["before"]["balance"] - proposed["after"]["balance"] == 1_230

    queue = await ask(supervisor, QUEUE)
    assert [edge["node"] for edge in queue["edges"]] == [correction]
    opened = await ask(supervisor, OPEN, id=correction["id"])
    assert (opened["note"], opened["decisionNote"]) == (NOTE, None)
    assert opened["before"] == proposed["before"] == opened["today"]["before"]
    assert opened["after"] == proposed["after"] == opened["today"]["after"]
    assert (opened["today"]["isPossible"], opened["today"]["eventsSince"]) == (True, 0)

    listen()
    decided = await decide(supervisor, correction["id"])
    assert decided["correction"]["state"] == "APPROVED"
    assert decided["correction"]["checkerName"] == "li.supervisor"
    await outbox.drain()
    balance_fen = (await loans.loan(loan)).balance_fen
    assert balance_fen == proposed["after"]["balance"]
    assert (await told(mei))[0].startswith("我们免去了您 12.30 元利息，原因是：我们弄错了。")
    opened = await ask(supervisor, OPEN, id=correction["id"])
    assert (opened["decisionNote"], opened["today"]) == ("同意，核对无误。", None)

    context = await context_of(BorrowerCaller(borrower_id=mei, session_id="ss00000abcdefghi"))
    answer = await BORROWER_SCHEMA.execute(
        HISTORY, variable_values={"id": loan.loan_id}, context_value=context
    )
    assert answer.data is not None
    newest = answer.data["loan"]["timeline"]["edges"][0]["node"]
    assert newest == {
        "kind": "WAIVED",
        "amount": 1_230,
        "repaymentId": None,
        "text": "12月31日，免去您 12.30 元利息。原因：我们弄错了。",
    }


async def test_figures_around_a_correction_are_explained(
    loan: LoanRef, agent: StaffCaller, supervisor: StaffCaller
) -> None:
    shown = with_explanations(CorrectionAmount)
    query = f"""query($id: ID!) {{ correction(id: $id) {{ before {{ {shown} }} after {{ {shown} }}
      today {{ before {{ payoff explain(of: PAYOFF) {{ ...E }} }}
        after {{ {shown} }} }} }} }} {EXPLANATION}"""
    proposed = await waive(agent, loan)
    for kind in ("before", "after"):
        assert proposed[kind]["balance"]

    opened = await ask(supervisor, query, id=proposed["correction"]["id"])
    for figures in (opened["before"], opened["after"], opened["today"]["after"]):
        hold(figures, CorrectionAmount)
    today = opened["today"]["before"]
    hold_one(today["explain"], today["payoff"])

    # Once it has happened, the figures of the day it was proposed still say why they were so.
    await decide(supervisor, proposed["correction"]["id"])
    again = await ask(supervisor, query, id=proposed["correction"]["id"])
    assert (again["before"], again["after"]) == (opened["before"], opened["after"])


async def test_every_look_at_a_loans_figures_is_on_the_borrowers_record(
    mei: str, loan: LoanRef, agent: StaffCaller, supervisor: StaffCaller
) -> None:
    proposed = await waive(agent, loan)
    _ = await ask(supervisor, QUEUE)
    corrected = (What.CORRECTION, Reason.CORRECTION)
    assert await looks(mei) == [(StaffRole.AGENT, *corrected)]
    correction_id = proposed["correction"]["id"]
    _ = await ask(supervisor, OPEN, id=correction_id)
    _ = await decide(supervisor, correction_id)
    auditor = await enroll(StaffRole.AUDITOR)
    _ = await ask(auditor, OPEN, id=correction_id)
    assert sorted(await looks(mei)) == sorted(
        [
            (StaffRole.AGENT, *corrected),
            (StaffRole.SUPERVISOR, *corrected),
            (StaffRole.SUPERVISOR, *corrected),
            (StaffRole.AUDITOR, What.CORRECTION, Reason.AUDIT),
        ]
    )


async def test_sent_again_it_is_the_same_answer_and_happens_once(
    loan: LoanRef, agent: StaffCaller, supervisor: StaffCaller
) -> None:
    proposed = await waive(agent, loan)
    assert await waive(agent, loan) == proposed
    correction_id = proposed["correction"]["id"]
    decided = await decide(supervisor, correction_id)
    assert await decide(supervisor, correction_id) == decided
    assert await decide(supervisor, correction_id, key="another-click") == decided
    assert await waive(agent, loan) == proposed
    assert len(await loans.events_of(loan.loan_id)) == len(["Disbursed", "Waived"])
    conflict = await refused(waive(agent, loan, 99))
    assert conflict["code"] == "IDEMPOTENCY_CONFLICT"


async def test_one_click_sent_many_times_at_once_happens_once(
    loan: LoanRef, agent: StaffCaller, supervisor: StaffCaller, director: StaffCaller
) -> None:
    proposals = await asyncio.gather(*(waive(agent, loan) for _ in range(4)))
    (correction_id,) = {one["correction"]["id"] for one in proposals}
    answers = await asyncio.gather(
        *(decide(one, correction_id) for one in (supervisor, director, supervisor, director))
    )
    done = [one["correction"]["checkerName"] for one in answers if "correction" in one]
    late = [one["state"] for one in answers if "correction" not in one]
    assert (len(done), len(set(done)), late) == (2, 1, ["APPROVED", "APPROVED"])
    assert len(await loans.events_of(loan.loan_id)) == len(["Disbursed", "Waived"])
    assert (await loans.reconcile()).problems == ()


async def test_nobody_decides_what_they_proposed(loan: LoanRef, supervisor: StaffCaller) -> None:
    proposed = await waive(supervisor, loan)
    correction_id = proposed["correction"]["id"]
    problem = await refused(decide(supervisor, correction_id))
    assert problem["code"] == "OWN_CORRECTION"
    taken_back = {"correctionId": correction_id, "idempotencyKey": "back"}
    withdrawn = await ask(supervisor, WITHDRAW, input=taken_back)
    assert withdrawn["correction"]["state"] == "WITHDRAWN"
    assert await ask(supervisor, WITHDRAW, input=taken_back) == withdrawn
    again = {**taken_back, "idempotencyKey": "back-again"}
    problem = await refused(ask(supervisor, WITHDRAW, input=again))
    assert (problem["code"], problem["state"]) == ("CORRECTION_STEP_REFUSED", "WITHDRAWN")


async def test_problems_say_what_to_do(
    loan: LoanRef, agent: StaffCaller, supervisor: StaffCaller, director: StaffCaller
) -> None:
    too_much = await refused(waive(agent, loan, 10**9))
    assert too_much["__typename"] == "CorrectionImpossibleProblem"
    assert 0 < too_much["most"] < 10**9
    written_off = await propose(agent, "WriteOff", loanId=loan.loan_id, reason="LONG_UNPAID")
    correction_id = written_off["correction"]["id"]
    again = await refused(
        propose(supervisor, "WriteOff", loanId=loan.loan_id, reason="LONG_UNPAID")
    )
    assert again["correctionId"] == correction_id
    above = await refused(decide(supervisor, correction_id))
    assert above["__typename"] == "CorrectionAboveLimitProblem"
    assert (above["amount"], above["limit"], above["approver"]) == (600_000, 0, "DIRECTOR")
    waived = await waive(agent, loan, key="waive")
    _ = await decide(supervisor, waived["correction"]["id"], key="approve")
    async with transaction() as tx:
        _ = await servicing.take_payment(
            tx, loan, 50_000, repayment_id="rp00000000000009", received_on=tx.today
        )
    stale = await refused(decide(director, correction_id, key="late"))
    assert stale["__typename"] == "CorrectionStaleProblem"
    assert stale["eventsSince"] == len(["Waived", "RepaymentReceived"])
    opened = await ask(director, OPEN, id=correction_id)
    assert opened["today"]["after"] is None
    assert not opened["today"]["isPossible"]
    rejected = await decide(director, correction_id, is_approved=False, key="no")
    assert rejected["correction"]["state"] == "REJECTED"
    gone = await refused(decide(director, correction_id, key="yes-after-all"))
    assert (gone["__typename"], gone["state"]) == ("CorrectionStepProblem", "REJECTED")


async def test_every_kind_can_be_proposed_with_typed_input(
    loan: LoanRef, agent: StaffCaller, director: StaffCaller
) -> None:
    about = {"loanId": loan.loan_id, "reason": "AGREED"}
    deferral = await propose(
        agent, "Deferral", key="a", periods=2, leavesOut="PRINCIPAL_AND_INTEREST", **about
    )
    assert "往后延 2 期，这期间不用还" in deferral["correction"]["sentence"]
    rate_cut = await propose(agent, "RateCut", key="b", annualRate="0.0725", **about)
    assert rate_cut["correction"]["sentence"].startswith("年利率降到 7.25%，往后少收")
    anew = await propose(
        agent, "Rescheduling", key="c", count=9, firstDueOn="2027-02-01", annualRate="0.1", **about
    )
    assert anew["after"]["installmentsLeft"] == 9
    assert anew["after"]["nextDueOn"] == "2027-02-01"
    write_off = await propose(agent, "WriteOff", key="d", loanId=loan.loan_id, reason="LONG_UNPAID")
    assert write_off["after"]["status"] == "WRITTEN_OFF"
    _ = await decide(director, write_off["correction"]["id"])
    came = await propose(
        agent, "Recovery", key="e", loanId=loan.loan_id, reason="MONEY_CAME", amount=70_000
    )
    assert came["correction"]["sentence"] == "核销后收回 700.00 元。"
    reopened = await propose(agent, "Reopening", key="f", **about)
    assert reopened["after"]["status"] == "IN_ARREARS"
    charge = {"loanId": loan.loan_id, "reason": "LEGAL", "part": "COST", "amount": 100}
    problem = await refused(propose(agent, "Charge", key="g", code="court_fee", **charge))
    assert problem["code"] == "CHARGE_NOT_IN_CERTIFICATE"


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("Waiver", {"part": "PRINCIPAL", "amount": 1}, "input.part"),
        ("Waiver", {"part": "FEE", "amount": 0}, "input.amount"),
        ("Waiver", {"part": "FEE", "amount": 1, "installmentNumber": 0}, "input.installmentNumber"),
        ("Charge", {"part": "PENALTY", "amount": 1, "code": "late"}, "input.part"),
        ("Charge", {"part": "FEE", "amount": 1, "code": " "}, "input.code"),
        ("Deferral", {"periods": 0, "leavesOut": "PRINCIPAL"}, "input.periods"),
        ("Rescheduling", {"count": 361}, "input.count"),
        ("Recovery", {"amount": -5}, "input.amount"),
        ("WriteOff", {"note": "  "}, "input.note"),
        ("WriteOff", {"loanId": "br00000abcdefghi"}, "input.loanId"),
        ("WriteOff", {"loanId": "ln00000abcdefghi"}, "input.loanId"),
        ("WriteOff", {"reason": "GOODWILL"}, "input.reason"),
        ("WriteOff", {"idempotencyKey": "two words"}, "input.idempotencyKey"),
    ],
)
async def test_malformed_proposals_name_the_field(
    loan: LoanRef, agent: StaffCaller, kind: str, values: dict[str, object], field: str
) -> None:
    given = {"note": NOTE, "idempotencyKey": "k", "loanId": loan.loan_id, "reason": "LEGAL"}
    problem = await refused(ask(agent, proposing(kind), input={**given, **values}))
    assert problem["field"] == field


async def test_malformed_ids_are_refused(agent: StaffCaller, supervisor: StaffCaller) -> None:
    reversal = {"repaymentId": "ln00000abcdefghi", "reason": "CHARGED_BACK"}
    assert (await refused(propose(agent, "Reversal", **reversal)))["field"] == "input.repaymentId"
    assert (await refused(decide(supervisor, "ln0")))["field"] == "input.correctionId"
    assert (await refused(decide(supervisor, "co00000abcdefghi")))["code"] == "NOT_FOUND"
    back = {"correctionId": "x", "idempotencyKey": "k"}
    assert (await refused(ask(agent, WITHDRAW, input=back)))["field"] == "input.correctionId"
    assert await ask(agent, OPEN, id="co00000abcdefghi") is None


@pytest.mark.parametrize("role", [StaffRole.RISK, StaffRole.CONTENT_EDITOR])
async def test_who_has_no_business_with_corrections_sees_none(
    loan: LoanRef, agent: StaffCaller, role: StaffRole
) -> None:
    proposed = await waive(agent, loan)
    other = await enroll(role)
    correction_id = proposed["correction"]["id"]
    before = await stored()
    with pytest.raises(Forbidden):
        _ = await operations.open_correction(other, correction_id)
    assert await stored() == before
    assert (await refused(waive(other, loan)))["code"] == "FORBIDDEN"
    assert (await refused(decide(other, correction_id)))["code"] == "FORBIDDEN"
    for document, variables in ((QUEUE, {}), (OPEN, {"id": correction_id})):
        answer = await STAFF_SCHEMA.execute(
            document, variable_values=variables, context_value=await context_of(other)
        )
        assert answer.errors is not None


async def test_an_auditor_reads_and_changes_nothing(loan: LoanRef, agent: StaffCaller) -> None:
    proposed = await waive(agent, loan)
    auditor = await enroll(StaffRole.AUDITOR)
    assert len((await ask(auditor, QUEUE))["edges"]) == 1
    assert (await refused(waive(auditor, loan)))["code"] == "FORBIDDEN"
    problem = await refused(decide(auditor, proposed["correction"]["id"]))
    assert problem["code"] == "FORBIDDEN"


async def test_a_phone_neither_reads_nor_writes_corrections(mei: str, loan: LoanRef) -> None:
    phone = BorrowerCaller(borrower_id=mei, session_id="ss00000abcdefghi")
    assert BORROWER_SCHEMA.get_type_by_name("Correction") is None
    given = {"loanId": loan.loan_id, "reason": "LONG_UNPAID"}
    values = {"note": NOTE, "idempotencyKey": "k", **given}
    problem = await refused(ask(phone, proposing("WriteOff"), input=values))
    assert problem["code"] == "UNAUTHENTICATED"


async def test_the_queue_is_paged_and_kept_to_one_loan(
    loan: LoanRef, jun: str, agent: StaffCaller, clock: FixedClock
) -> None:
    other = await lend(jun)
    ids = [(await waive(agent, loan, n + 1, f"k{n}"))["correction"]["id"] for n in range(3)]
    clock.advance(timedelta(seconds=1))
    given = {"loanId": other.loan_id, "reason": "AGREED", "annualRate": "0.05"}
    ids.append((await propose(agent, "RateCut", **given))["correction"]["id"])
    seen: list[str] = []
    after = None
    while True:
        page = await ask(agent, QUEUE, first=2, after=after)
        seen += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert sorted(seen) == sorted(ids)
    assert seen[-1] == ids[-1]
    of_other = await ask(agent, QUEUE, loanId=other.loan_id)
    assert [edge["node"]["id"] for edge in of_other["edges"]] == ids[-1:]
    assert (await ask(agent, QUEUE, state="APPROVED"))["edges"] == []


async def repaid(mei: str, loan: LoanRef) -> RepaymentRef:
    """Pay ¥100 and let the rail say that it arrived."""
    view = await payments.repay(Repay(loan=loan, amount_fen=10_000, idempotency_key="pay"))
    _ = await payments.accept_callback(
        RailNotice(
            event_id="final",
            kind=RailOrderKind.COLLECTION,
            order_id=view.repayment_id,
            provider_ref="R1",
            status=RailStatus.SUCCEEDED,
            amount_fen=10_000,
            occurred_at=view.initiated_at,
        )
    )
    return RepaymentRef(borrower_id=mei, repayment_id=view.repayment_id)


@pytest.mark.parametrize(
    ("reason", "end", "because"),
    [
        ("BOOKED_IN_ERROR", RepaymentStatus.REVERSED, "这笔钱我们记错了账"),
        ("RAIL_REVERSED", RepaymentStatus.REVERSED, "支付机构把钱退回去了"),
        ("CHARGED_BACK", RepaymentStatus.CHARGED_BACK, "付款的一方通过银行把钱要回去了"),
    ],
)
async def test_a_reversal_ends_the_repayment_and_tells_why_and_what_is_owed(
    mei: str,
    loan: LoanRef,
    agent: StaffCaller,
    supervisor: StaffCaller,
    *,
    reason: str,
    end: RepaymentStatus,
    because: str,
) -> None:
    owed_fen = (await loans.loan(loan)).balance_fen
    ref = await repaid(mei, loan)
    proposed = await propose(agent, "Reversal", repaymentId=ref.repayment_id, reason=reason)
    assert proposed["correction"]["sentence"] == f"撤回还款 {ref.repayment_id}，100.00 元。"
    assert proposed["after"]["balance"] == owed_fen
    assert (await repayments.repayment(ref)).status is RepaymentStatus.ALLOCATED

    listen()
    decided = await decide(supervisor, proposed["correction"]["id"])
    assert decided["correction"]["state"] == "APPROVED"
    await outbox.drain()
    assert (await repayments.repayment(ref)).status is end
    history = (await loans.timeline_of(loan)).items
    assert [entry.about for _, entry in history[:2]] == [ref.repayment_id, ref.repayment_id]
    assert (await loans.loan(loan)).balance_fen == owed_fen
    yuan = f"{owed_fen // 100:,}.{owed_fen % 100:02d}"
    assert (await told(mei))[0].startswith(
        f"您还的 100.00 元被撤回，原因是：{because}。这笔借款现在还剩 {yuan} 元要还。"
    )
    assert (await loans.check_projections()).problems == ()
    assert (await loans.reconcile()).problems == ()


async def test_a_reversal_and_the_rails_own_race_to_one_effect(
    mei: str, loan: LoanRef, agent: StaffCaller, supervisor: StaffCaller, director: StaffCaller
) -> None:
    ref = await repaid(mei, loan)
    proposed = await propose(agent, "Reversal", repaymentId=ref.repayment_id, reason="CHARGED_BACK")

    async def by_rail() -> None:
        command = payments.ReverseRepayment(
            repayment=ref,
            reason=CorrectionReason.RAIL_REVERSED.value,  # pyright: ignore[reportArgumentType] - told by name
        )
        async with transaction() as tx:
            _ = await payments.reverse(tx, command)

    correction_id = proposed["correction"]["id"]
    outcomes = await asyncio.gather(
        decide(supervisor, correction_id),
        decide(director, correction_id),
        by_rail(),
        return_exceptions=True,
    )
    events = await loans.events_of(loan.loan_id)
    assert len(events) == len(["Disbursed", "RepaymentReceived", "undone"]), outcomes
    assert (await loans.reconcile()).problems == ()


async def test_a_reversal_and_new_money_race_without_a_deadlock(
    mei: str, loan: LoanRef, agent: StaffCaller, supervisor: StaffCaller
) -> None:
    ref = await repaid(mei, loan)
    proposed = await propose(agent, "Reversal", repaymentId=ref.repayment_id, reason="CHARGED_BACK")
    view = await payments.repay(Repay(loan=loan, amount_fen=1_000, idempotency_key="more"))
    notice = RailNotice(
        event_id="final",
        kind=RailOrderKind.COLLECTION,
        order_id=view.repayment_id,
        provider_ref="R2",
        status=RailStatus.SUCCEEDED,
        amount_fen=1_000,
        occurred_at=view.initiated_at,
    )
    answer, _ = await asyncio.gather(
        decide(supervisor, proposed["correction"]["id"]), payments.accept_callback(notice)
    )
    assert answer.get("code") in {None, "CORRECTION_STALE"}
    assert (await loans.check_projections()).problems == ()
    assert (await loans.reconcile()).problems == ()


async def test_browsing_through_corrections_has_an_end(
    loan: LoanRef, agent: StaffCaller, supervisor: StaffCaller, database: Database
) -> None:
    proposed = await waive(agent, loan)
    async with transaction() as tx:
        for number in range(BORROWERS_PER_HOUR_MAX):
            _ = await tx.run(
                "INSERT INTO look (id, borrower_id, staff_id, staff_role, staff_name, what,"
                " reason, looked_at) VALUES (?, ?, ?, 'SUPERVISOR', 'li', 'TICKET', 'TICKET', ?)",
                [f"lk{number:014d}", f"br{number:014d}", supervisor.staff_id, tx.now],
            )
    assert database.dialect
    problem = await refused(decide(supervisor, proposed["correction"]["id"]))
    assert problem["code"] == "RATE_LIMITED"


async def test_a_command_is_answered_alike_without_the_graph(
    loan: LoanRef, agent: StaffCaller, director: StaffCaller
) -> None:
    act = WriteOff()
    command = ProposeCorrection(
        maker_id=agent.staff_id,
        loan_id=loan.loan_id,
        kind=kind_of(act),
        act=act,
        reason=CorrectionReason.LONG_UNPAID,
        note=NOTE,
        idempotency_key="k",
    )
    proposed = await operations.propose_correction(agent, command)
    again = await operations.propose_correction(agent, command)
    assert isinstance(again, Correction)
    assert again == proposed
    decision = DecideCorrection(
        checker_id=director.staff_id,
        correction_id=proposed.correction_id,
        is_approved=True,
        note=NOTE,
        idempotency_key="k",
    )
    decided = await operations.decide_correction(director, decision)
    assert await operations.decide_correction(director, decision) == decided
    assert NOTE not in repr((command, decision))
    assert proposed.proposed_on == await business_date()


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_checker_who_decides_while_looking_waits_for_themselves_in_no_circle(
    loan: LoanRef, agent: StaffCaller, supervisor: StaffCaller
) -> None:
    correction_id = (await waive(agent, loan))["correction"]["id"]

    async def look() -> None:
        await operations.open_correction(supervisor, correction_id)

    await meet(loan.borrower_id, lambda: decide(supervisor, correction_id), look)
    assert (await loans.correction(correction_id)).state is CorrectionState.APPROVED


async def test_a_charge_of_the_certificate_goes_through(
    loan: LoanRef, agent: StaffCaller, supervisor: StaffCaller
) -> None:
    async with transaction() as tx:
        await permit_charges(tx, loan.loan_id, ["court_fee"])
    given = {"loanId": loan.loan_id, "reason": "COST_ARISEN", "part": "COST", "amount": 5_000}
    proposed = await propose(agent, "Charge", key="charge", code="court_fee", **given)
    assert proposed["correction"]["sentence"] == "收取追讨费用（court_fee）50.00 元。"
    assert (proposed["after"]["cost"], proposed["before"]["cost"]) == (5_000, 0)
    decided = await decide(supervisor, proposed["correction"]["id"])
    assert decided["correction"]["state"] == "APPROVED"
    english = await ask(supervisor, QUEUE, language="en", state="APPROVED")
    (edge,) = english["edges"]
    said = "Charge ¥50.00 as the cost court_fee of the certificate."
    assert edge["node"]["sentence"] == said


async def test_a_recovery_booked_in_error_is_undone_by_its_correction(
    mei: str, loan: LoanRef, agent: StaffCaller, director: StaffCaller, clock: FixedClock
) -> None:
    about = {"loanId": loan.loan_id}
    given_up = await propose(agent, "WriteOff", key="a", reason="LONG_UNPAID", **about)
    _ = await decide(director, given_up["correction"]["id"], key="a")
    clock.advance(timedelta(seconds=1))
    came = await propose(agent, "Recovery", key="b", reason="MONEY_CAME", amount=9_900, **about)
    recovery_id = came["correction"]["id"]
    _ = await decide(director, recovery_id, key="b")
    undone = await propose(
        agent, "Reversal", key="c", repaymentId=recovery_id, reason="BOOKED_IN_ERROR"
    )
    listen()
    _ = await decide(director, undone["correction"]["id"], key="c")
    await outbox.drain()
    assert any(one.startswith("停止计息后收到的 99.00 元被撤回") for one in await told(mei))
    assert (await loans.reconcile()).problems == ()


async def test_closing_the_day_ends_what_nobody_decided(
    loan: LoanRef, agent: StaffCaller, supervisor: StaffCaller
) -> None:
    proposed = await waive(agent, loan)
    expires_on = date.fromisoformat(proposed["correction"]["expiresOn"])
    _ = await worker.close_days(expires_on)
    assert len((await ask(agent, QUEUE))["edges"]) == 1
    _ = await worker.close_days(expires_on + timedelta(days=1))
    rows = await fetch("SELECT state FROM servicing_correction")
    assert [row["state"] for row in rows] == ["EXPIRED"]
    (edge,) = (await ask(agent, QUEUE, state="EXPIRED"))["edges"]
    assert edge["node"]["decidedAt"] is None
    problem = await refused(decide(supervisor, proposed["correction"]["id"]))
    assert (problem["code"], problem["state"]) == ("CORRECTION_STEP_REFUSED", "EXPIRED")


async def test_what_time_alone_made_impossible_is_told_as_such(
    mei: str, agent: StaffCaller, director: StaffCaller
) -> None:
    async with transaction() as tx:
        terms = Terms(
            principal_fen=100_000,
            annual_rate=Decimal("0.12"),
            method=Method.EQUAL_INSTALLMENT,
            disbursed_on=tx.today,
            count=1,
        )
        command = OpenLoan(
            borrower_id=mei,
            application_id="ap00000abcdefghi",
            product_code="home_appliance",
            terms=terms,
            agreement_id="ag00000abcdefghi",
            charge_codes=("INTEREST", "PENALTY"),
            disbursement_id="db00000abcdefghi",
        )
        lent = await servicing.open_loan(tx, command)
    await servicing.run_days(date(2026, 12, 20))
    given = {"loanId": lent.loan_id, "reason": "AGREED", "leavesOut": "PRINCIPAL"}
    proposed = await propose(agent, "Deferral", key="defer", periods=1, **given)
    await servicing.run_days(date(2026, 12, 22))
    problem = await refused(decide(director, proposed["correction"]["id"]))
    assert problem["__typename"] == "CorrectionImpossibleProblem"
    assert problem["most"] is None
