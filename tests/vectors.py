"""Published test vectors: third-party files that stay outside the project."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

SOURCES = (
    "Wycheproof: github.com/C2SP/wycheproof testvectors_v1/ at dac1dd4729fd; "
    "RFC 4226, RFC 6238, RFC 9106, SM3 and SM4: the PyPI package cryptography-vectors 50.0.2; "
    "WebAuthn: github.com/w3c/webauthn index.bs, section Test Vectors, at 146d0db03cb8; "
    "SOTER: github.com/Tencent/soter soter-samples/server-sample/java/example at 72b8c37129e9; "
    "RFC 9449: github.com/danielfett/draft-dpop main.md; "
    "RFC 9421: github.com/httpwg/http-extensions, appendix B.2"
)


def load(name: str) -> Any:  # noqa: ANN401 - each file has a shape of its own
    """Read `<name>.json` from the folder that VECTORS_DIR names; without it, skip and say so."""
    folder = os.environ.get("VECTORS_DIR")
    if not folder:
        pytest.skip(
            f"SKIPPED, NOT PROVEN: the published vectors {name}.json are not here. "
            f"Set VECTORS_DIR to a folder that holds them. They can be had from {SOURCES}."
        )
    return json.loads((Path(folder) / f"{name}.json").read_text(encoding="utf-8"))
