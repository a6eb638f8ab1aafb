"""The published list, readable by anybody."""

from dataclasses import replace

import strawberry

from app.foundation.clock import local_date
from app.foundation.database import Database
from app.foundation.graphql import anonymous_context
from app.partners.graphql import PartnersQuery

SCHEMA = strawberry.Schema(query=PartnersQuery)
QUERY = "{ partners { code name kind role onListFrom onListUntil } }"


async def test_the_list_is_shown_in_the_callers_language(published: Database) -> None:
    now = published.clock.now()
    context = anonymous_context(now, local_date(now))

    chinese = await SCHEMA.execute(QUERY, context_value=context)
    english = await SCHEMA.execute(QUERY, context_value=replace(context, language="en"))

    assert chinese.errors is None
    assert chinese.data is not None
    assert english.data is not None
    assert chinese.data["partners"][0] == {
        "code": "hechuan_bank",
        "name": "禾川农村商业银行",
        "kind": "BANK",
        "role": "和我们一起把钱借给您。您只签一份合同，只还一次款。",
        "onListFrom": "2025-10-01",
        "onListUntil": None,
    }
    assert english.data["partners"][5]["onListUntil"] == "2028-11-30"
