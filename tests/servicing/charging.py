"""
Random lives against the cost certificate: what the books would take, entry by entry.

`live` lives one as servicing does it, without a database: worked out, made into a posting, and
refused as the ledger refuses where a charge is not in the certificate; a refused event never
happened. `live_in_books` does the same through servicing and the ledger themselves.
"""

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from app.foundation.database import fetch, transaction
from app.ledger.errors import ChargeNotInCertificate
from app.ledger.rules import INCOME, Posting
from app.loanmath.calendar import BusinessDays
from app.loanmath.errors import EventRefused, TermsRefused, YearUnpublished
from app.loanmath.life import Charged, Disbursed, DueKind, Event, fold
from app.loanmath.schedule import Moratorium, Terms, amortize
from app.origination.rules.offers import charge_codes
from app.servicing import operations as servicing
from app.servicing.errors import LoanNotOpenable
from app.servicing.models import LoanRow
from app.servicing.operations.applying import apply_event
from app.servicing.rules import Funder, LoanRef, OpenLoan, Position, entries_between, position_of
from tests.loanmath.drawn import one_in, random_life, some
from tests.loanmath.lives import Life
from tests.servicing.reducing import with_reductions

REF = LoanRef(borrower_id="br00000000000001", loan_id="ln00000000000001")
FUNDERS = (
    Funder(code="qingmiao", share=Decimal("0.3")),
    Funder(code="hechuan_bank", share=Decimal("0.7")),
)
SMUGGLED = "SMUGGLED"
"""A charge that no certificate names."""


@dataclass
class Lived:
    """What became of a life: fen taken by charge code, events refused for a charge, postings."""

    taken: dict[str, int] = field(default_factory=dict[str, int])
    refused: int = 0
    postings: int = 0


def certified_codes(terms: Terms) -> frozenset[str]:
    """Return what a certificate over these terms lets be charged."""
    early = () if terms.early_fee is None else (terms.early_fee.code,)
    return frozenset((*charge_codes(terms), *early))


def attacked_life(rng: random.Random) -> Life:
    """
    Draw a life of any kind; in every other one somebody charges what was not agreed.

    Of every other one others pay a part of the interest.
    Left out are terms that add unpaid interest to principal, for which the books have no account
    and no product asks, and those that make no plan over the whole principal, as every offer does.
    """
    while True:
        life, _ = random_life(rng)
        if has_books(life.terms):
            life = with_reductions(rng, life) if one_in(rng, 2) else life
            return _smuggling(rng, life) if one_in(rng, 2) else life


def has_books(terms: Terms) -> bool:
    """Tell whether terms are such as offers have, and the books an account for all of it."""
    adds_interest = terms.moratorium is Moratorium.PRINCIPAL_AND_INTEREST
    return not (adds_interest or terms.negative_amortization) and _makes_a_plan(terms)


def _makes_a_plan(terms: Terms) -> bool:
    try:
        return bool(amortize(terms))
    except TermsRefused:
        return False


def _smuggling(rng: random.Random, life: Life) -> Life:
    terms = life.terms
    for _ in range(rng.randint(1, 3)):
        on = terms.disbursed_on + timedelta(days=rng.randint(0, 400))
        life.add(
            Charged,
            on,
            code=SMUGGLED,
            amount_fen=rng.randint(1, 50_000),
            kind=some(rng, [DueKind.FEE, DueKind.COST]),
            installment_number=rng.randint(1, 3) if one_in(rng, 2) else None,
        )
        life.paid(on + timedelta(days=rng.randint(0, 60)), rng.randint(1, terms.principal_fen))
    return life


def live(life: Life) -> Lived:
    """
    Let a life happen in the order in which it is recorded, seen from its last day.

    What must hold is asserted: nothing is charged by itself that the certificate does not name, and
    no charge that it does not name is ever taken.
    """
    terms, codes, lived = life.terms, certified_codes(life.terms), Lived()
    on = max(event.effective_on for event in life.events) + timedelta(days=1)
    happened: list[Event] = []
    before: Position = {}
    for event in life.events:
        tried = [*happened, event]
        try:
            after = position_of(REF, terms, FUNDERS, tried, fold(terms, tried, on, life.working))
        except (EventRefused, YearUnpublished):
            continue
        entries = entries_between(before, after)
        if entries:
            posting = Posting(  # which refuses income that names no charge
                kind="property",
                about=REF.loan_id,
                source=event.id,
                effective_on=event.effective_on,
                entries=entries,
            )
            beyond = {one.code for one in posting.entries if one.code is not None} - codes
            named = {one.code for one in tried if isinstance(one, Charged)}
            assert beyond <= named, "nothing is charged by itself"
            if beyond:
                lived.refused += 1
                continue
            lived.postings += 1
        happened, before = tried, after
    lived.taken = _taken(before)
    assert lived.taken.keys() <= codes, "a charge escaped its certificate"
    return lived


def _taken(position: Position) -> dict[str, int]:
    taken: dict[str, int] = {}
    for (account, code), amount_fen in position.items():
        if account.startswith(INCOME):
            taken[str(code)] = taken.get(str(code), 0) - amount_fen
    return taken


async def live_in_books(life: Life, today: date) -> Lived | None:
    """Let a life happen to a loan in the database, up to a day; None if it can't be lent."""
    terms, lived = life.terms, Lived()
    first, *others = life.events
    assert isinstance(first, Disbursed), "a life begins with its money"
    is_of_calendar = terms.business_days is not BusinessDays.AS_IS
    if is_of_calendar or max(event.effective_on for event in life.events) > today:
        return None
    try:
        async with transaction() as tx:
            ref = await servicing.open_loan(tx, _opening(tx.new_id("db"), terms, first))
    except (LoanNotOpenable, TermsRefused):
        return None
    for event in others:
        try:
            async with transaction() as tx:
                row = await LoanRow.filter(id=ref.loan_id).select_for_update().get()
                own = _of_loan(event, ref)
                await apply_event(tx, row, own, source_key=own.id, about="random", posting="life")
        except EventRefused:
            continue
        except ChargeNotInCertificate:
            lived.refused += 1
    lived.taken = await taken_in_books(ref)
    return lived


def _of_loan(event: Event, ref: LoanRef) -> Event:
    """Give an event an id that no other loan's has; those it undoes are named so too."""
    ids = {
        name: f"{ref.loan_id[-10:]}{value}"
        for name in ("id", "reverses")
        if (value := getattr(event, name, None)) is not None
    }
    return replace(event, **ids)


def _opening(disbursement_id: str, terms: Terms, first: Disbursed) -> OpenLoan:
    return OpenLoan(
        borrower_id=REF.borrower_id,
        application_id="ap00000000000001",
        product_code="random",
        terms=terms,
        agreement_id="ag00000000000001",
        charge_codes=tuple(certified_codes(terms)),
        disbursement_id=disbursement_id,
        funders=FUNDERS,
        disbursed_on=first.effective_on,
        amount_fen=first.amount_fen,
    )


async def taken_in_books(ref: LoanRef) -> dict[str, int]:
    """Return what the ledger took on a loan by charge code; income without one is under ''."""
    rows = await fetch(
        "SELECT e.code AS code, CAST(SUM(e.amount_fen) AS BIGINT) AS fen FROM ledger_entry e"
        " JOIN ledger_posting p ON p.id = e.posting_id WHERE p.about = ?"
        " AND (e.code IS NOT NULL OR substr(e.account, 1, 7) = 'income:') GROUP BY e.code",
        [ref.loan_id],
    )
    return {str(row["code"] or ""): -int(str(row["fen"])) for row in rows}
