"""Applications are filled in in any order, and what is refused leaves everything as it was."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from app.catalog import queries as catalog
from app.catalog.errors import (
    AmountNotOffered,
    MonthsNotOffered,
    ProductNotOffered,
    RegionUnknown,
)
from app.catalog.rules import Consent
from app.foundation import outbox
from app.foundation.database import business_date, fetch
from app.foundation.errors import IdempotencyConflict, InvalidInput, NotFound
from app.foundation.paging import PageAsk
from app.identity import operations as identity
from app.identity import rules as identity_rules
from app.origination import operations, queries
from app.origination.errors import (
    ApplicationIncomplete,
    ConsentNotAsked,
    ConsentTextChanged,
    MissingItem,
    StepOutOfOrder,
    TooManyApplications,
)
from app.origination.events import ApplicationSubmitted
from app.origination.models import ApplicationRow, ConsentRow
from app.origination.rules import commands
from app.origination.rules.completeness import Merchant
from app.origination.rules.consents import CONSENT_VERSION, consent_text, consents_asked
from app.partners.errors import PartnerNotListed
from tests.origination.conftest import World, close_days, everything, refused


def save(
    world: World,
    borrower_id: str,
    application_id: str,
    **steps: Any,  # noqa: ANN401 - a step's own
) -> Awaitable[str]:
    return operations.save_application(
        commands.SaveApplication(
            borrower_id=borrower_id,
            idempotency_key=world.key(),
            application_id=application_id,
            **steps,
        )
    )


async def test_steps_may_come_in_any_order_one_at_a_time(world: World) -> None:
    borrower_id = await world.borrower()
    application_id = await world.start(borrower_id)
    await world.consent(borrower_id, application_id)
    for step in (
        {"debt_payments_fen": 0},
        {"purpose": "买肥料"},
        {"months": 12},
        {"monthly_income_fen": 450_000},
        {"amount_fen": 1_000_000},
    ):
        (standing,) = await queries.standings([application_id])
        assert standing.missing
        assert standing.next_step.value == "FILL_IN"
        await save(world, borrower_id, application_id, **step)
    (standing,) = await queries.standings([application_id])
    assert standing.missing == ()
    assert standing.next_step.value == "SUBMIT"
    (stated,) = await queries.statements_by_application([application_id])
    assert (stated.purpose, stated.monthly_income_fen, stated.debt_payments_fen) == (
        "买肥料",
        450_000,
        0,
    )


async def test_a_step_given_again_replaces_only_itself(world: World) -> None:
    borrower_id, application_id = await world.complete()
    await save(world, borrower_id, application_id, amount_fen=900_000)
    view = await queries.application(borrower_id, application_id)
    assert (view.amount_fen, view.months) == (900_000, 12)


async def test_the_same_key_begins_one_application(world: World) -> None:
    borrower_id = await world.borrower()
    offered = await catalog.offered_product("orchard_inputs", "610629", await business_date())
    command = commands.StartApplication(
        borrower_id=borrower_id,
        idempotency_key="once",
        product_id=offered.version_id,
        region_code="610629",
    )
    ids = await asyncio.gather(*(operations.start_application(command) for _ in range(20)))
    assert len(set(ids)) == 1
    page = await queries.applications_of(borrower_id, PageAsk())
    assert len(page.items) == 1
    await refused(
        IdempotencyConflict,
        operations.start_application(replace(command, region_code="320830")),
    )


async def test_what_cannot_be_borrowed_there_is_not_begun(world: World) -> None:
    borrower_id = await world.borrower()
    day = await business_date()
    orchard = await catalog.offered_product("orchard_inputs", "610629", day)
    command = commands.StartApplication(
        borrower_id=borrower_id,
        idempotency_key=world.key(),
        product_id=orchard.version_id,
        region_code="410225",
    )
    await refused(ProductNotOffered, operations.start_application(command))
    nowhere = replace(command, region_code="999999")
    await refused(RegionUnknown, operations.start_application(nowhere))
    unknown = replace(command, product_id="pr00000000000000")
    await refused(NotFound, operations.start_application(unknown))


async def test_nobody_has_more_than_five_open_applications(world: World) -> None:
    borrower_id = await world.borrower()
    ids = [await world.start(borrower_id) for _ in range(5)]
    refusal = await refused(TooManyApplications, world.start(borrower_id))
    assert refusal.open_max == 5
    await operations.withdraw_application(
        commands.WithdrawApplication(
            borrower_id=borrower_id, idempotency_key=world.key(), application_id=ids[0]
        )
    )
    await world.start(borrower_id)


async def test_twelve_phones_at_once_begin_five_applications(world: World) -> None:
    borrower_id = await world.borrower()
    results = await asyncio.gather(
        *(world.start(borrower_id) for _ in range(12)), return_exceptions=True
    )
    assert len([one for one in results if isinstance(one, str)]) == 5
    assert {type(one) for one in results} == {str, TooManyApplications}


async def test_old_drafts_do_not_count(world: World) -> None:
    borrower_id = await world.borrower()
    for _ in range(5):
        await world.start(borrower_id)
    world.clock.advance(timedelta(days=31))
    await close_days(31)
    await world.start(borrower_id)


@pytest.mark.parametrize(
    ("steps", "refusal"),
    [
        ({"amount_fen": 150_000}, AmountNotOffered),
        ({"amount_fen": 1_010_000}, AmountNotOffered),
        ({"amount_fen": 99_000_000}, AmountNotOffered),
        ({"amount_fen": -50_000}, AmountNotOffered),
        ({"months": 7}, MonthsNotOffered),
        ({"purpose": ""}, InvalidInput),
        ({"purpose": "买" * 61}, InvalidInput),
        ({"monthly_income_fen": -1}, InvalidInput),
        ({"debt_payments_fen": 10**12}, InvalidInput),
        ({"merchant": Merchant(name="商店", account="12345678")}, InvalidInput),
    ],
)
async def test_a_step_out_of_bounds_is_refused_and_changes_nothing(
    world: World, steps: dict[str, Any], refusal: type[Exception]
) -> None:
    borrower_id, application_id = await world.complete()
    await refused(refusal, save(world, borrower_id, application_id, **({"months": 9} | steps)))


async def test_an_amount_refused_says_what_is_lent_there(world: World) -> None:
    borrower_id, application_id = await world.complete()
    refusal = await refused(
        AmountNotOffered, save(world, borrower_id, application_id, amount_fen=1)
    )
    assert refusal.field == "input.amount"
    assert refusal.min_fen < refusal.max_fen


async def test_somebody_elses_application_is_not_there(world: World) -> None:
    _, application_id = await world.complete()
    other = await world.borrower("washing_machine_family")
    await refused(NotFound, save(world, other, application_id, months=12))
    await refused(NotFound, world.submit(other, application_id))
    await refused(NotFound, queries.application(other, application_id))


async def test_what_is_stated_is_sealed(world: World) -> None:
    _, application_id = await world.complete(
        "washing_machine_family", purpose="悄悄买的东西", monthly_income_fen=654_321
    )
    (row,) = await fetch("SELECT * FROM loan_application WHERE id = ?", [application_id])
    shown = repr(row)
    for secret in ("悄悄", "654321", "3208300012345678", "惠民"):
        assert secret not in shown
        assert secret.encode() not in b"".join(
            bytes(value) for value in row.values() if isinstance(value, bytes)
        )


async def test_a_consent_is_noted_with_the_words_agreed_to(world: World) -> None:
    borrower_id, application_id = await world.complete()
    view = await queries.application(borrower_id, application_id)
    (given,) = await queries.consents_by_application([application_id])
    bank = next(one for one in given if one.key.kind is Consent.SHARE_WITH_FUNDERS)
    ask = next(one for one in consents_asked(view.offered) if one.key == bank.key)
    assert bank.key.recipient == "hechuan_bank"
    assert bank.text_sha256 == consent_text(ask, "zh-Hans").sha256
    assert (bank.language, bank.version) == ("zh-Hans", CONSENT_VERSION)
    assert bank.given_at == world.clock.now()


async def test_a_consent_given_twice_stands_once(world: World) -> None:
    borrower_id, application_id = await world.complete()
    count = await ConsentRow.all().count()
    await world.consent(borrower_id, application_id)
    assert await ConsentRow.all().count() == count


async def test_a_consent_can_be_taken_back_until_the_application_is_handed_in(
    world: World,
) -> None:
    borrower_id, application_id = await world.complete()
    revoke = commands.RevokeConsent(
        borrower_id=borrower_id,
        idempotency_key=world.key(),
        application_id=application_id,
        kind=Consent.CREDIT_QUERY,
    )
    await operations.revoke_consent(revoke)
    await operations.revoke_consent(revoke)
    refusal = await refused(ApplicationIncomplete, world.submit(borrower_id, application_id))
    assert [(one.item, one.consent) for one in refusal.missing] == [
        (MissingItem.CONSENT, "CREDIT_QUERY")
    ]
    rows = await ConsentRow.filter(kind="CREDIT_QUERY")
    assert [row.revoked_at for row in rows] == [world.clock.now()]
    await world.consent(borrower_id, application_id)
    assert await ConsentRow.filter(kind="CREDIT_QUERY").count() == 2
    await world.submit(borrower_id, application_id)
    late = replace(revoke, idempotency_key=world.key(), kind=Consent.SHARE_WITH_FUNDERS)
    await refused(StepOutOfOrder, operations.revoke_consent(late))


async def test_a_consent_to_other_words_or_for_nobody_is_refused(world: World) -> None:
    borrower_id = await world.borrower()
    application_id = await world.start(borrower_id)
    give = commands.GiveConsent(
        borrower_id=borrower_id,
        idempotency_key=world.key(),
        application_id=application_id,
        kind=Consent.CREDIT_QUERY,
        text_sha256="0" * 64,
    )
    await refused(ConsentTextChanged, operations.give_consent(give))
    for wrong in (
        replace(give, kind=Consent.SHARE_WITH_GUARANTOR),
        replace(give, kind=Consent.SHARE_WITH_FUNDERS, recipient="yunling_bank"),
        replace(give, kind=Consent.CREDIT_QUERY, recipient="hechuan_bank"),
    ):
        await refused(ConsentNotAsked, operations.give_consent(wrong))


async def test_an_incomplete_application_lists_all_that_is_missing(world: World) -> None:
    borrower_id = await world.borrower()
    application_id = await world.start(borrower_id)
    refusal = await refused(ApplicationIncomplete, world.submit(borrower_id, application_id))
    assert [one.item for one in refusal.missing] == [
        MissingItem.AMOUNT,
        MissingItem.MONTHS,
        MissingItem.PURPOSE,
        MissingItem.MONTHLY_INCOME,
        MissingItem.DEBT_PAYMENTS,
        *[MissingItem.CONSENT] * 3,
    ]
    assert refusal.details() == {"count": 8}


async def test_without_a_profile_or_a_card_nothing_is_handed_in(world: World) -> None:
    asked = await identity.request_code(
        identity_rules.RequestCode(phone="13800138000", idempotency_key=world.key())
    )
    await outbox.drain()
    signed_in = await identity.verify_code(
        identity_rules.VerifyCode(
            challenge_id=asked.challenge_id,
            code=world.phone.code(),
            idempotency_key=world.key(),
        )
    )
    assert isinstance(signed_in, identity_rules.SignedIn)
    borrower_id = signed_in.borrower_id
    application_id = await world.start(borrower_id)
    await world.fill_in(borrower_id, application_id)
    await world.consent(borrower_id, application_id)
    refusal = await refused(ApplicationIncomplete, world.submit(borrower_id, application_id))
    assert [one.item for one in refusal.missing] == [MissingItem.PROFILE, MissingItem.BANK_CARD]


async def test_an_application_is_handed_in_once(world: World) -> None:
    borrower_id, application_id = await world.complete()
    command = commands.SubmitApplication(
        borrower_id=borrower_id, idempotency_key="once", application_id=application_id
    )
    await asyncio.gather(*(operations.submit_application(command) for _ in range(20)))
    facts = await fetch(
        "SELECT id FROM outbox_fact WHERE name = ?", [ApplicationSubmitted.__name__]
    )
    assert len(facts) == 1
    again = replace(command, idempotency_key="twice")
    refusal = await refused(StepOutOfOrder, operations.submit_application(again))
    assert refusal.state == "SUBMITTED"
    await refused(StepOutOfOrder, save(world, borrower_id, application_id, months=9))


async def test_an_idle_draft_is_over_after_thirty_days(world: World) -> None:
    borrower_id, application_id = await world.complete()
    world.clock.advance(timedelta(days=30))
    refusal = await refused(StepOutOfOrder, world.submit(borrower_id, application_id))
    assert refusal.state == "EXPIRED"
    await refused(StepOutOfOrder, save(world, borrower_id, application_id, months=9))


async def test_the_business_date_ends_a_draft_too(world: World) -> None:
    borrower_id, application_id = await world.complete()
    await close_days(30)
    await save(world, borrower_id, application_id, months=9)
    await close_days(1)
    await refused(StepOutOfOrder, save(world, borrower_id, application_id, months=12))


async def test_a_lender_off_the_list_lends_nothing(world: World) -> None:
    borrower_id = await world.borrower("noodle_shop_owner")
    day = await business_date()
    offered = await catalog.offered_product("guaranteed_stock", "410225", day)
    application_id = await operations.start_application(
        commands.StartApplication(
            borrower_id=borrower_id,
            idempotency_key=world.key(),
            product_id=offered.version_id,
            region_code="410225",
        )
    )
    await world.fill_in(
        borrower_id, application_id, "noodle_shop_owner", amount_fen=2_000_000, months=12
    )
    await world.consent(borrower_id, application_id)
    # Yunling Huimin Bank is on the list until 30 November 2028; the draft is given time until then.
    await ApplicationRow.filter(id=application_id).update(expires_on=date(2029, 12, 31))
    await close_days(750)
    refusal = await refused(PartnerNotListed, world.submit(borrower_id, application_id))
    assert refusal.partner_code == "yunling_bank"


async def test_withdrawing_ends_an_application_at_any_step_before_the_signature(
    world: World,
) -> None:
    borrower_id, application_id = await world.confirmed()
    command = commands.WithdrawApplication(
        borrower_id=borrower_id, idempotency_key="once", application_id=application_id
    )
    assert await operations.withdraw_application(command) == application_id
    assert await operations.withdraw_application(command) == application_id
    assert await world.state(application_id) == "WITHDRAWN"
    again = replace(command, idempotency_key="twice")
    refusal = await refused(StepOutOfOrder, operations.withdraw_application(again))
    assert refusal.state == "WITHDRAWN"


async def test_applications_are_paged_newest_first(world: World) -> None:
    borrower_id = await world.borrower()
    ids: list[str] = []
    for _ in range(4):
        ids.append(await world.start(borrower_id))
        world.clock.advance(timedelta(seconds=2))
    first = await queries.applications_of(borrower_id, PageAsk(first=3))
    assert [view.application_id for _, view in first.items] == ids[:0:-1]
    assert first.has_more
    rest = await queries.applications_of(borrower_id, PageAsk(first=3, after=first.items[-1][0]))
    assert [view.application_id for _, view in rest.items] == ids[:1]
    assert not rest.has_more


async def test_every_step_sent_again_gets_the_first_answer(world: World) -> None:
    borrower_id = await world.borrower()
    application_id = await world.start(borrower_id)
    view = await queries.application(borrower_id, application_id)
    ask = consents_asked(view.offered)[0]
    saved = commands.SaveApplication(
        borrower_id=borrower_id,
        idempotency_key="saved",
        application_id=application_id,
        amount_fen=1_000_000,
    )
    given = commands.GiveConsent(
        borrower_id=borrower_id,
        idempotency_key="given",
        application_id=application_id,
        kind=ask.key.kind,
        text_sha256=consent_text(ask, "en").sha256,
    )
    assert await operations.save_application(saved) == application_id
    assert await operations.give_consent(given) == application_id
    before = await everything()
    assert await operations.save_application(saved) == application_id
    assert await operations.give_consent(given) == application_id
    assert await everything() == before
