"""Who carries messages as the settings say: a real carrier, or twins for development."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from app.adapters.aliyun_sms import aliyun_of
from app.adapters.push import Makers, PushTwin, makers_of
from app.adapters.sms import CodeChain, Guarded, MessageTwin, SmsTwin
from app.adapters.voice import VoiceTwin
from app.foundation.clock import Clock
from app.foundation.metrics import Gauge, Labels
from app.messaging.ports import Channel, Provider, Providers
from app.messaging.rules import Breaker
from app.settings import Settings

_RESTING = Gauge(
    "provider_resting",
    "Whether a carrier failed so often that it is left alone",
    "channel",
    "provider",
)
SECOND = "twin-2"
CODE_SECONDS = 1.5
"""Somebody waits in front of the phone: then the next carrier is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Messengers:
    """Every carrier of this process."""

    inbox: SmsTwin
    """What every phone received, in development."""
    codes: CodeChain
    providers: Providers
    twins: tuple[Callable[[asyncio.Event], Awaitable[None]], ...]
    """What runs beside requests: twins that post receipts."""


def messengers_of(settings: Settings, clock: Clock, callback_url: str) -> Messengers:
    """
    Return who carries messages.

    Text messages have two carriers, so that one may fail: the second is the twin's own copy, which
    delivers into the same inbox, or none where a real carrier is named.

    Raises:
        SettingsRefused: A text has no template with the carrier.
    """
    folder = settings.data_folder
    is_overheard = settings.is_development and not settings.log_as_json

    def twin(kind: type[MessageTwin], name: str, file: str) -> MessageTwin:
        return kind(
            folder / file,
            clock=clock,
            name=name,
            callback_url=callback_url,
            secret=settings.messages_secret,
            is_overheard=is_overheard,
        )

    inbox = SmsTwin(
        folder / "twin-sms.sqlite3",
        clock=clock,
        callback_url=callback_url,
        secret=settings.messages_secret,
        is_overheard=is_overheard,
    )
    second = SmsTwin(
        folder / "twin-sms.sqlite3", clock=clock, name=SECOND, is_overheard=is_overheard
    )
    push_twin = twin(PushTwin, "push-twin", "twin-push.sqlite3")
    push: Provider = Guarded(push_twin)
    if settings.push is not None:
        push = makers_of(settings.push, clock)
    voice = twin(VoiceTwin, "voice-twin", "twin-voice.sqlite3")
    sms: tuple[Provider, ...] = (inbox, second)
    if settings.aliyun is not None:
        sms = (aliyun_of(settings.aliyun, clock),)
    breakers = [Breaker() for _ in sms]
    guarded = tuple(
        Guarded(one, breaker=breaker) for one, breaker in zip(sms, breakers, strict=True)
    )
    hurried = tuple(
        Guarded(one, breaker=breaker, seconds=CODE_SECONDS)
        for one, breaker in zip(sms, breakers, strict=True)
    )
    providers: Providers = {
        Channel.PUSH: (push,),
        Channel.SMS: guarded,
        Channel.VOICE: (Guarded(voice),),
    }
    _RESTING.follow(lambda: resting(providers))
    return Messengers(
        inbox=inbox,
        codes=CodeChain(hurried),
        providers=providers,
        twins=(inbox.run, push_twin.run, voice.run),
    )


def resting(providers: Providers) -> Mapping[Labels, float]:
    """Tell of each carrier, and of each phone maker, whether its breaker keeps calls from it."""
    return {
        (channel.value, name): float(one.is_resting)
        for channel, carriers in providers.items()
        for carrier in carriers
        for name, one in (
            carrier.services if isinstance(carrier, Makers) else {carrier.name: carrier}
        ).items()
    }
