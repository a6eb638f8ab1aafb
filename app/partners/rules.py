"""Partners as values: who they are, since when they are on the list, and who lends which part."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

import msgspec

from app.catalog.rules import ByLanguage, Fault, Product
from app.catalog.rules.consistency.faults import language_faults
from app.catalog.rules.proposing import VersionKind, read_by
from app.partners.errors import PartnerNotListed


class PartnerKind(StrEnum):
    """What a partner does."""

    OWN_BOOK = "OWN_BOOK"
    BANK = "BANK"
    GUARANTOR = "GUARANTOR"
    LENDER = "LENDER"
    """Lends by itself: we only hand over to it, on the borrower's separate consent."""
    COLLECTION_AGENCY = "COLLECTION_AGENCY"
    """Talks to late borrowers for us, each time with leave of ours."""
    CASH_AGENT = "CASH_AGENT"
    """A shop whose people take repayments in cash for us."""


_CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")
_SHOP_NAME = re.compile(r"(?!.*\d{5})[\w ()（）·'&-]{2,32}")
"""One short line of no address and no number to call: it stands in texts to approve and by SMS."""
_DAY = timedelta(days=1)
LENDING = frozenset({PartnerKind.OWN_BOOK, PartnerKind.BANK})


class Partner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of what is known about a partner."""

    code: str
    version: int
    effective_from: date
    kind: PartnerKind
    fictional: bool
    """Whether the institution is made up, as all of those in the fixtures are."""
    on_list_from: date
    on_list_until: date | None = None
    """The last day on the list; none if no end is planned."""
    name: ByLanguage
    role: ByLanguage
    """One sentence to the borrower on what the partner has to do with their loan."""
    cash_agents: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    """By which names those sign in at the desk's door who take cash there."""

    @property
    def key(self) -> str:
        """Return what tells this version from every other."""
        return f"{self.code}:{self.version}"

    @property
    def is_funder(self) -> bool:
        """Whether the partner lends."""
        return self.kind in LENDING

    @property
    def takers(self) -> tuple[str, ...]:
        """By which names those sign in who take cash for the partner; none unless it is a shop."""
        is_shop = self.kind is PartnerKind.CASH_AGENT
        return self.cash_agents if is_shop and self.cash_agents is not msgspec.UNSET else ()

    def is_listed_from(self, day: date) -> bool:
        """Tell whether the partner is on the list on a day or comes onto it later."""
        return self.on_list_until is None or day <= self.on_list_until

    def is_listed_on(self, day: date) -> bool:
        """Tell whether new loans may involve the partner on a day."""
        return self.on_list_from <= day and self.is_listed_from(day)


@dataclass(frozen=True, slots=True)
class Lender:
    """A funder with its exact part of a loan."""

    partner: Partner
    share: Decimal


def partner_from(content: object) -> Partner:
    """
    Read a partner.

    Raises:
        msgspec.ValidationError: Something is missing, misspelled or of the wrong kind.
    """
    return msgspec.convert(content, Partner)


read_by(VersionKind.PARTNER, partner_from)


def lenders_of(product: Product, partners: Mapping[str, Partner], on: date) -> tuple[Lender, ...]:
    """
    Return who lends a product, largest share first.

    Raises:
        PartnerNotListed: A lender, or who collects a fee, is not on the list on that day.
    """
    for code in sorted({fee.collected_by for fee in product.fees}):
        _listed(code, partners, on)
    lenders = [
        Lender(_listed(funder.code, partners, on), funder.share) for funder in product.funders
    ]
    return tuple(sorted(lenders, key=lambda lender: (-lender.share, lender.partner.code)))


def is_listed(product: Product, partners: Mapping[str, Partner], on: date) -> bool:
    """Tell whether every lender of a product, and who collects its fees, is on the list."""
    named = {one.code for one in product.funders} | {fee.collected_by for fee in product.fees}
    return all(_is_listed(code, partners, on) for code in named)


def as_listed(product: Product, partners: Mapping[str, Partner], on: date) -> Product:
    """
    Return a product as those lend it who are on the list that day.

    The part of a lender who has left is our own book's, where that lends the product; no other
    lender's part ever grows without a new version of the product that says so. Who takes a fee
    cannot be replaced: what the fee was for would be gone.

    Raises:
        PartnerNotListed: It cannot be lent without somebody who is not on the list on that day.
    """
    for code in sorted({fee.collected_by for fee in product.fees}):
        _listed(code, partners, on)
    here = [one for one in product.funders if _is_listed(one.code, partners, on)]
    left = [one for one in product.funders if one not in here]
    if not left:
        return product
    own = next((one for one in here if partners[one.code].kind is PartnerKind.OWN_BOOK), None)
    if own is None:
        raise PartnerNotListed(left[0].code)
    share = own.share + sum((one.share for one in left), Decimal(0))
    kept = tuple(msgspec.structs.replace(one, share=share) if one is own else one for one in here)
    return msgspec.structs.replace(product, funders=kept)


def partner_problems(partners: Iterable[Partner], products: Iterable[Product]) -> Iterator[str]:
    """Name what is wrong with partners, in themselves and against the products that name them."""
    by_code: dict[str, Partner] = {}
    for partner in sorted(partners, key=lambda partner: partner.version):
        by_code[partner.code] = partner
        yield from _own_problems(partner)
    for partner in by_code.values():
        for fault in _shared_agents(partner, by_code.values()):
            yield f"partner {partner.key}: {fault.field} {fault.said('en')}"
    for product in products:
        for fault in naming_faults(product, by_code):
            yield f"product {product.key}: {fault.said('en')}"


def naming_faults(product: Product, partners: Mapping[str, Partner]) -> Iterator[Fault]:
    """Name what is wrong with the partners a product names, given the partners by code."""
    funding = {PartnerKind.LENDER} if product.is_referral else LENDING
    collecting = {PartnerKind.GUARANTOR}
    named = [
        (f"funders[{number}]", funder.code, funder.name, funding)
        for number, funder in enumerate(product.funders)
    ]
    named += [
        (f"fees[{number}].collected_by", fee.collected_by, fee.collector, collecting)
        for number, fee in enumerate(product.fees)
    ]
    for path, code, name, kinds in named:
        about = {"code": code}
        partner = partners.get(code)
        if partner is None:
            yield Fault(path, "partner_unknown", about)
            continue
        if not partner.is_listed_on(product.effective_from):
            yield Fault(path, "partner_not_listed", about)
        if partner.kind not in kinds:
            yield Fault(path, "partner_kind", {**about, "kind": partner.kind.value})
        if partner.name != name:
            yield Fault(path, "partner_called_otherwise", about)


def version_faults(partner: Partner, published: Collection[Partner], today: date) -> list[Fault]:
    """
    Name what speaks against a version from the desk, given all that are published.

    Loans of today were made under today's list, so a version begins tomorrow at the earliest; only
    the end of a partner's place on the list may begin at once. What was said of a day that is past
    stays so: an end never lies before the version that says it.
    """
    faults = list(_own_faults(partner))
    before = sorted((one for one in published if one.code == partner.code), key=_in_time)
    newest_by_code = {one.code: one for one in sorted(published, key=_in_time)}
    faults += _shared_agents(partner, newest_by_code.values())
    newest = before[-1] if before else None
    number = 1 + max((one.version for one in before), default=0)
    if partner.version != number:
        faults.append(Fault("version", "version_not_next", {"next": number}))
    earliest = today if newest is not None and _only_ends(newest, partner) else today + _DAY
    if partner.effective_from < earliest:
        faults.append(Fault("effective_from", "day_too_early", {"earliest": earliest.isoformat()}))
    until = partner.on_list_until
    if until is not None and until < partner.effective_from - _DAY:
        faults.append(Fault("on_list_until", "partner_ended_before"))
    if newest is None:
        return faults
    if partner.effective_from < newest.effective_from:
        day = newest.effective_from.isoformat()
        faults.append(Fault("effective_from", "day_before_newest", {"newest": day}))
    if partner.kind is not newest.kind:
        faults.append(Fault("kind", "partner_kind_stays", {"kind": newest.kind.value}))
    return faults


def _shared_agents(partner: Partner, newest: Iterable[Partner]) -> Iterator[Fault]:
    """Name who takes cash for another too: nobody could say which shop owes what they took."""
    day = partner.effective_from
    if not partner.is_listed_from(day):
        return
    for other in newest:
        if other.code != partner.code and other.is_listed_from(day):
            for name in sorted({*partner.takers} & {*other.takers}):
                yield Fault(
                    "cash_agents", "cash_agent_elsewhere", {"name": name, "code": other.code}
                )


def _only_ends(before: Partner, after: Partner) -> bool:
    """Tell whether a version only lets a partner leave the list, or leave it sooner."""
    was, becomes = before.on_list_until, after.on_list_until
    same = msgspec.structs.replace(
        after, version=before.version, effective_from=before.effective_from, on_list_until=was
    )
    return same == before and becomes is not None and (was is None or becomes < was)


def _in_time(partner: Partner) -> tuple[date, int]:
    return partner.effective_from, partner.version


def _listed(code: str, partners: Mapping[str, Partner], on: date) -> Partner:
    if not _is_listed(code, partners, on):
        raise PartnerNotListed(code)
    return partners[code]


def _is_listed(code: str, partners: Mapping[str, Partner], on: date) -> bool:
    partner = partners.get(code)
    return partner is not None and partner.is_listed_on(on)


def _own_problems(partner: Partner) -> Iterator[str]:
    for fault in _own_faults(partner):
        yield f"partner {partner.key}: {fault.field} {fault.said('en')}"


def _own_faults(partner: Partner) -> Iterator[Fault]:
    if not _CODE.fullmatch(partner.code):
        yield Fault("code", "code_of_no_partner")
    for what, sentence in (("name", partner.name), ("role", partner.role)):
        yield from language_faults(what, sentence)
    if partner.kind is PartnerKind.CASH_AGENT:
        for name in partner.name.values():
            if not _SHOP_NAME.fullmatch(name):
                yield Fault("name", "shop_name_not_plain")
    if partner.on_list_until is not None and partner.on_list_until < partner.on_list_from - _DAY:
        yield Fault("on_list_until", "partner_leaves_before")
