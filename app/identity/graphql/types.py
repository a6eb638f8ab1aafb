"""Identity's types and problems as the schemas show them."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum

import strawberry

from app.foundation.caller import Trust
from app.foundation.graphql import Fen, Info, Node, Problem, id_or_none, problem_parts
from app.identity import queries, rules
from app.identity.errors import ResidentIdTaken, UnderAge, WrongCode, WrongPin
from app.identity.rules.people import AGE_MIN
from app.identity.rules.recovery import RecoveryView


@strawberry.enum(description="A language we write to the borrower in.")
class Language(Enum):
    """Languages of `rules.Language`."""

    ZH_HANS = strawberry.enum_value("zh-Hans", description="Simplified Chinese.")
    EN = strawberry.enum_value("en", description="English.")


_LANGUAGES: Mapping[rules.Language, Language] = {one: Language(one.value) for one in rules.Language}


@strawberry.enum(description="What a member of staff may do.")
class StaffRole(Enum):
    """Roles of `foundation.caller.StaffRole`."""

    AGENT = strawberry.enum_value("AGENT", description="Answers borrowers at the service desk.")
    SUPERVISOR = strawberry.enum_value("SUPERVISOR", description="Leads the service desk.")
    DIRECTOR = strawberry.enum_value("DIRECTOR", description="Answers for the lending business.")
    RISK = strawberry.enum_value("RISK", description="Looks after applications and limits.")
    CONTENT_EDITOR = strawberry.enum_value("CONTENT_EDITOR", description="Writes lessons.")
    AUDITOR = strawberry.enum_value("AUDITOR", description="Checks how we work; changes nothing.")
    PARTNER_AGENT = strawberry.enum_value(
        "PARTNER_AGENT",
        description="A partner's agent or merchant: fills applications in, and sees nothing else.",
    )


@strawberry.enum(description="How far a session's holder has shown to be the account's owner.")
class SessionTrust(Enum):
    """Trust of `foundation.caller.Trust`."""

    CONTACT = strawberry.enum_value(
        "CONTACT", description="The number is theirs today; nothing from before is shown."
    )
    KNOWN = strawberry.enum_value(
        "KNOWN", description="They see what is theirs, masked, and may repay."
    )
    FULL = strawberry.enum_value("FULL", description="They may do everything.")


@strawberry.enum(description="A way to show that an account is one's own, or to begin anew.")
class RecoveryStep(Enum):
    """Steps of `rules.recovery.RecoveryStep`."""

    PIN = strawberry.enum_value("PIN", description="Enter the account's PIN.")
    OLD_PHONE = strawberry.enum_value(
        "OLD_PHONE", description="Confirm on a phone that was signed in before."
    )
    STAFF = strawberry.enum_value("STAFF", description="Let customer service check.")
    START_AFRESH = strawberry.enum_value(
        "START_AFRESH", description="The number is new to its holder, who begins an own account."
    )


@strawberry.type(description="How far this session is trusted, and what can be done about it.")
class Recovery:
    """Where a session stands."""

    trust: SessionTrust = strawberry.field(description="How far it is trusted now.")
    full_at: datetime | None = strawberry.field(
        description="When it may do everything by itself, unless somebody objects; null where"
        " waiting does not help, or is not needed."
    )
    steps: list[RecoveryStep] = strawberry.field(
        description="What to offer, whatever the account has; empty when it may do everything."
    )

    @classmethod
    def of(cls, view: RecoveryView) -> "Recovery":
        """Show where a session stands."""
        return cls(
            trust=SessionTrust(view.trust.value),
            full_at=view.full_at,
            steps=[RecoveryStep(step.value) for step in view.steps],
        )


@strawberry.type(description="The borrower who is signed in, as only they see themselves.")
class Borrower(Node):
    """The caller's own profile."""

    name: str | None = strawberry.field(
        description="Full name as on the resident ID; null until the profile is complete. Where"
        " the session is bound to a device and the request has no Proof header: 张*."
    )
    phone: str = strawberry.field(description="Phone number, masked: 138****5678.")
    region_code: str | None = strawberry.field(
        description="Code of the region the borrower lives in; null until the profile is complete."
    )
    is_student: bool = strawberry.field(description="Whether the borrower says they are a student.")
    language: Language = strawberry.field(description="The language text messages are written in.")
    is_profile_complete: bool = strawberry.field(
        description="Whether the borrower may apply; if not, ask them for completeProfile."
    )
    joined_at: datetime = strawberry.field(description="When this phone number first signed in.")

    trust: strawberry.Private[Trust]
    sees_all: strawberry.Private[bool]

    @strawberry.field(
        description="Resident ID, masked: 110***…34; null until the profile is complete."
    )
    async def resident_id(self, info: Info) -> str | None:
        """Show the number masked."""
        own = await self._own(info)
        return own and own.masked.resident_id

    @strawberry.field(
        description="Last four digits of the card that money goes to; null if none was named."
    )
    async def bank_card_tail(self, info: Info) -> str | None:
        """Show which card."""
        own = await self._own(info)
        return own and own.masked.card_tail

    @strawberry.field(
        description="Last four signs of the WeChat wallet that money goes to, rather than to the"
        " card; null if none was named."
    )
    async def wallet_tail(self, info: Info) -> str | None:
        """Show which wallet."""
        own = await self._own(info)
        return own and own.wallet_tail

    @strawberry.field(
        description="Income in an average month; null until the profile is complete, and where a"
        " Proof header is missing."
    )
    async def monthly_income(self, info: Info) -> Fen | None:
        """Show what the borrower said they earn."""
        own = await self._own(info) if self.sees_all else None
        return None if own is None or own.income_fen is None else Fen(own.income_fen)

    @strawberry.field(
        description="What the borrower wants money for, in their own words; null if not said yet,"
        " and where a Proof header is missing."
    )
    async def purpose(self, info: Info) -> str | None:
        """Show what they said."""
        own = await self._own(info) if self.sees_all else None
        return own and own.purpose

    async def _own(self, info: Info) -> rules.OwnProfile | None:
        """Open the rest, once for all fields that ask; nothing for who has only a number."""
        if self.trust is Trust.CONTACT:
            return None
        return await info.context.loader(queries.own_profiles_by_id).load(str(self.id))

    @strawberry.field(
        description="How far this session is trusted; if not fully, how to go on from there."
    )
    async def recovery(self, info: Info) -> Recovery:
        """Show where the session stands."""
        return Recovery.of(await queries.recovery_of(info.context.contact, info.context.now))

    @strawberry.field(description="Whether the borrower has chosen a PIN; if not, offer setPin.")
    async def has_pin(self) -> bool:
        """Tell whether there is a PIN."""
        if self.trust is Trust.CONTACT:
            return False
        return (await queries.pin_of(str(self.id))).is_set

    @strawberry.field(
        description="Whether wrong PINs locked it; it is set anew after proving oneself otherwise."
    )
    async def is_pin_locked(self) -> bool:
        """Tell whether the PIN is locked."""
        if self.trust is Trust.CONTACT:
            return False
        return (await queries.pin_of(str(self.id), self.trust)).is_locked

    @classmethod
    def of(cls, own: rules.OwnView, *, sees_all: bool, trust: Trust = Trust.FULL) -> "Borrower":
        """Show a borrower to themselves; masked, where a stolen token could be asking."""
        return cls(
            id=strawberry.ID(own.borrower_id),
            name=own.name if sees_all or own.name is None else rules.masked_name(own.name),
            phone=own.phone,
            region_code=own.region_code,
            is_student=own.is_student,
            language=_LANGUAGES[own.language],
            is_profile_complete=own.is_complete,
            joined_at=own.joined_at,
            trust=trust,
            sees_all=sees_all,
        )

    @classmethod
    def of_contact(cls, contact: rules.ContactView) -> "Borrower":
        """Show a number's holder the number, and nothing that is older than their session."""
        return cls(
            id=strawberry.ID(contact.borrower_id),
            name=None,
            phone=contact.masked_phone,
            region_code=None,
            is_student=False,
            language=_LANGUAGES[contact.language],
            is_profile_complete=False,
            joined_at=contact.started_at,
            trust=Trust.CONTACT,
            sees_all=False,
        )


@strawberry.type(description="A phone on which the borrower is signed in.")
class Session(Node):
    """One live session of the caller."""

    device_name: str = strawberry.field(
        description="What the phone called itself when signing in, or a plain word for a phone."
    )
    started_at: datetime = strawberry.field(description="When it signed in.")
    last_used_on: date = strawberry.field(description="The last day, in China, it was used.")
    is_current: bool = strawberry.field(description="Whether it is the one asking now.")
    device_id: strawberry.ID | None = strawberry.field(
        description="The device whose key it is bound to, from myDevices; null after signing in by"
        " a code alone."
    )

    @classmethod
    def of(cls, info: Info, view: rules.SessionView, current_id: str) -> "Session":
        """Show a session; one without a name gets a plain word."""
        return cls(
            id=strawberry.ID(view.session_id),
            device_name=view.device_name or info.context.text("identity.session.unnamed_device"),
            started_at=view.started_at,
            last_used_on=view.last_used_on,
            is_current=view.session_id == current_id,
            device_id=id_or_none(view.device_id),
        )


@strawberry.type(description="The member of staff who is signed in.")
class StaffMember:
    """The caller at the service desk."""

    id: strawberry.ID = strawberry.field(description="Opaque, at most 16 characters.")
    name: str = strawberry.field(description="The name they sign in with.")
    role: StaffRole = strawberry.field(description="What they may do.")

    @classmethod
    def of(cls, member: rules.StaffMember) -> "StaffMember":
        """Show a member of staff."""
        return cls(
            id=strawberry.ID(member.staff_id), name=member.name, role=StaffRole(member.role.value)
        )


@strawberry.type(description="The PIN is wrong; wrong ones in a row are counted.")
class WrongPinProblem(Problem):
    """A wrong PIN."""

    attempts_left: int = strawberry.field(
        description="Wrong PINs that may still follow; at 0 it is locked until it is set anew."
    )

    @classmethod
    def of(cls, info: Info, refusal: WrongPin) -> "WrongPinProblem":
        """Show a wrong PIN."""
        return cls(**problem_parts(info, refusal), attempts_left=refusal.attempts_left)


@strawberry.type(description="The one-time code is wrong; the guess was counted.")
class WrongCodeProblem(Problem):
    """A wrong guess."""

    attempts_left: int = strawberry.field(
        description="Guesses this code still has; at 0 offer requestOtp again."
    )

    @classmethod
    def of(cls, info: Info, refusal: WrongCode) -> "WrongCodeProblem":
        """Show a wrong guess."""
        return cls(**problem_parts(info, refusal), attempts_left=refusal.attempts_left)


@strawberry.type(description="The borrower is too young; nothing they sent was kept.")
class UnderAgeProblem(Problem):
    """Not yet of age."""

    age_min: int = strawberry.field(
        description="The age, in full years, from which one may borrow."
    )

    @classmethod
    def of(cls, info: Info, refusal: UnderAge) -> "UnderAgeProblem":
        """Show that somebody is too young."""
        return cls(**problem_parts(info, refusal), age_min=AGE_MIN)


@strawberry.type(description="The resident ID belongs to a borrower with another phone number.")
class ResidentIdTakenProblem(Problem):
    """Somebody else's resident ID."""

    contacts_support: bool = strawberry.field(
        description="Whether to offer customer service; whose the ID is, is never told."
    )

    @classmethod
    def of(cls, info: Info, refusal: ResidentIdTaken) -> "ResidentIdTakenProblem":
        """Show that the ID is taken."""
        return cls(**problem_parts(info, refusal), contacts_support=True)
