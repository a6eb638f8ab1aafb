"""Settling with partners: what each posting meant for each of them, exact to the fen."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

import msgspec

from app.ledger.rules import expense_coupon
from app.loanmath.money import split_fen
from app.servicing.rules.values import OWN_BOOK, Funder

DISBURSED = "disbursement"
TAKEN_BACK = frozenset({"reversal", "restatement", "refund", "refund_reversal", "rebuild"})
"""Kinds of postings that undo or restate what was settled before, or give money back."""
INCOME = {"income:interest": "interest_fen", "income:penalty": "penalty_fen"}
FEES, COSTS = "income:fee", "income:cost"
PAYERS = "payer:"
SETTLEMENT, PRINCIPAL, WRITTEN_OFF = "settlement", "principal", "written_off"


class Entry(Protocol):
    """An entry as the ledger reads it back."""

    @property
    def kind(self) -> str: ...  # noqa: D102 - of its posting
    @property
    def about(self) -> str: ...  # noqa: D102 - its loan
    @property
    def account(self) -> str: ...  # noqa: D102
    @property
    def amount_fen(self) -> int: ...  # noqa: D102
    @property
    def code(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Who has which part of one loan's money: its lenders by share, and who takes which fee."""

    funders: tuple[Funder, ...]
    collectors: Mapping[str, str]
    """The partner who takes a fee, by its code; the lenders share one that is nobody's."""

    def split(self, amount_fen: int) -> list[tuple[str, int]]:
        """
        Split an amount by the lenders' shares, largest remainder first, to the fen.

        What is taken back is split as what it undoes was, so that both sum to nothing for each.
        """
        return signed_split(amount_fen, self.funders)


def signed_split(amount_fen: int, funders: Sequence[Funder]) -> list[tuple[str, int]]:
    """Split an amount above or below zero by shares: its opposite splits into the opposites."""
    sign = -1 if amount_fen < 0 else 1
    parts = split_fen(abs(amount_fen), [one.share for one in funders])
    return [(one.code, sign * part) for one, part in zip(funders, parts, strict=True)]


class PartnerStatement(msgspec.Struct, frozen=True, kw_only=True):
    """
    What one partner's day came to, in fen.

    `opening_fen` and `closing_fen` are its part of the principal outstanding. What was received
    counts for the partner; `taken_back_fen` is what reversals, restatements and refunds changed of
    it (below zero where the partner gives back). Above zero, `net_fen` is transferred to the
    partner; below, the partner puts it in.
    """

    partner_code: str
    opening_fen: int = 0
    disbursed_fen: int = 0
    principal_fen: int = 0
    interest_fen: int = 0
    penalty_fen: int = 0
    fee_fen: int = 0
    cost_fen: int = 0
    taken_back_fen: int = 0
    closing_fen: int = 0
    net_fen: int = 0


class Totals(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    What the ledger itself says moved, read from other accounts than the partners' own.

    What was zero before others paid is left out where it is zero, so statements read as they did.
    """

    lent_fen: int
    """By how much the borrowers' principal grew."""
    cash_fen: int
    """Cash in less cash out, without what is held for borrowers."""
    income_fen: int
    """What borrowers were charged and paid, or others for them."""
    by_others_fen: int = 0
    """What others owe of borrowers' interest: it is the lenders' as if it had come in."""


class DaySettlement(msgspec.Struct, frozen=True, kw_only=True):
    """Every partner's statement of one day, and the postings it covers."""

    on_date: str
    after_number: int
    through_number: int
    is_final: bool
    """Whether the day is closed, so that the statement never changes."""
    statements: tuple[PartnerStatement, ...]
    totals: Totals
    problems: tuple[str, ...] = ()

    def as_json(self) -> str:
        """Write it down; the same settlement always gives the same text."""
        return msgspec.json.encode(self, order="sorted").decode()


def settlement_from(text: str) -> DaySettlement:
    """Read back what `as_json` wrote."""
    return msgspec.json.decode(text, type=DaySettlement)


class Tally:
    """Adds up postings by partner."""

    def __init__(self, opening: Mapping[str, int]) -> None:
        """Begin with each funder's part of the principal outstanding."""
        self._opening = dict(opening)
        self._closing: defaultdict[str, int] = defaultdict(int, opening)
        self._sums: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))

    def add(self, posting: Iterable[Entry], parties: Parties) -> None:
        """Add what one posting meant for each partner."""
        for entry in posting:
            for partner, column, amount_fen in _meaning(entry, parties):
                if column == "closing_fen":
                    self._closing[partner] += amount_fen
                else:
                    name = "taken_back_fen" if entry.kind in TAKEN_BACK else column
                    self._sums[partner][name] += amount_fen

    def statements(self) -> tuple[PartnerStatement, ...]:
        """Return a statement for each partner with anything to say, by code."""
        return tuple(
            self._statement(code) for code in sorted({*self._opening, *self._closing, *self._sums})
        )

    def _statement(self, code: str) -> PartnerStatement:
        sums = dict(self._sums[code])
        put_in_fen = sums.get("disbursed_fen", 0)
        return PartnerStatement(
            partner_code=code,
            opening_fen=self._opening.get(code, 0),
            closing_fen=self._closing[code],
            net_fen=sum(sums.values()) - 2 * put_in_fen,
            **sums,
        )


def _meaning(entry: Entry, parties: Parties) -> Iterable[tuple[str, str, int]]:
    """Tell whom an entry concerns, in which column, by how much."""
    head, _, rest = entry.account.partition(":")
    if head == "funder":
        code, _, what = rest.rpartition(":")
        if what in {PRINCIPAL, WRITTEN_OFF}:
            yield code, "closing_fen", -entry.amount_fen
        elif what == SETTLEMENT:
            column = "disbursed_fen" if entry.kind == DISBURSED else "principal_fen"
            sign = 1 if entry.kind == DISBURSED else -1
            yield code, column, sign * entry.amount_fen
    elif entry.account in INCOME:
        for code, part_fen in parties.split(-entry.amount_fen):
            yield code, INCOME[entry.account], part_fen
    elif entry.account == FEES:
        collector = parties.collectors.get(entry.code or "")
        parts = parties.split(-entry.amount_fen)
        for code, part_fen in parts if collector is None else [(collector, -entry.amount_fen)]:
            yield code, "fee_fen", part_fen
    elif entry.account == COSTS:
        yield OWN_BOOK, "cost_fen", -entry.amount_fen


def totals_of(moved: Mapping[str, int]) -> Totals:
    """Return what the ledger's own accounts say, by how much each moved."""
    return Totals(
        lent_fen=moved.get("loans", 0),
        cash_fen=_sum(moved, "rail:") + moved.get("held", 0),
        income_fen=-_sum(moved, "income:"),
        by_others_fen=_sum(moved, PAYERS) + moved.get(expense_coupon(), 0),
    )


def _sum(moved: Mapping[str, int], prefix: str) -> int:
    return sum(fen for account, fen in moved.items() if account.startswith(prefix))


def problems_of(
    statements: Sequence[PartnerStatement], totals: Totals, moved: Mapping[str, int]
) -> tuple[str, ...]:
    """Name each sum over the partners that is not what the ledger says, to the fen."""
    net_fen = sum(one.net_fen for one in statements)
    grown_fen = sum(one.closing_fen - one.opening_fen for one in statements)
    pairs = [
        ("net", net_fen, totals.cash_fen + totals.by_others_fen),
        ("principal", grown_fen, totals.lent_fen),
        ("principal and income", net_fen + grown_fen, totals.income_fen),
    ]
    pairs += [
        (
            f"principal of {one.partner_code}",
            one.closing_fen - one.opening_fen,
            principal_in(moved, one.partner_code),
        )
        for one in statements
    ]
    return tuple(
        f"{name}: {stated} stated, {posted} in the ledger"
        for name, stated, posted in pairs
        if stated != posted
    )


def principal_in(moved: Mapping[str, int], code: str) -> int:
    """Return a funder's part of the principal, given up or not, as its own accounts have it."""
    return -sum(moved.get(f"funder:{code}:{what}", 0) for what in (PRINCIPAL, WRITTEN_OFF))


def shares_of(pairs: Iterable[tuple[str, str]]) -> tuple[Funder, ...]:
    """Read lenders and shares as loans keep them."""
    return tuple(Funder(code=code, share=Decimal(share)) for code, share in pairs)
