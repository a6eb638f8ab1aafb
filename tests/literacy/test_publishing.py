"""A course is taught once two people let it be; until then the one before is."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.database import Database, fetch, transaction
from app.foundation.errors import NotFound
from app.literacy import operations, queries
from app.literacy.errors import CourseFaulty, CourseProposalNotOpen
from app.literacy.queries.searching import index_version, lessons_about
from app.support.operations import teaching
from tests.desk import step_up_everybody
from tests.literacy.conftest import lesson_files, small_course
from tests.support.conftest import enroll
from tests.support.test_publishing import ask

VERSION = "id version state lessons makerId checkerId changes { added changed withdrawn }"
PROPOSE = f"""mutation ($input: ProposeCourseInput!) {{ proposeCourse(input: $input) {{
  ... on ProposeCourseSuccess {{ version {{ {VERSION} }} }} ... on Problem {{ code }} }} }}"""
DECIDE = f"""mutation ($input: DecideCourseInput!) {{ decideCourse(input: $input) {{
  ... on DecideCourseSuccess {{ version {{ {VERSION} }} }} ... on Problem {{ code }} }} }}"""
LIST = f"{{ courseVersions {{ {VERSION} }} }}"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Write the small course of an earlier release."""
    for path, text in small_course(lesson_files("earlier")).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


async def decide(
    staff: StaffCaller, version: dict[str, Any], key: str, *, is_approved: bool = True
) -> Any:  # noqa: ANN401 - an answer's only field
    given = {
        "courseVersionId": version["id"],
        "version": version["version"],
        "isApproved": is_approved,
        "idempotencyKey": key,
    }
    return await ask(staff, DECIDE, input=given)


async def test_the_files_of_a_release_are_taught_once_a_second_person_lets_them(
    database: Database, release: Path
) -> None:
    assert database
    maker, checker = await enroll(StaffRole.RISK), await enroll(StaffRole.DIRECTOR)
    supervisor = await enroll(StaffRole.SUPERVISOR)
    await step_up_everybody()
    earlier = operations.load_course(release)
    assert await operations.follow_published() is False, "on a first start the files are taught"

    proposed = (await ask(maker, PROPOSE, input={"idempotencyKey": "p"}))["version"]
    files = operations.read_course()
    assert (proposed["version"], proposed["lessons"]) == (files.version, len(files.lessons))
    assert proposed["changes"]["added"] == [one.slug for one in files.lessons]
    once_more = await ask(maker, PROPOSE, input={"idempotencyKey": "p"})
    assert once_more["version"]["id"] == proposed["id"]
    again = await ask(supervisor, PROPOSE, input={"idempotencyKey": "again"})
    assert again == {"code": "COURSE_ALREADY_PROPOSED"}
    assert await decide(maker, proposed, "own") == {"code": "OWN_COURSE_PROPOSAL"}
    assert await decide(supervisor, proposed, "role") == {"code": "FORBIDDEN"}
    other = proposed | {"version": earlier.version}
    assert await decide(checker, other, "other") == {"code": "COURSE_PROPOSAL_NOT_OPEN"}
    assert queries.course().version == earlier.version

    indexed = "SELECT DISTINCT version FROM lesson_passage"
    assert await fetch(indexed) == [], "what nobody is taught yet is not answered from"
    decided = (await decide(checker, proposed, "yes"))["version"]
    assert await fetch(indexed) == [{"version": index_version(files)}]
    found = await lessons_about("提前还款能省利息吗", "zh-Hans")
    assert found[0].slug == "paying-early", "from the moment it is published"
    assert (decided["state"], decided["checkerId"]) == ("PUBLISHED", checker.staff_id)
    assert await decide(checker, proposed, "no", is_approved=False) == {
        "code": "COURSE_PROPOSAL_NOT_OPEN"
    }
    assert (await decide(checker, proposed, "yes"))["version"]["state"] == "PUBLISHED"
    assert await decide(checker, proposed | {"id": "cv00000000000000"}, "none") == {
        "code": "NOT_FOUND"
    }
    taught = await ask(maker, PROPOSE, input={"idempotencyKey": "taught"})
    assert taught == {"code": "COURSE_ALREADY_PROPOSED"}
    assert queries.course().version == files.version
    (listed,) = await ask(supervisor, LIST)
    assert listed["changes"] == {"added": [], "changed": [], "withdrawn": []}
    chain = await fetch(
        "SELECT kind, actor FROM audit_entry WHERE kind LIKE 'course.%' ORDER BY seq"
    )
    told = [(row["kind"], row["actor"]) for row in chain]
    assert told == [("course.proposed", maker.staff_id), ("course.published", checker.staff_id)]

    operations.load_course(release)  # another process starts with the files of its own release
    async with operations.following_published(every_seconds=0.01):
        assert queries.course().version == files.version
        operations.load_course(release)
        while queries.course().version != files.version:
            await asyncio.sleep(0.01)


async def test_a_faulty_course_is_not_proposed_and_one_of_two_decisions_at_once_holds(
    database: Database,
) -> None:
    assert database
    one, two = await enroll(StaffRole.DIRECTOR), await enroll(StaffRole.RISK)
    await step_up_everybody()
    taught = operations.load_course()
    contents = operations.read_contents()
    path = next(iter(contents))
    async with transaction() as tx:
        with pytest.raises(CourseFaulty):
            await operations.propose_course(tx, "somebody", contents | {path: "no lesson"})
    assert await queries.course_versions() == []
    changed = contents[path].replace("minutes = 2", "minutes = 3")
    twin = path.replace("en", "zh-Hans") if ".en." in path else path.replace("zh-Hans", "en")
    both = {path: changed, twin: contents[twin].replace("minutes = 2", "minutes = 3")}
    async with transaction() as tx:
        proposed = await operations.propose_course(tx, "somebody", contents | both)
    answers = await asyncio.gather(
        *(
            teaching.decide_course(
                staff,
                operations.DecideCourse(
                    checker_id=staff.staff_id,
                    proposal_id=proposed.proposal_id,
                    version=proposed.version,
                    is_approved=is_approved,
                    idempotency_key="decide",
                ),
            )
            for staff, is_approved in ((one, True), (two, False))
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, CourseProposalNotOpen) for answer in answers) == 1
    with pytest.raises(NotFound):
        await queries.changes_by_proposal([proposed.proposal_id, "cv00000000000000"])
    settled = await queries.course_proposal(proposed.proposal_id)
    is_published = settled.state.value == "PUBLISHED"
    assert queries.course().version == (proposed.version if is_published else taught.version)
    operations.load_course()
