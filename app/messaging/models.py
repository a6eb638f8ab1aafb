"""Rows of messaging: what a borrower was told, how it went out, and what they wish."""

from datetime import datetime
from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.clock import milliseconds, moment_of
from app.foundation.sealing import Cell, Index, KeyClass, SealedField, SealedTable
from app.messaging.rules import DEAD, Reason, Standing, State


def token_cell(token_id: str, borrower_id: str, column: str) -> Cell:
    """Return the place of a push token's sealed values."""
    return PushTokenRow.seals.cell(column, token_id, borrower_id)


class NotificationRow(Model):
    """One notification; ids, fen and dates only, so it reads in any language."""

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    kind = fields.CharField(max_length=32)
    data = fields.TextField()
    dedupe_key = fields.CharField(max_length=120, unique=True)
    created_at = fields.DatetimeField()
    read_at = fields.DatetimeField(null=True)

    class Meta:
        table = "notification"
        indexes = (("borrower_id", "created_at", "id"),)
        """The inbox is read from its newest end, however long it is."""


class DeliveryRow(Model):
    """One message over one channel; its words are made when it is sent. Times in milliseconds."""

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    """Who is told; empty where somebody without an account is asked for a guarantee."""
    notification_id = fields.CharField(max_length=16, null=True, db_index=True)
    guarantee_id = fields.CharField(max_length=16, null=True)
    place = fields.CharField(max_length=40, unique=True)
    """What it is about, and the channel: there is one message over each."""
    channel = fields.CharField(max_length=8)
    by_sms = fields.BooleanField(default=True)
    """Whether its chain has a text message: not where another one says the same."""
    is_counted = fields.BooleanField(default=False)
    """Whether it counts towards the day's messages already."""
    state = fields.CharField(max_length=12)
    reason = fields.CharField(max_length=20, null=True)
    turn = fields.IntField(default=1)
    attempts = fields.IntField(default=0)
    provider = fields.CharField(max_length=24, null=True)
    provider_ref = fields.CharField(max_length=80, null=True)
    refused_by = fields.CharField(max_length=120, default="")
    push_token_id = fields.CharField(max_length=16, null=True)
    queued_at = fields.BigIntField()
    not_before = fields.BigIntField()
    expires_at = fields.BigIntField()
    begun_at = fields.BigIntField(null=True)
    called_at = fields.BigIntField(null=True)
    sent_at = fields.BigIntField(null=True)
    settled_at = fields.BigIntField(null=True)
    asks = fields.IntField(default=0)
    look_at = fields.BigIntField(null=True, db_index=True)
    """When it is looked at next; null once it has ended, so that its index stays small."""
    dead_at = fields.BigIntField(null=True, db_index=True)
    """When it became a dead letter; null for all others."""

    class Meta:
        table = "message_delivery"

    @property
    def standing(self) -> Standing:
        """Return how it stands."""
        return Standing(
            state=State(self.state),
            reason=None if self.reason is None else Reason(self.reason),
            turn=self.turn,
            attempts=self.attempts,
            provider=self.provider,
            provider_ref=self.provider_ref,
            refused_by=tuple(one for one in self.refused_by.split(",") if one),
            not_before=moment_of(self.not_before),
            expires_at=moment_of(self.expires_at),
            begun_at=_moment(self.begun_at),
            called_at=_moment(self.called_at),
            sent_at=_moment(self.sent_at),
            settled_at=_moment(self.settled_at),
            asks=self.asks,
            look_at=_moment(self.look_at),
        )

    def take(self, standing: Standing) -> None:
        """Write down how it stands now; saving is the caller's."""
        self.state = standing.state
        self.reason = standing.reason
        self.turn = standing.turn
        self.attempts = standing.attempts
        self.provider = standing.provider
        self.provider_ref = None if standing.provider_ref is None else standing.provider_ref[:80]
        self.refused_by = ",".join(standing.refused_by)
        self.not_before = milliseconds(standing.not_before)
        self.expires_at = milliseconds(standing.expires_at)
        self.begun_at = _milliseconds(standing.begun_at)
        self.called_at = _milliseconds(standing.called_at)
        self.sent_at = _milliseconds(standing.sent_at)
        self.settled_at = _milliseconds(standing.settled_at)
        self.asks = standing.asks
        self.look_at = _milliseconds(standing.look_at)
        is_dead = standing.state is State.FAILED and standing.reason in DEAD
        self.dead_at = self.settled_at if is_dead else None


class SmsRow(Model):
    """A text message from before there were other channels; moved to `message_delivery`."""

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    notification_id = fields.CharField(max_length=16, unique=True)
    state = fields.CharField(max_length=12)
    reason = fields.CharField(max_length=24, null=True)
    attempts = fields.IntField(default=0)
    queued_at = fields.DatetimeField()
    not_before = fields.DatetimeField()
    settled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "sms"


class PushTokenRow(Model):
    """Where an app on a phone can be reached, until somebody else registers it."""

    seals: ClassVar = SealedTable(
        table="push_token",
        columns={"token": KeyClass.CONTENT, "box_key": KeyClass.CONTENT},
        indexes=(Index(column="token_index", of=("token",), label="push_token.token"),),
    )

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    session_id = fields.CharField(max_length=16)
    device_id = fields.CharField(max_length=16, null=True)
    vendor = fields.CharField(max_length=12)
    token_index = fields.CharField(max_length=32, unique=True)
    token = SealedField()
    box_key = SealedField(null=True)
    """Public key and secret that the app gave for sealing what is pushed to it (RFC 8291)."""
    registered_at = fields.BigIntField()

    class Meta:
        table = "push_token"


class ContactWishRow(Model):
    """A borrower's own quiet hours, and whether news of products may be chosen for them."""

    borrower_id = fields.CharField(max_length=16, primary_key=True)
    quiet_from = fields.CharField(max_length=5, null=True)
    quiet_to = fields.CharField(max_length=5, null=True)
    is_news_personal = fields.BooleanField(default=False)

    class Meta:
        table = "contact_wish"


class ContactCountRow(Model):
    """How often somebody was interrupted about a category in one span of days."""

    id = fields.CharField(max_length=48, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    count = fields.IntField()
    ends_on = fields.CharField(max_length=10, db_index=True)

    class Meta:
        table = "contact_count"


class CareRoundRow(Model):
    """One occasion to greet those who agreed to it, and how far it has got. The id names it."""

    id = fields.CharField(max_length=48, primary_key=True)
    """Kind and day or month, such as `HOLIDAY:spring_festival:2027-02-17`."""
    kind = fields.CharField(max_length=16)
    place = fields.CharField(max_length=16)
    """The last borrower who was looked at; empty at first."""
    told = fields.IntField()
    begun_at = fields.BigIntField()
    ends_on = fields.DateField()
    """From that day on nobody is greeted any more."""
    ended_at = fields.BigIntField(null=True, db_index=True)

    class Meta:
        table = "care_round"


class NewsCampaignRow(Model):
    """News of a product that two people want told to whoever agreed to news, and how far it got."""

    id = fields.CharField(max_length=16, primary_key=True)
    version_id = fields.CharField(max_length=16, null=True)
    """The product, for those who let news be chosen for them; others hear of something new."""
    why = fields.TextField()
    state = fields.CharField(max_length=8, db_index=True)
    asked_by = fields.CharField(max_length=16)
    asked_name = fields.CharField(max_length=64)
    asked_at = fields.BigIntField()
    decided_by = fields.CharField(max_length=16, null=True)
    decided_at = fields.BigIntField(null=True)
    place = fields.CharField(max_length=16)
    told = fields.IntField()

    class Meta:
        table = "news_campaign"


class NotificationPreferenceRow(Model):
    """One switch that a borrower has moved; the id is borrower and category."""

    id = fields.CharField(max_length=40, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    category = fields.CharField(max_length=16)
    is_sms_on = fields.BooleanField()
    is_push_on = fields.BooleanField(default=True, db_default=True)

    class Meta:
        table = "notification_preference"


def _moment(milliseconds_since_1970: int | None) -> datetime | None:
    return None if milliseconds_since_1970 is None else moment_of(milliseconds_since_1970)


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else milliseconds(moment)
