"""What a loan's life means for the ledger: the balance of each account that it moves."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from app.ledger.rules import (
    Account,
    Entry,
    borrower_unapplied,
    funder_principal,
    funder_settlement,
    funder_written_off,
    income_cost,
    income_fee,
    income_interest,
    income_penalty,
    loan_principal,
    loan_written_off,
    rail_clearing,
)
from app.loanmath.life import (
    ChargebackReceived,
    Charged,
    Disbursed,
    DueKind,
    Event,
    LoanState,
    LoanStatus,
    Recovered,
    Refunded,
    RefundReversed,
    RepaymentReceived,
    RepaymentReversed,
)
from app.loanmath.money import split_fen
from app.loanmath.schedule import Terms, amortize
from app.servicing.rules.reductions import owed_by_others
from app.servicing.rules.values import INTEREST_CHARGE, PENALTY_CHARGE, Funder, LoanRef

Position = Mapping[tuple[Account, str | None], int]
"""Fen by account and charge code, debit above zero: a loan's part of the ledger."""


def position_of(
    ref: LoanRef,
    terms: Terms,
    funders: Sequence[Funder],
    events: Sequence[Event],
    state: LoanState,
) -> Position:
    """
    Return what the ledger must say about a loan in this state.

    Interest, fees and penalty are income when they are paid, not when they accrue (cash basis):
    what is owed beside principal is the projections' business, and no income has to be taken back
    when a loan goes bad. Principal is the borrower's debt on one side and the funders', each by
    their share, on the other. What others pay of the interest is income as the borrower's part is,
    and owed by them from the day they owe it (see `owed_by_others`). Of a loan that is given up it
    stands in accounts of its own on both sides: still owed and repaid from there, and seen for what
    it is.
    """
    is_written_off = state.status is LoanStatus.WRITTEN_OFF
    owed_by, owed_to = (
        (loan_written_off, funder_written_off)
        if is_written_off
        else (loan_principal, funder_principal)
    )
    paid: defaultdict[DueKind, int] = defaultdict(int)
    for allocation in state.allocations:
        paid[allocation.kind] += allocation.amount_fen
    position: defaultdict[tuple[Account, str | None], int] = defaultdict(int)
    position[owed_by(ref.loan_id), None] = state.principal_fen
    position[rail_clearing(), None] = _cash_fen(events, state.on)
    position[borrower_unapplied(ref.borrower_id), None] = -state.unapplied_fen
    by_others = owed_by_others(events, state)
    for account, amount_fen in by_others.items():
        position[account, None] = amount_fen
    interest_fen = paid[DueKind.INTEREST] + sum(by_others.values())
    position[income_interest(), INTEREST_CHARGE] = -interest_fen
    position[income_penalty(), PENALTY_CHARGE] = -paid[DueKind.PENALTY]
    for code, amount_fen in _fees_by_code(terms, events, state, paid[DueKind.FEE]).items():
        position[income_fee(), code] = -amount_fen
    for code, amount_fen in _costs_by_code(events, paid[DueKind.COST]).items():
        position[income_cost(), code] = -amount_fen
    shares = split_fen(state.principal_fen, [funder.share for funder in funders])
    for funder, share_fen in zip(funders, shares, strict=True):
        position[owed_to(funder.code), None] -= share_fen
        position[funder_settlement(funder.code), None] += share_fen
    assert sum(position.values()) == 0, "no money appears or vanishes"
    return {place: amount_fen for place, amount_fen in position.items() if amount_fen}


def entries_between(before: Position, after: Position) -> tuple[Entry, ...]:
    """Return the entries that take the ledger from one position to another; none when equal."""
    places = sorted({*before, *after}, key=lambda place: (place[0], place[1] or ""))
    return tuple(
        Entry(account=account, amount_fen=moved_fen, code=code)
        for account, code in places
        if (moved_fen := after.get((account, code), 0) - before.get((account, code), 0))
    )


def moved_by(position: Position, entries: Iterable[Entry]) -> Position:
    """Return the position after some entries were posted."""
    moved = defaultdict(int, position)
    for entry in entries:
        moved[entry.account, entry.code] += entry.amount_fen
    return {place: amount_fen for place, amount_fen in moved.items() if amount_fen}


def position_as_json(position: Position) -> list[list[str | int | None]]:
    """Write a position in one order, so that equal positions are equal text."""
    places = sorted(position, key=lambda place: (place[0], place[1] or ""))
    return [[account, code, position[account, code]] for account, code in places]


def position_from_json(written: Iterable[Sequence[str | int | None]]) -> Position:
    """Read a position as it was written."""
    return {
        (Account(str(account)), None if code is None else str(code)): int(amount_fen or 0)
        for account, code, amount_fen in written
    }


def _cash_fen(events: Sequence[Event], on: date) -> int:
    """Sum what came in less what went out by a day; what was undone never came in."""
    undone = {
        event.reverses
        for event in events
        if isinstance(event, RepaymentReversed | ChargebackReceived | RefundReversed)
    }
    cash_fen = 0
    for event in events:
        if event.effective_on > on or event.id in undone:
            continue
        match event:
            case RepaymentReceived() | Recovered():
                cash_fen += event.amount_fen
            case Disbursed() | Refunded():
                cash_fen -= event.amount_fen
            case _:
                pass
    return cash_fen


def _fees_by_code(
    terms: Terms, events: Iterable[Event], state: LoanState, paid_fen: int
) -> Mapping[str, int]:
    """
    Tell which charge the fees paid were for.

    A plan keeps one fee amount a line, so where a loan has fees of several codes, what is paid
    counts to each by its part of all fees planned, charged, and asked for repaying early.
    """
    asked: defaultdict[str, int] = defaultdict(int)
    charged = _charged(events, DueKind.FEE)
    if terms.early_fee is not None:
        asked[terms.early_fee.code] += state.early_fee_fen
    codes = {fee.code for fee in terms.fees} | {event.code for event in charged} | set(asked)
    if len(codes) == 1:
        return dict.fromkeys(codes, paid_fen)
    for fee in terms.fees:
        plan = amortize(replace(terms, fees=(fee,)))
        asked[fee.code] += sum(line.fee_fen for line in plan)
    for event in charged:
        asked[event.code] += event.amount_fen
    return _by_weight(paid_fen, asked)


def _costs_by_code(events: Iterable[Event], paid_fen: int) -> Mapping[str, int]:
    """Tell which costs of realizing the claim were paid: each by its part of all charged."""
    asked: defaultdict[str, int] = defaultdict(int)
    for event in _charged(events, DueKind.COST):
        asked[event.code] += event.amount_fen
    return _by_weight(paid_fen, asked)


def _charged(events: Iterable[Event], kind: DueKind) -> list[Charged]:
    return [event for event in events if isinstance(event, Charged) and event.kind is kind]


def _by_weight(paid_fen: int, asked: Mapping[str, int]) -> Mapping[str, int]:
    codes = sorted(asked)
    if not paid_fen:
        return {}
    weights = [asked[code] for code in codes]
    # Fees that round to nothing each may come to a fen together: then they share it alike.
    parts = split_fen(paid_fen, weights if any(weights) else [1] * len(weights))
    return dict(zip(codes, parts, strict=True))
