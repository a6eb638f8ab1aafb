"""Threat 10: somebody guesses at the codes of 100,000 phones, a few times each, day after day."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from app.identity.rules import codes, limits

PHONES = 100_000
START = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
"""Midnight in China: the day begins."""


@dataclass(slots=True)
class Spray:
    """One day of an attacker who can ask for any code and type any guess, as fast as the rules."""

    spent_fen: defaultdict[int, int] = field(default_factory=lambda: defaultdict[int, int](int))
    failures: int = 0
    codes_sent: int = 0
    expected_takeovers: float = 0.0

    def send(self, sent: list[datetime], now: datetime) -> bool:
        """Pay for a code, if phone and hour allow one."""
        sms, hour = limits.USUAL_SMS_LIMITS, limits.hour_of(now)
        if codes.wait_before_send(sent, now) or (
            self.spent_fen[hour] + sms.price_fen > sms.hourly_fen
        ):
            return False
        self.spent_fen[hour] += sms.price_fen
        self.codes_sent += 1
        sent.append(now)
        return True

    def guess(self, digits: int) -> None:
        """Guess at one code as often as it may be; a code too short for the hour takes none."""
        for _ in range(codes.GUESSES_PER_CODE):
            if digits >= limits.digits_after(self.failures):
                self.expected_takeovers += 10.0**-digits
                self.failures += 1


def sprayed(*, holds_back: bool) -> Spray:
    """
    Spend every hour's money on codes to phones in turn, and guess at all of them.

    Whoever holds back guesses only at the end of each hour's codes, all still of six digits.
    """
    spray = Spray()
    sent: defaultdict[int, list[datetime]] = defaultdict(list)
    guessed: defaultdict[int, int] = defaultdict(int)
    phone = 0
    for hour in range(24):
        now, live = START + timedelta(hours=hour, minutes=1), list[int]()
        while spray.send(sent[phone], now):
            digits = limits.digits_after(spray.failures)
            if guessed[phone] < codes.GUESSES_PER_DAY:
                guessed[phone] += codes.GUESSES_PER_CODE
                if holds_back:
                    live.append(digits)
                else:
                    spray.guess(digits)
            phone = (phone + 1) % PHONES
        for digits in live:
            spray.guess(digits)
    return spray


def test_spraying_100000_phones_takes_over_less_than_one_in_a_hundred_days() -> None:
    """
    The arithmetic, with the usual limits.

    Money: 20,000 fen an hour at 10 fen a message are 2,000 codes an hour, 48,000 a day, so the
    100,000 phones are not even gone through once. Guesses: 5 a code, 240,000 a day. The first
    5,000 that fail are at six digits: 5,000 / 10⁶ = 0.005 takeovers expected. From then on only
    codes of eight digits open anything, those sent before included: 235,000 / 10⁸ = 0.00235.
    Together 0.00735 a day: less than one takeover in 136 days, for 4,800 yuan of messages a day.
    (HOTP's 31 bits make the likeliest code 1.0003 times as likely as 10⁻⁶ at six digits.)
    """
    spray = sprayed(holds_back=False)
    assert spray.codes_sent == 48_000
    assert spray.failures == 240_000
    assert round(spray.expected_takeovers, 5) == 0.00735
    assert spray.expected_takeovers * 1.0003 < 0.01


def test_holding_short_codes_back_until_there_are_many_gains_a_sprayer_nothing() -> None:
    spray = sprayed(holds_back=True)
    assert spray.expected_takeovers < 0.0074


def test_a_sprayer_with_free_messages_is_still_held_below_two_in_a_hundred_days() -> None:
    """Without any ceiling: 10 guesses a phone are 10⁶ a day: 0.005 + 995,000 / 10⁸ = 0.01495."""
    spray = Spray()
    for _ in range(PHONES):
        for _ in range(codes.GUESSES_PER_DAY // codes.GUESSES_PER_CODE):
            spray.guess(limits.digits_after(spray.failures))
    assert round(spray.expected_takeovers, 5) == 0.01495
