"""Every persona's story, side by side on one server, each held to the ending in its file."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import httpx

from app.commands.keystore import Keystore
from app.commands.paying_ways import pay_from_card, pay_in_shop
from app.commands.personas import Ending, Persona, desk
from app.commands.phoning import Phone, PhoneError
from app.commands.referring import hand_over
from app.commands.story import Story
from app.commands.twists import draw_again, give_back, keep_papers, send_document

RISK = "wen.risk"
"""Who at the desk looks at what a machine referred or declined."""
NEW_CODE_SECONDS = 31.0
"""An authenticator's code opens once; the next comes after half a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a story ended, and what its file says."""

    persona: Persona
    ending: str
    sees: str

    @property
    def is_as_written(self) -> bool:
        """Whether it ended as the persona's file says."""
        return self.ending == self.persona.ending


@dataclass(slots=True)
class Stage:
    """Where stories are played: a way to get phones, and the desk with everybody signed in once."""

    phone: Callable[[str], Phone]
    """Makes a phone for a language."""
    desk_phone: Callable[[], Phone]
    now: Callable[[], datetime]
    """The server's time, which authenticator codes go by."""
    _seats: dict[str, Phone] = field(default_factory=dict[str, Phone])
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def seat(self, name: str) -> Phone:
        """
        Return somebody's place at the desk; they sign in the first time.

        Raises:
            PhoneError: They cannot sign in.
        """
        async with self._one_at_a_time:
            if name not in self._seats:
                self._seats[name] = await self._sit_down(name)
        return self._seats[name]

    async def proven(self, name: str, operation: str, **given: object) -> dict[str, Any]:
        """
        Do what somebody at the desk may do only after proving once more who they are.

        Raises:
            PhoneError: It was refused all the same.
        """
        seat = await self.seat(name)
        answer = await seat.tried(operation, **given)
        if answer.get("code") == "STEP_UP_NEEDED":
            await seat.pause(NEW_CODE_SECONDS)
            who = next(one for one in desk() if one.name == name)
            await seat.do("staff_step_up", totp=who.proofs(self.now())["totp"])
            return await seat.do(operation, **given)
        if not answer["__typename"].endswith("Success"):
            raise PhoneError(f"{operation}: {answer}")
        return answer

    async def _sit_down(self, name: str) -> Phone:
        who = next(one for one in desk() if one.name == name)
        phone = self.desk_phone()
        entered = await phone.do("staff_sign_in", **who.proofs(self.now()))
        phone.token = entered["accessToken"]
        return phone


Tell = Callable[[Ended], None]


async def play_all(stage: Stage, people: Iterable[Persona], *, tell: Tell) -> list[Ended]:
    """Play the stories of some people, scene beside scene; a story that breaks tells how."""
    played = await asyncio.gather(*(play(stage, scene, tell) for scene in scenes_of(people)))
    return [ended for scene in played for ended in scene]


def scenes_of(people: Iterable[Persona]) -> list[list[Persona]]:
    """Put those together whose stories belong together."""
    scenes: defaultdict[str, list[Persona]] = defaultdict(list)
    for one in people:
        scenes[one.scene].append(one)
    return list(scenes.values())


async def play(stage: Stage, people: Iterable[Persona], tell: Tell) -> list[Ended]:
    """Play one scene: all arrive, then each acts; who has another's number comes after them."""
    cast = _Scene(stage)
    ended: list[Ended] = []
    in_order = sorted(people, key=lambda one: (one.part.number_before is not None, one.code))
    first = [one for one in in_order if one.part.number_before is None]
    broken = {one.code: await cast.trouble(cast.arrive(one)) for one in first}
    for one in in_order:
        trouble = broken.get(one.code)
        if one.part.number_before is not None:
            trouble = await cast.trouble(cast.arrive(one))
        trouble = trouble or await cast.trouble(cast.act(one))
        ending = "BROKEN" if trouble else cast.endings[one.code]
        ended.append(Ended(persona=one, ending=ending, sees=trouble or cast.told[one.code]))
        tell(ended[-1])
    return ended


@dataclass(slots=True)
class _Scene:
    """The stories that belong together, while they are played."""

    stage: Stage
    stories: dict[str, Story] = field(default_factory=dict[str, Story])
    endings: dict[str, str] = field(default_factory=dict[str, str])
    told: dict[str, str] = field(default_factory=dict[str, str])

    async def trouble(self, playing: Awaitable[None]) -> str | None:
        """Return what broke a part of a story; nothing else of the scene is lost by it."""
        try:
            await playing
        except (PhoneError, httpx.HTTPError) as broken:
            return str(broken)
        return None

    async def arrive(self, person: Persona) -> None:
        """Sign in, begin anew where somebody else had the number, and say who one is."""
        story = Story(phone=self.stage.phone(person.language), persona=person)
        self.stories[person.code] = story
        await story.sign_in()
        if person.part.number_before is not None:
            await _begin_anew(story)
        if person.ending is Ending.GUARANTEES:
            story.phone.keystore = Keystore()
            await story.phone.enroll("Redmi 9A")
        if person.ending is Ending.PROFILE_REFUSED:
            await self._refused(story)
        else:
            await story.complete_profile()

    async def act(self, person: Persona) -> None:
        """Do what one came for, up to where one's file says it ends."""
        story = self.stories[person.code]
        if person.code in self.endings:
            return
        if person.ending is Ending.GUARANTEES:
            self._end(story, Ending.GUARANTEES, await _guarantees(story))
            return
        if person.part.hands_over:
            self._end(story, Ending.HANDED_OVER, await hand_over(story))
            return
        if person.part.assisted_by is None:
            await story.choose_product()
        else:
            await self._confirm_what_was_filled_in(story, person.part.assisted_by)
        if person.part.guarantor is not None:
            await self._find_guarantor(story, self.stories[person.part.guarantor])
        if person.part.sends is None:
            await story.apply()
        else:
            await story.apply(partial(send_document, story))
        await self._decided(story)

    async def _refused(self, story: Story) -> None:
        person = story.persona
        refused = await story.phone.tried("complete_profile", **person.profile)
        if refused.get("code") != person.reasons[0]:
            raise PhoneError(f"complete_profile: {refused}")
        if (await story.phone.run("me"))["me"]["isProfileComplete"]:
            raise PhoneError("a profile that was refused is kept")
        self._end(story, Ending.PROFILE_REFUSED, refused["message"])

    async def _decided(self, story: Story) -> None:
        """Wait for the decision, compare it with the file, and go on from there."""
        person = story.persona
        sees = await story.decision()
        decision = (await story.standing())["decision"]
        reasons = tuple(one["code"] for one in decision["reasons"])
        if (decision["outcome"], reasons) != (person.outcome, person.reasons):
            raise PhoneError(f"decided {decision['outcome']} for {', '.join(reasons) or 'nothing'}")
        if person.part.judged is not None:
            await self._judged(story, person.part.judged)
        if person.part.appeals is not None:
            await self._appeal(story, person.part.appeals)
        state = (await story.standing())["state"]
        if state == "OFFERED" and person.ending is not Ending.OFFERED:
            sees = await _borrow(story)
            state = (await story.standing())["state"]
        if state == "BOOKED" and person.part.draws is not None:
            sees, state = await draw_again(story), Ending.DRAWN_AGAIN.value
            sees = f"{sees}；{await pay_from_card(story)}"
        if state == "BOOKED" and person.part.assisted_by is not None:
            agent = await self.stage.seat(person.part.assisted_by)
            sees = f"{sees}；{await pay_in_shop(story, agent)}"
        if state == "BOOKED" and person.part.returns:
            sees = f"{await give_back(story)}；{await keep_papers(story)}"
            state = Ending.RETURNED.value
        self._end(story, state, sees)

    def _end(self, story: Story, ending: str, sees: str) -> None:
        self.endings[story.persona.code] = ending
        self.told[story.persona.code] = sees

    async def _judged(self, story: Story, found: Mapping[str, Any]) -> None:
        """Let a person at the desk look at what the machine referred."""
        seat = await self.stage.seat(RISK)
        await seat.do("take_referred_application", applicationId=story.application_id)
        judged = await seat.do(
            "review_application",
            applicationId=story.application_id,
            isApproved=found["is_approved"],
            reasons=found["reasons"],
        )
        if not judged["isSettled"]:
            raise PhoneError("one person's word does not settle it")

    async def _appeal(self, story: Story, why: Mapping[str, Any]) -> None:
        """Ask for a person to look at a decline, who puts right what was wrong."""
        asked = await story.phone.do(
            "request_human_review", applicationId=story.application_id, reason=why["words"]
        )
        await self.stage.proven(
            RISK,
            "answer_human_review",
            reviewId=asked["review"]["id"],
            isUpheld=False,
            answer=why["answer"],
            newDecision={
                "amount": story.persona.amount_fen,
                "reason": why["found"],
                "otherDebts": why["other_debts_fen"],
                "lateNowDays": why["late_now_days"],
            },
        )

    async def _confirm_what_was_filled_in(self, story: Story, agent: str) -> None:
        """Let an agent fill in, who learns nothing by it, and confirm it on one's own phone."""
        person, seat = story.persona, await self.stage.seat(agent)
        product = await story.product()
        await seat.do(
            "start_assisted",
            phone=person.phone,
            productId=product["id"],
            regionCode=person.region_code,
            amount=person.amount_fen,
            months=person.months,
            purpose=person.purpose,
        )
        waiting = (await story.phone.run("assisted_for_me"))["assistedForMe"]
        confirmed = await story.phone.do("confirm_assisted", assistedId=waiting[0]["id"])
        story.application_id = confirmed["application"]["id"]
        seen = str(await seat.run("assisted_by_me"))
        for hidden in (person.name, person.resident_id, person.bank_card, str(person.income_fen)):
            if hidden in seen:
                raise PhoneError("the agent sees what is not theirs")

    async def _find_guarantor(self, story: Story, other: Story) -> None:
        """Say how much it is about, name somebody, and have them agree on their own phone."""
        await story.fill_in()
        await story.phone.do(
            "name_guarantor", applicationId=story.application_id, phone=other.persona.phone
        )
        asked = (await other.phone.run("guarantees_asked"))["guaranteesAsked"][0]
        begun = await other.phone.do("begin_guarantee", guaranteeId=asked["id"])
        await other.phone.do(
            "give_guarantee",
            guaranteeId=asked["id"],
            textHash=begun["guarantee"]["textHash"],
            approval=await other.approval(begun["intent"]),
        )


async def _begin_anew(story: Story) -> None:
    """Say that the number is one's own now; nothing of whoever had it before is seen."""
    seen = (await story.phone.run("me"))["me"]
    if seen["name"] is not None:
        raise PhoneError("whoever has a number now sees whose it was")
    session = (await story.phone.do("start_afresh"))["session"]
    story.phone.token = session["accessToken"]


async def _borrow(story: Story) -> str:
    """Choose, read, sign, and wait for the money and the plan."""
    await story.choose_offer()
    await story.read_certificate()
    await story.sign()
    money = await story.money()
    return f"{money}；{await story.plan()}"


async def _guarantees(story: Story) -> str:
    """See what one stands behind."""
    given = (await story.phone.run("guarantees_asked"))["guaranteesAsked"]
    agreed = [one for one in given if one["agreedAmount"]]
    if len(agreed) != 1:
        raise PhoneError(f"stands behind {len(agreed)} loans")
    asked, binds = await story.inbox("GUARANTEE_ASKED"), await story.inbox("GUARANTEE_BINDS")
    return f"{agreed[0]['stateWords']}；{asked}；{binds}"
