"""What `bench security` times of the ways in: a token checked, and a device signing in."""

from datetime import UTC, datetime, timedelta
from hmac import digest

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.commands.benches.measuring import Work
from app.commands.keystore import Keystore
from app.foundation.sealing.cells import Cell, DataKey, KeyClass, close_cell, open_cell
from app.foundation.signatures import Kind, PublicKey, Purpose, signed_message
from app.identity.operations.keys import counter_if_signed
from app.identity.rules import devices, tokens
from app.identity.rules.tokens import Token, TokenKind

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
KEY = bytes(range(32))
DEVICE, BORROWER, SESSION = "dv1i9uw005mztduc", "br1i9uw005mztduc", "ss1i9uw005mztduc"


def primitives() -> list[Work]:
    """Return a bare P-256 check, with the key loaded."""
    private = generate_private_key(SECP256R1())
    public, message, algorithm = private.public_key(), bytes(120), ECDSA(SHA256())
    signature = private.sign(message, algorithm)
    return [
        Work(
            name="p256-verify",
            what="P-256, a signature checked",
            do=lambda: public.verify(signature, message, algorithm),
        )
    ]


def token_check() -> Work:
    """Return the check of an access token before any table is read."""
    expiry = int((NOW + timedelta(minutes=5)).timestamp())
    token = Token(kind=TokenKind.ACCESS, session_id=SESSION, number=expiry)
    written = tokens.write_token(KEY, token)

    def check() -> bool:
        read = tokens.read_token(KEY, TokenKind.ACCESS, written)
        return read is not None and tokens.is_current(read, NOW, tokens.ACCESS_LIFETIME)

    assert check(), "the token is good"
    return Work(
        name="token-check", what="an access token checked by its MAC", do=check, most_ms=0.010
    )


def wire_bytes() -> int:
    """Return how much the authentication of a signed request adds to it, line ends included."""
    keystore = Keystore()
    keystore.make_key()
    expiry = int((NOW + timedelta(minutes=5)).timestamp())
    token = Token(kind=TokenKind.ACCESS, session_id=SESSION, number=expiry)
    written = tokens.write_token(KEY, token)
    proof = keystore.proof(Purpose.PROOF, target="/graphql", body=b"{}", token=written)
    return len(f"Authorization: Bearer {written}\r\nProof: {proof}\r\n")


def device_login() -> Work:
    """Return all that signing in with a device computes; reads and writes are left out."""
    private = generate_private_key(SECP256R1())
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    key = PublicKey(Kind.KEYSTORE_P256, point)
    key_id, idempotency_key = devices.key_id_of(key.encode()), "k" * 12
    signed_at = int(NOW.timestamp())
    parts = devices.sign_in_parts(
        key_id=key_id, counter=7, moment=str(signed_at), idempotency_key=idempotency_key
    )
    signature = private.sign(signed_message(Purpose.SIGN_IN, *parts), ECDSA(SHA256()))
    data_key = DataKey(KEY, 1)
    cells = {
        column: Cell("device", column, DEVICE, BORROWER, key_class)
        for column, key_class in (("public_key", KeyClass.AUTH), ("name", KeyClass.CONTENT))
    }
    kept = {"public_key": devices.as_text(key.encode()), "name": "Redmi 9A"}
    sealed = {
        column: close_cell(cell, kept[column], key=data_key, entropy=_chance)
        for column, cell in cells.items()
    }

    def login() -> None:
        assert devices.is_on_time(signed_at, NOW), "the clock is right"
        said = devices.sign_in_parts(
            key_id=key_id, counter=7, moment=str(signed_at), idempotency_key=idempotency_key
        )
        message = signed_message(Purpose.SIGN_IN, *said)
        digest(KEY, key_id.encode(), "sha256")
        opened = {
            column: open_cell(cell, sealed[column], key=data_key) for column, cell in cells.items()
        }
        assert devices.key_id_of_kept(opened["public_key"]) == key_id, "the index is the key's"
        found = PublicKey.parse(devices.kept_bytes(opened["public_key"]))
        assert counter_if_signed(found, message, signature) == 0, "it is signed"
        digest(KEY, message, "sha256")
        for kind in (TokenKind.ACCESS, TokenKind.REFRESH):
            tokens.write_token(KEY, Token(kind=kind, session_id=SESSION, number=signed_at))

    login()
    return Work(name="device-login", what="a device signing in", do=login)


def _chance(length: int) -> bytes:
    return bytes(length)


LOGIN_RATIO_MOST = 5.0
"""Times the bare check of a signature."""
WIRE_BYTES_MOST = 190
"""What a villager's slow line carries for it, in every request that is signed."""
