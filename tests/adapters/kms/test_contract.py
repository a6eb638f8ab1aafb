"""One law for every keeper of root keys: the file, Vault's transit engine, a PKCS#11 token."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.foundation.sealing import KeyDestroyed, SealBroken
from tests.adapters.kms.conftest import Again

SECRET = bytes(range(32))


@pytest.fixture
def name() -> str:
    return f"qingmiao-epoch-{secrets.token_hex(4)}"


def test_what_a_key_wrapped_it_unwraps_in_another_process_too(again: Again, name: str) -> None:
    wrapped = again().wrap(name, SECRET)
    assert SECRET not in wrapped
    assert again().unwrap(name, wrapped) == SECRET
    assert again().wrap(name, SECRET) != wrapped


def test_another_keys_bytes_do_not_unwrap(again: Again, name: str) -> None:
    kms = again()
    wrapped = kms.wrap(name, SECRET)
    kms.wrap(f"{name}-other", SECRET)
    with pytest.raises(SealBroken) as refused:
        kms.unwrap(f"{name}-other", wrapped)
    assert not isinstance(refused.value, KeyDestroyed)


def test_altered_bytes_do_not_unwrap(again: Again, name: str) -> None:
    kms = again()
    wrapped = kms.wrap(name, SECRET)
    last, first = bytearray(wrapped), bytearray(wrapped)
    last[-4] ^= 1
    first[0] ^= 1
    broken = (bytes(last), bytes(first), wrapped[:-4], wrapped + b"\x00", wrapped[:9], b"", b"\xff")
    for altered in broken:
        with pytest.raises(SealBroken):
            kms.unwrap(name, altered)
    assert kms.unwrap(name, wrapped) == SECRET


def test_a_mac_is_always_the_same_and_belongs_to_its_name_and_message(
    again: Again, name: str
) -> None:
    kms = again()
    mac = kms.mac(name, b"otp-pepper")
    assert len(mac) == 32
    assert again().mac(name, b"otp-pepper") == mac
    assert kms.mac(name, b"pin-pepper") != mac
    assert kms.mac(f"{name}-2", b"otp-pepper") != mac
    kms.rotate(name)
    assert again().mac(name, b"otp-pepper") == mac


def test_what_was_wrapped_before_a_rotation_still_opens(again: Again, name: str) -> None:
    kms = again()
    before = kms.wrap(name, SECRET)
    kms.rotate(name)
    after = kms.wrap(name, SECRET[::-1])
    for one in (kms, again()):
        assert one.unwrap(name, before) == SECRET
        assert one.unwrap(name, after) == SECRET[::-1]


def test_a_destroyed_key_is_gone_for_all_and_others_are_not(again: Again, name: str) -> None:
    kms, other = again(), again()
    wrapped, kept = kms.wrap(name, SECRET), kms.wrap(f"{name}-kept", SECRET)
    assert other.unwrap(name, wrapped) == SECRET
    kms.destroy(name)
    kms.destroy(name)
    for one in (kms, other, again()):
        with pytest.raises(KeyDestroyed):
            one.unwrap(name, wrapped)
        with pytest.raises(KeyDestroyed):
            one.rotate(name)
        assert one.unwrap(f"{name}-kept", kept) == SECRET


def test_a_key_that_never_was_opens_nothing(again: Again, name: str) -> None:
    with pytest.raises(KeyDestroyed):
        again().unwrap(name, b"vault:v1:AAAA")
    again().destroy(name)


def test_threads_share_a_keeper(again: Again, name: str) -> None:
    kms = again()
    kms.wrap(name, SECRET)
    mac = kms.mac(f"{name}-m", b"x")

    def work(number: int) -> bool:
        secret = bytes([number]) * 32
        is_same = kms.mac(f"{name}-m", b"x") == mac
        return is_same and kms.unwrap(name, kms.wrap(name, secret)) == secret

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(work, range(12)))
