"""A maker's certificates raise a key's level only if every link says so."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from app.foundation.signatures import (
    Authenticators,
    Level,
    Purpose,
    Reason,
    SignatureRefused,
    challenge_of,
    signed_message,
)
from app.foundation.signatures.attestation import ANDROID_ROOTS, level_described
from tests.foundation.signatures.devices import PARTY, Keystore, Program, rsa_key
from tests.foundation.signatures.makers import NOW, Maker, der, description, number

MESSAGE = signed_message(Purpose.ENROLL, b"challenge 1")
CHALLENGE = challenge_of(MESSAGE)
MAKER, PHONE = Maker(), Keystore()
PORT = Authenticators(PARTY, android_roots=frozenset({MAKER.root_key}))


def chain_of(maker: Maker = MAKER, **said: Any) -> list[bytes]:  # noqa: ANN401 - see description
    return maker.chain(PHONE.private.public_key(), description(CHALLENGE, **said))


def refusal_of(chain: list[bytes], port: Authenticators = PORT) -> Reason:
    with pytest.raises(SignatureRefused) as refused:
        port.attest(PHONE.key, MESSAGE, chain, NOW)
    return refused.value.reason


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ({}, Level.ATTESTED),
        ({"level": 2}, Level.STRONG),
        ({"level": 2, "keymaster": 1}, Level.ATTESTED),
        ({"level": 0}, Level.SOFTWARE),
        ({"level": 1, "keymaster": 0}, Level.SOFTWARE),
        ({"purposes": (2, 3)}, Level.ATTESTED),
        ({"locked": b"\0"}, Level.UNVERIFIED),  # an open boot loader
        ({"boot": 1}, Level.UNVERIFIED),  # software that its owner signed
    ],
)
def test_a_level_is_what_the_maker_says_it_is(said: dict[str, Any], level: Level) -> None:
    assert PORT.attest(PHONE.key, MESSAGE, chain_of(**said), NOW) is level


@pytest.mark.parametrize(
    "said",
    [
        {"origin": 2},  # put in from outside
        {"purposes": (0, 2)},  # decrypts as well
        {"purposes": (3,)},
        {"purposes": ()},
        {"hardware": der(b"\xbf\x83\x77", b"\x05\0")},  # usable without its owner
        {"software": der(b"\xbf\x83\x77", b"\x05\0")},
    ],
)
def test_a_key_that_anybody_may_use_or_that_came_from_outside_is_not_attested(
    said: dict[str, Any],
) -> None:
    assert refusal_of(chain_of(**said)) is Reason.UNTRUSTED


def test_a_chain_to_another_root_is_not_trusted() -> None:
    assert refusal_of(chain_of(Maker())) is Reason.UNTRUSTED
    assert refusal_of(chain_of(), Authenticators(PARTY)) is Reason.UNTRUSTED
    assert len(ANDROID_ROOTS) == 2  # Google's RSA and P-384 keys; four roots were made of them


def test_a_chain_with_a_false_link_is_not_trusted() -> None:
    good, other = chain_of(), chain_of(Maker(root=MAKER.root))
    assert refusal_of([good[0], other[1], good[2]]) is Reason.UNTRUSTED
    assert refusal_of([good[0], good[2]]) is Reason.UNTRUSTED
    for no_authority in (False, None):
        maker = Maker(root=MAKER.root, authority_is_one=no_authority)
        assert refusal_of(chain_of(maker)) is Reason.UNTRUSTED


def test_a_chain_before_or_after_its_time_is_not_trusted() -> None:
    for late in (timedelta(days=4000), -timedelta(days=1)):
        maker = Maker(root=MAKER.root, start=NOW - late)
        assert refusal_of(chain_of(maker)) is Reason.UNTRUSTED


def test_a_certificate_for_another_key_attests_nothing() -> None:
    chain = MAKER.chain(Keystore().private.public_key(), description(CHALLENGE))
    assert refusal_of(chain) is Reason.UNTRUSTED


def test_an_attested_key_cannot_vouch_for_a_key_of_its_own_making() -> None:
    # The owner of an attested key signs a certificate for a key kept by a program.
    attested = Keystore()
    _, *above = chain_of()
    middle = MAKER.issued(
        "Attested",
        attested.private.public_key(),
        by="Authority",
        signer=MAKER.authority,
        ca=True,
        extension=description(CHALLENGE),
    )
    made_up = MAKER.issued(
        "Key",
        PHONE.private.public_key(),
        by="Attested",
        signer=attested,
        extension=description(CHALLENGE, level=2),
    )
    without = MAKER.issued("Key", PHONE.private.public_key(), by="Attested", signer=attested)
    assert refusal_of([made_up, middle, *above]) is Reason.UNTRUSTED
    assert refusal_of([without, middle, *above]) is Reason.UNTRUSTED


def test_a_chain_made_for_another_challenge_or_without_the_extension_is_refused() -> None:
    chain = MAKER.chain(PHONE.private.public_key(), description(b"another challenge"))
    assert refusal_of(chain) is Reason.WRONG_CHALLENGE
    assert refusal_of(MAKER.chain(PHONE.private.public_key(), None)) is Reason.UNTRUSTED


def test_only_keystore_keys_are_attested_this_way() -> None:
    with pytest.raises(SignatureRefused) as refused:
        PORT.attest(Program().key, MESSAGE, chain_of(), NOW)
    assert refused.value.reason is Reason.UNSUPPORTED


def test_threat_18_malformed_certificates_are_refused() -> None:
    good = chain_of()
    leaf, *above = good
    for chain in (
        [],
        [leaf],
        [*good, *good],
        [b"", *above],
        [leaf[:-1], *above],
        [leaf + b"\0", *above],
        [b"\x31" + leaf[1:], *above],
        [leaf[:4] + b"\x80" + leaf[5:], *above],
        [bytes(5000), *above],
        [rsa_certificate(), *above],
    ):
        assert refusal_of(chain) in (Reason.MALFORMED, Reason.UNTRUSTED, Reason.BAD_KEY)
    for at in range(0, len(leaf), 5):
        flipped = bytearray(leaf)
        flipped[at] ^= 0x04
        refusal_of([bytes(flipped), *above])


def rsa_certificate() -> bytes:
    key: Any = rsa_key("ASK").public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    extension = description(CHALLENGE)
    made: Any = MAKER.issued
    return made("Key", key, by="Authority", signer=MAKER.authority, extension=extension)


def test_threat_18_malformed_key_descriptions_are_refused() -> None:
    good = description(CHALLENGE)
    assert level_described(good, CHALLENGE) is Level.ATTESTED
    parts = {
        "empty": b"",
        "no sequence": b"\x31" + good[1:],
        "cut": good[:-1],
        "stretched": good + b"\0",
        "twice": good * 2,
        "few parts": der(b"\x30", number(3)),
        "unknown level": description(CHALLENGE, level=3),
        "a long level": good.replace(b"\x0a\x01\x01", b"\x0a\x02\x00\x01"),
        "a level below zero": description(CHALLENGE, level=0x81),
        "an authorization twice": description(CHALLENGE, hardware=der(b"\xa2", number(3))),
        "a tag that never ends": description(CHALLENGE, hardware=b"\xbf\x81\x81\x81\x01\0"),
        "a tag cut off": der(b"\x30", b"\xbf"),
        "a length that never comes": der(b"\x30", b"\x02"),
        "a length not shortest": der(b"\x30", b"\x02\x81\x01\x01"),
        "a length with zeros": der(b"\x30", b"\x04\x82\x00\x81" + bytes(0x81)),
        "no length at all": der(b"\x30", b"\x30\x80\0\0"),
        "a length of three bytes": der(b"\x30", b"\x04\x83\x01\x00\x00"),
    }
    for name, data in parts.items():
        with pytest.raises(SignatureRefused) as refused:
            level_described(data, CHALLENGE)
        assert refused.value.reason is Reason.MALFORMED, name


def test_a_description_without_purposes_or_root_of_trust_proves_little() -> None:
    def described(*authorizations: bytes) -> bytes:
        whole = description(CHALLENGE)
        head = whole[: whole.rindex(b"\x30\0") + 2]
        start = 3 if whole[1] == 0x81 else 2
        return der(b"\x30", head[start:] + der(b"\x30", b"".join(authorizations)))

    signs = der(b"\xa1", der(b"\x31", number(2)))
    made_there = der(b"\xbf\x85\x3e", number(0))
    assert level_described(described(signs, made_there), CHALLENGE) is Level.UNVERIFIED
    short = der(b"\xbf\x85\x40", der(b"\x30", der(b"\x04", b"boot key")))
    assert level_described(described(signs, made_there, short), CHALLENGE) is Level.UNVERIFIED
    not_a_set = der(b"\xa1", number(2))
    for bad in ((made_there,), (signs,), (not_a_set, made_there)):
        with pytest.raises(SignatureRefused) as refused:
            level_described(described(*bad), CHALLENGE)
        assert refused.value.reason is Reason.UNTRUSTED
