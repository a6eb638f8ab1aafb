"""No value that holds a key or a secret shows it where it is printed, logged or raised."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import msgspec

import app
from app.adapters.kms.file import FirstKeys, Keys

SECRET_NAMES = re.compile(
    r"pin|(new|old|duress)_pin|password|passphrase|pepper|(access|refresh|old_refresh)_token"
    r"|\w*secrets?|private_key|root|kek|raw"
)
PUBLIC_BYTES = {
    "Attempt.body": "a notice of the development twin",
    "Authenticators.android_roots": "public keys of makers",
    "BoxKey.public_key": "a public key",
    "Database.entropy": "no bytes, but where they come from",
    "WeChatClient.entropy": "the same",
    "Documents._kept": "hashes of documents",
    "Element.content": "a part of a certificate",
    "Element.tag": "the same",
    "Element.whole": "the same",
    "EnrollDevice.proof_key": "a public key",
    "EnrollDevice.public_key": "a public key",
    "Enrolled.credential_id": "a passkey's name",
    "NewDevice.message": "what a phone is to sign, made of public parts",
    "Offer.key": "a public key",
    "Offer.proof": "a signature over a challenge that is used up",
    "Offer.vouchers": "certificates",
    "OwnServer._process": "a process, not bytes",
    "Planned.root": "a function",
    "PlannedNotice.body": "a notice of the development twin",
    "PublicKey.data": "a public key",
    "Registration.credential_id": "a passkey's name",
    "RelyingParty.roots": "public certificates of makers",
    "Replay.recomputed": "a decision, in codes and figures",
    "Replay.stored": "the same",
    "Way.body": "a question of a benchmark",
    "Tombstone.signature": "a signature that everybody may check",
}
"""Bytes that may be shown, and why."""


def values() -> Iterator[type]:
    """Return every class of the app but the graph's, which Strawberry makes and nothing logs."""
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if module.name.endswith("__main__") or ".migrations" in module.name:
            continue
        for one in vars(importlib.import_module(module.name)).values():
            is_own = inspect.isclass(one) and one.__module__ == module.name
            if is_own and ".graphql" not in module.name:
                yield one


def test_values_with_keys_or_secrets_never_show_them() -> None:
    shown = {
        f"{one.__name__}.{part.name}"
        for one in values()
        if is_dataclass(one) and "__dataclass_fields__" in vars(one)
        for part in fields(one)
        if part.repr
        and str(part.type) not in {"<class 'bool'>", "<class 'app.settings.values.Secret'>"}
        and not re.search(r"(digest|hash)$", part.name)  # of public things; secrets are keyed
        and (re.search(r"\bbytes\b", str(part.type)) or SECRET_NAMES.fullmatch(part.name))
    }
    assert shown - PUBLIC_BYTES.keys() == set()


def test_what_the_key_file_holds_never_shows_a_key() -> None:
    key = "ab" * 32
    kept = (
        Keys({"qingmiao-labels": [key]}, {"qingmiao-epoch-202647": key}),
        FirstKeys(root=key, epochs={"202647": key}),
    )
    assert key not in repr(kept)
    structs = {one for one in values() if issubclass(one, msgspec.Struct)}
    holders = {one for one in structs if re.search(r"\bKey\b|Keys", one.__name__)}
    assert {type(one) for one in kept} == holders
