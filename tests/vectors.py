"""Published test vectors: third-party files that stay outside the project."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography_vectors import open_vector_file

NOT_PROVEN = "NOT PROVEN"
"""Begins the reason of every test skipped for want of vectors."""
WHERE = (
    "set VECTORS_DIR to a folder with the published vectors. They can be had from "
    "github.com/C2SP/wycheproof (testvectors_v1, at dac1dd4729fd; here named wycheproof_*.json), "
    "github.com/w3c/webauthn (index.bs, section Test Vectors, at 146d0db03cb8), "
    "github.com/Tencent/soter (soter-samples/server-sample/java/example, at 72b8c37129e9), "
    "github.com/danielfett/draft-dpop (main.md: RFC 9449) and "
    "github.com/httpwg/http-extensions (RFC 9421, appendix B.2)"
)


def load(name: str) -> Any:  # noqa: ANN401 - each file has a shape of its own
    """Read `<name>.json` from the folder that VECTORS_DIR names; without it, skip and say so."""
    folder = os.environ.get("VECTORS_DIR")
    if not folder:
        pytest.skip(f"{NOT_PROVEN}: {name}.json is not here; {WHERE}")
    return json.loads((Path(folder) / f"{name}.json").read_text(encoding="utf-8"))


def packaged(path: str) -> list[dict[str, str]]:
    """Read a file of the package `cryptography-vectors`: its records, names in lower case."""
    with open_vector_file(path, "r") as file:
        lines = [line.strip() for line in file]
    records: list[dict[str, str]] = [{}]
    for line in lines:
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            records[-1][name.strip().lower()] = value.strip()
        elif not line and records[-1]:
            records.append({})
    return [record for record in records if len(record) > 1]


def summary_of_skips(reasons: list[str]) -> str:
    """Say loudly, at the end of a run, how much was not proven and why; nothing if all was."""
    missing = [reason for reason in reasons if WHERE in reason]
    return f"{len(missing)} tests against published vectors SKIPPED: {WHERE}." if missing else ""
