"""A document arrives piece by piece over a line that breaks, and nothing wrong ever changes it."""

import asyncio
import base64
import hashlib
import io
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import Message

from app.commands.keystore import Keystore
from app.commands.phoning import Phone
from app.foundation import outbox
from app.foundation.caller import SentRequest
from app.foundation.database import fetch, transaction
from app.foundation.rekeying.proving import prove
from app.foundation.signatures import Purpose
from app.gateway import uploads, wire
from app.gateway.failures import HANDLERS, JsonFailures
from app.gateway.http import GraphQLEndpoint
from app.gateway.schema import BORROWER_SCHEMA
from app.gateway.uploads import CREATION_PATH, METHODS, PATH, DocumentUploads
from app.identity.rules.proofs import Proof, proven_parts, write_proof
from app.origination import operations, queries
from tests.origination.conftest import World, everything, small_catalog, world

__all__ = ["small_catalog", "world"]

on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what no database decides."""

STEP = 8_192
MEI, WANG = "13800138000", "13800138001"
PARTIAL = {"content-type": "application/partial-upload"}


def photograph(side: int = 320, seed: int = 1) -> bytes:
    """A picture that compresses badly: some hundred kilobytes, with where it was taken."""
    noise = random.Random(seed).randbytes(side * side * 3)  # noqa: S311 - a picture, not a secret
    exif = Image.Exif()
    exif[0x0110] = "Redmi 9A"
    file = io.BytesIO()
    Image.frombytes("RGB", (side, side), noise).save(file, "JPEG", quality=90, exif=exif)
    return file.getvalue()


FILE = photograph()


def stated(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


@dataclass
class Sender:
    """A phone with an application, and the wire its pictures go over."""

    app: Starlette
    phone: Phone
    client: httpx.AsyncClient
    borrower_id: str
    application_id: str

    async def add(self, content: bytes = FILE, **changes: object) -> dict[str, Any]:
        told = {
            "applicationId": self.application_id,
            "kind": "PURCHASE_LIST",
            "size": len(content),
            "hash": hashlib.sha256(content).hexdigest(),
        }
        return await self.phone.tried("add_document", **(told | changes))

    async def path(self, content: bytes = FILE) -> str:
        return (await self.add(content))["document"]["uploadPath"]

    def headers(self, method: str, path: str, body: bytes) -> dict[str, str]:
        headers = {"authorization": f"Bearer {self.phone.token}", "accept-language": "en"}
        if self.phone.keystore is not None and self.phone.keystore.private_key is not None:
            assert self.phone.token is not None
            count = self.phone.keystore.next_count()
            sent = SentRequest(
                method=method, target=path, body_hash=hashlib.sha256(body).digest(), proof=""
            )
            parts = proven_parts(sent, self.phone.token, count)
            signature = self.phone.keystore.sign(Purpose.PROOF, *parts)
            headers |= {
                "proof": write_proof(Proof(count, signature)),
                "content-digest": stated(body),
            }
        return headers

    def patching(self, path: str, offset: int, body: bytes, *, last: bool) -> dict[str, str]:
        return {
            **self.headers("PATCH", path, body),
            **PARTIAL,
            "upload-offset": str(offset),
            "upload-complete": "?1" if last else "?0",
        }

    async def append(
        self, path: str, offset: int, body: bytes, *, last: bool = False, **changes: str
    ) -> httpx.Response:
        headers = self.patching(path, offset, body, last=last)
        headers |= {name.replace("_", "-"): value for name, value in changes.items()}
        return await self.client.patch(path, content=body, headers=headers)

    async def create(
        self, body: bytes, *, of: bytes = FILE, last: bool = False, **changes: str
    ) -> httpx.Response:
        """Announce a file and send its beginning, as a client does that knows only the draft."""
        target = f"/u?application={self.application_id}&kind=PURCHASE_LIST"
        headers = {
            **self.headers("POST", target, body),
            "content-type": "image/jpeg",
            "idempotency-key": '"create-1"',
            "repr-digest": stated(of),
            "upload-length": str(len(of)),
            "upload-complete": "?1" if last else "?0",
        }
        headers |= {name.replace("_", "-"): value for name, value in changes.items()}
        return await self.client.post(target, content=body, headers=headers)

    async def offset(self, path: str) -> int:
        answer = await self.client.head(path, headers=self.headers("HEAD", path, b""))
        assert answer.status_code == 204
        return int(answer.headers["upload-offset"])

    async def cut(self, path: str, offset: int, body: bytes, arrives: Sequence[int]) -> None:
        """Send the rest of a file; pieces of these lengths arrive, then the line breaks."""
        headers = self.patching(path, offset, body, last=True)
        pieces: list[Message] = []
        start = 0
        for length in arrives:
            piece = body[start : start + length]
            pieces.append({"type": "http.request", "body": piece, "more_body": True})
            start += length
        pieces.append({"type": "http.disconnect"})

        async def receive() -> Message:
            return pieces.pop(0)

        async def send(_message: Message) -> None:
            return

        scope = {
            "type": "http",
            "method": "PATCH",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        await self.app(scope, receive, send)

    async def documents(self) -> list[dict[str, Any]]:
        shown = await self.phone.run("documents", id=self.application_id)
        return shown["application"]["documents"]


@dataclass
class Senders:
    """Phones over one gateway."""

    world: World
    app: Starlette = field(init=False)
    clients: list[httpx.AsyncClient] = field(default_factory=list[httpx.AsyncClient])

    def __post_init__(self) -> None:
        endpoint = GraphQLEndpoint(BORROWER_SCHEMA, explorer=None)
        self.app = Starlette(
            routes=[
                Route("/graphql", endpoint.answer, methods=["GET", "POST"]),
                Route(CREATION_PATH, DocumentUploads().answer, methods=["POST", "OPTIONS"]),
                Route(PATH, DocumentUploads().answer, methods=METHODS),
            ],
            middleware=[Middleware(JsonFailures)],
            exception_handlers=HANDLERS,
        )

    async def sender(self, number: str = MEI, *, key: bool = True) -> Sender:
        transport = httpx.ASGITransport(self.app)
        phone = Phone("http://test", transport=transport, language="en")
        asked = await phone.do("request_otp", phone=number)
        await outbox.drain()
        code = self.world.phone.code()
        entered = await phone.do("verify_otp", challengeId=asked["challengeId"], code=code)
        phone.token = entered["accessToken"]
        if key:
            phone.keystore = Keystore()
            await phone.enroll("Redmi 9A")
            await phone.sign_in_with_key(self.world.clock.now().timestamp())
        borrower_id = (await phone.run("me"))["me"]["id"]
        application_id = await self.world.start(borrower_id)
        client = httpx.AsyncClient(transport=transport, base_url="http://test")
        self.clients.append(client)
        return Sender(self.app, phone, client, borrower_id, application_id)


@pytest.fixture
async def senders(world: World) -> Any:  # noqa: ANN401 - what it yields
    made = Senders(world)
    yield made
    for client in made.clients:
        await client.aclose()


async def untouched() -> dict[str, list[dict[str, Any]]]:
    """Everything but the counters of proofs and sessions' use."""
    kept = await everything()
    return {name: rows for name, rows in kept.items() if name not in {"device", "session"}}


def code_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["title"]
    return answer.status_code, told["code"]


async def test_a_picture_arrives_over_a_line_that_keeps_breaking(senders: Senders) -> None:
    mei = await senders.sender()
    path = await mei.path()
    line = random.Random(7)  # noqa: S311 - a bad line, not a secret
    sent = 0
    for _ in range(60):
        here = await mei.offset(path)
        lost = sent - here
        assert 0 <= lost < STEP, "what had arrived is there, but for a step that had begun"
        if len(FILE) - here < 3 * STEP:
            break
        arrives = [line.randrange(1, 9_000) for _ in range(line.randrange(1, 4))]
        arrives = arrives if sum(arrives) < len(FILE) - here else [STEP]
        await mei.cut(path, here, FILE[here:], arrives)
        sent = here + sum(arrives)
    here = await mei.offset(path)
    done = await mei.append(path, here, FILE[here:], last=True)
    assert (done.status_code, done.json()["state"]) == (200, "READY")
    assert done.headers["upload-complete"] == "?1"

    shown = await mei.client.get(path, headers=mei.headers("GET", path, b""))
    assert shown.headers["content-type"] == "image/jpeg"
    picture = Image.open(io.BytesIO(shown.content))
    assert (picture.size, len(picture.getexif())) == ((320, 320), 0)
    assert [(one["state"], one["offset"], one["width"]) for one in await mei.documents()] == [
        ("READY", len(FILE), 320)
    ]
    kept = b"".join(
        bytes(row["content"]) for row in await fetch("SELECT content FROM document_part")
    )
    assert b"\xff\xd8\xff" not in kept
    proof = await prove()
    assert proof.problems == []


async def test_whatever_is_wrong_is_a_typed_problem_and_changes_nothing(senders: Senders) -> None:
    mei, wang = await senders.sender(), await senders.sender(WANG)
    path = await mei.path()
    first = FILE[: 2 * STEP]
    assert (await mei.append(path, 0, first)).status_code == 204
    before = await untouched()

    wrong = await mei.append(path, STEP, FILE[STEP : 3 * STEP])
    assert code_of(wrong) == (409, "UPLOAD_OFFSET_WRONG")
    assert wrong.json()["type"].endswith("#mismatching-upload-offset")
    assert (wrong.json()["expected-offset"], wrong.json()["provided-offset"]) == (2 * STEP, STEP)
    assert wrong.headers["upload-offset"] == str(2 * STEP)
    rest = FILE[2 * STEP :]
    told = {
        "truncated": mei.append(path, 2 * STEP, rest[:-1], last=True),
        "too long": mei.append(path, 2 * STEP, rest + b"more", last=True),
        "another length": mei.append(path, 2 * STEP, rest, last=True, upload_length="9"),
    }
    for what, answer in told.items():
        assert code_of(await answer) == (400, "UPLOAD_LENGTH_WRONG"), what
    malformed = {
        "no media type": {"content_type": "image/jpeg"},
        "no number": {"upload_offset": "-1"},
        "no flag": {"upload_complete": "1"},
        "no hash": {"content_digest": "md5=:xx:"},
    }
    for what, change in malformed.items():
        answer = await mei.append(path, 2 * STEP, rest, last=True, **change)
        assert code_of(answer) == (400, "INVALID_UPLOAD"), what
    small = await mei.append(path, 2 * STEP, rest[:100])
    assert code_of(small) == (400, "INVALID_UPLOAD")
    unsigned = mei.patching(path, 2 * STEP, rest, last=True)
    unsigned.pop("proof")
    assert code_of(await mei.client.patch(path, content=rest, headers=unsigned)) == (
        401,
        "PROOF_REQUIRED",
    )
    others = mei.patching(path, 2 * STEP, rest, last=True)
    swapped = bytes(len(rest))
    answer = await mei.client.patch(path, content=swapped, headers=others)
    assert code_of(answer) == (422, "UPLOAD_ALTERED")
    assert await mei.offset(path) == 2 * STEP
    for somebody in (await wang.append(path, 2 * STEP, rest), await wang.append("/u/do0", 0, rest)):
        assert code_of(somebody) == (404, "NOT_FOUND")
    nobody = await mei.client.patch(path, content=rest)
    assert code_of(nobody) == (401, "UNAUTHENTICATED")

    after = await untouched()
    moving = {"audit_entry", "audit_head"}
    assert {name for name in after if after[name] != before[name]} <= moving | {
        "application_document"  # its changed_at alone: bytes came and were taken back
    }
    stands = "SELECT state, offset_bytes FROM application_document"
    assert await fetch(stands) == [{"state": "RECEIVING", "offset_bytes": 2 * STEP}]
    done = await mei.append(path, 2 * STEP, rest, last=True)
    assert done.json()["state"] == "READY"
    again = await mei.append(path, len(FILE), b"", last=True)
    assert code_of(again) == (400, "UPLOAD_COMPLETED")


@on_one_database
async def test_a_sender_who_falls_silent_or_never_ends_is_not_waited_for(
    senders: Senders, monkeypatch: pytest.MonkeyPatch
) -> None:
    mei = await senders.sender()
    path = await mei.path()

    async def silent() -> AsyncIterator[bytes]:
        yield FILE[: STEP + 10]
        await asyncio.sleep(5)

    async def drop_by_drop() -> AsyncIterator[bytes]:
        for place in range(STEP, len(FILE)):
            yield FILE[place : place + 1]
            await asyncio.sleep(0.01)

    monkeypatch.setattr(wire, "SILENCE_SECONDS_MAX", 0.3)
    monkeypatch.setattr(uploads, "SECONDS_MAX", 0.5)
    for offset, body in ((0, silent()), (STEP, drop_by_drop())):
        headers = mei.patching(path, offset, FILE[offset:], last=True)
        answer = await mei.client.patch(path, content=body, headers=headers)
        assert code_of(answer) == (408, "TOO_SLOW")
        assert answer.headers["connection"] == "close"
        assert await mei.offset(path) == STEP, "what had arrived in whole steps is kept"


@on_one_database
async def test_a_slow_line_gets_a_smaller_picture_unless_the_whole_is_asked_for(
    senders: Senders,
) -> None:
    mei = await senders.sender()
    file = io.BytesIO()
    Image.linear_gradient("L").resize((1_000, 600)).convert("RGB").save(file, "JPEG")
    path = await mei.path(file.getvalue())
    assert (await mei.append(path, 0, file.getvalue(), last=True)).status_code == 200

    async def seen(target: str, hint: dict[str, str]) -> tuple[tuple[int, int], httpx.Headers]:
        got = await mei.client.get(target, headers=mei.headers("GET", target, b"") | hint)
        return Image.open(io.BytesIO(got.content)).size, got.headers

    assert (await seen(path, {"ect": "4g"}))[0] == (1_000, 600)
    small, fields = await seen(path, {"save-data": "on"})
    assert small == (480, 288)
    assert (fields["vary"], fields["accept-ch"]) == ("Save-Data, ECT, RTT", "ECT, RTT")
    assert (await seen(f"{path}?size=full", {"ect": "2g"}))[0] == (1_000, 600)


@on_one_database
async def test_a_picture_of_10_mb_is_refused_before_a_byte_travels(senders: Senders) -> None:
    mei = await senders.sender()
    limits = await mei.client.options("/u/any")
    assert "max-size=8388608" in limits.headers["upload-limit"]
    before = await untouched()
    told = await mei.add(size=10_000_000)
    assert (told["__typename"], told["sizeMax"]) == ("DocumentTooLargeProblem", 8_388_608)
    assert (await mei.add(kind="FEE_BILL"))["code"] == "DOCUMENT_NOT_ASKED"
    assert (await mei.add(hash="x"))["code"] == "INVALID_UPLOAD"
    assert (await mei.add(applicationId="ap00000000000000"))["code"] == "NOT_FOUND"
    after = await untouched()
    assert {name for name in after if after[name] != before[name]} == set()


@on_one_database
async def test_a_client_of_the_draft_creates_and_sends_in_one_request(senders: Senders) -> None:
    mei = await senders.sender()
    before = await untouched()
    for change, expected in (
        ({"upload_length": "10000000"}, (413, "DOCUMENT_TOO_LARGE")),
        ({"repr_digest": "md5=:x:"}, (400, "INVALID_UPLOAD")),
        ({"idempotency_key": ""}, (400, "INVALID_INPUT")),
        ({"upload_complete": ""}, (400, "INVALID_UPLOAD")),
    ):
        told = await mei.create(FILE[:STEP], **change)  # pyright: ignore[reportArgumentType] - headers
        assert code_of(told) == expected
    after = await untouched()
    assert {name for name in after if after[name] != before[name]} == set()

    begun = await mei.create(FILE[: 3 * STEP])
    assert (begun.status_code, begun.headers["upload-offset"]) == (201, str(3 * STEP))
    path = begun.headers["location"]
    again = await mei.create(FILE[: 3 * STEP])  # its answer was lost
    assert code_of(again) == (409, "UPLOAD_OFFSET_WRONG")
    assert (again.headers["location"], again.headers["upload-offset"]) == (path, str(3 * STEP))
    done = await mei.append(path, 3 * STEP, FILE[3 * STEP :], last=True)
    assert done.json()["state"] == "READY"
    whole = await mei.create(FILE, last=True, idempotency_key="create-2")
    assert (whole.status_code, whole.json()["state"]) == (201, "READY")
    assert [one["state"] for one in await mei.documents()] == ["READY", "READY"]


@on_one_database
async def test_what_is_no_picture_is_refused_and_its_bytes_are_gone(senders: Senders) -> None:
    mei = await senders.sender(key=False)
    page = b"<html>" + bytes(20_000)
    path = await mei.path(page)
    early = await mei.append(path, 0, page, last=True)
    assert code_of(early) == (415, "DOCUMENT_NOT_A_PICTURE")
    torn = FILE[:20_000] + bytes(9_000)
    path = await mei.path(torn)
    late = await mei.append(path, 0, torn, last=True)
    assert code_of(late) == (415, "DOCUMENT_NOT_A_PICTURE")
    assert late.headers["upload-complete"] == "?1"
    assert await fetch("SELECT id FROM document_part") == []
    states = {one["state"]: one["problem"] is None for one in await mei.documents()}
    assert states == {"RECEIVING": True, "REFUSED": False}
    announced = (await mei.add(FILE, hash=hashlib.sha256(b"another").hexdigest()))["document"]
    other = await mei.append(announced["uploadPath"], 0, FILE, last=True)
    assert code_of(other) == (422, "UPLOAD_ALTERED")


async def test_of_two_senders_at_one_offset_one_is_taken(senders: Senders) -> None:
    mei = await senders.sender(key=False)
    path = await mei.path()
    answers = await asyncio.gather(*(mei.append(path, 0, FILE[: 4 * STEP]) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [204, 409, 409, 409]
    assert await mei.offset(path) == 4 * STEP
    rows = await fetch("SELECT place FROM document_part ORDER BY place")
    assert [row["place"] for row in rows] == [0, STEP, 2 * STEP, 3 * STEP]


@on_one_database
async def test_what_goes_no_further_is_given_up_and_what_was_left_is_finished(
    senders: Senders,
) -> None:
    mei = await senders.sender(key=False)
    left, idle = await mei.path(), await mei.path()
    await mei.append(idle, 0, FILE[: 2 * STEP])
    document_id = left.removeprefix("/u/")
    await operations.append_bytes(mei.borrower_id, document_id, offset=0, content=FILE)
    await operations.receive_last(mei.borrower_id, document_id, offset=len(FILE))
    assert await operations.tend_uploads() == 0  # whoever received it may be at work still
    senders.world.clock.advance(timedelta(minutes=2))
    assert await operations.tend_uploads() == 1
    senders.world.clock.advance(timedelta(days=7))
    assert await operations.tend_uploads() == 1
    found = (await queries.documents_by_application([mei.application_id]))[0]
    assert sorted(one.state.value for one in found) == ["EXPIRED", "READY"]
    kept = await fetch("SELECT DISTINCT document_id FROM document_part")
    assert [row["document_id"] for row in kept] == [document_id]


@on_one_database
async def test_a_picture_can_be_taken_away_and_only_so_many_are_taken(senders: Senders) -> None:
    mei, wang = await senders.sender(key=False), await senders.sender(WANG, key=False)
    added = [(await mei.add())["document"]["id"] for _ in range(3)]
    assert (await mei.add())["code"] == "TOO_MANY_DOCUMENTS"
    assert (await wang.phone.tried("remove_document", documentId=added[0]))["code"] == "NOT_FOUND"
    path = f"/u/{added[0]}"
    await mei.append(path, 0, FILE[: 2 * STEP])
    gone = await mei.phone.do("remove_document", documentId=added[0])
    assert {one["id"] for one in gone["documents"]} == {*added[1:]}
    assert await fetch("SELECT id FROM document_part") == []
    assert code_of(await mei.append(path, 2 * STEP, FILE[2 * STEP :])) == (404, "NOT_FOUND")
    assert (await mei.add())["__typename"] == "AddDocumentSuccess"
    other = f"/u/{added[2]}"
    stolen = await wang.client.delete(other, headers=wang.headers("DELETE", other, b""))
    assert code_of(stolen) == (404, "NOT_FOUND")
    for _ in range(2):
        gone_too = await mei.client.delete(other, headers=mei.headers("DELETE", other, b""))
        assert gone_too.status_code == 204
    await mei.phone.do("withdraw_application", applicationId=mei.application_id)
    over = await mei.append(f"/u/{added[1]}", 0, FILE[:STEP])
    assert code_of(over) == (410, "UPLOAD_OVER")
    assert (await mei.add())["__typename"] == "StepOutOfOrderProblem"


@on_one_database
async def test_a_phone_of_few_days_shows_what_it_complains_of_and_no_more(
    senders: Senders,
) -> None:
    mei = await senders.sender(key=False)
    application = await mei.path()
    opened = await mei.phone.do("open_ticket", category="COMPLAINT", text="多收了我的钱")
    async with transaction() as tx:
        await tx.run("UPDATE session SET trust = 'KNOWN'")
    told = {"size": len(FILE), "hash": hashlib.sha256(FILE).hexdigest()}
    shown = await mei.phone.do("attach_picture", ticketId=opened["ticket"]["id"], **told)
    path = shown["document"]["uploadPath"]
    before = await untouched()
    assert (await mei.add())["code"] == "CONTINUITY_NEEDED"
    gone = await mei.phone.tried("remove_document", documentId=shown["document"]["id"])
    assert gone["code"] == "CONTINUITY_NEEDED"
    refused = (403, "CONTINUITY_NEEDED")
    assert code_of(await mei.append(application, 0, FILE[:STEP])) == refused
    assert code_of(await mei.create(FILE[:STEP])) == refused
    deleted = await mei.client.delete(path, headers=mei.headers("DELETE", path, b""))
    assert code_of(deleted) == refused
    assert await untouched() == before
    await mei.append(path, 0, FILE[:STEP])
    done = await mei.append(path, STEP, FILE[STEP:], last=True)
    assert (done.status_code, done.json()["state"]) == (200, "READY")
    async with transaction() as tx:
        await tx.run("UPDATE session SET trust = 'CONTACT'")
    assert code_of(await mei.append(path, 0, FILE[:STEP])) == refused
