"""Numbers change hands, phones are lost, families share one: what evidence opens in practice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.adapters.registers import Knobs as RegisterKnobs
from app.adapters.registers import RegisterTwin
from app.foundation import outbox
from app.foundation.caller import BorrowerCaller, StaffCaller, StaffRole, Trust
from app.foundation.clock import FixedClock
from app.foundation.database import fetch
from app.foundation.errors import ContinuityNeeded, Forbidden, NotFound, RateLimited
from app.foundation.graphql import Context
from app.foundation.signatures import Purpose
from app.identity import operations, queries, rules
from app.identity.errors import (
    CodeExpired,
    ContinuityNotShown,
    IntentOver,
    NumberNotNew,
    OwnIdentification,
    PinLocked,
    WrongCode,
    WrongPin,
)
from app.identity.rules.commands import ApproveIntent, EnrollStaff
from app.identity.rules.continuity import KeySignature, NotMe, ProveContinuity, StartAfresh
from app.identity.rules.identifying import AskToBeIdentified, IdentificationState, Identify
from app.identity.rules.intents import Approval
from app.identity.rules.people import Language
from app.identity.rules.phones import BeginPhoneChange, ChangePhone, RequestPhoneCode
from app.identity.rules.pins import SetPin
from app.identity.rules.staffing import Signers
from tests.identity.conftest import LAN, MEI, MEI_E164, Person
from tests.identity.handsets import Handset, add_phone

PIN = "482915"


async def caller_of(person: Person, signed_in: rules.SignedIn) -> BorrowerCaller:
    caller = await queries.caller_of(signed_in.access_token, person.clock.now())
    assert isinstance(caller, BorrowerCaller)
    return caller


async def trust_of(person: Person, signed_in: rules.SignedIn) -> Trust:
    return (await caller_of(person, signed_in)).trust


async def set_pin(person: Person, borrower_id: str) -> None:
    await operations.set_pin(SetPin(borrower_id=borrower_id, pin=PIN, idempotency_key=person.key()))


async def prove(person: Person, signed_in: rules.SignedIn, **by: object) -> Trust | WrongPin:
    command = ProveContinuity(
        borrower_id=signed_in.borrower_id,
        session_id=signed_in.session_id,
        idempotency_key=person.key(),
    )
    return await operations.prove_continuity(replace(command, **by))


def spoken_for(handset: Handset, session_id: str, *, purpose: Purpose) -> KeySignature:
    """Let a phone sign for another session."""
    keystore = handset.keystore
    assert keystore.key_id is not None
    signed = KeySignature(key_id=keystore.key_id, counter=keystore.next_count(), signature=b"")
    return replace(signed, signature=keystore.sign(purpose, *signed.parts(session_id)))


async def test_a_new_number_is_trusted_at_once_and_nobody_asks_the_register(
    person: Person, register: RegisterTwin
) -> None:
    signed_in = await person.sign_in()

    assert await trust_of(person, signed_in) is Trust.FULL
    assert register.asked == 0


async def test_a_known_number_is_known_at_once_and_trusted_after_three_days(
    person: Person, register: RegisterTwin
) -> None:
    await person.sign_in()
    again = await person.sign_in_later()

    assert await trust_of(person, again) is Trust.KNOWN
    assert register.asked == 1
    view = await queries.recovery_of(await caller_of(person, again), person.clock.now())
    assert view.full_at == person.clock.now() + timedelta(hours=72)

    person.clock.advance(timedelta(hours=72))
    fresh = await operations.refresh_session(
        rules.RefreshSession(refresh_token=again.refresh_token, idempotency_key=person.key())
    )
    assert isinstance(fresh, rules.SessionTokens)
    later = await queries.caller_of(fresh.access_token, person.clock.now())
    assert isinstance(later, BorrowerCaller)
    assert later.trust is Trust.FULL


async def test_a_pin_set_meanwhile_stops_the_waiting(person: Person) -> None:
    first = await person.sign_in()
    again = await person.sign_in_later()
    await set_pin(person, first.borrower_id)

    person.clock.advance(timedelta(hours=72))
    fresh = await operations.refresh_session(
        rules.RefreshSession(refresh_token=again.refresh_token, idempotency_key=person.key())
    )
    assert isinstance(fresh, rules.SessionTokens)
    later = await queries.caller_of(fresh.access_token, person.clock.now())
    assert isinstance(later, BorrowerCaller)
    assert later.trust is Trust.KNOWN


@pytest.mark.parametrize("verdict", ["replaced", "unknown", "silent", "late"])
async def test_a_number_that_may_have_changed_hands_sees_nothing_older_than_itself(
    person: Person,
    register: RegisterTwin,
    clock: FixedClock,
    verdict: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = await person.sign_in()
    await person.complete(first.borrower_id)
    clock.advance(timedelta(days=1))
    if verdict == "replaced":
        register.give_away(MEI, clock.now())
    elif verdict == "unknown":
        register.forget(MEI)
    elif verdict == "silent":
        operations.ask_register(RegisterTwin(knobs=RegisterKnobs(failure_percent=100)))
    else:
        monkeypatch.setattr("app.identity.rules.recovery.REGISTER_TIMEOUT_SECONDS", 0.01)
        operations.ask_register(RegisterTwin(seed=1, knobs=RegisterKnobs(delay_seconds=60.0)))
    stranger = await person.sign_in_later()

    caller = await caller_of(person, stranger)
    assert caller.trust is Trust.CONTACT
    context = Context(caller=caller, language="zh-Hans", now=clock.now(), today=clock.now().date())
    with pytest.raises(ContinuityNeeded):
        _ = context.borrower_id
    shown = await queries.contact_view_of(caller)
    assert shown.masked_phone == "138****8000"
    assert shown.started_at == clock.now()

    clock.advance(timedelta(minutes=5))
    assert await trust_of(person, stranger) is Trust.CONTACT


async def test_a_stranger_who_comes_back_does_not_become_known_by_their_own_time(
    person: Person, register: RegisterTwin, clock: FixedClock
) -> None:
    await person.sign_in()
    clock.advance(timedelta(days=1))
    register.give_away(MEI, clock.now())
    await person.sign_in_later()

    again = await person.sign_in_later()

    assert await trust_of(person, again) is Trust.CONTACT


async def test_with_a_pin_the_number_needs_the_pin_and_five_wrong_ones_lock_it(
    person: Person,
) -> None:
    first = await person.sign_in()
    await set_pin(person, first.borrower_id)
    again = await person.sign_in_later()
    assert await trust_of(person, again) is Trust.CONTACT

    wrong = await prove(person, again, pin="918273")
    assert isinstance(wrong, WrongPin)
    assert await trust_of(person, again) is Trust.CONTACT
    assert await prove(person, again, pin=PIN) is Trust.FULL
    assert await trust_of(person, again) is Trust.FULL

    third = await person.sign_in_later()
    for _ in range(5):
        await prove(person, third, pin="918273")
    with pytest.raises(PinLocked):
        await prove(person, third, pin=PIN)
    assert await trust_of(person, third) is Trust.CONTACT


async def test_a_fingerprint_alone_moves_no_money_where_there_is_a_pin(person: Person) -> None:
    signed_in = await person.sign_in()
    handset = await add_phone(person, signed_in)
    assert (await trust_of(person, await handset.sign_in())) is Trust.FULL
    await set_pin(person, signed_in.borrower_id)

    by_finger = await handset.sign_in()

    assert await trust_of(person, by_finger) is Trust.KNOWN
    assert await prove(person, by_finger, pin=PIN) is Trust.FULL


async def test_an_old_phone_speaks_for_a_new_one_once_and_for_no_other(
    person: Person, register: RegisterTwin, clock: FixedClock
) -> None:
    first = await person.sign_in()
    handset = await add_phone(person, first)
    clock.advance(timedelta(days=1))
    register.give_away(MEI, clock.now())
    new = await person.sign_in_later()
    assert await trust_of(person, new) is Trust.CONTACT

    for wrong in (
        spoken_for(handset, "ss00000000000000", purpose=Purpose.CONTINUITY),
        spoken_for(handset, new.session_id, purpose=Purpose.SIGN_IN),
    ):
        with pytest.raises(ContinuityNotShown):
            await prove(person, new, device=wrong)
    signed = spoken_for(handset, new.session_id, purpose=Purpose.CONTINUITY)
    assert await prove(person, new, device=signed) is Trust.FULL
    with pytest.raises(ContinuityNotShown):
        await prove(person, new, device=signed)


async def test_the_refresh_token_of_before_counts_unless_it_is_over_copied_or_anothers(
    person: Person, register: RegisterTwin, clock: FixedClock
) -> None:
    first = await person.sign_in()
    clock.advance(timedelta(days=1))
    register.forget(MEI)
    new = await person.sign_in_later()
    other = await person.sign_in(LAN)

    for wrong in (new.refresh_token, other.refresh_token, "x", first.access_token):
        with pytest.raises(ContinuityNotShown):
            await prove(person, new, old_refresh_token=wrong)
    assert await trust_of(person, new) is Trust.CONTACT
    assert await prove(person, new, old_refresh_token=first.refresh_token) is Trust.KNOWN

    third = await person.sign_in_later()
    await operations.end_session(
        rules.EndSession(
            borrower_id=first.borrower_id,
            session_id=first.session_id,
            idempotency_key=person.key(),
        )
    )
    with pytest.raises(ContinuityNotShown):
        await prove(person, third, old_refresh_token=first.refresh_token)


async def test_whoever_begins_afresh_gets_the_number_and_nothing_of_who_had_it(
    person: Person, register: RegisterTwin, clock: FixedClock
) -> None:
    mei = await person.sign_in()
    await person.complete(mei.borrower_id)
    handset = await add_phone(person, mei)
    clock.advance(timedelta(days=1))
    register.give_away(MEI, clock.now())
    stranger = await person.sign_in_later()
    command = StartAfresh(
        borrower_id=stranger.borrower_id,
        session_id=stranger.session_id,
        language=Language.ZH_HANS,
        idempotency_key=person.key(),
    )

    fresh = await operations.start_afresh(command)

    assert await operations.start_afresh(command) == fresh
    assert fresh.borrower_id != mei.borrower_id
    assert await trust_of(person, fresh) is Trust.FULL
    assert (await queries.own_profile_of(fresh.borrower_id)).name is None
    assert (await queries.contact_of(fresh.borrower_id)).phone == MEI_E164
    assert await queries.is_number_stopped(mei.borrower_id)
    assert not await queries.is_number_stopped(fresh.borrower_id)
    kept = await queries.own_profile_of(mei.borrower_id)
    assert kept.name == "石宝塬"
    assert kept.masked.phone == "—"
    assert await trust_of(person, await handset.sign_in()) is Trust.FULL
    assert (await person.sign_in_later()).borrower_id == fresh.borrower_id


async def test_a_number_that_stayed_with_its_owner_is_not_taken_from_them(person: Person) -> None:
    mei = await person.sign_in()
    await set_pin(person, mei.borrower_id)
    sister = await person.sign_in_later()
    assert await trust_of(person, sister) is Trust.CONTACT

    for signed_in in (sister, mei):
        with pytest.raises(NumberNotNew):
            await operations.start_afresh(
                StartAfresh(
                    borrower_id=signed_in.borrower_id,
                    session_id=signed_in.session_id,
                    language=Language.ZH_HANS,
                    idempotency_key=person.key(),
                )
            )
    assert (await queries.contact_of(mei.borrower_id)).phone == MEI_E164


async def disown(person: Person, phone: str) -> WrongCode | None:
    asked = await person.ask(phone)
    return await operations.disown_number(
        NotMe(
            challenge_id=asked.challenge_id,
            code=person.phones.code(),
            idempotency_key=person.key(),
        )
    )


async def test_not_me_stops_messages_and_tells_nothing_about_the_number(
    person: Person, clock: FixedClock
) -> None:
    mei = await person.sign_in()
    clock.advance(timedelta(hours=4))

    known, unknown = await disown(person, MEI), await disown(person, LAN)

    assert known is None
    assert unknown is None
    assert await queries.is_number_stopped(mei.borrower_id)
    assert len(await fetch("SELECT id FROM borrower")) == 1
    assert len(await fetch("SELECT id FROM session")) == 1

    await person.sign_in_later()
    assert not await queries.is_number_stopped(mei.borrower_id)


async def test_a_wrong_code_stops_nothing_and_is_counted(person: Person) -> None:
    mei = await person.sign_in()
    person.clock.advance(timedelta(hours=4))
    asked = await person.ask()
    right = person.phones.code()
    wrong = "000000" if right != "000000" else "111111"

    answer = await operations.disown_number(
        NotMe(challenge_id=asked.challenge_id, code=wrong, idempotency_key=person.key())
    )

    assert isinstance(answer, WrongCode)
    assert answer.attempts_left == 4
    assert not await queries.is_number_stopped(mei.borrower_id)


SU = StaffCaller(staff_id="st00000000000001", session_id="sf1", role=StaffRole.SUPERVISOR)
HE = StaffCaller(staff_id="st00000000000002", session_id="sf2", role=StaffRole.SUPERVISOR)
AGENT = StaffCaller(staff_id="st00000000000003", session_id="sf3", role=StaffRole.AGENT)


async def identify(
    person: Person, caller: StaffCaller, identification_id: str, *, is_borrower: bool = True
) -> IdentificationState:
    said = await operations.identify_borrower(
        caller,
        Identify(
            staff_id=caller.staff_id,
            identification_id=identification_id,
            is_borrower=is_borrower,
            reason="视频核对了身份证和本人",
            idempotency_key=person.key(),
        ),
    )
    return said.state


async def test_two_supervisors_let_a_borrower_in_who_has_nothing_to_show(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_fresh(*_: object) -> None:
        return None

    monkeypatch.setattr("app.identity.operations.identifying.check_stepped_up", is_fresh)
    first = await person.sign_in()
    await set_pin(person, first.borrower_id)
    again = await person.sign_in_later()
    command = AskToBeIdentified(
        borrower_id=again.borrower_id,
        session_id=again.session_id,
        forgets_pin=True,
        idempotency_key=person.key(),
    )
    asked = await operations.ask_to_be_identified(command)
    assert await operations.ask_to_be_identified(command) == asked
    number = asked.identification_id

    with pytest.raises(Forbidden):
        await identify(person, AGENT, number)
    assert await operations.identifications_for(AGENT) is None
    assert await operations.identifications_for(SU) == [asked]
    assert await identify(person, SU, number) is IdentificationState.PROPOSED
    with pytest.raises(OwnIdentification):
        await identify(person, SU, number)
    assert await trust_of(person, again) is Trust.CONTACT
    assert await identify(person, HE, number) is IdentificationState.CONFIRMED

    assert await trust_of(person, again) is Trust.FULL
    assert not (await queries.pin_of(first.borrower_id)).is_set
    with pytest.raises(NotFound):
        await identify(person, HE, number)
    noted = await fetch("SELECT kind FROM audit_entry WHERE kind LIKE 'identification.%'")
    assert len(noted) == 3


async def test_a_question_to_staff_that_ran_out_or_says_something_else_makes_way_for_a_new_one(
    person: Person, clock: FixedClock
) -> None:
    signed_in = await person.sign_in()

    async def ask(*, forgets_pin: bool) -> str:
        command = AskToBeIdentified(
            borrower_id=signed_in.borrower_id,
            session_id=signed_in.session_id,
            forgets_pin=forgets_pin,
            idempotency_key=person.key(),
        )
        return (await operations.ask_to_be_identified(command)).identification_id

    first = await ask(forgets_pin=False)
    assert await ask(forgets_pin=False) == first
    second = await ask(forgets_pin=True)
    waiting = await operations.identifications_for(SU) or []
    assert [one.identification_id for one in waiting] == [second]
    clock.advance(timedelta(days=7))
    assert await operations.identifications_for(SU) == []
    third = await ask(forgets_pin=True)
    waiting = await operations.identifications_for(SU) or []
    assert [one.identification_id for one in waiting] == [third]

    asked = [await ask(forgets_pin=bool(number % 2)) for number in range(4)]
    with pytest.raises(RateLimited):
        await ask(forgets_pin=False)
    waiting = await operations.identifications_for(SU) or []
    assert [one.identification_id for one in waiting] == asked[-1:]


async def test_one_supervisor_who_says_no_ends_the_question(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_fresh(*_: object) -> None:
        return None

    monkeypatch.setattr("app.identity.operations.identifying.check_stepped_up", is_fresh)
    first = await person.sign_in()
    await set_pin(person, first.borrower_id)
    again = await person.sign_in_later()
    asked = await operations.ask_to_be_identified(
        AskToBeIdentified(
            borrower_id=again.borrower_id,
            session_id=again.session_id,
            forgets_pin=True,
            idempotency_key=person.key(),
        )
    )
    await identify(person, SU, asked.identification_id)

    refused = await identify(person, HE, asked.identification_id, is_borrower=False)

    assert refused is IdentificationState.REFUSED
    assert await trust_of(person, again) is Trust.CONTACT
    assert (await queries.pin_of(first.borrower_id)).is_set


NEW = "19900000021"


async def asked_to_move(person: Person, caller: BorrowerCaller, phone: str = NEW) -> ChangePhone:
    """Prove the new number and approve the change in words; return what is then sent."""
    opened = await operations.begin_phone_change(
        BeginPhoneChange(caller=caller, phone=phone, idempotency_key=person.key())
    )
    await outbox.drain()
    assert "199****0021" in opened.text
    wrong = await operations.approve_intent(
        ApproveIntent(
            caller=caller,
            approval=Approval(intent_id=opened.intent_id, code=person.phones.code()),
            idempotency_key=person.key(),
        )
    )
    assert wrong is None
    asked = await operations.request_phone_code(
        RequestPhoneCode(borrower_id=caller.borrower_id, phone=phone, idempotency_key=person.key())
    )
    await outbox.drain()
    return ChangePhone(
        caller=caller,
        challenge_id=asked.challenge_id,
        code=person.phones.code(),
        approval=Approval(intent_id=opened.intent_id),
        idempotency_key=person.key(),
    )


async def test_a_new_number_is_proven_approved_told_to_the_old_one_and_holds_money(
    person: Person, clock: FixedClock
) -> None:
    mei = await person.sign_in()
    command = await asked_to_move(person, await caller_of(person, mei))

    assert await operations.change_phone(command) is None
    assert await operations.change_phone(command) is None
    await outbox.drain()

    to, told = person.phones.texts[-1]
    assert to == MEI_E164
    assert "换了手机号" in told
    assert "#" not in told
    assert (await queries.contact_of(mei.borrower_id)).phone == f"+86{NEW}"
    assert await queries.is_disbursement_frozen(mei.borrower_id)
    assert await queries.frozen_borrower_ids() == [mei.borrower_id]
    kinds = {row["kind"] for row in await fetch("SELECT kind FROM audit_entry")}
    assert {"phone.changed", "disbursement.delayed", "intent.spent"} <= kinds

    clock.advance(timedelta(hours=72))
    assert not await queries.is_disbursement_frozen(mei.borrower_id)
    again = await person.sign_in(NEW)
    assert again.borrower_id == mei.borrower_id
    assert (await person.sign_in_later()).borrower_id != mei.borrower_id


async def test_no_number_is_changed_without_full_trust_its_code_and_its_approval(
    person: Person,
) -> None:
    mei = await person.sign_in()
    lan = await person.sign_in(LAN)
    caller = await caller_of(person, mei)
    known = replace(caller, trust=Trust.KNOWN)
    with pytest.raises(ContinuityNeeded):
        await operations.begin_phone_change(
            BeginPhoneChange(caller=known, phone=NEW, idempotency_key=person.key())
        )
    command = await asked_to_move(person, caller)
    key = person.key()
    wrong_code = "000000" if command.code != "000000" else "111111"

    wrong = await operations.change_phone(replace(command, code=wrong_code, idempotency_key=key))
    assert isinstance(wrong, WrongCode)
    with pytest.raises(IntentOver):
        approval = Approval(intent_id="in00000000000000")
        await operations.change_phone(
            replace(command, approval=approval, idempotency_key=person.key())
        )
    with pytest.raises(CodeExpired):
        other = await caller_of(person, lan)
        await operations.change_phone(replace(command, caller=other, idempotency_key=person.key()))
    with pytest.raises(ContinuityNeeded):
        await operations.change_phone(replace(command, caller=known, idempotency_key=person.key()))
    assert (await queries.contact_of(mei.borrower_id)).phone == MEI_E164
    assert not await queries.is_disbursement_frozen(mei.borrower_id)


async def test_what_a_supervisor_said_who_left_is_said_by_two_others(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_fresh(*_: object) -> None:
        return None

    monkeypatch.setattr("app.identity.operations.identifying.check_stepped_up", is_fresh)
    leaver, *staying = [
        await operations.enroll_staff(
            EnrollStaff(name=name, password="rice-tea-orchard-well", role=role)
        )
        for name, role in (
            ("li.leaver", StaffRole.SUPERVISOR),
            ("he.chief", StaffRole.SUPERVISOR),
            ("wu.chief", StaffRole.DIRECTOR),
        )
    ]
    first = await person.sign_in()
    await set_pin(person, first.borrower_id)
    again = await person.sign_in_later()
    command = AskToBeIdentified(
        borrower_id=again.borrower_id,
        session_id=again.session_id,
        forgets_pin=False,
        idempotency_key=person.key(),
    )
    number = (await operations.ask_to_be_identified(command)).identification_id
    said = replace(SU, staff_id=leaver.staff_id)
    assert await identify(person, said, number) is IdentificationState.PROPOSED
    chief, second = [one.staff_id for one in staying]
    await operations.end_staff("li.leaver", Signers(first_id=chief, second_id=second))
    noted = await fetch("SELECT about FROM audit_entry WHERE kind = 'staff.proposal_withdrawn'")
    assert [number in str(one["about"]) for one in noted] == [True]
    assert await identify(person, SU, number) is IdentificationState.PROPOSED
    assert await trust_of(person, again) is Trust.CONTACT
    assert await identify(person, HE, number) is IdentificationState.CONFIRMED
