"""Phones with keys of their own, as tests hold them: they sign as the emulated phone does."""

import hashlib
from dataclasses import dataclass, replace

from app.commands.keystore import Keystore
from app.foundation import outbox
from app.foundation.caller import BorrowerCaller, SentRequest
from app.foundation.signatures import Purpose
from app.identity import operations, queries, rules
from app.identity.rules import devices
from tests.identity.conftest import MEI, Person

BODY = b'{"query": "mutation { repay }"}'


@dataclass(slots=True)
class Handset:
    """A phone whose key signs its owner in."""

    person: Person
    keystore: Keystore
    tokens: rules.SignedIn | rules.SessionTokens
    borrower_id: str
    device_id: str = ""

    async def caller(self) -> BorrowerCaller:
        """Return who the newest access token says is asking."""
        caller = await queries.caller_of(self.tokens.access_token, self.person.clock.now())
        assert isinstance(caller, BorrowerCaller)
        return caller

    def sent(
        self,
        body: bytes = BODY,
        *,
        purpose: Purpose = Purpose.PROOF,
        token: str | None = None,
        counter: int | None = None,
    ) -> SentRequest:
        """Sign a request, with the next counter unless one is given."""
        token = self.tokens.access_token if token is None else token
        if counter is not None:
            self.keystore.counter = counter - 1
        proof = self.keystore.proof(purpose, target="/graphql", body=body, token=token)
        return SentRequest(
            method="POST", target="/graphql", body_hash=hashlib.sha256(body).digest(), proof=proof
        )

    def sign_in_command(self, **changes: object) -> rules.SignInWithDevice:
        """Sign a sign-in for this moment, and change what the test wants changed after."""
        key = self.person.key()
        now = int(self.person.clock.now().timestamp())
        signed = self.keystore.sign_in(key, now)
        command = rules.SignInWithDevice(
            key_id=str(signed["keyId"]),
            counter=self.keystore.counter,
            signed_at=now,
            nonce=None,
            signature=devices.kept_bytes(str(signed["signature"])),
            idempotency_key=key,
        )
        return replace(command, **changes)

    async def sign_in(self) -> rules.SignedIn:
        """Sign in by the key."""
        self.tokens = await operations.sign_in_with_device(self.sign_in_command())
        return self.tokens

    def refresh_command(self, *, is_proven: bool = True) -> rules.RefreshSession:
        """Ask for the next tokens."""
        token = self.tokens.refresh_token
        sent = self.sent(purpose=Purpose.REFRESH, token=token) if is_proven else None
        return rules.RefreshSession(
            refresh_token=token, idempotency_key=self.person.key(), sent=sent
        )


async def enrollment(
    person: Person, signed_in: rules.SignedIn, keystore: Keystore, **changes: object
) -> rules.EnrollDevice:
    """Begin to add a phone, and sign what it is to send."""
    challenge = await operations.begin_device_enrollment(
        rules.BeginDeviceEnrollment(
            borrower_id=signed_in.borrower_id,
            session_id=signed_in.session_id,
            idempotency_key=person.key(),
        )
    )
    assert isinstance(challenge, rules.EnrollmentChallenge)
    written = keystore.enrollment(
        {
            "borrowerId": challenge.borrower_id,
            "sessionId": challenge.session_id,
            "challengeId": challenge.challenge_id,
            "challenge": devices.as_text(challenge.nonce),
        }
    )
    command = rules.EnrollDevice(
        borrower_id=signed_in.borrower_id,
        session_id=signed_in.session_id,
        challenge_id=challenge.challenge_id,
        kind=rules.DeviceKind.KEYSTORE,
        public_key=keystore.public_key,
        signature=devices.kept_bytes(str(written["signature"])),
        name="Redmi 9A",
        idempotency_key=person.key(),
    )
    return replace(command, **changes)


def new_keystore() -> Keystore:
    """Make a key."""
    keystore = Keystore()
    keystore.make_key()
    return keystore


async def add_phone(person: Person, signed_in: rules.SignedIn, **changes: object) -> Handset:
    """Add a phone in a session."""
    keystore = new_keystore()
    command = await enrollment(person, signed_in, keystore, **changes)
    enrolled = await operations.enroll_device(command)
    assert isinstance(enrolled, rules.EnrolledDevice)
    await outbox.drain()
    keystore.key_id = enrolled.key_id
    return Handset(person, keystore, signed_in, signed_in.borrower_id, enrolled.device_id)


async def handset_of(person: Person, phone: str = MEI) -> Handset:
    """Sign in by a code and add the phone."""
    return await add_phone(person, await person.sign_in(phone))
