"""Reads of applications: what is filled in, what is missing, what was agreed to."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import orjson

from app.catalog.rules import Consent, OfferedProduct
from app.foundation.errors import NotFound
from app.foundation.ids import has_id_shape
from app.foundation.paging import Page, PageAsk
from app.foundation.sealing import Cell, Sealed, unseal_all
from app.identity import queries as identity
from app.identity.rules.values import IdentityFacts
from app.origination.errors import Missing
from app.origination.models import (
    ApplicationRow,
    CertificateRow,
    ComprehensionAnswerRow,
    ConsentRow,
    DocumentRow,
    application_cell,
)
from app.origination.queries.guarantees import lacking_guarantor
from app.origination.queries.listing import lacking_lender
from app.origination.queries.offered import offered_of
from app.origination.rules.completeness import (
    Filled,
    Merchant,
    NextStep,
    missing_of,
    next_step,
)
from app.origination.rules.comprehension import QuestionKind
from app.origination.rules.consents import ConsentKey
from app.origination.rules.documents import ARRIVED
from app.origination.rules.states import MOVES, ApplicationState, Move


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationView:
    """One application, without anything sealed."""

    application_id: str
    borrower_id: str
    offered: OfferedProduct
    region_code: str
    state: ApplicationState
    amount_fen: int | None
    months: int | None
    offer_id: str | None
    loan_id: str | None
    started_at: datetime
    submitted_at: datetime | None
    expires_at: datetime
    expired_from: ApplicationState | None
    """Where it stood when its time was over; None of those that ended before it was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """What the borrower stated, in clear: for the borrower's own eyes and for the decision."""

    purpose: str | None = field(default=None, repr=False)
    monthly_income_fen: int | None = field(default=None, repr=False)
    debt_payments_fen: int | None = field(default=None, repr=False)
    income_months: tuple[int, ...] = field(default=(), repr=False)
    merchant: Merchant | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentView:
    """One consent that stands."""

    key: ConsentKey
    version: int
    language: str
    text_sha256: str
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an application lacks, and what the phone shows next."""

    missing: tuple[Missing, ...]
    next_step: NextStep


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outside:
    """What an application needs that does not stand in its own row."""

    lacks_guarantor: bool
    needs_other_guarantor: bool
    lacks_lender: bool
    documents: frozenset[str]


async def application(borrower_id: str, application_id: str) -> ApplicationView:
    """
    Return one of a borrower's applications.

    Raises:
        NotFound: There is none of this id, or it is somebody else's.
    """
    row = None
    if has_id_shape(application_id, "ap"):
        row = await ApplicationRow.get_or_none(id=application_id, borrower_id=borrower_id)
    if row is None:
        raise NotFound
    return _view(row)


async def applications_by_id(application_ids: Sequence[str]) -> list[ApplicationView | None]:
    """Return applications in the order asked, whoever's they are; one query for any number."""
    rows = {row.id: row for row in await ApplicationRow.filter(id__in=list(application_ids))}
    return [_view(rows[one]) if one in rows else None for one in application_ids]


async def applications_of(borrower_id: str, ask: PageAsk) -> Page[ApplicationView]:
    """Return a page of a borrower's applications, newest first."""
    rows = ApplicationRow.filter(borrower_id=borrower_id)
    if ask.after is not None:
        rows = rows.filter(id__lt=str(ask.after[0]))
    found = await rows.order_by("-id").limit(ask.first + 1)
    return Page.cut([((row.id,), _view(row)) for row in found], ask)


async def statements_by_application(application_ids: Sequence[str]) -> list[Statements]:
    """Return what was stated, in clear, in the order asked; two queries for any number."""
    rows = {row.id: row for row in await ApplicationRow.filter(id__in=list(application_ids))}
    return await statements_of([rows[application_id] for application_id in application_ids])


async def statements_of(rows: Sequence[ApplicationRow]) -> list[Statements]:
    """Open what is stated in some rows at once."""
    closed: list[tuple[Cell, bytes]] = []
    places: list[tuple[int, str]] = []
    for number, row in enumerate(rows):
        for column in ApplicationRow.seals.columns:
            value: object = getattr(row, column)
            if isinstance(value, Sealed):
                closed.append((application_cell(row.id, row.borrower_id, column), value))
                places.append((number, column))
    opened: list[dict[str, str]] = [{} for _ in rows]
    for (number, column), text in zip(places, await unseal_all(closed), strict=True):
        opened[number][column] = text
    return [_statements(values) for values in opened]


def _statements(opened: dict[str, str]) -> Statements:
    income, debt, merchant = (
        opened.get(column) for column in ("monthly_income", "debt_payments", "merchant")
    )
    return Statements(
        purpose=opened.get("purpose"),
        monthly_income_fen=None if income is None else int(income),
        debt_payments_fen=None if debt is None else int(debt),
        income_months=tuple(orjson.loads(opened.get("income_months", "[]"))),
        merchant=None if merchant is None else msgspec.json.decode(merchant, type=Merchant),
    )


async def consents_by_application(application_ids: Sequence[str]) -> list[list[ConsentView]]:
    """Return the consents that stand, with one query for any number of applications."""
    standing: defaultdict[str, list[ConsentView]] = defaultdict(list)
    rows = ConsentRow.filter(application_id__in=list(application_ids), live_key__not_isnull=True)
    for row in await rows.order_by("id"):
        standing[row.application_id].append(
            ConsentView(
                key=ConsentKey(kind=Consent(row.kind), recipient=row.recipient),
                version=row.version,
                language=row.language,
                text_sha256=row.text_sha256,
                given_at=row.given_at,
            )
        )
    return [standing[application_id] for application_id in application_ids]


async def missing_of_row(row: ApplicationRow, offered: OfferedProduct) -> tuple[Missing, ...]:
    """Return everything an application lacks for a product as it stands today."""
    consents = (await consents_by_application([row.id]))[0]
    facts = await identity.facts_for_decision(row.borrower_id)
    outside = (await _outside([row]))[0]
    return _missing(row, offered, consents, facts, outside)


def _missing(
    row: ApplicationRow,
    offered: OfferedProduct,
    consents: Sequence[ConsentView],
    facts: IdentityFacts,
    outside: _Outside,
) -> tuple[Missing, ...]:
    return missing_of(
        Filled(
            amount_fen=row.amount_fen,
            months=row.months,
            has_purpose=_is_filled(row, "purpose"),
            has_monthly_income=_is_filled(row, "monthly_income"),
            has_debt_payments=_is_filled(row, "debt_payments"),
            has_merchant=_is_filled(row, "merchant"),
            lacks_guarantor=outside.lacks_guarantor,
            needs_other_guarantor=outside.needs_other_guarantor,
            lacks_lender=outside.lacks_lender,
            documents=outside.documents,
        ),
        offered,
        [consent.key for consent in consents],
        is_profile_complete=facts.is_complete,
        has_bank_card=facts.has_payee,
    )


def _is_filled(row: ApplicationRow, column: str) -> bool:
    return isinstance(getattr(row, column), Sealed)


async def standings(application_ids: Sequence[str]) -> list[Standing]:
    """Return what each application lacks and what comes next, in the order asked; few queries."""
    rows = {row.id: row for row in await ApplicationRow.filter(id__in=list(application_ids))}
    reading = await _reading(application_ids)
    missing = await _missing_by_id([row for row in rows.values() if _may_be_submitted(row)])
    found: list[Standing] = []
    for application_id in application_ids:
        lacks = missing.get(application_id, ())
        is_opened, is_understood = reading.get(application_id, (False, False))
        step = next_step(
            ApplicationState(rows[application_id].state),
            is_complete=not lacks,
            is_opened=is_opened,
            is_understood=is_understood,
        )
        found.append(Standing(missing=lacks, next_step=step))
    return found


def _may_be_submitted(row: ApplicationRow) -> bool:
    return Move.SUBMIT in MOVES[ApplicationState(row.state)]


async def _missing_by_id(rows: Sequence[ApplicationRow]) -> dict[str, tuple[Missing, ...]]:
    """Return what each of these lacks; they are nearly always one borrower's."""
    consents = await consents_by_application([row.id for row in rows])
    facts = {
        borrower_id: await identity.facts_for_decision(borrower_id)
        for borrower_id in sorted({row.borrower_id for row in rows})
    }
    outside = await _outside(rows)
    return {
        row.id: _missing(row, offered_of(row.offered), given, facts[row.borrower_id], beside)
        for row, given, beside in zip(rows, consents, outside, strict=True)
    }


async def _outside(rows: Sequence[ApplicationRow]) -> list[_Outside]:
    """Look at guarantors, lenders and pictures; few queries for any number."""
    unguaranteed = await lacking_guarantor(rows)
    unlent = await lacking_lender(rows)
    arrived: defaultdict[str, set[str]] = defaultdict(set)
    documents = DocumentRow.filter(
        application_id__in=[row.id for row in rows], state__in=[state.value for state in ARRIVED]
    )
    for one in await documents:
        arrived[one.application_id].add(one.kind)
    return [
        _Outside(
            lacks_guarantor=row.id in unguaranteed.lacking,
            needs_other_guarantor=row.id in unguaranteed.unsound,
            lacks_lender=row.id in unlent,
            documents=frozenset(arrived[row.id]),
        )
        for row in rows
    ]


async def _reading(application_ids: Sequence[str]) -> dict[str, tuple[bool, bool]]:
    """Return, by application, whether its certificate was opened and every question answered."""
    certificates = await CertificateRow.filter(live_key__in=list(application_ids))
    right: defaultdict[str, set[str]] = defaultdict(set)
    answers = ComprehensionAnswerRow.filter(
        certificate_id__in=[row.id for row in certificates], is_right=True
    )
    for answer in await answers:
        right[answer.certificate_id].add(answer.question)
    return {
        row.application_id: (row.opened_at is not None, len(right[row.id]) == len(QuestionKind))
        for row in certificates
    }


def _view(row: ApplicationRow) -> ApplicationView:
    return ApplicationView(
        application_id=row.id,
        borrower_id=row.borrower_id,
        offered=offered_of(row.offered),
        region_code=row.region_code,
        state=ApplicationState(row.state),
        amount_fen=row.amount_fen,
        months=row.months,
        offer_id=row.offer_id,
        loan_id=row.loan_id,
        started_at=row.started_at,
        submitted_at=row.submitted_at,
        expires_at=row.expires_at,
        expired_from=None if row.expired_from is None else ApplicationState(row.expired_from),
    )
