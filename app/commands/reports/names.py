"""What products, counties and partners are called in a report's language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from app.catalog import queries as catalog
from app.catalog.queries.versions import published_content
from app.commands.reports.shapes import Named
from app.foundation.anonymity import OTHERS
from app.foundation.text import text
from app.loanmath.life import Bucket
from app.partners import queries as partners
from app.support.queries.reporting import UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Names by code; a code that has none is shown as it is."""

    language: str
    products: Mapping[str, str]
    counties: Mapping[str, str]
    partners: Mapping[str, str]

    def product(self, code: str) -> Named:
        """Name a product."""
        return Named(code, self.products.get(code, code))

    def county(self, code: str) -> Named:
        """Name a county, or the small ones together."""
        if code == OTHERS:
            return Named(code, self.word("others"))
        if code == UNKNOWN:
            return Named(code, self.word("unknown"))
        return Named(code, self.counties.get(code, code))

    def partner(self, code: str) -> Named:
        """Name a partner."""
        return Named(code, self.partners.get(code, code))

    def bucket(self, bucket: Bucket) -> Named:
        """Name how late a loan is."""
        return Named(bucket.value, text(f"report.bucket.{bucket.value}", self.language))

    def word(self, name: str) -> str:
        """Return a word of the reports."""
        return text(f"report.word.{name}", self.language)

    def line(self, name: str) -> Named:
        """Name a line of figures."""
        return Named(name, text(f"report.line.{name}", self.language))

    @property
    def all_together(self) -> Named:
        """Name the line of sums."""
        return Named("ALL", self.word("all"))


async def names_on(on: date, language: str) -> Names:
    """Read the names in force on a day."""
    content = await published_content()
    return Names(
        language=language,
        products=_newest(
            (one.code, one.version, one.wording[language].name) for one in content.products
        ),
        counties={one.code: one.name[language] for one in await catalog.regions(on)},
        partners={one.code: one.name[language] for one in await partners.partners(on)},
    )


def _newest(versions: Iterable[tuple[str, int, str]]) -> dict[str, str]:
    return {code: name for code, _, name in sorted(versions)}
