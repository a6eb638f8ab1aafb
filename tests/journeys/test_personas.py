"""Every persona of the fixtures comes out as its file says, end to end over HTTP."""

import asyncio

import pytest

from app.commands.own_server import OwnServer
from app.commands.personas import Persona, personas
from app.commands.phoning import Phone
from app.commands.story import Story


async def play(server: OwnServer, person: Persona) -> None:
    story = Story(phone=Phone(server.address), persona=person)
    await story.sign_in()
    if person.outcome == "REFUSED":
        refused = await story.phone.tried("complete_profile", **person.profile)
        assert refused["code"] == person.reasons[0]
        me = (await story.phone.run("me"))["me"]
        assert not me["isProfileComplete"]
        return
    await story.complete_profile()
    await story.choose_product()
    await story.apply()
    told = await story.decision()
    expected = {"APPROVE": "批了", "REFER": "转人工看", "DECLINE": "这次没批"}[person.outcome]
    assert told.startswith(expected), (person.code, told)
    if person.outcome == "APPROVE":
        await story.choose_offer()
        await story.read_certificate()
        await story.sign()
        await story.money()
        await story.plan()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_persona_comes_out_as_written(server: OwnServer) -> None:
    others = [one for one in personas() if one.code != "noodle_shop_owner"]
    assert len(others) >= 7
    await asyncio.gather(*(play(server, one) for one in others))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_demo_begins_with_a_loan_one_installment_old(server: OwnServer) -> None:
    owner = next(one for one in personas() if one.code == "noodle_shop_owner")
    phone = Phone(server.address)
    story = Story(phone=phone, persona=owner)
    await story.sign_in()
    home = await phone.run("home")
    assert len(home["loans"]) == 1
    assert home["loans"][0]["nextInstallment"]["number"] == 2
    assert home["unreadCount"] > 0
