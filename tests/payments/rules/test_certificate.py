"""A certificate's document is one text for one set of facts; its code stands for its hash."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.loanmath.waterfall import DueKind
from app.payments.rules.certificate import (
    Holder,
    Settled,
    basis_of,
    code_of,
    document_of,
    is_code,
    words_of,
)
from app.servicing.rules import Funder, LoanRef

HOLDER = Holder(name="张三", masked_name="张*", masked_resident_id="110***…34")
ON = date(2026, 11, 21)


def settled(**changes: Any) -> Settled:  # noqa: ANN401 - any of its own fields
    values: dict[str, Any] = {
        "loan": LoanRef(borrower_id="br00000000000001", loan_id="ln00000000000001"),
        "agreement_id": "ag00000000000001",
        "product": {"zh-Hans": "果园农资贷", "en": "Orchard inputs"},
        "lenders": (
            (
                Funder(code="qingmiao", share=Decimal("0.3")),
                {"zh-Hans": "青苗", "en": "Qingmiao"},
            ),
            (
                Funder(code="bank", share=Decimal("0.7")),
                {"zh-Hans": "合川银行", "en": "Hechuan Bank"},
            ),
        ),
        "disbursed_fen": 100_001,
        "opened_on": date(2026, 1, 31),
        "closed_on": ON,
        "repaid_fen": {DueKind.PRINCIPAL: 100_001, DueKind.INTEREST: 1_234, DueKind.PENALTY: 5},
        "waived_fen": 0,
    }
    return Settled(**values | changes)


def document(**changes: Any) -> str:  # noqa: ANN401 - any field of what is settled
    return document_of(settled(**changes), HOLDER, number="pc00000000000001", issued_on=ON)


def test_the_words_say_everything_in_order_and_in_both_languages() -> None:
    chinese = words_of(document(), "zh-Hans", name="张三").splitlines()
    assert chinese[0] == "结清证明"
    assert chinese[2] == "借款人：张三（身份证号 110***…34）"
    assert "出借人：青苗，出资 30%，300.00 元" in chinese
    assert "出借人：合川银行，出资 70%，700.01 元" in chinese
    assert (
        "累计已还：1,012.40 元（大写：壹仟零壹拾贰元肆角），"
        "其中本金 1,000.01 元、利息 12.34 元、罚息 0.05 元"
    ) in chinese
    assert not any(line.startswith("减免") for line in chinese)
    english = words_of(document(), "en")
    assert "Borrower: 张* (resident ID 110***…34)" in english
    assert "owes nothing more" in english


def test_what_was_forgiven_is_said() -> None:
    assert "减免：5.00 元，不用再还" in words_of(document(waived_fen=500), "zh-Hans")


@pytest.mark.parametrize(
    "changes",
    [
        {"closed_on": date(2026, 11, 22)},
        {"repaid_fen": {DueKind.PRINCIPAL: 100_001}},
        {"waived_fen": 1},
        {"agreement_id": "ag00000000000002"},
    ],
)
def test_other_facts_are_another_basis_and_another_document(changes: dict[str, Any]) -> None:
    assert basis_of(settled(**changes)) != basis_of(settled())
    assert document(**changes) != document()
    assert basis_of(settled()) == basis_of(settled())


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_a_code_stands_for_its_hash_however_it_is_typed(one: bytes, other: bytes) -> None:
    code = code_of(one.hex())
    assert len(code) == 19
    assert is_code(code, one.hex())
    assert is_code(code.lower().replace("-", " ").replace("0", "o").replace("1", "l"), one.hex())
    assert is_code(code, other.hex()) is (one[:10] == other[:10])
