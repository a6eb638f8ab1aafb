"""
Aliyun's request signature, version 3: ACS3-HMAC-SHA256.

Source: "V3版本请求体&签名机制" (help.aliyun.com, document 2593177). What is signed is the
algorithm and the SHA-256 of the canonical request: method, path, sorted query, sorted headers,
their names, and the SHA-256 of the body, a line each.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

ALGORITHM = "ACS3-HMAC-SHA256"
_SIGNED_TOO = frozenset({"host", "content-type"})


@dataclass(frozen=True, slots=True)
class AccessKey:
    """Who asks, and with what it is signed."""

    id: str
    secret: str = field(repr=False)


def canonical_query(parameters: Mapping[str, str]) -> str:
    """Return parameters sorted by name and encoded as RFC 3986 says: a space is %20, ~ stays."""
    pairs = sorted((_encoded(name), _encoded(value)) for name, value in parameters.items())
    return "&".join(f"{name}={value}" for name, value in pairs)


def signed_headers(
    key: AccessKey,
    *,
    action: str,
    version: str,
    host: str,
    query: str,
    at: datetime,
    nonce: str,
    method: str = "POST",
    path: str = "/",
    body: bytes = b"",
) -> dict[str, str]:
    """Return every header of a request, with the one that signs the others."""
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
        "x-acs-date": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names = sorted(name for name in headers if name.startswith("x-acs-") or name in _SIGNED_TOO)
    canonical = "\n".join(
        [
            method,
            path,
            query,
            *(f"{name}:{headers[name].strip()}" for name in names),
            "",
            ";".join(names),
            headers["x-acs-content-sha256"],
        ]
    )
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(key.secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (
        f"{ALGORITHM} Credential={key.id},SignedHeaders={';'.join(names)},Signature={signature}"
    )
    return headers


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")
