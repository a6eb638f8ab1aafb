"""The key file is private, survives what may happen to it, and is shared without surprise."""

import json
import threading
from pathlib import Path

import msgspec
import pytest

from app.adapters.kms import FileKms, Keys
from app.foundation.sealing import SealBroken


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "keyring.json"


def test_the_key_file_is_private_and_the_same_after_a_restart(path: Path) -> None:
    first = FileKms(path)
    epoch_key = first.epoch_key(202647)
    again = FileKms(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert again.derive("x") == again.derive("x") == first.derive("x") != first.derive("y")
    assert again.epoch_key(202647) == epoch_key != again.epoch_key(202648)
    assert sorted(one.name for one in path.parent.iterdir()) == [path.name, path.name + ".lock"]


def test_a_destroyed_epoch_is_gone_at_once_for_all_who_share_the_file(path: Path) -> None:
    one, other = FileKms(path), FileKms(path)
    assert one.epoch_key(202647) == other.epoch_key(202647)
    one.destroy_epoch(202647)
    for kms in (one, other, FileKms(path)):
        with pytest.raises(SealBroken):
            kms.epoch_key(202647)
    assert one.epoch_key(202648) == other.epoch_key(202648)


def test_those_who_make_the_file_or_an_epoch_together_make_one(path: Path) -> None:
    found: list[tuple[bytes, bytes]] = []
    together = threading.Barrier(8)

    def make() -> None:
        together.wait()
        kms = FileKms(path)
        together.wait()
        found.append((kms.derive("x"), kms.epoch_key(202647)))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_file_that_vanishes_takes_no_known_key_along(path: Path) -> None:
    kms = FileKms(path)
    known = kms.epoch_key(202647)
    path.unlink()
    assert kms.epoch_key(202647) == known
    with pytest.raises(FileNotFoundError):
        kms.epoch_key(202648)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        '{"root": "", "epochs": {}}',
        '{"root": "5ecre7", "epochs": {}}',
        json.dumps({"root": "ab" * 32, "epochs": {"202647": "5ecre7"}}),
    ],
)
def test_a_file_that_is_no_keyring_is_refused_without_its_words(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(msgspec.DecodeError) as refused:
        FileKms(path)
    assert "5ecre7" not in str(refused.value)


def test_printing_keys_shows_none() -> None:
    assert repr(Keys("ab" * 32, {})) == "Keys(…)"
