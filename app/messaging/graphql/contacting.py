"""What a phone can say about being told: hours of peace, how news is chosen, and pushes."""

from typing import Annotated

import strawberry

from app.foundation.clock import local_date
from app.foundation.errors import InvalidInput, Refusal
from app.foundation.graphql import Info, PlainProblem, problem_of
from app.identity.rules.devices import bytes_of
from app.messaging import queries
from app.messaging.graphql.types import ContactWishes, PushTarget
from app.messaging.graphql.words import PushVendor
from app.messaging.operations import pushing, wishing
from app.messaging.queries import Wishes

KEY = "Chosen by the phone; the same key again has no further effect."
BOX_BYTES_MAX = 80


@strawberry.input(description="Hours of a day in China's time; they may span midnight.")
class QuietHoursInput:
    """From when to when."""

    begins: str = strawberry.field(name="from", description="Such as 21:30.")
    ends: str = strawberry.field(name="to", description="Such as 07:00; at most 14 hours later.")


@strawberry.input(description="When to be left in peace.")
class SetQuietHoursInput:
    """Hours, or none."""

    idempotency_key: strawberry.ID = strawberry.field(description=KEY)
    hours: QuietHoursInput | None = strawberry.field(
        description="Beside the night, which stays quiet in any case; left out, only that.",
        default=None,
    )


@strawberry.type(description="The wishes as they stand now.")
class SetQuietHoursSuccess:
    """Every wish."""

    wishes: ContactWishes = strawberry.field(description="All of them.")


SetQuietHoursResult = Annotated[
    SetQuietHoursSuccess | PlainProblem,
    strawberry.union("SetQuietHoursResult", description="Whether the hours are set."),
]


@strawberry.input(description="How news of products is chosen.")
class SetNewsPersonalInput:
    """Chosen for the borrower, or the same for all."""

    idempotency_key: strawberry.ID = strawberry.field(description=KEY)
    is_personal: bool = strawberry.field(
        description="True lets news and greetings be chosen by what fits the borrower, such as the"
        " month of a birthday or a harvest; it is false at first."
    )


@strawberry.type(description="The wishes as they stand now.")
class SetNewsPersonalSuccess:
    """Every wish."""

    wishes: ContactWishes = strawberry.field(description="All of them.")


SetNewsPersonalResult = Annotated[
    SetNewsPersonalSuccess | PlainProblem,
    strawberry.union("SetNewsPersonalResult", description="Whether it is set."),
]


@strawberry.input(description="Where the app on this phone is reached by push.")
class RegisterPushInput:
    """A token, and a key for what only this phone may read."""

    idempotency_key: strawberry.ID = strawberry.field(description=KEY)
    vendor: PushVendor = strawberry.field(description="Whose push service.")
    token: str = strawberry.field(description="As the service gave it; at most 512 signs.")
    box_key: str | None = strawberry.field(
        description="A public key of P-256 made for this, uncompressed, in base64url: pushes then"
        " carry the notification closed under it (RFC 8291, aes128gcm). The private key stays in"
        " the phone.",
        default=None,
    )
    box_secret: str | None = strawberry.field(
        description="16 random bytes in base64url, sent together with boxKey.", default=None
    )

    def as_command(self, info: Info) -> pushing.RegisterPush:
        """
        Return the command.

        Raises:
            InvalidInput: The key is not base64url.
        """
        caller = info.context.borrower
        return pushing.RegisterPush(
            caller_id=caller.borrower_id,
            session_id=caller.session_id,
            device_id=caller.device_id,
            vendor=self.vendor.value,
            token=self.token,
            box_key=_bytes(self.box_key),
            box_secret=_bytes(self.box_secret),
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="The app is reached by push from now on.")
class RegisterPushSuccess:
    """Every phone that is."""

    targets: list[PushTarget] = strawberry.field(description="The newest first; at most 5.")


RegisterPushResult = Annotated[
    RegisterPushSuccess | PlainProblem,
    strawberry.union("RegisterPushResult", description="Whether the app is reached by push."),
]


@strawberry.input(description="Forget where the app of this session is reached.")
class ForgetPushInput:
    """The caller's own."""

    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.type(description="The app is not reached by push any more.")
class ForgetPushSuccess:
    """Every phone that still is."""

    targets: list[PushTarget] = strawberry.field(description="The newest first; at most 5.")


ForgetPushResult = Annotated[
    ForgetPushSuccess | PlainProblem,
    strawberry.union("ForgetPushResult", description="Whether it is forgotten."),
]


@strawberry.type(description="Mutations about being told.")
class ContactMutation:
    """What a borrower can say about it."""

    @strawberry.mutation(
        description="Be left in peace in hours of one's own, beside the night. Codes and warnings"
        " come in spite of them."
    )
    async def set_quiet_hours(
        self,
        info: Info,
        input: Annotated[SetQuietHoursInput, strawberry.argument(description="Which hours.")],
    ) -> SetQuietHoursResult:
        """Set them."""
        hours = input.hours
        command = wishing.SetQuietHours(
            caller_id=info.context.borrower_id,
            begins=None if hours is None else hours.begins,
            ends=None if hours is None else hours.ends,
            idempotency_key=input.idempotency_key,
        )
        try:
            wishes = await wishing.set_quiet_hours(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return SetQuietHoursSuccess(wishes=await _shown(info, wishes))

    @strawberry.mutation(
        description="Let news of products be chosen for oneself, or get the same as everybody."
        " Whether there is any news is the consent MARKETING's."
    )
    async def set_news_personal(
        self,
        info: Info,
        input: Annotated[SetNewsPersonalInput, strawberry.argument(description="Which.")],
    ) -> SetNewsPersonalResult:
        """Set it."""
        command = wishing.SetNewsPersonal(
            caller_id=info.context.borrower_id,
            is_personal=input.is_personal,
            idempotency_key=input.idempotency_key,
        )
        try:
            wishes = await wishing.set_news_personal(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return SetNewsPersonalSuccess(wishes=await _shown(info, wishes))

    @strawberry.mutation(
        description="Get pushes on this phone, until its session ends or somebody else registers"
        " it. A locked screen never shows more than that there is a message."
    )
    async def register_push(
        self,
        info: Info,
        input: Annotated[RegisterPushInput, strawberry.argument(description="The token.")],
    ) -> RegisterPushResult:
        """Register a token."""
        try:
            tokens = await pushing.register_push(input.as_command(info))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return RegisterPushSuccess(targets=[PushTarget.of(info, one) for one in tokens])

    @strawberry.mutation(description="Get no more pushes on this phone.")
    async def forget_push(
        self,
        info: Info,
        input: Annotated[ForgetPushInput, strawberry.argument(description="The key.")],
    ) -> ForgetPushResult:
        """Forget the session's token."""
        caller = info.context.borrower
        command = pushing.ForgetPush(
            caller_id=caller.borrower_id,
            session_id=caller.session_id,
            idempotency_key=input.idempotency_key,
        )
        try:
            tokens = await pushing.forget_push(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return ForgetPushSuccess(targets=[PushTarget.of(info, one) for one in tokens])


async def _shown(info: Info, wishes: Wishes) -> ContactWishes:
    return ContactWishes.of(wishes, await queries.quiet_hours(local_date(info.context.now)))


def _bytes(written: str | None) -> bytes | None:
    if written is None:
        return None
    try:
        return bytes_of(written, field="input.boxKey", most=BOX_BYTES_MAX)
    except InvalidInput:
        raise InvalidInput("input.boxKey", "messaging.reason.box_key") from None
