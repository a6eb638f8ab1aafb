"""Vault is asked as its pages say, once more when it stumbles, and believed only over TLS."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.adapters.kms import TransitKms
from app.foundation.sealing import KeyDestroyed, KmsUnavailable, SealBroken
from app.settings import Secret, TransitSettings
from tests.adapters.kms.transit_server import (
    DENIED,
    ROLE_ID,
    SEALED,
    SECRET_ID,
    TOKEN,
    TransitServer,
)

NAME = "qingmiao-epoch-202647"
SECRET = bytes(32)


@pytest.fixture
def kms(transit: TransitServer) -> Iterator[TransitKms]:
    kms = TransitKms(TransitSettings(address=transit.address, token=Secret(TOKEN)))
    yield kms
    kms.close()


def test_a_key_is_made_once_and_of_our_type(transit: TransitServer, kms: TransitKms) -> None:
    kms.wrap(NAME, SECRET)
    kms.wrap(NAME, SECRET)
    assert transit.asked == [
        ("POST", f"/v1/transit/keys/{NAME}"),
        ("POST", f"/v1/transit/encrypt/{NAME}"),
        ("POST", f"/v1/transit/encrypt/{NAME}"),
    ]


def test_what_is_kept_is_vaults_own_text(kms: TransitKms) -> None:
    assert kms.wrap(NAME, SECRET).startswith(b"vault:v1:")
    kms.rotate(NAME)
    assert kms.wrap(NAME, SECRET).startswith(b"vault:v2:")


@pytest.mark.parametrize(
    "failure", [(500, {"errors": ["internal error"]}), (503, SEALED), (502, b"<html>"), None]
)
def test_one_stumble_is_forgiven(
    transit: TransitServer, kms: TransitKms, failure: tuple[int, Any] | None
) -> None:
    wrapped = kms.wrap(NAME, SECRET)
    transit.failures = [failure]
    assert kms.unwrap(NAME, wrapped) == SECRET


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        ((503, SEALED), "503: Vault is sealed"),
        ((500, {"errors": []}), "500: no reason given"),
        ((502, b"<html>"), "502: no reason given"),
        ((200, {"warnings": None}), "no data"),
        ((200, []), "not Vault's"),
        ((200, b"<html>"), "not Vault's"),
        ((200, {"data": {"plaintext": 1}}), "no plaintext"),
        ((200, {"data": {"plaintext": "?"}}), "base64"),
        ((429, {"errors": ["request path quota exceeded"]}), "429"),
        ((404, {"errors": ["no handler for route"]}), "404: no handler"),
        ((400, {"errors": "odd"}), "400: no reason"),
        (None, "did not answer"),
    ],
)
def test_what_goes_on_failing_is_unavailable_and_says_why(
    transit: TransitServer, kms: TransitKms, failure: tuple[int, Any] | None, said: str
) -> None:
    wrapped = kms.wrap(NAME, SECRET)
    transit.failures = [failure, failure]
    with pytest.raises(KmsUnavailable, match=said):
        kms.unwrap(NAME, wrapped)
    transit.failures.clear()
    assert kms.unwrap(NAME, wrapped) == SECRET


def test_a_mac_that_is_none_is_unavailable(transit: TransitServer, kms: TransitKms) -> None:
    kms.mac(NAME, b"x")
    for hmac in ("vault:v1:AAAA", None):
        transit.failures = [(200, {"data": {"hmac": hmac}})]
        with pytest.raises(KmsUnavailable):
            kms.mac(NAME, b"x")


def test_a_server_that_is_not_there_is_unavailable(transit: TransitServer) -> None:
    settings = TransitSettings(address="http://127.0.0.1:1", token=Secret(TOKEN))
    with pytest.raises(KmsUnavailable, match="did not answer"):
        TransitKms(settings).unwrap(NAME, b"vault:v1:AAAA")
    assert transit.asked == []


def test_permission_denied_is_unavailable_and_not_a_broken_seal(
    transit: TransitServer, kms: TransitKms
) -> None:
    wrapped = kms.wrap(NAME, SECRET)
    transit.failures = [(403, DENIED), (403, DENIED)]
    with pytest.raises(KmsUnavailable, match=r"403: .*permission denied"):
        kms.unwrap(NAME, wrapped)


def test_a_broken_ciphertext_is_told_even_where_vault_says_500(
    transit: TransitServer, kms: TransitKms
) -> None:
    wrapped = bytearray(kms.wrap(NAME, SECRET))
    wrapped[-6] ^= 1
    transit.breaks_with_500 = True
    asked = len(transit.asked)
    with pytest.raises(SealBroken):
        kms.unwrap(NAME, bytes(wrapped))
    assert len(transit.asked) == asked + 1, "what cannot be opened is not tried again"


def test_a_token_renewed_in_its_file_is_read_again(transit: TransitServer, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    kms = TransitKms(TransitSettings(address=transit.address, token=Secret(path=token)))
    wrapped = kms.wrap(NAME, SECRET)
    transit.tokens = {"hvs.renewed"}
    with pytest.raises(KmsUnavailable):
        kms.unwrap(NAME, wrapped)
    token.write_text("hvs.renewed")
    assert kms.unwrap(NAME, wrapped) == SECRET
    transit.tokens.clear()
    token.unlink()
    with pytest.raises(KmsUnavailable, match="file with Vault's token"):
        kms.unwrap(NAME, wrapped)


def test_an_approle_signs_in_again_when_its_token_is_over(transit: TransitServer) -> None:
    settings = TransitSettings(
        address=transit.address, role_id=ROLE_ID, secret_id=Secret(SECRET_ID)
    )
    kms = TransitKms(settings)
    wrapped = kms.wrap(NAME, SECRET)
    transit.tokens.clear()
    assert kms.unwrap(NAME, wrapped) == SECRET
    logins = [path for _, path in transit.asked if "approle" in path]
    assert len(logins) == 2


def test_an_approle_that_vault_does_not_know_is_unavailable(transit: TransitServer) -> None:
    settings = TransitSettings(address=transit.address, role_id="?", secret_id=Secret("?"))
    with pytest.raises(KmsUnavailable, match="invalid role or secret ID"):
        TransitKms(settings).wrap(NAME, SECRET)
    transit.failures = [(200, {"auth": None})]
    with pytest.raises(KmsUnavailable, match="no token"):
        TransitKms(settings).wrap(NAME, SECRET)


def test_namespace_and_mount_are_said() -> None:
    server = TransitServer(mount="kms/loans", namespace="bank/loans")
    server.start()
    try:
        settings = TransitSettings(
            address=server.address + "/",
            mount="kms/loans",
            namespace="bank/loans",
            token=Secret(TOKEN),
        )
        kms = TransitKms(settings)
        assert kms.unwrap(NAME, kms.wrap(NAME, SECRET)) == SECRET
        kms.close()
    finally:
        server.stop()


def test_destroying_needs_vaults_leave(transit: TransitServer, kms: TransitKms) -> None:
    wrapped = kms.wrap(NAME, SECRET)
    transit.failures = [(403, DENIED), (403, DENIED)]
    with pytest.raises(KmsUnavailable):
        kms.destroy(NAME)
    assert kms.unwrap(NAME, wrapped) == SECRET
    kms.destroy(NAME)
    assert transit.keys == {}
    kms.wrap(NAME, SECRET)
    with pytest.raises((KeyDestroyed, SealBroken)):
        kms.unwrap(NAME, wrapped)


def test_a_certificate_nobody_vouches_for_is_not_believed(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = TransitServer()
    server.start(context)
    try:
        settings = TransitSettings(address=server.address, token=Secret(TOKEN))
        with pytest.raises(KmsUnavailable):
            TransitKms(settings).wrap(NAME, SECRET)
        assert server.asked == [], "no token was sent to a stranger"
        vouched = TransitSettings(
            address=server.address, token=Secret(TOKEN), ca_file=str(certificate)
        )
        kms = TransitKms(vouched)
        assert kms.unwrap(NAME, kms.wrap(NAME, SECRET)) == SECRET
        kms.close()
    finally:
        server.stop()


def self_signed(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vault")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    paths = folder / "vault.pem", folder / "vault.key"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths
