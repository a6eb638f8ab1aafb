"""What is published from the checkout: packs, dictionary and vectors, and that it is current."""

import json
from pathlib import Path

from click.testing import CliRunner

from app.commands import packs, plan_vectors
from app.commands.training import gains
from app.gateway.dictionary import dictionaries
from app.literacy.operations import read_course


def test_packs_are_written_once_and_those_of_this_checkout_are_current(tmp_path: Path) -> None:
    checked = CliRunner().invoke(packs.command, ["--check"])
    assert (checked.exit_code, checked.output) == (0, "")

    course, said = read_course(), list[str]()
    assert packs.run(course, check=True, say=said.append, folder=tmp_path) == 1
    assert len(said) == 21
    for _ in range(2):
        assert packs.run(course, check=False, say=said.append, folder=tmp_path) == 0
    assert said[21].startswith("cost.zh-Hans.1  ")
    assert [line for line in said if "written" in line] == [
        f"21 written in {tmp_path}", f"0 written in {tmp_path}",
    ]  # fmt: skip
    assert packs.run(course, check=True, say=said.append, folder=tmp_path) == 0


def test_vectors_are_written_where_they_are_wrong(tmp_path: Path) -> None:
    given = json.loads(plan_vectors.PATH.read_text(encoding="utf-8"))
    given["vectors"] = given["vectors"][:2]
    given["vectors"][0]["plan"] = "AAAA"
    path = tmp_path / "vectors.json"
    path.write_text(plan_vectors.written(given), encoding="utf-8")
    said: list[str] = []
    codes = [plan_vectors.run(check=check, say=said.append, path=path) for check in (True, False)]
    assert codes == [1, 0]
    assert plan_vectors.run(check=True, say=said.append, path=path) == 0
    assert said[1:] == ["vectors.json written: 2 plans", "vectors.json is right: 2 plans"]


def test_gains_are_shown_by_coding() -> None:
    shown = gains(dictionaries()[0], [b'{"data":{"loans":[]}}', b'{"data":{"me":null}}'])
    assert list(shown) == ["identity", "zstd", "br", "gzip", "dcz", "qz"]
    assert shown["identity"] == 41
    assert shown["qz"] < 41
