"""Refusals that partners can cause."""

from collections.abc import Sequence

from app.foundation.errors import Refusal


class PartnerNotListed(Refusal):
    """A lender or guarantor of this product is not on the published list today."""

    code = "PARTNER_NOT_LISTED"

    def __init__(self, partner_code: str) -> None:
        super().__init__(f"{partner_code} is not on the list")
        self.partner_code = partner_code


class PartnersInconsistent(Refusal):
    """The partners contradict themselves or the catalog, or are not readable; nothing changed."""

    code = "PARTNERS_INCONSISTENT"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = "; ".join(problems)
