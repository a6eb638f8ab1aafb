"""Three plain questions made of a certificate's own figures, and whether an answer is right."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.foundation.canonical import sha256_of
from app.foundation.text import text
from app.loanmath.money import round_ratio
from app.origination.rules.certificate import CostCertificate, LateItem


class QuestionKind(StrEnum):
    """What is asked."""

    NEXT_PAYMENT = "NEXT_PAYMENT"
    TOTAL = "TOTAL"
    LATE = "LATE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One possible answer: an amount, or a sentence; the key says nothing about which is right."""

    key: str
    amount_fen: int | None
    sentence: str | None

    def words(self, language: str, data: Mapping[str, object]) -> str:
        """Return what stands on the button."""
        if self.sentence is not None:
            return text(f"origination.question.{self.sentence}", language, **data)
        return text("origination.question.amount", language, amount_fen=self.amount_fen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question with its choices in the order shown."""

    kind: QuestionKind
    name: str
    """The sentence's name among the texts."""
    choices: tuple[Choice, ...]
    right_key: str
    data: Mapping[str, object]
    """The figures its sentences mention."""

    def asked(self, language: str) -> str:
        """Return the question."""
        return text(f"origination.question.{self.name}", language, **self.data)

    def explained(self, language: str) -> str:
        """Return why the right answer is right, without a reproach."""
        return text(f"origination.question.{self.name}_because", language, **self.data)


def questions_of(certificate: CostCertificate, sha256: str) -> tuple[Question, ...]:
    """Make the questions of a certificate; the same certificate always asks the same."""
    return (
        _next_payment(certificate, sha256),
        _total(certificate, sha256),
        _late(certificate, sha256),
    )


def _next_payment(certificate: CostCertificate, sha256: str) -> Question:
    payments = certificate.payments_fen
    count, right_fen = len(payments), payments[0]
    # The last installment may differ by the fen that rounding left over.
    is_level = count > 1 and max(payments) - min(payments) <= count
    name = "monthly" if is_level else "only_payment" if count == 1 else "first_payment"
    return _about_money(
        QuestionKind.NEXT_PAYMENT,
        name,
        right_fen,
        round_ratio(certificate.principal_fen, count),
        (right_fen * 2, right_fen // 2),
        sha256,
        {"amount_fen": right_fen, "on": certificate.plan[0][1], "count": count},
    )


def _total(certificate: CostCertificate, sha256: str) -> Question:
    total_fen, principal_fen = certificate.to_pay_fen, certificate.principal_fen
    return _about_money(
        QuestionKind.TOTAL,
        "total",
        total_fen,
        principal_fen,
        (total_fen * 2 - principal_fen, principal_fen // 2),
        sha256,
        {
            "amount_fen": total_fen,
            "principal_fen": principal_fen,
            "cost_fen": total_fen - principal_fen,
        },
    )


def _about_money(  # noqa: PLR0917 - its two callers stand beside it
    kind: QuestionKind,
    name: str,
    right_fen: int,
    forgotten_fen: int,
    others_fen: tuple[int, int],
    sha256: str,
    data: Mapping[str, object],
) -> Question:
    """
    Put two wrong amounts beside the right one, smallest first; the keys follow no order.

    One is what somebody would say who forgot the cost; the hash says whether the other is more or
    less, so that the right one has no place of its own.
    """
    first = int(_key(sha256, kind, "order"), 16) % 2
    ordered = (forgotten_fen, others_fen[first], others_fen[1 - first], right_fen * 3, 100)
    wrong = [fen for fen in dict.fromkeys(ordered) if fen not in {right_fen, 0}][:2]
    choices = tuple(
        Choice(key=_key(sha256, kind, str(fen)), amount_fen=fen, sentence=None)
        for fen in sorted((right_fen, *wrong))
    )
    return Question(
        kind=kind,
        name=name,
        choices=choices,
        right_key=_key(sha256, kind, str(right_fen)),
        data=data,
    )


def _late(certificate: CostCertificate, sha256: str) -> Question:
    item: LateItem | None = next(iter(certificate.if_late), None)
    right = "late_costs" if item else "late_record"
    sentences = (right, "late_nothing", "late_forgiven")
    choices = [
        Choice(key=_key(sha256, QuestionKind.LATE, one), amount_fen=None, sentence=one)
        for one in sentences
    ]
    return Question(
        kind=QuestionKind.LATE,
        name="late",
        choices=tuple(sorted(choices, key=lambda choice: choice.key)),
        right_key=_key(sha256, QuestionKind.LATE, right),
        data={
            "grace_days": item.grace_days if item else 0,
            "days": item.example_days if item else 0,
            "example_fen": item.example_fen if item else 0,
        },
    )


def _key(sha256: str, kind: QuestionKind, choice: str) -> str:
    return sha256_of(f"{sha256}|{kind}|{choice}")[:8]
