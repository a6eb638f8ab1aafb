"""The platform keys we trust: a public key from the settings, and certificates that turn over."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from app.adapters.wechat_pay.reading import Unreadable, read_json
from app.adapters.wechat_pay.signing import (
    ForgedMessage,
    SignedHeaders,
    UnknownSerial,
    certificate_from,
    check_signature,
    check_time,
    opened,
)

NONCES_MAX = 100_000
FRESH_FOR = timedelta(hours=12)
"""After so long certificates are downloaded again, as WeChat Pay asks of merchants."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A platform certificate's key and until when it may be used."""

    key: RSAPublicKey
    since: datetime
    until: datetime


@dataclass(slots=True)
class PlatformKeys:
    """Which keys sign WeChat Pay's messages now; by serial number or public key id."""

    api_v3_key: bytes = field(repr=False)
    public_key_id: str = ""
    public_key: RSAPublicKey | None = field(default=None, repr=False)
    certificates: dict[str, Certificate] = field(default_factory=dict[str, Certificate])
    loaded_at: datetime | None = None
    _nonces: dict[str, float] = field(default_factory=dict[str, float])

    def is_stale(self, now: datetime) -> bool:
        """Tell whether certificates must be downloaded; never if a public key stands in."""
        if self.public_key is not None:
            return False
        return self.loaded_at is None or now - self.loaded_at > FRESH_FOR

    def newest(self, now: datetime) -> tuple[str, RSAPublicKey]:
        """
        Return the key to encrypt for WeChat Pay with, and its serial number.

        Raises:
            UnknownSerial: There is none.
        """
        if self.public_key is not None:
            return self.public_key_id, self.public_key
        valid = {
            serial: one for serial, one in self.certificates.items() if one.since <= now < one.until
        }
        if not valid:
            raise UnknownSerial("no platform certificate")
        serial = max(valid, key=lambda one: valid[one].until)
        return serial, valid[serial].key

    def check(self, headers: SignedHeaders, body: bytes, now: datetime) -> None:
        """
        See that WeChat Pay signed a message just now.

        Raises:
            UnknownSerial: By a key we do not have.
            ForgedMessage: It did not.
        """
        check_time(headers, now)
        check_signature(self._key(headers.serial, now), headers, body)

    def check_once(self, headers: SignedHeaders, body: bytes, now: datetime) -> None:
        """
        See the same of a notice, and that it was not sent before: its nonce is new.

        Nonces are kept while their signature's time would be taken, in this process; across
        processes a notice taken twice changes nothing, since each is known by its id.

        Raises:
            UnknownSerial: By a key we do not have.
            ForgedMessage: It did not, or this very message came before.
        """
        self.check(headers, body, now)
        moment = now.timestamp()
        if len(self._nonces) >= NONCES_MAX:
            self._nonces = {one: until for one, until in self._nonces.items() if until > moment}
        if self._nonces.get(headers.nonce, 0.0) > moment:
            raise ForgedMessage("sent before")
        # A signature dated ahead is taken for up to twice the tolerance.
        self._nonces[headers.nonce] = moment + 2 * 300.0

    def load(self, body: bytes, headers: SignedHeaders, now: datetime) -> None:
        """
        Take a downloaded list of certificates in place of the present one.

        The list is encrypted under our own key, and signed by one of the certificates within it.

        Raises:
            ForgedMessage: It is not WeChat Pay's.
        """
        check_time(headers, now)
        found: dict[str, Certificate] = {}
        try:
            listed = read_json(body, _Listed).data
        except Unreadable:
            raise ForgedMessage("no list of certificates") from None
        for one in listed:
            serial, certificate, key = certificate_from(
                opened(one.encrypt_certificate, self.api_v3_key)
            )
            if serial != one.serial_no.upper():
                raise ForgedMessage("a certificate under another's serial number")
            since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
            found[serial] = Certificate(key, since, until)
        signer = found.get(headers.serial.upper())
        own = self.public_key if headers.serial == self.public_key_id else None
        key = own or (None if signer is None else signer.key)
        if key is None:
            raise UnknownSerial("a list signed by none of its certificates")
        check_signature(key, headers, body)
        self.certificates, self.loaded_at = found, now

    def _key(self, serial: str, now: datetime) -> RSAPublicKey:
        if self.public_key is not None and serial == self.public_key_id:
            return self.public_key
        found = self.certificates.get(serial.upper())
        if found is None or not found.since <= now < found.until:
            raise UnknownSerial("signed by a key we do not have")
        return found.key


class _ListedCertificate(msgspec.Struct):
    serial_no: str
    encrypt_certificate: dict[str, object]


class _Listed(msgspec.Struct):
    data: list[_ListedCertificate]
