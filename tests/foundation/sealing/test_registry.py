"""Every sealed column is declared, beside its model, as what it is."""

from tortoise.fields import Field

from app.foundation.database import Database
from app.foundation.sealing import KeyClass, declared
from app.foundation.sealing.registry import Declared


def _columns(one: Declared) -> dict[str, Field[object]]:
    return one.model._meta.fields_map  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - Tortoise's own way to describe a model


async def test_every_sealed_column_is_declared_beside_its_model(database: Database) -> None:
    assert database.dialect
    tables = declared()
    assert len(tables) >= 12
    for one in tables:
        meta = one.model._meta  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - as above
        assert one.seals.table == meta.db_table
        assert one.seals.row_id == meta.pk_attr
        assert set(one.seals.columns) == set(one.sealed_columns), one.seals.table


async def test_what_a_declaration_names_is_there(database: Database) -> None:
    assert database.dialect
    by_table = {one.seals.table: one for one in declared()}
    for one in declared():
        columns = _columns(one)
        if one.seals.through is None:
            assert one.seals.subject in columns
        else:
            assert one.seals.through[0] in columns
        assert set(one.seals.formerly) <= set(one.seals.columns)
        assert set(one.seals.chained) <= set(one.seals.columns)
        for index in one.seals.indexes:
            assert index.column in columns
            assert set(index.of) <= set(one.seals.columns)
        assert not one.seals.has_row_seal or {"row_seal", "row_version"} <= columns.keys()
    assert by_table["borrower"].seals.has_row_seal


async def test_loan_records_that_law_keeps_stand_in_a_class_of_their_own(
    database: Database,
) -> None:
    assert database.dialect
    held = {
        f"{one.seals.table}.{column}"
        for one in declared()
        for column, key_class in one.seals.columns.items()
        if key_class is KeyClass.HELD
    }
    assert {
        "agreement.text",
        "agreement.payee",
        "agreement.evidence",
        "payoff_certificate.document",
        "mandate_consent.words",
        "refund.payee",
    } <= held
    assert not any(name.startswith("borrower.") for name in held)
