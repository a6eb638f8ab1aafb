"""The emulated phone's command: it enrolls, logs in, refreshes and signs, also on a bad line."""

import json
import random
import sqlite3
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.commands.app_phone import NOW_ONLY, AppPhone
from app.commands.keystore import Keystore
from app.commands.phone import Emulated
from app.commands.phone_wire import changes, short_id
from app.commands.phoning import OPERATIONS, Phone, PhoneError
from app.foundation import outbox
from app.foundation.clock import SystemClock
from app.foundation.database import Database, fetch
from app.gateway.documents import Prepared
from app.gateway.running import Runner
from app.gateway.schema import BORROWER_SCHEMA
from app.gateway.sync.exchange import can_wait
from app.literacy import operations as literacy
from app.main import app_over, outside_of, publish
from app.settings import Settings
from app.worker import subscriptions
from tests.commands.conftest import Run

NUMBER = "19900000001"
WAITS = 2
Made = Callable[..., Emulated]


@pytest.fixture
async def made(database: Database, new_settings: Settings, tmp_path: Path) -> Made:
    """Give phones on one line to an app in this process, whose worker works while they wait."""
    new_settings.data_folder.mkdir()
    database.clock = SystemClock()
    outside = outside_of(new_settings, database.clock)
    outbox.subscribe(subscriptions(outside.ports))
    app = app_over(new_settings, outside)

    async def pause(_seconds: float) -> None:
        await outbox.drain()

    def make(*, lost: float = 0.0, as_json: bool = False) -> Emulated:
        chance = random.Random(7)  # noqa: S311 - the weather
        keystore = Keystore.opened(tmp_path / "phone.json")
        phone = AppPhone(
            new_settings.address,
            transport=httpx.ASGITransport(app),
            keystore=keystore,
            pause=pause,
            loses_reply=lambda: chance.random() < lost,
        )
        return Emulated(keystore, phone, as_json)

    return make


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_phone_lives_its_life_on_a_line_that_loses_replies(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await made(lost=0.3).enroll(NUMBER, "Redmi 9A", code=None, pin=None)
    assert stat.S_IMODE((tmp_path / "phone.json").stat().st_mode) == 0o600
    await made(lost=0.3).login()
    await made(lost=0.3).login(clock_off=4_000)
    for _ in range(3):
        await made(lost=0.3, as_json=True).refresh()
    await made(lost=0.3).run("set_language", {"input": {"language": "EN"}})
    await made().run("my_devices", {})
    said = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("20")]
    assert said[0].startswith("Redmi 9A may sign in now, as dv")
    assert sum("resent" in line for line in said) == 3
    assert json.loads(said[-1])["myDevices"][0]["isCurrent"] is True
    assert await fetch("SELECT 1 FROM device") == [{"1": 1}]
    assert len(await fetch("SELECT id FROM session WHERE ended_at IS NULL")) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_phone_without_a_key_or_a_session_says_so(made: Made) -> None:
    with pytest.raises(PhoneError, match="`enroll` it first"):
        await made().login()
    with pytest.raises(PhoneError, match="not signed in"):
        await made().refresh()
    with pytest.raises(PhoneError, match="not signed in"):
        await made().run("me", {})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_was_done_without_a_line_is_done_once_when_there_is_one(made: Made) -> None:
    await publish()
    literacy.load_course()
    await made().enroll(NUMBER, "Redmi 9A", code=None, pin=None)
    away = made()
    assert isinstance(away.phone, AppPhone)
    for text in ("第一件事", "第二件事"):
        away.phone.write_down("open_ticket", category="QUESTION", text=text)
    away.phone.write_down("open_ticket", category="QUESTION", text="")
    away.phone.write_down("set_language", language="EN")

    back = made(lost=0.5)  # the same phone, started anew
    assert isinstance(back.phone, AppPhone)
    assert [operation for operation, _ in back.phone.waiting] == [
        *["open_ticket"] * 3,
        "set_language",
    ]
    back.phone.token = back.keystore.memory["access_token"]
    ended = await back.phone.push()
    assert [one["__typename"] for one in ended] == ["Success", "Success", "Problem", "Success"]
    assert back.phone.waiting == []
    assert back.phone.traffic.retries > 0
    assert len(await fetch("SELECT id FROM ticket")) == 2
    assert await fetch("SELECT language FROM borrower") == [{"language": "en"}]

    told = await back.phone.run("home")
    assert told == await Phone.run(back.phone, "home"), "put together as it stands"
    back.phone.loses_reply = lambda: False
    down = back.phone.traffic.down
    assert await back.phone.run("home") == told
    assert back.phone.traffic.down - down < 300, "and not told again"


@dataclass
class Busy(httpx.AsyncBaseTransport):
    """A line to an app whose database another process writes to until the phone has waited."""

    line: httpx.AsyncBaseTransport
    path: str
    heard: list[int] = field(default_factory=list[int])
    waited: list[float] = field(default_factory=list[float])
    other: sqlite3.Connection | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.line.handle_async_request(request)
        self.heard.append(answer.status_code)
        return answer

    async def pause(self, seconds: float) -> None:
        self.waited.append(seconds)
        if len(self.waited) == WAITS:
            self.let_go()

    def write(self) -> None:
        self.heard.clear()
        self.waited.clear()
        self.other = sqlite3.connect(self.path, isolation_level=None)
        self.other.execute("BEGIN IMMEDIATE")

    def let_go(self) -> None:
        assert self.other is not None
        self.other.execute("ROLLBACK")
        self.other.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_a_busy_database_did_not_take_is_sent_again_and_done_once(
    made: Made, database_url: str
) -> None:
    literacy.load_course()
    phone = made().phone
    assert isinstance(phone, AppPhone)
    assert phone.transport is not None
    busy = Busy(phone.transport, database_url.removeprefix("sqlite:///"))
    phone.transport, phone.pause = busy, busy.pause

    busy.write()
    asked = await phone.do("request_otp", phone=NUMBER)
    assert (busy.heard, busy.waited, phone.traffic.retries) == ([200] * 3, [1] * WAITS, WAITS)
    assert await fetch("SELECT id FROM one_time_code") == [{"id": asked["challengeId"]}]

    await outbox.drain()
    code = await phone.newest_code(NUMBER)
    entered = await phone.do("verify_otp", challengeId=asked["challengeId"], code=code)
    phone.token = entered["accessToken"]
    await phone.push()
    phone.write_down("open_ticket", category="QUESTION", text="第一件事")
    phone.write_down("open_ticket", category="QUESTION", text="")
    busy.write()
    ended = await phone.push()
    assert [one["__typename"] for one in ended] == ["Success", "Problem"]
    assert (busy.heard, busy.waited) == ([200] * 3, [1] * WAITS)
    assert phone.waiting == []
    assert len(await fetch("SELECT id FROM ticket")) == 1


def test_what_cannot_wait_is_what_signs_in_signs_or_takes_a_secret() -> None:
    trusted = Runner.over(BORROWER_SCHEMA, graph="borrower").trusted
    assert trusted is not None, "the graph has documents of ours"
    names = {path.stem for path in (OPERATIONS / "borrower").glob("*.graphql")}
    mutations = {name for name in names if changes(name)}
    now_only = {name for name in mutations if not _waits(trusted.registered(short_id(name)))}
    assert now_only == NOW_ONLY


def _waits(prepared: Prepared | None) -> bool:
    assert prepared is not None, "it is one of ours"
    return can_wait(prepared)


class LinePhone(Phone):
    """A phone whose borrower has one line, of which 1,500 yuan are left."""

    async def run(self, operation: str, **variables: object) -> dict[str, Any]:
        assert (operation, variables) == ("credit_lines", {})
        line = {"id": "ap1", "left": 150_000, "limit": 300_000, "endsOn": "2027-11-22"}
        return {"creditLines": [line]}

    async def do(self, operation: str, **given: object) -> dict[str, Any]:
        assert operation == "draw_down"
        assert given == {"lineId": "ap1", "amount": 100_000, "months": 3}
        return {"application": {"id": "ap2", "offers": [{"id": "of1", "months": 3}]}}


async def test_a_line_is_shown_and_drawn_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keystore = Keystore.opened(tmp_path / "phone.json")
    keystore.memory |= {"access_token": "t", "expires_at": "2999-01-01T00:00:00+00:00"}
    emulated = Emulated(keystore, LinePhone("http://there", keystore=keystore), as_json=False)
    await emulated.draw(None, None, None)
    await emulated.draw(100_000, 3, None)
    shown, drawn = capsys.readouterr().out.splitlines()
    assert shown == "ap1: 1,500.00 of 3,000.00 left, until 2027-11-22"
    assert drawn == "Drawn as ap2; choose with `run accept_offer`: of1 (3 months)"


def test_the_keystore_survives_and_never_counts_back(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "phone.json"
    keystore = Keystore.opened(path)
    keystore.make_key()
    keystore.memory["address"] = "http://there"
    assert [keystore.next_count() for _ in range(3)] == [1, 2, 3]
    again = Keystore.opened(path)
    assert again.public_key == keystore.public_key
    assert again.next_count() == 4
    assert again.memory == {"address": "http://there"}
    again.make_key()
    assert again.public_key != keystore.public_key


def test_the_command_says_what_stands_in_its_way(run: Run, tmp_path: Path) -> None:
    file = str(tmp_path / "phone.json")
    nowhere = run("phone", "--file", file, "login")
    assert nowhere.exit_code == 1
    assert "`enroll` it first" in nowhere.stderr
    wrong = run("phone", "--file", file, "run", "me", "--variables", "[]")
    assert wrong.exit_code == 2
    assert "a JSON object is needed" in wrong.stderr
    assert "--lose-replies" in run("phone", "--help").stdout
