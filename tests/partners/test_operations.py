"""Publishing partners: once, and only in agreement with the products."""

import shutil
from pathlib import Path

import pytest

from app.catalog import operations as catalog
from app.catalog.errors import CatalogVersionChanged
from app.foundation.database import fetch
from app.partners import operations
from app.partners.errors import PartnersInconsistent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy the fixtures to where a test may change them."""
    for name in ("products", "regions", "policy", "partners"):
        shutil.copytree(catalog.FIXTURES / name, tmp_path / "fixtures" / name)
    return tmp_path / "fixtures"


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


async def rows() -> list[dict[str, object]]:
    return await fetch("SELECT * FROM partner_version ORDER BY id")


@pytest.mark.usefixtures("database")
async def test_partners_are_published_once() -> None:
    assert await operations.load_partners() == 7
    before = await rows()

    assert await operations.load_partners() == 0
    assert await rows() == before


@pytest.mark.usefixtures("published")
async def test_other_content_under_a_published_version_is_refused(folder: Path) -> None:
    before = await rows()
    edit(folder / "partners/qingmiao-v1.toml", "2025-10-01", "2025-09-01")

    with pytest.raises(CatalogVersionChanged) as refused:
        await operations.load_partners(folder)

    assert refused.value.key == "qingmiao:1"
    assert await rows() == before


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("on_list_until = 2028-11-30", "on_list_until = 2026-01-31", "not on the list"),
        ("kind = ", "sort = ", "yunling_bank-v1.toml"),
        ("kind = ", "kind ", "yunling_bank-v1.toml"),
    ],
)
@pytest.mark.usefixtures("database")
async def test_faulty_partners_are_refused_whole(
    folder: Path, old: str, new: str, problem: str
) -> None:
    edit(folder / "partners/yunling_bank-v1.toml", old, new)

    with pytest.raises(PartnersInconsistent) as refused:
        await operations.load_partners(folder)

    assert problem in refused.value.problems
    assert await rows() == []
