"""Refusals the catalog can give."""

from collections.abc import Sequence

from app.foundation.errors import Refusal


class RegionUnknown(Refusal):
    """We do not lend in this region yet; choose one from the list of regions."""

    code = "REGION_UNKNOWN"

    def __init__(self, *, field: str | None = None) -> None:
        super().__init__("no pack for this region", field=field)


class ProductNotOffered(Refusal):
    """This product is not offered in this region or on this day; choose another."""

    code = "PRODUCT_NOT_OFFERED"

    def __init__(self, *, field: str | None = None) -> None:
        super().__init__("not offered here and now", field=field)


class ProductIsReferral(Refusal):
    """Another lends this product: nothing is applied for with us; hand over what is declared."""

    code = "PRODUCT_IS_REFERRAL"

    def __init__(self) -> None:
        super().__init__("another lends it", field="input.productId")


class AmountNotOffered(Refusal):
    """The amount is outside what this product lends here, or not on its step."""

    code = "AMOUNT_NOT_OFFERED"

    def __init__(
        self, *, min_fen: int, max_fen: int, step_fen: int, field: str | None = None
    ) -> None:
        super().__init__(f"{min_fen} to {max_fen} by {step_fen}", field=field)
        self.min_fen = min_fen
        self.max_fen = max_fen
        self.step_fen = step_fen


class MonthsNotOffered(Refusal):
    """The product cannot be borrowed for this many months here."""

    code = "MONTHS_NOT_OFFERED"

    def __init__(self, *, months: Sequence[int], field: str | None = None) -> None:
        offered = ", ".join(str(count) for count in months)
        super().__init__(f"offered for {offered}", field=field)
        self.months = offered


class CatalogVersionChanged(Refusal):
    """A version that was published before came with other content; give it a new version number."""

    code = "CATALOG_VERSION_CHANGED"

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"{kind} {key} differs from what was published")
        self.kind = kind
        self.key = key


class CatalogInconsistent(Refusal):
    """The catalog contradicts itself or is not readable; nothing was published."""

    code = "CATALOG_INCONSISTENT"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = "; ".join(problems)


class CatalogVersionFaulty(Refusal):
    """The version cannot be published as it is; each field to be changed is named."""

    code = "CATALOG_VERSION_FAULTY"

    def __init__(self, faults: Sequence[object]) -> None:
        super().__init__("; ".join(str(fault) for fault in faults), field="input.document")
        self.count = len(faults)
        self._faults = tuple(faults)

    @property
    def faults(self) -> tuple[object, ...]:
        """Return what speaks against it: `rules.Fault`s."""
        return self._faults


class VersionProposalWaits(Refusal):
    """A version of the same thing waits for a second person already."""

    code = "VERSION_PROPOSAL_WAITS"


class VersionProposalNotOpen(Refusal):
    """The proposed version is decided, taken back or out of time."""

    code = "VERSION_PROPOSAL_NOT_OPEN"


class VersionProposalOtherwise(Refusal):
    """The content that was read is not the content that is proposed; read it again."""

    code = "VERSION_PROPOSAL_OTHERWISE"


class OwnVersionProposal(Refusal):
    """Somebody else decides on a version one proposed; only its maker takes it back."""

    code = "OWN_VERSION_PROPOSAL"
