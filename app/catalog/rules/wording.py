"""What catalog content is made of: sentences in both languages, and values that name a typo."""

import msgspec

LANGUAGES = ("zh-Hans", "en")

ByLanguage = dict[str, str]
"""A sentence by language tag; both languages are always there."""


class Content(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Part of a dated document: read strictly, so a misspelled field is an error, not a default."""


class Wording(Content, frozen=True, kw_only=True):
    """How a product speaks of itself in one language."""

    name: str
    promise: str
    """One sentence on how it works for the borrower."""
    suits: str
    """Whom it suits."""


class PartialWording(Content, frozen=True, kw_only=True):
    """What a region says differently in one language; the rest stays."""

    name: str | None = None
    promise: str | None = None
    suits: str | None = None

    def over(self, wording: Wording) -> Wording:
        """Return the wording with this region's words in place."""
        return Wording(
            name=self.name or wording.name,
            promise=self.promise or wording.promise,
            suits=self.suits or wording.suits,
        )
