"""One ledger for everything a borrower agrees to: it only grows, and what is taken back ends."""

import asyncio
from dataclasses import replace

from app.catalog import queries as catalog
from app.catalog.rules import Consent, PolicyBook
from app.foundation import outbox
from app.foundation.database import fetch
from app.foundation.paging import PageAsk
from app.foundation.text import LANGUAGES
from app.identity import queries as identity
from app.identity.rules.consents import ConsentAct, ConsentLine
from app.origination import queries as origination
from app.origination.ports import RecordKind
from app.origination.rules.consents import consents_asked
from app.privacy.errors import ConsentOnlyInApplication, ConsentWordsChanged
from app.privacy.operations.consents import (
    GiveStandingConsent,
    WithdrawConsent,
    give_standing_consent,
    withdraw_consent,
)
from app.privacy.rules.consents import purposes_of, sha256_of_words
from tests.origination.conftest import World, refused
from tests.privacy.conftest import Ask

JUN = "br00000jklmnopqr"
MARKETING = sha256_of_words(Consent.MARKETING, "zh-Hans", "")


def yes(borrower_id: str, key: str = "yes") -> GiveStandingConsent:
    return GiveStandingConsent(
        caller_id=borrower_id,
        purpose=Consent.MARKETING,
        text_sha256=MARKETING,
        idempotency_key=key,
    )


def no(
    borrower_id: str, purpose: Consent = Consent.MARKETING, *, recipient: str = "", key: str = "no"
) -> WithdrawConsent:
    return WithdrawConsent(
        caller_id=borrower_id, purpose=purpose, recipient=recipient, idempotency_key=key
    )


async def lines(borrower_id: str) -> list[ConsentLine]:
    page = await identity.consent_lines(borrower_id, PageAsk(first=100))
    return [line for _, line in page.items]


async def test_the_policy_knows_every_consent_by_the_words_that_are_read(world: World) -> None:
    book: PolicyBook = await catalog.policy_book(world.clock.now().date())
    for purpose in purposes_of(book):
        assert purpose.source
        for language in LANGUAGES:
            assert purpose.sha256_by_language[language] == sha256_of_words(purpose.kind, language)


async def test_an_application_and_the_borrower_write_one_ledger(world: World, phone: Ask) -> None:
    borrower_id, application_id = await world.complete()
    view = await origination.application(borrower_id, application_id)
    asked = {ask.key.kind for ask in consents_asked(view.offered)}
    given = await lines(borrower_id)
    assert {line.to.purpose for line in given} == {
        kind.value for kind in asked - {Consent.MARKETING}
    }
    assert {line.to.about for line in given} == {application_id}

    shown = {one["kind"]: one for one in await phone("consent_purposes", borrower_id)}
    assert set(shown) == {kind.value for kind in Consent}
    assert shown["CREDIT_QUERY"]["isStanding"]
    assert shown["CREDIT_QUERY"]["applicationIds"] == [application_id]
    assert not shown["MARKETING"]["isStanding"]

    told = await phone(
        "give_standing_consent",
        borrower_id,
        input={
            "purpose": "MARKETING",
            "textHash": shown["MARKETING"]["textHash"],
            "idempotencyKey": "k1",
        },
    )
    assert told["purpose"]["isStanding"], told
    assert await identity.has_consent(borrower_id, "MARKETING")
    assert not await identity.has_consent(JUN, "MARKETING")

    told = await phone(
        "withdraw_consent", borrower_id, input={"purpose": "MARKETING", "idempotencyKey": "k2"}
    )
    assert (told["wasStanding"], told["applicationsEnded"]) == (True, [])
    assert "马上停" in told["effect"]
    assert not await identity.has_consent(borrower_id, "MARKETING")

    page = await phone("consents", borrower_id, first=2)
    newest = [edge["node"] for edge in page["edges"]]
    assert [one["step"] for one in newest] == ["WITHDRAWN", "GIVEN"]
    assert newest[0]["textHash"] == newest[1]["textHash"] == shown["MARKETING"]["textHash"]
    assert page["pageInfo"]["hasNextPage"]
    stranger = await phone("consents", JUN, first=2)
    assert stranger["edges"] == []


async def test_the_ledger_only_grows_and_many_at_once_write_one_line(world: World) -> None:
    borrower_id = await world.borrower()
    before = await fetch("SELECT * FROM consent_line")
    await asyncio.gather(
        *(give_standing_consent(yes(borrower_id, f"yes-{number}")) for number in range(8))
    )
    given = await fetch("SELECT * FROM consent_line")
    assert len(given) == len(before) + 1
    await asyncio.gather(
        *(withdraw_consent(no(borrower_id, key=f"no-{number}")) for number in range(8))
    )
    taken = await fetch("SELECT * FROM consent_line")
    assert len(taken) == len(given) + 1
    for row in given:
        assert row in taken
    again = await withdraw_consent(no(borrower_id, key="no-0"))
    assert await withdraw_consent(no(borrower_id, key="no-0")) == again


async def test_what_is_not_agreed_to_word_for_word_is_not_agreed_to(world: World) -> None:
    borrower_id = await world.borrower()
    other = replace(yes(borrower_id), text_sha256="0" * 64)
    await refused(ConsentWordsChanged, give_standing_consent(other))
    needed = replace(
        yes(borrower_id),
        purpose=Consent.CREDIT_QUERY,
        text_sha256=sha256_of_words(Consent.CREDIT_QUERY, "zh-Hans", ""),
    )
    await refused(ConsentOnlyInApplication, give_standing_consent(needed))


async def test_data_whose_consent_is_taken_back_is_not_looked_at(world: World) -> None:
    borrower_id, application_id = await world.complete()
    await world.submit(borrower_id, application_id)
    done = await withdraw_consent(no(borrower_id, Consent.MOBILE_PAYMENT_DATA))
    assert done.was_standing
    assert done.applications_ended == ()
    await outbox.drain()
    assert world.bureau.kinds_asked == [RecordKind.COOPERATIVE, RecordKind.FARM, RecordKind.INCOME]
    assert await world.state(application_id) == "OFFERED"


async def test_what_an_application_needs_ends_it_before_the_signature_only(world: World) -> None:
    waiting, first = await world.complete()
    await world.submit(waiting, first)
    await withdraw_consent(no(waiting, Consent.CREDIT_QUERY))
    await outbox.drain()
    assert await world.state(first) == "ACTION_REQUIRED"
    assert world.bureau.asked == []

    decided, second = await world.decide("washing_machine_family")
    done = await withdraw_consent(no(decided, Consent.AUTOMATED_DECISION))
    assert done.applications_ended == (second,)
    assert await world.state(second) == "WITHDRAWN"

    signed, third = await world.sign("noodle_shop_owner")
    was = [line for line in await lines(signed) if line.act is ConsentAct.GIVEN]
    done = await withdraw_consent(no(signed, Consent.CREDIT_QUERY))
    assert done.was_standing
    assert done.applications_ended == ()
    assert await world.state(third) == "SIGNED"
    assert [line for line in await lines(signed) if line.act is ConsentAct.GIVEN] == was
