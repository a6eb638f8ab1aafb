"""A phone goes the whole way over the graph, and every refusal is a typed problem."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from app.catalog import queries as catalog
from app.foundation import outbox
from app.foundation.database import business_date
from app.origination import operations
from tests.origination.conftest import World, everything
from tests.origination.graphql.conftest import Ask

STATE = "... on StepOutOfOrderProblem { state }"
APPLICATION = "application { id state stateWords nextStep }"


def mutation(name: str, success: str, problems: str = STATE) -> str:
    kind = name[0].upper() + name[1:]
    return (
        f"mutation M($input: {kind}Input!) {{ {name}(input: $input) {{ __typename"
        f" ... on {kind}Success {{ {success} }}"
        f" ... on Problem {{ code field message }} {problems} }} }}"
    )


START = mutation("startApplication", APPLICATION, "")
SAVE = mutation(
    "saveApplication",
    "application { id amount months purpose monthlyIncome debtPayments"
    " merchant { name accountTail } missing { kind message } nextStep }",
    f"{STATE} ... on AmountNotOfferedProblem {{ minimum maximum step }}",
)
CONSENTS = """query Q($id: ID!) { application(id: $id) {
  missing { kind consent recipient message }
  consents { kind recipient recipientName isRequired title text textHash givenAt } } }"""
GIVE = mutation("giveConsent", "application { id missing { kind consent } }")
REVOKE = mutation("revokeConsent", "application { id missing { kind consent } }")
SUBMIT = mutation(
    "submitApplication",
    APPLICATION,
    f"{STATE} ... on ApplicationIncompleteProblem"
    " { missing { kind consent recipient message } }",
)
OFFERS = """query Q($id: ID!) { application(id: $id) {
  state stateWords nextStep acceptedOfferId loanId submittedAt expiresAt regionCode
  product { code name }
  decision { id outcome isReviewed limit reasons { code words whatWouldChangeIt } decidedAt }
  offers { id kind amount months method annualRate firstPayment largestPayment totalInterest
    totalFees total annualizedCost installments { number dueOn principal interest fees total }
    lenders { code name share } expiresAt }
  certificate { hash confirmedAt questions { isAnswered } } agreement { id hash signedAt }
  purpose monthlyIncome } }"""
ACCEPT = mutation("acceptOffer", f"{APPLICATION[:-2]} acceptedOfferId }}")
CERTIFICATE = """title hash canonicalJson principal months contractRate totalCost total
  annualizedCost annualizedCostCompound nothingElse planHash agreementHash openedAt confirmedAt
  readingSeconds
  items { code name method annualized collectedBy amount }
  ifLate { code name method annualized graceDays exampleDays exampleAmount }
  questions { kind text isAnswered choices { key text } }"""
OPEN = mutation("openCertificate", f"{APPLICATION} certificate {{ {CERTIFICATE} }}")
ANSWER = mutation(
    "answerComprehension", f"{APPLICATION} isUnderstood answers {{ kind isRight explanation }}"
)
CONFIRM = mutation(
    "confirmCost",
    APPLICATION,
    f"{STATE} ... on ReadingTimeNotOverProblem {{ secondsLeft }}"
    " ... on ComprehensionMissingProblem { questionsLeft }",
)
BEGIN = mutation(
    "beginSignature",
    f"{APPLICATION} agreement {{ id text hash signedAt }}"
    " intent { id text means needsPin maskedPhone expiresAt resendAfterSeconds }",
    f"{STATE} ... on PersonLimitExceededProblem {{ limit left }}",
)
SIGN = mutation("signAgreement", APPLICATION, f"{STATE} ... on WrongCodeProblem {{ attemptsLeft }}")
WITHDRAW = mutation("withdrawApplication", APPLICATION)


async def started(world: World, ask: Ask, borrower_id: str, persona: str) -> str:
    told = world.persona(persona)
    region = told["identity"]["region_code"]
    offered = await catalog.offered_product(told["wish"]["product"], region, await business_date())
    data = await ask(
        START,
        borrower_id,
        input={
            "productId": offered.version_id,
            "regionCode": region,
            "idempotencyKey": world.key(),
        },
    )
    result = data["startApplication"]
    assert result["__typename"] == "StartApplicationSuccess"
    return result["application"]["id"]


class Caller:
    """A borrower with an application, asking again and again."""

    def __init__(self, world: World, ask: Ask, borrower_id: str, application_id: str) -> None:
        self.world, self.ask = world, ask
        self.borrower_id, self.application_id = borrower_id, application_id

    async def do(self, document: str, *, language: str = "zh-Hans", **more: object) -> Any:  # noqa: ANN401 - an answer's data
        """Send a mutation about the application with a fresh key."""
        given: dict[str, object] = {
            "applicationId": self.application_id,
            "idempotencyKey": self.world.key(),
        }
        wanted = {key: value for key, value in (given | more).items() if value is not None}
        data = await self.ask(document, self.borrower_id, language=language, input=wanted)
        (answer,) = data.values()
        return answer

    async def see(self, document: str, *, language: str = "zh-Hans") -> Any:  # noqa: ANN401 - an answer's data
        """Look at the application."""
        data = await self.ask(document, self.borrower_id, language=language, id=self.application_id)
        return data["application"]


async def begun(world: World, ask: Ask, persona: str = "orchard_farmer") -> Caller:
    borrower_id = await world.borrower(persona)
    return Caller(world, ask, borrower_id, await started(world, ask, borrower_id, persona))


async def test_a_phone_goes_from_a_wish_to_a_loan(world: World, ask: Ask) -> None:
    me = await begun(world, ask)
    await hand_in(me)
    decided = await me.see(OFFERS)
    assert decided["decision"]["outcome"] == "APPROVE"
    assert (decided["certificate"], decided["agreement"]) == (None, None)
    assert (decided["stateWords"], decided["nextStep"]) == ("已批，待选方案", "CHOOSE_OFFER")
    assert [offer["kind"] for offer in decided["offers"]] == ["ASKED", "SHORTER", "LESS"]
    first = decided["offers"][0]
    assert sum(row["total"] for row in first["installments"]) == first["total"]
    assert [lender["share"] for lender in first["lenders"]] == ["0.7", "0.3"]
    accepted = await me.do(ACCEPT, applicationId=None, offerId=first["id"])
    assert accepted["application"]["acceptedOfferId"] == first["id"]
    assert accepted["application"]["nextStep"] == "READ_COST"
    opened = await me.do(OPEN)
    certificate = opened["certificate"]
    assert hashlib.sha256(certificate["canonicalJson"].encode()).hexdigest() == certificate["hash"]
    assert certificate["readingSeconds"] == 10
    assert certificate["total"] == first["total"]
    assert opened["application"]["nextStep"] == "ANSWER_QUESTIONS"
    answered = await answer_all(me, certificate, right=True)
    assert answered["isUnderstood"]
    assert answered["application"]["nextStep"] == "CONFIRM_COST"
    world.clock.advance(timedelta(seconds=10))
    confirmed = await me.do(CONFIRM, certificateHash=certificate["hash"])
    assert confirmed["application"]["nextStep"] == "SIGN"
    begun_now = await me.do(BEGIN)
    await outbox.drain()
    agreement = begun_now["agreement"]
    assert hashlib.sha256(agreement["text"].encode()).hexdigest() == agreement["hash"]
    assert agreement["hash"] == certificate["agreementHash"]
    intent = begun_now["intent"]
    assert (intent["means"], intent["maskedPhone"]) == ("CODE", "199****0001")
    approval = {"intentId": intent["id"], "code": world.phone.code()}
    signed = await me.do(SIGN, textHash=agreement["hash"], approval=approval)
    assert signed["application"]["state"] == "SIGNED"
    await outbox.drain()
    await operations.accept_disbursement_notice(await world.notice(me.application_id))
    booked = await me.see(OFFERS)
    assert (booked["state"], booked["nextStep"]) == ("BOOKED", "SEE_LOAN")
    assert booked["loanId"].startswith("ln")
    assert booked["certificate"]["hash"] == certificate["hash"]
    assert all(question["isAnswered"] for question in booked["certificate"]["questions"])
    assert booked["agreement"]["hash"] == agreement["hash"]
    assert booked["agreement"]["signedAt"] is not None


async def hand_in(me: Caller) -> None:
    saved = await me.do(
        SAVE,
        amount=1_500_000,
        months=12,
        purpose="买肥料和果袋",
        monthlyIncome=550_000,
        debtPayments=0,
    )
    application = saved["application"]
    assert application["amount"] == 1_500_000
    assert (application["monthlyIncome"], application["debtPayments"]) == (550_000, 0)
    assert application["merchant"] is None
    assert {one["kind"] for one in application["missing"]} == {"CONSENT"}
    shown = await me.see(CONSENTS)
    for consent in shown["consents"]:
        words = f"{consent['title']}\n{consent['text']}".encode()
        assert consent["textHash"] == hashlib.sha256(words).hexdigest()
        if consent["kind"] != "MARKETING":
            given = await me.do(
                GIVE,
                kind=consent["kind"],
                recipient=consent["recipient"],
                textHash=consent["textHash"],
            )
            assert given["__typename"] == "GiveConsentSuccess"
    handed_in = await me.do(SUBMIT)
    assert handed_in["application"]["nextStep"] == "WAIT_FOR_DECISION"
    await outbox.drain()


async def answer_all(me: Caller, certificate: dict[str, Any], *, right: bool) -> Any:  # noqa: ANN401 - an answer's data
    view = await me.world.certificate(me.application_id)
    keys = {question.kind.value: question.right_key for question in view.questions}
    answers = [
        {
            "question": question["kind"],
            "choice": next(
                choice["key"]
                for choice in question["choices"]
                if (choice["key"] == keys[question["kind"]]) is right
            ),
        }
        for question in certificate["questions"]
    ]
    return await me.do(ANSWER, certificateHash=certificate["hash"], answers=answers)


async def test_a_phone_in_english_reads_english(world: World, ask: Ask) -> None:
    me = await begun(world, ask)
    shown = await me.see(CONSENTS, language="en")
    assert shown["missing"][0]["message"] == "Choose how much to borrow."
    assert shown["missing"][-1]["message"].endswith("Share with Hechuan Rural Commercial Bank")
    assert shown["consents"][0]["title"] == "Ask the credit bureau"
    bank = next(one for one in shown["consents"] if one["recipient"] == "hechuan_bank")
    assert bank["recipientName"] == "Hechuan Rural Commercial Bank"
    given = await me.do(
        GIVE, language="en", kind=bank["kind"], recipient="hechuan_bank", textHash=bank["textHash"]
    )
    assert given["__typename"] == "GiveConsentSuccess"


async def test_a_merchant_is_shown_by_name_and_tail(world: World, ask: Ask) -> None:
    me = await begun(world, ask, "washing_machine_family")
    saved = await me.do(SAVE, merchant={"name": "盱眙惠民家电城", "account": "3208300012345678"})
    assert saved["application"]["merchant"] == {"name": "盱眙惠民家电城", "accountTail": "5678"}
    refused = await me.do(SAVE, merchant={"name": "店", "account": "12"})
    assert (refused["code"], refused["field"]) == ("INVALID_INPUT", "input.merchant.account")


async def test_what_is_missing_is_listed_with_words(world: World, ask: Ask) -> None:
    me = await begun(world, ask)
    before = await everything()
    problem = await me.do(SUBMIT)
    assert problem["__typename"] == "ApplicationIncompleteProblem"
    assert [one["kind"] for one in problem["missing"]] == [
        "AMOUNT",
        "MONTHS",
        "PURPOSE",
        "MONTHLY_INCOME",
        "DEBT_PAYMENTS",
        "CONSENT",
        "CONSENT",
        "CONSENT",
    ]
    assert problem["missing"][-1] == {
        "kind": "CONSENT",
        "consent": "SHARE_WITH_FUNDERS",
        "recipient": "hechuan_bank",
        "message": "还需要您同意：把申请信息给禾川农村商业银行",
    }
    assert problem["message"] == "还差 8 项没有填好，补上就能提交。"
    assert await everything() == before


async def test_problems_carry_what_a_phone_needs(world: World, ask: Ask) -> None:
    me = await begun(world, ask)
    amount = await me.do(SAVE, amount=1)
    assert amount["__typename"] == "AmountNotOfferedProblem"
    assert (amount["field"], amount["step"]) == ("input.amount", 50_000)
    months = await me.do(SAVE, months=7)
    assert (months["code"], months["field"]) == ("MONTHS_NOT_OFFERED", "input.months")
    early = await me.do(OPEN)
    assert early["__typename"] == "StepOutOfOrderProblem"
    assert (early["state"], early["message"]) == (
        "DRAFT",
        "申请还没有提交。请先把要填的填好，再提交。",
    )
    consent = await me.do(REVOKE, kind="SHARE_WITH_GUARANTOR", recipient="nobody")
    assert consent["code"] == "CONSENT_NOT_ASKED"
    revoked = await me.do(REVOKE, kind="CREDIT_QUERY")
    assert revoked["__typename"] == "RevokeConsentSuccess"


async def test_the_cost_is_confirmed_only_when_read_and_understood(world: World, ask: Ask) -> None:
    borrower_id, application_id = await world.decide()
    me = Caller(world, ask, borrower_id, application_id)
    await world.accept(borrower_id, application_id)
    view = await world.certificate(application_id)
    unread = await me.do(CONFIRM, certificateHash=view.sha256)
    assert unread["code"] == "CERTIFICATE_NOT_OPENED"
    opened = await me.do(OPEN)
    hasty = await me.do(CONFIRM, certificateHash=view.sha256)
    assert (hasty["__typename"], hasty["secondsLeft"]) == ("ReadingTimeNotOverProblem", 10)
    world.clock.advance(timedelta(seconds=10))
    wrong = await answer_all(me, opened["certificate"], right=False)
    assert [one["isRight"] for one in wrong["answers"]] == [False] * 3
    assert all(one["explanation"] for one in wrong["answers"])
    assert not wrong["isUnderstood"]
    unclear = await me.do(CONFIRM, certificateHash=view.sha256)
    assert unclear["__typename"] == "ComprehensionMissingProblem"
    assert unclear["questionsLeft"] == ["NEXT_PAYMENT", "TOTAL", "LATE"]
    changed = await me.do(CONFIRM, certificateHash="0" * 64)
    assert (changed["code"], changed["field"]) == (
        "CERTIFICATE_CHANGED",
        "input.certificateHash",
    )


@pytest.mark.parametrize("count", [0, 2, 4])
async def test_answers_are_one_to_three_each_question_once(
    world: World, ask: Ask, count: int
) -> None:
    borrower_id, application_id = await world.decide()
    await world.accept(borrower_id, application_id)
    await world.open(borrower_id, application_id)
    me = Caller(world, ask, borrower_id, application_id)
    answers = [{"question": "TOTAL", "choice": "x"}] * count
    refused = await me.do(ANSWER, certificateHash="0" * 64, answers=answers)
    assert (refused["code"], refused["field"]) == ("INVALID_INPUT", "input.answers")


async def test_a_wrong_code_says_how_many_guesses_are_left(world: World, ask: Ask) -> None:
    borrower_id, application_id = await world.confirmed()
    me = Caller(world, ask, borrower_id, application_id)
    begun_now = await me.do(BEGIN)
    await outbox.drain()
    wrong = f"{(int(world.phone.code()) + 1) % 1_000_000:06d}"
    approval = {"intentId": begun_now["intent"]["id"], "code": wrong}
    problem = await me.do(SIGN, textHash=begun_now["agreement"]["hash"], approval=approval)
    assert (problem["__typename"], problem["attemptsLeft"]) == ("WrongCodeProblem", 4)
    approval["code"] = world.phone.code()
    changed = await me.do(SIGN, textHash="0" * 64, approval=approval)
    assert changed["code"] == "AGREEMENT_CHANGED"


async def test_the_limit_of_one_person_is_shown_in_fen(world: World, ask: Ask) -> None:
    borrower_id, application_id = await world.confirmed()
    await world.reserve_elsewhere(borrower_id, 19_000_000)
    problem = await Caller(world, ask, borrower_id, application_id).do(BEGIN)
    assert problem["__typename"] == "PersonLimitExceededProblem"
    assert (problem["limit"], problem["left"]) == (20_000_000, 1_000_000)


async def test_a_phone_may_take_it_all_back(world: World, ask: Ask) -> None:
    me = await begun(world, ask)
    taken_back = await me.do(WITHDRAW)
    assert taken_back["application"]["state"] == "WITHDRAWN"
    again = await me.do(WITHDRAW)
    assert (again["__typename"], again["state"]) == ("StepOutOfOrderProblem", "WITHDRAWN")
    assert again["message"] == "这份申请已经撤回，您不欠任何钱。需要时可以重新申请。"


async def test_a_region_or_product_that_is_not_there_is_named(world: World, ask: Ask) -> None:
    me = await world.borrower("orchard_farmer")
    on = await business_date()
    product = (await catalog.offered_product("orchard_inputs", "610629", on)).version_id
    before = await everything()
    for given, code, field in (
        ({"regionCode": "999999"}, "REGION_UNKNOWN", "input.regionCode"),
        ({"regionCode": "410225"}, "PRODUCT_NOT_OFFERED", "input.productId"),
    ):
        wish = {"productId": product, "idempotencyKey": world.key()} | given
        problem = (await ask(START, me, input=wish))["startApplication"]
        assert (problem["code"], problem["field"]) == (code, field)
    assert await everything() == before


EVERY_INPUT = {
    START: {"productId": "pr00000000000000", "regionCode": "610629"},
    SAVE: {"months": 12},
    GIVE: {"kind": "CREDIT_QUERY", "textHash": "0" * 64},
    REVOKE: {"kind": "CREDIT_QUERY"},
    SUBMIT: {},
    ACCEPT: {"offerId": "of00000000000000"},
    OPEN: {},
    ANSWER: {
        "certificateHash": "0" * 64,
        "answers": [{"question": "TOTAL", "choice": "x"}],
    },
    CONFIRM: {"certificateHash": "0" * 64},
    BEGIN: {},
    SIGN: {"textHash": "0" * 64, "approval": {"intentId": "in00000000000000"}},
    WITHDRAW: {},
}


@pytest.mark.parametrize("document", EVERY_INPUT, ids=lambda document: document.split("(")[1][:30])
async def test_every_step_is_closed_to_strangers(world: World, ask: Ask, document: str) -> None:
    """Nobody signed in, somebody else's application, and a malformed id are typed problems."""
    _, application_id = await world.complete()
    other = await world.borrower("washing_machine_family")
    given = dict(EVERY_INPUT[document])
    if document not in {START, ACCEPT}:
        given["applicationId"] = application_id
    given["idempotencyKey"] = "key-of-a-stranger"
    before = await everything()
    (nobody,) = (await ask(document, input=given)).values()
    (somebody,) = (await ask(document, other, input=given)).values()
    named = next(key for key in ("applicationId", "productId", "offerId") if key in given)
    (malformed,) = (await ask(document, other, input=given | {named: "x' OR 1=1"})).values()
    assert nobody["code"] == "UNAUTHENTICATED"
    assert (somebody["code"], somebody["field"]) == ("NOT_FOUND", f"input.{named}")
    assert (malformed["code"], malformed["field"]) == ("INVALID_INPUT", f"input.{named}")
    assert await everything() == before


NODE = "query N($id: ID!) { node(id: $id) { __typename id } application(id: $id) { id } }"
PAGE = """query P($first: Int, $after: String) { applications(first: $first, after: $after) {
  edges { cursor node { id missing { kind } nextStep } } pageInfo { hasNextPage endCursor } } }"""


async def test_an_application_is_a_node_of_its_borrower_only(world: World, ask: Ask) -> None:
    borrower_id, application_id = await world.complete()
    other = await world.borrower("washing_machine_family")
    mine = await ask(NODE, borrower_id, id=application_id)
    assert mine["node"] == {"__typename": "LoanApplication", "id": application_id}
    for stranger in (other, None):
        theirs = await ask(NODE, stranger, id=application_id)
        assert theirs == {"node": None, "application": None}


async def test_applications_are_paged(world: World, ask: Ask) -> None:
    borrower_id = await world.borrower()
    ids: list[str] = []
    for _ in range(3):
        ids.append(await world.start(borrower_id))
        world.clock.advance(timedelta(seconds=2))
    page = (await ask(PAGE, borrower_id, first=2))["applications"]
    assert [edge["node"]["id"] for edge in page["edges"]] == [ids[2], ids[1]]
    after = page["pageInfo"]["endCursor"]
    rest = (await ask(PAGE, borrower_id, first=2, after=after))["applications"]
    assert [edge["node"]["id"] for edge in rest["edges"]] == [ids[0]]
    assert not rest["pageInfo"]["hasNextPage"]
    assert (await ask(PAGE))["applications"] is None
