"""A new version from the desk: who may propose and decide, what is checked, what would change."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, TypeGuard, cast

import msgspec
import orjson

from app.catalog.rules.consistency import CatalogContent, Fault, catalog_faults, cost_faults
from app.catalog.rules.consistency.faults import unreadable
from app.catalog.rules.policy import PolicyBook, PolicyValue, policy_value_from
from app.catalog.rules.product import Product, product_from
from app.catalog.rules.region import RegionPack, region_from
from app.catalog.rules.scorecard import Scorecard, scorecard_from
from app.foundation.caller import StaffRole

MAKERS = frozenset({StaffRole.RISK, StaffRole.SUPERVISOR, StaffRole.DIRECTOR})
"""Who may propose a version."""

CHECKERS = frozenset({StaffRole.RISK, StaffRole.DIRECTOR})
"""Who may decide on one that somebody else proposed."""

READERS = frozenset(StaffRole) - {StaffRole.PARTNER_AGENT}
"""Who may read versions and their history: everybody of ours."""

WAITS_FOR = timedelta(days=7)
"""How long a proposal waits for somebody else."""

CONTENT_MAX = 20_000
"""Characters a version's document may have; the longest in the fixtures has about 2,000."""

CARD_MAX = 40_000
"""Characters a scorecard may have; the longest in the fixtures has about 20,000."""

WHY_MAX = 500

CARD_CODE = "scorecard"
"""What all versions of the scorecard are of: there is one."""


class VersionAbove(Protocol):
    """A version of something that a room above keeps; only that room knows more of it."""

    @property
    def key(self) -> str:
        """Return what tells this version from every other."""
        ...

    @property
    def code(self) -> str:
        """Return what all versions of the same thing share."""
        ...

    @property
    def effective_from(self) -> date:
        """Return the first day it holds."""
        ...


_Known = Product | RegionPack | PolicyValue | Scorecard
Value = _Known | VersionAbove


class VersionKind(StrEnum):
    """What a version is of."""

    PRODUCT = "PRODUCT"
    REGION = "REGION"
    POLICY = "POLICY"
    SCORECARD = "SCORECARD"
    PARTNER = "PARTNER"
    """Kept by the room of partners, and read as it says (`read_by`)."""


_READ_ABOVE: dict[VersionKind, Callable[[object], VersionAbove]] = {}


class ProposalState(StrEnum):
    """Where a proposed version stands."""

    PROPOSED = "PROPOSED"
    PUBLISHED = "PUBLISHED"
    REJECTED = "REJECTED"
    TAKEN_BACK = "TAKEN_BACK"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeVersion:
    """Propose a version, as a document of the form the fixtures have."""

    maker_id: str
    kind: VersionKind
    document: str = field(repr=False)
    """TOML; a scorecard is JSON."""
    why: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return who proposes."""
        return self.maker_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeWithdrawal:
    """Propose that a product is offered, or a partner on the list, no longer from a day on."""

    maker_id: str
    code: str
    effective_from: date
    why: str
    idempotency_key: str
    kind: VersionKind = VersionKind.PRODUCT

    @property
    def caller_id(self) -> str:
        """Return who proposes."""
        return self.maker_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideVersion:
    """Publish or reject what somebody else proposed: exactly the content that was read."""

    checker_id: str
    proposal_id: str
    sha256: str
    is_approved: bool
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return who decides."""
        return self.checker_id


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBackVersion:
    """Take back what one proposed oneself."""

    maker_id: str
    proposal_id: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return who proposed."""
        return self.maker_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A proposed version, whatever became of it."""

    proposal_id: str
    kind: VersionKind
    code: str
    version_key: str
    effective_from: date
    content: str = field(repr=False)
    sha256: str
    why: str
    state: ProposalState
    maker_id: str
    checker_id: str | None
    proposed_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """One figure or sentence that differs; None where there was or would be none."""

    field: str
    before: str | None
    after: str | None


def document_from(text: str, kind: VersionKind) -> dict[str, Any] | Fault:
    """Read a document of the desk; what cannot be read is a fault, not an error."""
    is_card = kind is VersionKind.SCORECARD
    most = CARD_MAX if is_card else CONTENT_MAX
    if len(text) > most:
        return Fault("", "too_long", {"most": most})
    try:
        # Through JSON, as it will be kept: what JSON cannot hold is refused here and not later.
        return orjson.loads(text if is_card else orjson.dumps(tomllib.loads(text)))
    except (ValueError, TypeError, RecursionError) as failure:
        return Fault("", "unreadable", {"said": str(failure)})


def value_from(kind: VersionKind, content: object) -> Value | Fault:
    """Read a version; the field that is missing, misspelled or of the wrong kind is a fault."""
    try:
        match kind:
            case VersionKind.PRODUCT:
                return product_from(content)
            case VersionKind.REGION:
                return region_from(content)
            case VersionKind.POLICY:
                return policy_value_from(content)
            case VersionKind.SCORECARD:
                return scorecard_from(content)
            case VersionKind.PARTNER:
                return _READ_ABOVE[kind](content)
    except msgspec.ValidationError as misspelled:
        return unreadable(str(misspelled))


def read_by(kind: VersionKind, read: Callable[[object], VersionAbove]) -> None:
    """Say how versions of a room above are read; it raises `msgspec.ValidationError`."""
    _READ_ABOVE[kind] = read


def code_of(value: Value) -> str:
    """Return what all versions of the same thing share: a code, or a policy value's name."""
    match value:
        case PolicyValue():
            return value.name
        case Scorecard():
            return CARD_CODE
        case _:
            return value.code


def version_faults(value: Value, catalog: CatalogContent, today: date) -> list[Fault]:
    """
    Name what speaks against a version: in itself, beside all that is published, and in its day.

    What was wrong before is not its fault. What it would make wrong elsewhere is: a product that
    lends less than a county's pack says names the pack. What a room above keeps, it checks itself.
    """
    if not isinstance(value, _Known):
        return []
    faults = [*_succession_faults(value, catalog, today)]
    after = _with(catalog, value)
    known = {str(fault) for fault in catalog_faults(catalog)}
    faults += [fault for fault in catalog_faults(after) if str(fault) not in known]
    if isinstance(value, Product) and not faults:
        faults += cost_faults(value, PolicyBook.on_day(value.effective_from, after.policy_values))
    return faults


def withdrawn(content: Mapping[str, Any], effective_from: date) -> dict[str, Any]:
    """Return the next version of a product, which says that it is offered no longer."""
    kept = {name: part for name, part in content.items() if name != "effective_until"}
    return {
        **kept,
        "version": content["version"] + 1,
        "effective_from": effective_from.isoformat(),
        "is_withdrawn": True,
    }


def delisted(content: Mapping[str, Any], effective_from: date) -> dict[str, Any]:
    """Return the next version of a partner, whose last day on the list is the day before."""
    return {
        **content,
        "version": content["version"] + 1,
        "effective_from": effective_from.isoformat(),
        "on_list_until": (effective_from - timedelta(days=1)).isoformat(),
    }


def changes_between(before: object, after: object, path: str = "") -> Iterator[Change]:
    """
    Name every leaf in which two documents differ, in the order of their fields.

    Lists of parts, as a scorecard has them, are compared part by part where none came or went.
    """
    if _are_parts(before) and _are_parts(after) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from changes_between(one, other, f"{path}[{number}]")
    elif isinstance(before, dict) and isinstance(after, dict):
        one, other = cast("dict[str, object]", before), cast("dict[str, object]", after)
        for name in dict.fromkeys((*one, *other)):
            place = f"{path}.{name}" if path else name
            yield from changes_between(one.get(name), other.get(name), place)
    elif before != after:
        yield Change(path, _written(before), _written(after))


def _are_parts(part: object) -> TypeGuard[list[dict[str, object]]]:
    if not isinstance(part, list):
        return False
    return all(isinstance(one, dict) for one in cast("list[object]", part))


def _written(part: object) -> str | None:
    return None if part is None else msgspec.json.encode(part).decode()


def _with(catalog: CatalogContent, value: Value) -> CatalogContent:
    return CatalogContent(
        products=(*catalog.products, *((value,) if isinstance(value, Product) else ())),
        regions=(*catalog.regions, *((value,) if isinstance(value, RegionPack) else ())),
        policy_values=(
            *catalog.policy_values,
            *((value,) if isinstance(value, PolicyValue) else ()),
        ),
        scorecards=(*catalog.scorecards, *((value,) if isinstance(value, Scorecard) else ())),
    )


def _succession_faults(value: _Known, catalog: CatalogContent, today: date) -> Iterator[Fault]:
    """Name what is wrong with a version's number and day, given the versions before it."""
    is_withdrawal = isinstance(value, Product) and value.is_withdrawn
    # Decisions of today were made under today's catalog; only an end may come at once.
    earliest = today if is_withdrawal else today + timedelta(days=1)
    if value.effective_from < earliest:
        yield Fault("effective_from", "day_too_early", {"earliest": earliest.isoformat()})
    if isinstance(value, PolicyValue):
        yield from _policy_succession_faults(value, catalog)
        return
    match value:
        case Product():
            before = [one for one in catalog.products if one.code == value.code]
        case RegionPack():
            before = [one for one in catalog.regions if one.code == value.code]
        case Scorecard():
            before = catalog.scorecards
    newest = max((one.version for one in before), default=0)
    if value.version != newest + 1:
        yield Fault("version", "version_not_next", {"next": newest + 1})
    newest_day = max((one.effective_from for one in before), default=value.effective_from)
    if value.effective_from < newest_day:
        yield Fault("effective_from", "day_before_newest", {"newest": newest_day.isoformat()})


def _policy_succession_faults(value: PolicyValue, catalog: CatalogContent) -> Iterator[Fault]:
    same = [one for one in catalog.policy_values if one.name == value.name]
    if not same:
        yield Fault("name", "policy_unknown", {"name": value.name})
        return
    if value.effective_from in {one.effective_from for one in same}:
        yield Fault("effective_from", "stands_already")
    newest = max(same, key=lambda one: one.effective_from)
    if value.unit != newest.unit:
        yield Fault("unit", "policy_other_unit", {"unit": newest.unit})
