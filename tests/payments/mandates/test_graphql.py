"""The graph shows the words first, takes only their hash, and explains every attempt."""

from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.foundation import outbox
from app.foundation.caller import BorrowerCaller, Caller
from app.foundation.database import Database, business_date
from app.foundation.graphql import SCALARS, Context, PlainProblem
from app.payments import operations
from app.payments.graphql import NODES, PaymentsMutation, PaymentsQuery
from tests.cards import caller_of
from tests.payments.mandates.conftest import CARD, DUE, World, stored

SCHEMA = strawberry.Schema(
    query=PaymentsQuery,
    mutation=PaymentsMutation,
    types=[PlainProblem],
    config=StrawberryConfig(scalar_map=SCALARS),
)
SOMEBODY_ELSE = BorrowerCaller(borrower_id="br000000000wang0", session_id="ss00000abcdefghj")

Run = Any

TEXT = """
query Text($loanId: ID!, $cap: Fen!, $month: Fen, $floor: Fen) {
  autoDebitText(
    loanId: $loanId, capPerDebit: $cap, capPerMonth: $month, livingMoneyFloor: $floor
  ) {
    version since title body textHash
    bounds { capPerDebit capPerMonth livingMoneyFloor }
  }
}
"""

PROBLEM = """
    ... on MandateExistsProblem { autoDebitId }
    ... on Problem { code field message }
"""

MANDATE = """
  id loanId status explanation failuresInARow setUpAt
  bounds { capPerDebit capPerMonth livingMoneyFloor }
  consent { id version text textHash cardTail agreedAt }
  nextDebit { on amount isAboveCap explanation }
  underWay { id status channel explanation payLink }
"""

SET_UP = f"""
mutation SetUp($input: SetUpAutoDebitInput!) {{
  setUpAutoDebit(input: $input) {{
    __typename
    ... on SetUpAutoDebitSuccess {{ autoDebit {{ {MANDATE} }} }}
    {PROBLEM}
  }}
}}
"""

CHANGE = f"""
mutation Change($input: ChangeAutoDebitInput!) {{
  changeAutoDebit(input: $input) {{
    __typename
    ... on ChangeAutoDebitSuccess {{ autoDebit {{ {MANDATE} }} }}
    ... on Problem {{ code field message }}
  }}
}}
"""

REVOKE = f"""
mutation Revoke($input: RevokeAutoDebitInput!) {{
  revokeAutoDebit(input: $input) {{
    __typename
    ... on RevokeAutoDebitSuccess {{
      explanation underWay {{ id channel }} autoDebit {{ {MANDATE} }}
    }}
    ... on Problem {{ code field message }}
  }}
}}
"""

SHOW = f"""
query Show($loanId: ID!, $first: Int, $after: String) {{
  autoDebit(loanId: $loanId) {{
    {MANDATE}
    attempts(first: $first, after: $after) {{
      edges {{
        node {{
          dueOn number amount status reason explanation attemptedOn attemptedAt
          repayment {{ status channel receipt {{ amount }} }}
        }}
      }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}
"""


@pytest.fixture
def run(database: Database, world: World) -> Run:
    mine = caller_of(world.loan.borrower_id)

    async def run_now(
        document: str,
        *,
        caller: Caller = mine,
        language: str = "zh-Hans",
        fails: bool = False,
        **variables: object,
    ) -> dict[str, Any]:
        context = Context(
            caller=caller,
            language=language,
            now=database.clock.now(),
            today=await business_date(),
        )
        result = await SCHEMA.execute(document, variable_values=variables, context_value=context)
        assert bool(result.errors) == fails, result.errors
        assert result.data is not None
        return result.data

    return run_now


async def agree(run: Run, world: World, cap: int = 500_000, key: str = "k1") -> dict[str, Any]:
    """Read the words and send their hash, as a phone does."""
    words = (await run(TEXT, loanId=world.loan.loan_id, cap=cap))["autoDebitText"]
    wish = {
        "idempotencyKey": key,
        "loanId": world.loan.loan_id,
        "capPerDebit": cap,
        "textHash": words["textHash"],
    }
    approval = await world.approval(cap, words["textHash"])
    wish["approval"] = {"intentId": approval.intent_id, "code": approval.code}
    return (await run(SET_UP, input=wish))["setUpAutoDebit"]


async def test_a_phone_reads_agrees_and_looks_ahead(run: Run, world: World) -> None:
    shown = await run(TEXT, loanId=world.loan.loan_id, cap=500_000, month=900_000, floor=123_400)
    words = shown["autoDebitText"]
    assert (words["version"], words["since"]) == (1, "2026-11-21")
    assert "1,234.00 元生活费" in words["body"]
    assert words["bounds"] == {
        "capPerDebit": 500_000,
        "capPerMonth": 900_000,
        "livingMoneyFloor": 123_400,
    }
    answer = await agree(run, world)
    assert answer["__typename"] == "SetUpAutoDebitSuccess"
    mandate = answer["autoDebit"]
    assert mandate["status"] == "ACTIVE"
    assert mandate["consent"]["cardTail"] == CARD[-4:]
    assert mandate["nextDebit"] == {
        "on": DUE.isoformat(),
        "amount": 100_000,
        "isAboveCap": False,
        "explanation": "12月21日会从尾号 0013 的卡扣 1,000.00 元。",
    }
    assert mandate["underWay"] is None
    wrong = {
        "idempotencyKey": "wrong",
        "loanId": world.loan.loan_id,
        "capPerDebit": 500_001,
        "textHash": words["textHash"],
    }
    wrong["approval"] = {"intentId": "in00000000000000", "code": "000000"}
    unknown = await run(SET_UP, input=wrong | {"loanId": "ln00000000000000"})
    assert unknown["setUpAutoDebit"]["code"] == "NOT_FOUND"
    again = await agree(run, world, key="k2")
    assert (again["code"], again["autoDebitId"]) == ("MANDATE_EXISTS", mandate["id"])


async def test_a_cap_in_the_way_is_said_beforehand(run: Run, world: World) -> None:
    mandate = (await agree(run, world, cap=99_999))["autoDebit"]
    assert mandate["nextDebit"]["isAboveCap"] is True
    assert "超过您定的上限" in mandate["nextDebit"]["explanation"]


async def test_attempts_are_paged_and_say_why_in_plain_words(run: Run, world: World) -> None:
    await agree(run, world)
    await world.rail.twin.put_on_card(CARD, 150_000)
    await world.day(DUE)
    await world.work()
    await world.rail.twin.put_on_card(CARD, 1_000_000)
    await world.day(DUE.replace(day=22))
    await world.work()
    shown = (await run(SHOW, loanId=world.loan.loan_id, first=1))["autoDebit"]
    (edge,) = shown["attempts"]["edges"]
    assert edge["node"]["status"] == "SUCCEEDED"
    assert edge["node"]["number"] == 2
    assert edge["node"]["repayment"] == {
        "status": "ALLOCATED",
        "channel": "AUTO_DEBIT",
        "receipt": {"amount": 100_000},
    }
    assert edge["node"]["explanation"] == "扣了 1,000.00 元，已经算进还款。"
    page = shown["attempts"]["pageInfo"]
    assert page["hasNextPage"] is True
    rest = await run(SHOW, loanId=world.loan.loan_id, first=1, after=page["endCursor"])
    (edge,) = rest["autoDebit"]["attempts"]["edges"]
    assert edge["node"]["reason"] == "INSUFFICIENT_ABOVE_FLOOR"
    assert edge["node"]["explanation"] == (
        "扣了 1,000.00 元，卡里就不够留给您的生活费了，所以一分没扣，也不收费。"
    )
    english = await run(SHOW, loanId=world.loan.loan_id, language="en")
    first = english["autoDebit"]["attempts"]["edges"][1]["node"]
    assert first["explanation"].startswith("Taking ¥1,000.00 would have left less")


async def test_above_the_cap_the_bank_was_not_asked(run: Run, world: World) -> None:
    await agree(run, world, cap=50_000)
    await world.day(DUE)
    await world.work()
    shown = (await run(SHOW, loanId=world.loan.loan_id))["autoDebit"]
    node = shown["attempts"]["edges"][0]["node"]
    assert (node["status"], node["reason"], node["repayment"]) == ("NOT_SENT", "ABOVE_CAP", None)
    assert "每次最多扣的数" in node["explanation"]


async def test_a_phone_changes_and_ends_it(run: Run, world: World) -> None:
    mandate = (await agree(run, world))["autoDebit"]
    words = (await run(TEXT, loanId=world.loan.loan_id, cap=300_000))["autoDebitText"]
    wish = {
        "idempotencyKey": "change",
        "autoDebitId": mandate["id"],
        "capPerDebit": 300_000,
        "textHash": words["textHash"],
    }
    approval = await world.approval(300_000, words["textHash"])
    wish["approval"] = {"intentId": approval.intent_id, "code": approval.code}
    changed = (await run(CHANGE, input=wish))["changeAutoDebit"]["autoDebit"]
    assert changed["bounds"]["capPerDebit"] == 300_000
    wrong = await run(CHANGE, input=wish | {"textHash": "x" * 5000, "idempotencyKey": "wrong"})
    assert wrong["changeAutoDebit"]["code"] == "MANDATE_TEXT_CHANGED"

    await world.day(DUE)
    await operations.start_debits(world.rail)
    shown = (await run(SHOW, loanId=world.loan.loan_id))["autoDebit"]
    assert shown["underWay"]["channel"] == "AUTO_DEBIT"
    assert shown["underWay"]["payLink"] is None
    assert shown["underWay"]["explanation"] == "银行正在扣款，请等结果，不用再付。"
    assert shown["attempts"]["edges"][0]["node"]["explanation"].startswith("已经交给银行")
    ending = {"idempotencyKey": "end", "autoDebitId": mandate["id"]}
    ended = (await run(REVOKE, input=ending))["revokeAutoDebit"]
    assert ended["autoDebit"]["status"] == "REVOKED"
    assert ended["autoDebit"]["nextDebit"] is None
    assert ended["underWay"]["id"] == shown["underWay"]["id"]
    assert ended["explanation"].endswith("扣到的钱会算进还款。")
    again = await run(REVOKE, input=ending | {"idempotencyKey": "again"})
    assert again["revokeAutoDebit"]["code"] == "MANDATE_STEP_REFUSED"


async def test_ending_before_anything_was_sent_names_nothing(run: Run, world: World) -> None:
    mandate = (await agree(run, world))["autoDebit"]
    ending = {"idempotencyKey": "end", "autoDebitId": mandate["id"]}
    ended = (await run(REVOKE, input=ending))["revokeAutoDebit"]
    assert ended["underWay"] is None
    assert ended["explanation"] == "您已经关闭了自动扣款，以后不会再扣。到期的钱请自己还。"


async def test_a_mandate_is_its_borrowers_only(run: Run, world: World) -> None:
    mandate = (await agree(run, world))["autoDebit"]
    await outbox.drain()
    before = await stored()
    shown = await run(SHOW, loanId=world.loan.loan_id, caller=SOMEBODY_ELSE)
    assert shown == {"autoDebit": None}
    ending = {"idempotencyKey": "end", "autoDebitId": mandate["id"]}
    ended = (await run(REVOKE, input=ending, caller=SOMEBODY_ELSE))["revokeAutoDebit"]
    assert (ended["code"], ended["field"]) == ("NOT_FOUND", "input.autoDebitId")
    await run(TEXT, loanId=world.loan.loan_id, cap=1_000, caller=SOMEBODY_ELSE, fails=True)
    assert await stored() == before
    assert NODES["am"]


async def test_a_mandate_is_found_again_by_its_id(run: Run, world: World) -> None:
    mandate = (await agree(run, world))["autoDebit"]

    class Asked:
        context = Context(
            caller=BorrowerCaller(
                borrower_id=world.loan.borrower_id, session_id="ss00000abcdefghi"
            ),
            language="en",
            now=world.clock.now(),
            today=DUE,
        )

    info: Any = Asked()
    assert (await NODES["am"](info, mandate["id"])).id == mandate["id"]
    assert await NODES["am"](info, "am00000000000000") is None
