"""Each consent is asked for by itself, each recipient by name, in words whose hash is kept."""

import hashlib

from app.catalog.rules import Consent
from app.foundation.text import LANGUAGES
from app.origination.ports import RecordKind
from app.origination.rules.consents import (
    ConsentKey,
    consent_text,
    consents_asked,
    records_allowed,
    words_read,
)
from tests.origination.rules.conftest import Offer


def test_a_joint_loan_asks_for_each_bank_but_not_for_our_own_book(offer: Offer) -> None:
    asked = consents_asked(offer("orchard_inputs", "610629"))
    assert [(one.key.kind, one.key.recipient, one.is_required) for one in asked] == [
        (Consent.CREDIT_QUERY, "", True),
        (Consent.AUTOMATED_DECISION, "", True),
        (Consent.SHARE_WITH_FUNDERS, "hechuan_bank", True),
        (Consent.MOBILE_PAYMENT_DATA, "", False),
        (Consent.COOPERATIVE_DATA, "", False),
        (Consent.INCOME_DATA, "", False),
        (Consent.FARM_DATA, "", False),
        (Consent.MARKETING, "", False),
    ]


def test_a_guarantor_is_named_in_the_words(offer: Offer) -> None:
    asked = consents_asked(offer("guaranteed_stock", "410225"))
    guarantor = next(one for one in asked if one.key.kind is Consent.SHARE_WITH_GUARANTOR)
    assert guarantor.key.recipient == "tiansui_guarantee"
    assert "田穗融资担保" in consent_text(guarantor, "zh-Hans").body
    assert "Tiansui Guarantee" in consent_text(guarantor, "en").body


def test_the_hash_is_over_exactly_the_words_shown(offer: Offer) -> None:
    for ask in consents_asked(offer("guaranteed_stock", "410225")):
        for language in LANGUAGES:
            words = consent_text(ask, language)
            shown = f"{words.title}\n{words.body}".encode()
            assert words.sha256 == hashlib.sha256(shown).hexdigest()
            assert words_read(ask, words.sha256) == (language, words)
            assert words_read(ask, words.sha256[:16]) == (language, words)
            assert words_read(ask, words.sha256[:15]) is None
        assert words_read(ask, "0" * 64) is None


def test_only_what_was_agreed_to_may_be_looked_at() -> None:
    assert records_allowed([]) == frozenset()
    given = [ConsentKey(kind=Consent.COOPERATIVE_DATA), ConsentKey(kind=Consent.MARKETING)]
    assert records_allowed(given) == {RecordKind.COOPERATIVE}
    given += [ConsentKey(kind=kind) for kind in Consent]
    assert records_allowed(given) == set(RecordKind)
