"""Postings and their entries, accounts by name, and the chain that ties postings together."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NewType

import orjson

from app.ledger.errors import PostingImpossible

ENTRIES_MAX = 99
"""The most entries of one posting; an entry's number is the posting's times 100 plus its line."""

LINES_PER_POSTING = ENTRIES_MAX + 1
AMOUNT_MAX_FEN = 10**15
FIRST_PREV_HASH = "0" * 64
"""What the first posting follows."""

_KIND = re.compile(r"[a-z_]{1,32}")
_ABOUT = re.compile(r"[A-Za-z0-9]{1,16}")
_SOURCE = re.compile(r"[A-Za-z0-9_.:@-]{1,64}")
_CODE = re.compile(r"[A-Za-z0-9_]{1,32}")
_ACCOUNT = re.compile(r"[A-Za-z0-9_:]{1,64}")

Account = NewType("Account", str)
"""The name of an account; made only by the functions below."""

INCOME = "income:"
"""What begins the name of every account that holds what borrowers were charged."""


def loan_principal(loan_id: str) -> Account:
    """Principal the borrower has and has not yet repaid: a debit balance."""
    return Account(f"loan:{loan_id}:principal")


def loan_written_off(loan_id: str) -> Account:
    """Principal not yet repaid of a loan that was given up: a debit balance, still owed."""
    return Account(f"loan:{loan_id}:written_off")


def borrower_unapplied(borrower_id: str) -> Account:
    """Money held for the borrower, who paid more than was due: a credit balance."""
    return Account(f"borrower:{borrower_id}:unapplied")


def rail_clearing() -> Account:
    """Money that went through the payment rail: received less paid out."""
    return Account("rail:clearing")


def rail_agent(code: str) -> Account:
    """
    Cash that a partner's agents took for us and the partner still has: a debit balance.

    Named as the rail's, as all accounts of money are that is ours and somewhere else.
    """
    return Account(f"rail:agent:{code}")


def rail_bank() -> Account:
    """Cash that partners handed over to us, at our bank: a debit balance."""
    return Account("rail:bank")


def funder_principal(code: str) -> Account:
    """A funder's part of all principal outstanding: a credit balance."""
    return Account(f"funder:{code}:principal")


def funder_written_off(code: str) -> Account:
    """A funder's part of all principal outstanding on loans given up: a credit balance."""
    return Account(f"funder:{code}:written_off")


def funder_settlement(code: str) -> Account:
    """What a funder has yet to put in (debit) or is yet to be paid back (credit)."""
    return Account(f"funder:{code}:settlement")


def income_interest() -> Account:
    """Contract interest received."""
    return Account(f"{INCOME}interest")


def income_fee() -> Account:
    """Fees received."""
    return Account(f"{INCOME}fee")


def income_cost() -> Account:
    """Costs of realizing a claim, received back."""
    return Account(f"{INCOME}cost")


def income_penalty() -> Account:
    """Penalty interest received."""
    return Account(f"{INCOME}penalty")


def payer_receivable(code: str) -> Account:
    """What a party has agreed to pay of borrowers' interest and owes by now: a debit balance."""
    return Account(f"payer:{code}:receivable")


def expense_coupon() -> Account:
    """Interest that we ourselves paid for borrowers by coupons: a debit balance."""
    return Account("expense:coupon")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One line of a posting: debit above zero, credit below.

    `code` names the charge in the cost certificate; an entry on an income account has one.
    """

    account: Account
    amount_fen: int
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """
    Entries that belong together and sum to zero.

    Attributes:
        kind: What sort of posting it is, such as `repayment`.
        about: The loan it is about.
        source: The event that caused it; one source has at most one posting of a kind.
        effective_on: The business date from which it counts.
        entries: At least two.

    Raises:
        PostingImpossible: The sum is not zero, an entry is empty, or a part has no valid shape.
    """

    kind: str
    about: str
    source: str
    effective_on: date
    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        """Refuse what is no posting before anything is written."""
        shaped = _KIND.fullmatch(self.kind) and _ABOUT.fullmatch(self.about)
        if not (shaped and _SOURCE.fullmatch(self.source)):
            raise PostingImpossible(f"{self.kind} {self.about} {self.source}: shape")
        if not 2 <= len(self.entries) <= ENTRIES_MAX:  # noqa: PLR2004 - debit and credit
            raise PostingImpossible(f"{len(self.entries)} entries")
        for entry in self.entries:
            _check(entry)
        total_fen = sum(entry.amount_fen for entry in self.entries)
        if total_fen != 0:
            raise PostingImpossible(f"entries sum to {total_fen}, not 0")

    @property
    def source_key(self) -> str:
        """What is unique about it."""
        return source_key(self.kind, self.source)


def source_key(kind: str, source: str) -> str:
    """Return the key under which a source is posted once."""
    return f"{kind}|{source}"


def _check(entry: Entry) -> None:
    if not _ACCOUNT.fullmatch(entry.account):
        raise PostingImpossible(f"account {entry.account!r}")
    if entry.amount_fen == 0 or abs(entry.amount_fen) > AMOUNT_MAX_FEN:
        raise PostingImpossible(f"amount {entry.amount_fen}")
    if entry.code is not None and not _CODE.fullmatch(entry.code):
        raise PostingImpossible(f"charge code {entry.code!r}")
    if entry.account.startswith(INCOME) and entry.code is None:
        raise PostingImpossible(f"{entry.account} takes a charge without a code")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An entry as the ledger keeps it."""

    line: int
    account: str
    amount_fen: int
    code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPosting:
    """A posting as the ledger keeps it, with its place in the chain."""

    id: str
    number: int
    kind: str
    about: str
    source: str
    effective_on: str
    recorded_at: int
    prev_hash: str
    entries: tuple[StoredEntry, ...]

    def chain_hash(self) -> str:
        """Return the SHA-256, in hex, of the posting's canonical JSON: an array in this order."""
        content = [
            self.number,
            self.id,
            self.kind,
            self.about,
            self.source,
            self.effective_on,
            self.recorded_at,
            [[entry.line, entry.account, entry.amount_fen, entry.code] for entry in self.entries],
            self.prev_hash,
        ]
        return hashlib.sha256(orjson.dumps(content)).hexdigest()

    def says_the_same_as(self, posting: Posting) -> bool:
        """Tell whether this is that posting: the same words and the same entries in order."""
        return (
            (self.kind, self.about, self.source, self.effective_on)
            == (posting.kind, posting.about, posting.source, posting.effective_on.isoformat())
        ) and self.entries == stored_entries(posting.entries)


def stored_entries(entries: Iterable[Entry]) -> tuple[StoredEntry, ...]:
    """Number the entries of a posting from 1."""
    return tuple(
        StoredEntry(line=line, account=entry.account, amount_fen=entry.amount_fen, code=entry.code)
        for line, entry in enumerate(entries, start=1)
    )


def entry_number(posting_number: int, line: int) -> int:
    """Return an entry's own number; entries of one posting are neighbors."""
    return posting_number * LINES_PER_POSTING + line


def reversal_of(stored: StoredPosting, *, kind: str, source: str, effective_on: date) -> Posting:
    """Return the posting that undoes another: the same accounts, the opposite amounts."""
    return Posting(
        kind=kind,
        about=stored.about,
        source=source,
        effective_on=effective_on,
        entries=tuple(
            Entry(account=Account(entry.account), amount_fen=-entry.amount_fen, code=entry.code)
            for entry in stored.entries
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """
    What looking at every posting found.

    `head` is the last posting's hash: kept elsewhere, it later shows that nothing before it was
    rewritten. `problems` names what is wrong, at most 100 of them; none means intact.
    """

    postings: int
    entries: int
    head: str
    problems: tuple[str, ...]

    @property
    def is_intact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems
