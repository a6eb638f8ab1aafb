"""The key file is private, survives what may happen to it, and is shared without surprise."""

import hmac
import json
import os
import threading
from pathlib import Path

import pytest

from app.adapters.kms import FileKms
from app.adapters.kms.file import Keys
from app.foundation.sealing import KeyDestroyed, KmsUnavailable
from app.settings import SettingsRefused

NAME = "qingmiao-epoch-202647"
SECRET = bytes(32)
FIRST = {"root": "ab" * 32, "epochs": {"202646": None, "202647": "cd" * 32}}
"""A file as the product wrote it before it could rotate anything."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "keyring.json"


def written(path: Path, content: str, mode: int = 0o600) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    path.chmod(mode)
    return path


def test_the_key_file_is_private_and_alone(path: Path) -> None:
    FileKms(path).wrap(NAME, SECRET)
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(one.name for one in path.parent.iterdir()) == [path.name, path.name + ".lock"]


def test_those_who_make_the_file_or_a_key_together_make_one(path: Path) -> None:
    found: list[tuple[bytes, bytes]] = []
    together = threading.Barrier(8)

    def make() -> None:
        together.wait()
        kms = FileKms(path)
        together.wait()
        found.append((kms.mac("qingmiao-labels", b"x"), kms.wrap(NAME, SECRET)))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({mac for mac, _ in found}) == 1
    kms = FileKms(path)
    assert [kms.unwrap(NAME, wrapped) for _, wrapped in found] == [SECRET] * 8


def test_a_file_that_vanishes_takes_no_known_key_along(path: Path) -> None:
    kms = FileKms(path)
    wrapped = kms.wrap(NAME, SECRET)
    path.unlink()
    assert kms.unwrap(NAME, wrapped) == SECRET
    for ask in (
        lambda: kms.wrap("qingmiao-epoch-202648", SECRET),
        lambda: kms.rotate(NAME),
        lambda: kms.destroy(NAME),
    ):
        with pytest.raises(KmsUnavailable):
            ask()


def test_a_destroyed_key_is_not_made_again(path: Path) -> None:
    kms = FileKms(path)
    kms.wrap(NAME, SECRET)
    kms.destroy(NAME)
    for ask in (FileKms(path).wrap, FileKms(path).mac):
        with pytest.raises(KeyDestroyed):
            ask(NAME, SECRET)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"root": "", "epochs": {}}',
        '{"root": "5ecre7", "epochs": {}}',
        json.dumps({"root": "ab" * 32, "epochs": {"202647": "5ecre7"}}),
        '{"format": 3, "keys": {}}',
        '{"format": 2, "keys": {"x": []}}',
        '{"format": 2, "keys": {"x": ["5ecre7"]}}',
        '{"format":"sealed","argon2id":{"salt":"","memory_kib":99999999},"nonce":"","ciphertext":""}',
    ],
)
def test_a_file_that_is_no_key_file_is_refused_in_one_line_without_its_words(
    path: Path, content: str
) -> None:
    with pytest.raises(SettingsRefused, match="is no key file") as refused:
        FileKms(written(path, content), passphrase="x")
    assert "5ecre7" not in str(refused.value)
    assert "\n" not in str(refused.value)
    assert path.read_text() == content


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o604, 0o601])
def test_a_file_that_others_may_use_is_refused(path: Path, mode: int) -> None:
    FileKms(path).wrap(NAME, SECRET)
    path.chmod(mode)
    with pytest.raises(SettingsRefused, match=f"mode {mode:04o}"):
        FileKms(path)


def test_a_file_of_another_account_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FileKms(path)
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    with pytest.raises(SettingsRefused, match="another account"):
        FileKms(path)


def test_a_file_that_must_be_there_is_not_made(path: Path) -> None:
    with pytest.raises(SettingsRefused, match="keys init"):
        FileKms(path, may_make=False)
    assert not path.parent.exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsRefused, match="KEYRING_PATH"):
        FileKms(tmp_path / "file" / "keyring.json")


def test_a_passphrase_seals_the_file_from_then_on(path: Path) -> None:
    wrapped = FileKms(path).wrap(NAME, SECRET)
    assert NAME in path.read_text()
    assert FileKms(path, passphrase="麦田").unwrap(NAME, wrapped) == SECRET
    content = path.read_text()
    assert NAME not in content
    assert path.stat().st_mode & 0o777 == 0o600
    FileKms(path, passphrase="麦田").wrap("qingmiao-epoch-202648", SECRET)
    assert FileKms(path, passphrase="麦田").unwrap(NAME, wrapped) == SECRET
    assert path.read_text() != content
    assert NAME not in path.read_text()


@pytest.mark.parametrize(("passphrase", "why"), [("", "is missing"), ("wheat", "does not open")])
def test_a_sealed_file_opens_under_its_passphrase_only(
    path: Path, passphrase: str, why: str
) -> None:
    FileKms(path, passphrase="麦田")
    content = path.read_text()
    with pytest.raises(SettingsRefused, match=f"KEYRING_PASSPHRASE {why}"):
        FileKms(path, passphrase=passphrase)
    assert path.read_text() == content


@pytest.mark.parametrize("part", ["salt", "passes", "nonce", "ciphertext"])
def test_a_sealed_file_that_was_altered_does_not_open(path: Path, part: str) -> None:
    FileKms(path, passphrase="麦田")
    content = json.loads(path.read_text())
    place = content if part in content else content["argon2id"]
    given = place[part]
    place[part] = 2 if isinstance(given, int) else ("B" if given[0] == "A" else "A") + given[1:]
    path.write_text(json.dumps(content, separators=(",", ":")))
    with pytest.raises(SettingsRefused, match="does not open"):
        FileKms(path, passphrase="麦田")


def test_a_file_of_the_first_format_is_taken_over(path: Path) -> None:
    kms = FileKms(written(path, json.dumps(FIRST)))
    assert kms.mac("qingmiao-labels", b"otp-pepper") == labels_key(b"otp-pepper")
    assert kms.inherited("qingmiao-epoch-202647") == bytes.fromhex("cd" * 32)
    assert kms.inherited("qingmiao-epoch-202648") is None
    with pytest.raises(KeyDestroyed):
        kms.wrap("qingmiao-epoch-202646", SECRET)
    again = FileKms(path)
    assert '"root"' not in path.read_text()
    assert again.inherited("qingmiao-epoch-202647") == bytes.fromhex("cd" * 32)
    again.destroy("qingmiao-epoch-202647")
    assert again.inherited("qingmiao-epoch-202647") is None


def labels_key(label: bytes) -> bytes:
    """Derive a label's key as the first format's code did: HKDF-SHA256, no salt (RFC 5869)."""
    extracted = hmac.digest(bytes(32), bytes.fromhex("ab" * 32), "sha256")
    return hmac.digest(extracted, label + b"\x01", "sha256")


def test_a_file_that_breaks_while_in_use_makes_keys_unavailable(path: Path) -> None:
    kms = FileKms(path)
    sealed = path.with_name("sealed.json")
    FileKms(sealed, passphrase="x")
    for content in (b"{", sealed.read_bytes()):
        path.write_bytes(content)
        with pytest.raises(KmsUnavailable):
            kms.wrap(NAME, SECRET)


def test_printing_keys_shows_none() -> None:
    assert repr(Keys({"x": ["ab" * 32]})) == "Keys(…)"


def test_a_draft_that_a_kill_left_readable_by_others_is_not_written_into(path: Path) -> None:
    kms = FileKms(path)
    draft = path.with_name(path.name + ".new")
    written(draft, "left behind", mode=0o644)
    with draft.open() as left:
        kms.wrap(NAME, SECRET)
        assert left.read() == "left behind"
    assert path.stat().st_mode & 0o777 == 0o600
    assert not draft.exists()
