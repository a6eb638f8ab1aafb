"""Publishing partners: every version once, checked against the products that name them."""

import tomllib
from pathlib import Path

import msgspec
import orjson

from app.catalog import operations as catalog
from app.foundation.database import transaction
from app.foundation.log import logger
from app.partners import rules
from app.partners.errors import PartnersInconsistent
from app.partners.models import PartnerVersionRow
from app.partners.rules import Partner

log = logger(__name__)


async def load_partners(
    folder: Path = catalog.FIXTURES, *, beside: catalog.CatalogFolder | None = None
) -> int:
    """
    Publish the partners of a folder and return how many versions were new.

    They are checked `beside` its catalog, which is read where it was not. Versions published before
    stay as they are; loading the same again changes nothing.

    Raises:
        PartnersInconsistent: Something is unreadable, or disagrees with the folder's products.
        CatalogInconsistent: The folder's catalog is not readable.
        CatalogVersionChanged: A published version came with other content.
    """
    read = read_partners(folder)
    files = beside or catalog.read_catalog(folder)
    products = files.content.products
    problems = list(rules.partner_problems([partner for partner, _ in read], products))
    if problems:
        raise PartnersInconsistent(problems)
    versions = [
        catalog.Version(partner.key, partner.code, partner.effective_from, content)
        for partner, content in read
    ]
    async with transaction() as tx:
        published = await catalog.publish(tx, PartnerVersionRow, "pt", versions)
    log.info("partners_loaded", partners=len(published))
    return len(published)


def read_partners(folder: Path) -> list[tuple[Partner, str]]:
    """
    Read `partners/*.toml` of a folder, each with its canonical JSON.

    Raises:
        PartnersInconsistent: A file is unreadable or misspells a field; each such file is named.
    """
    read: list[tuple[Partner, str]] = []
    problems: list[str] = []
    for path in sorted(folder.glob("partners/*.toml")):
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
            partner = rules.partner_from(content)
        except (ValueError, msgspec.ValidationError) as unreadable:
            problems.append(f"{path.name}: {unreadable}")
        else:
            read.append((partner, orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()))
    if problems:
        raise PartnersInconsistent(problems)
    return read
