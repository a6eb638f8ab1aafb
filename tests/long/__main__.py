"""
Long proofs, apart from the test command: `python -m tests.long NAME [--url URL] [--size N]`.

edits: random edits of the database, all refused with an alarm. rotation: 50 clients read and write
while every field changes its cipher and back, by a job that is killed and carries on. dump: planted
values are searched for in the database, its write-ahead log and the log, in six encodings.
disbursements: money goes out to 1,000 people under notices repeated, reordered, late and forged,
while the server is killed at random; each is paid once, and the day's comparison is empty.
charges: random lives of loans, none of which is charged beyond its cost certificate.
cuts: repay and apply over connections that break at every byte of question and answer, twice over.
compiled: random documents, run by their plans and by graphql-core; nothing tells the two apart.
bodies: hostile bodies, frames and query strings; no 5xx, nothing over 50 ms, nothing unmasked.
memory: homes, plans and repayments asked of one serving process, which keeps to its 100 MB.
overload: 500 connections that never rest; repayments are done, quotes shed, memory stays bounded.
"""

import argparse
import asyncio
import importlib
import sys
import tempfile
from pathlib import Path

NAMES = (
    "edits",
    "rotation",
    "dump",
    "charges",
    "disbursements",
    "cuts",
    "compiled",
    "bodies",
    "memory",
    "overload",
)


def main() -> int:
    """Run one proof and return how it ended."""
    parser = argparse.ArgumentParser(prog="python -m tests.long", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--url", help="an empty database; a SQLite file of its own by default")
    parser.add_argument("--size", type=int, help="how many edits, fields or values")
    parsed = parser.parse_args()
    module = importlib.import_module(f"tests.long.{parsed.name}_run")
    with tempfile.TemporaryDirectory(prefix="qingmiao-long-") as folder:
        url = parsed.url or f"sqlite:///{folder}/long.sqlite3"
        return asyncio.run(module.run(url, Path(folder), parsed.size or module.SIZE))


if __name__ == "__main__":
    sys.exit(main())
