"""A token's keys stay in it; a session that ended is opened anew, not taken for no keys."""

import sys
from pathlib import Path

import pytest

from app.adapters.kms import Pkcs11Kms
from app.adapters.kms.pkcs11 import TokenFailed
from app.adapters.kms.pkcs11_library import LibraryKey, opener
from app.foundation.sealing import KmsUnavailable, SealBroken
from app.settings import Pkcs11Settings, Secret, SettingsRefused
from tests.adapters.kms.fake_token import FakeToken

NAME = "qingmiao-epoch-202647"
SECRET = bytes(32)


@pytest.fixture
def token() -> FakeToken:
    return FakeToken()


@pytest.fixture
def kms(token: FakeToken) -> Pkcs11Kms:
    return Pkcs11Kms(token.open, settling_seconds=0)


def test_a_session_that_ended_is_opened_anew(token: FakeToken, kms: Pkcs11Kms) -> None:
    wrapped = kms.wrap(NAME, SECRET)
    token.fails = True
    assert kms.unwrap(NAME, wrapped) == SECRET
    assert (token.opened, token.closed) == (2, 1)


def test_a_token_that_is_gone_is_unavailable_until_it_is_back(
    token: FakeToken, kms: Pkcs11Kms
) -> None:
    wrapped = kms.wrap(NAME, SECRET)
    token.is_gone = True
    with pytest.raises(KmsUnavailable, match="TokenNotPresent"):
        kms.unwrap(NAME, wrapped)
    token.is_gone = False
    assert kms.unwrap(NAME, wrapped) == SECRET


def test_two_who_make_a_mac_key_together_use_the_same(token: FakeToken) -> None:
    one, other = token.open(), token.open()
    later = other.make(NAME, b"\x02" * 16, for_mac=True)
    sooner = one.make(NAME, b"\x01" * 16, for_mac=True)
    macs = {Pkcs11Kms(token.open).mac(NAME, b"x") for _ in range(2)}
    assert macs == {sooner.sign(b"x")} != {later.sign(b"x")}


def test_a_key_made_twice_unwraps_what_either_wrapped(token: FakeToken, kms: Pkcs11Kms) -> None:
    before = kms.wrap(NAME, SECRET)
    token.open().make(NAME, b"\xff" * 16, for_mac=False)
    after = kms.wrap(NAME, SECRET)
    assert after[:16] == b"\xff" * 16 != before[:16]
    assert kms.unwrap(NAME, before) == kms.unwrap(NAME, after) == SECRET


def test_wrapped_bytes_without_a_tag_are_broken(kms: Pkcs11Kms) -> None:
    wrapped = kms.wrap(NAME, SECRET)
    with pytest.raises(SealBroken):
        kms.unwrap(NAME, wrapped[:30])


def test_a_mac_of_another_length_is_unavailable(token: FakeToken, kms: Pkcs11Kms) -> None:
    token.mac_bytes = 20
    with pytest.raises(KmsUnavailable, match="32 bytes"):
        kms.mac(NAME, b"x")


def test_a_module_that_is_not_there_is_named_at_start(tmp_path: Path) -> None:
    settings = Pkcs11Settings(module=tmp_path / "no.so", token_label="x", pin=Secret("1"))
    with pytest.raises(SettingsRefused, match="PKCS11_MODULE"):
        opener(settings)


def test_a_missing_library_is_named_at_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    settings = Pkcs11Settings(module=tmp_path, token_label="x", pin=Secret("1"))
    with pytest.raises(SettingsRefused, match=r"qingmiao\[pkcs11\]"):
        opener(settings)


def test_no_key_can_be_read_out_of_a_real_token(softhsm: Pkcs11Settings) -> None:
    library = pytest.importorskip("pkcs11")
    session = opener(softhsm)()
    for for_mac in (False, True):
        key = session.make("stays", b"\x01" * 16, for_mac=for_mac)
        assert isinstance(key, LibraryKey)
        assert not key.inner[library.Attribute.EXTRACTABLE]
        with pytest.raises(library.AttributeSensitive):
            key.inner[library.Attribute.VALUE]
        key.destroy()
    session.close()


def test_a_real_session_that_was_signed_out_does_not_look_empty(softhsm: Pkcs11Settings) -> None:
    open_session = opener(softhsm)
    kms, owner = Pkcs11Kms(open_session, settling_seconds=0), open_session()
    wrapped, mac = kms.wrap("signed-out", SECRET), kms.mac("signed-out", b"x")
    left = open_session()
    owner.close()  # whoever signed in signs the whole process out
    with pytest.raises(TokenFailed, match="UserNotLoggedIn"):
        left.keys("signed-out", for_mac=True)
    assert kms.mac("signed-out", b"x") == mac
    assert kms.unwrap("signed-out", wrapped) == SECRET
    left.close()
    kms.close()


def test_a_real_token_with_another_pin_or_label_is_unavailable(softhsm: Pkcs11Settings) -> None:
    for label, pin in (("qingmiao", "4321"), ("another", "1234")):
        settings = Pkcs11Settings(module=softhsm.module, token_label=label, pin=Secret(pin))
        with pytest.raises(KmsUnavailable):
            Pkcs11Kms(opener(settings)).wrap(NAME, SECRET)


def test_a_real_session_that_is_gone_closes_all_the_same(softhsm: Pkcs11Settings) -> None:
    session = opener(softhsm)()
    session.close()
    session.close()
