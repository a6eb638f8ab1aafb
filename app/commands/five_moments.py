"""The moments of a loan's life at which the phone shows a lesson, and whether the lesson fits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.catalog.operations import read_catalog
from app.catalog.rules import offered_terms, province_code
from app.commands.personas import FIXTURES, Persona
from app.commands.phoning import Phone, PhoneError
from app.commands.story import Story
from app.literacy.rules import next_harvest_news

TRACKS: Mapping[str, tuple[str, ...]] = {
    "BEFORE_SIGNING": ("COST", "RIGHTS"),
    "BEFORE_FIRST_DUE": ("PLANS",),
    "AFTER_MISSED": ("TROUBLE",),
    "FRAUD_WARNING": ("FRAUD",),
    "BEFORE_HARVEST": ("SEASONS", "PLANS"),
}
"""The five moments, and what a lesson has to be about to fit each of them."""

TRACK_LESSONS_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One of the five, and the days on which its lesson has to be suggested."""

    name: str
    since: date = date.min
    until: date = date.max
    """The same day, unless several were closed at once and facts are delivered after them."""

    def __str__(self) -> str:
        """Say what is waited for."""
        return f"a lesson for {self.name}"

    def calls_for(self, shown: Mapping[str, Any]) -> bool:
        """Tell whether a suggestion is this moment's, made in its days."""
        if shown["moment"] != self.name or shown["suggestedOn"] is None:
            return False
        return self.since <= date.fromisoformat(shown["suggestedOn"]) <= self.until


async def lesson_at(story: Story, moment: Moment) -> str:
    """
    Wait for the lesson of a moment, see that nothing else hides it and that it fits, study it.

    Raises:
        PhoneError: It never came in its days, stands below what no moment calls for, or is about
            something else.
    """

    async def suggestions() -> list[dict[str, Any]]:
        return (await story.phone.run("lesson_suggestions"))["lessonSuggestions"]

    shown = await story.until(
        suggestions, lambda found: any(map(moment.calls_for, found)), str(moment)
    )
    place = next(place for place, one in enumerate(shown) if moment.calls_for(one))
    lesson = shown[place]["lesson"]
    if any(one["suggestedOn"] is None for one in shown[:place]):
        raise PhoneError(f"{lesson['slug']} for {moment.name} stands below what can wait")
    if lesson["slug"] not in await _lessons_about(story.phone, TRACKS[moment.name]):
        raise PhoneError(f"{lesson['slug']} does not fit {moment.name}")
    return f"{shown[place]['reason']}：{await story.study(lesson['slug'])}"


async def _lessons_about(phone: Phone, tracks: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    for track in tracks:
        seen = await phone.run("lessons", track=track, first=TRACK_LESSONS_MAX)
        found |= {edge["node"]["slug"] for edge in seen["lessons"]["edges"]}
    return found


async def token_copied(story: Story) -> str:
    """
    Let somebody use a copy of the session's refresh token from a phone without its key.

    The borrower's phone is signed out with the thief's, and signs in again by its key.

    Raises:
        PhoneError: The copy was good for something.
    """
    thief = Phone(
        story.phone.address,
        traffic=story.phone.traffic,
        before_sending=story.phone.before_sending,
        pause=story.phone.pause,
        transport=story.phone.transport,
    )
    refused = await thief.tried("refresh_session", refreshToken=story.refresh_token)
    if refused["__typename"].endswith("Success"):
        raise PhoneError("a copied token renews the session")
    again = await story.sign_in_with_key()
    return f"有人拿着偷来的登录凭证想续期，没得逞（{refused['message']}）；{again}"


def harvest_news(persona: Persona, *, since: date, until: date) -> date:
    """
    Return the day from which the crop that repays a persona's loan is near.

    Raises:
        PhoneError: No harvest begins between the two days.
    """
    content = read_catalog(FIXTURES).content
    product = max(
        (one for one in content.products if one.code == persona.product_code),
        key=lambda one: one.version,
    )
    codes = (province_code(persona.region_code), persona.region_code)
    packs = [
        max((one for one in content.regions if one.code == code), key=lambda one: one.version)
        for code in codes
    ]
    offered = offered_terms(product, packs, version_id="")
    weights = () if offered is None else offered.month_weights
    news = next_harvest_news(weights, since=since, until=until)
    if news is None:
        raise PhoneError(f"nothing is harvested between {since} and {until}")
    return news
