"""Agreement and cost certificate as papers: what was signed and confirmed, set to be printed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.foundation.clock import SHANGHAI
from app.foundation.papers.blocks import (
    Block,
    Boxed,
    Clause,
    Facts,
    Heading,
    Paper,
    Record,
    Table,
    Title,
)
from app.foundation.text import text
from app.loanmath.money import capitals, yuan
from app.origination.rules.certificate import CostCertificate
from app.origination.rules.figures import cost_text, percent_text

ZH, EN = "zh-Hans", "en"
_ROW = re.compile(
    r" +(?P<number>\d+)  (?P<due_on>\S+)  (?P<total>\S+)"
    r" = (?P<principal>\S+) \+ (?P<interest>\S+) \+ (?P<fee>\S+)"
)
"""A row of the plan, as `agreement.agreement_text` writes it."""
_REDUCED_ROW = re.compile(
    r" +(?P<number>\d+)  (?P<due_on>\S+)  (?P<total>\S+)"
    r" - (?P<by_others>\S+) = (?P<you_pay>\S+)"
)
"""A row of which others pay a part, likewise."""
_LABEL = re.compile(r"(?P<label>[一二三四五六七八九十]{1,3}、)(?P<rest>.*)", re.DOTALL)
_NUMBER = re.compile(r"\d{1,2}\. ")
_UNDER = "　　"
"""What a line under a clause begins with."""
_ZERO_SHARE = Decimal(0)
_PLAN = ("number", "due_on", "total", "principal", "interest", "fee")
_REDUCED = ("number", "due_on", "total", "by_others", "you_pay")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureNote:
    """What is noted under a signed agreement."""

    signed_at: datetime
    means: str
    """A `Means` of identity."""
    intent_id: str
    certificate_sha256: str


def agreement_paper(
    *,
    agreement_id: str,
    agreed: str,
    sha256: str,
    made_at: datetime,
    signature: SignatureNote | None,
) -> Paper:
    """
    Set an agreement from the very text that is, or was, signed: each word of it, and no other.

    Under it stands the record of the signature, or that it is not signed.
    """
    title_zh, title_en, *lines = agreed.splitlines()
    return Paper(
        title=title_zh,
        issuer=_say("issuer", ZH),
        number=_say("agreement_number", ZH, number=agreement_id),
        footer=_say("footer", ZH, sha256=sha256),
        made_at=made_at if signature is None else signature.signed_at,
        blocks=[
            Title(zh=title_zh, en=title_en),
            *_clauses(lines),
            _signed(sha256, signature),
        ],
    )


def _clauses(lines: list[str]) -> Iterator[Block]:
    rows: list[list[str]] = []
    left = iter(lines)
    for line in left:
        row = _ROW.fullmatch(line) or _REDUCED_ROW.fullmatch(line)
        if row is not None:
            rows.append(list(row.groups()))
            continue
        if rows:
            yield _table(rows)
            rows = []
        yield _clause(line, next(left, ""))
    if rows:
        yield _table(rows)


def _table(rows: list[list[str]]) -> Table:
    return _plan(rows) if len(rows[0]) == len(_PLAN) else _reduced_plan(rows)


def _clause(zh: str, en: str) -> Clause:
    labeled = _LABEL.fullmatch(zh)
    if labeled is not None:
        return Clause(zh=labeled["rest"], en=_NUMBER.sub("", en, count=1), label=labeled["label"])
    return Clause(zh=zh.removeprefix(_UNDER), en=en.strip(), indent=zh.startswith(_UNDER))


def _plan(rows: list[list[str]]) -> Table:
    return Table(head=_columns(_PLAN), rows=rows, widths=(2, 3, 3, 3, 3, 3), right=(2, 3, 4, 5))


def _reduced_plan(rows: list[list[str]]) -> Table:
    return Table(head=_columns(_REDUCED), rows=rows, widths=(2, 3, 3, 3, 3), right=(2, 3, 4))


def _columns(names: tuple[str, ...]) -> list[str]:
    return [f"{_say(f'column_{name}', ZH)} {_say(f'column_{name}', EN)}" for name in names]


def _signed(sha256: str, signature: SignatureNote | None) -> Block:
    if signature is None:
        return Boxed(zh=_say("unsigned", ZH), en=_say("unsigned", EN))
    return Record(
        zh=_say("record", ZH),
        en=_say("record", EN),
        rows=[
            (_say("signed_at", ZH), moment_words(signature.signed_at)),
            (_say("means", ZH), _say(f"means_{signature.means.lower()}", ZH)),
            (_say("intent", ZH), signature.intent_id),
            (_say("text_sha256", ZH), sha256),
            (_say("certificate_sha256", ZH), signature.certificate_sha256),
        ],
    )


def certificate_paper(
    certificate: CostCertificate, *, sha256: str, made_at: datetime, confirmed_at: datetime | None
) -> Paper:
    """Set a cost certificate from its values, in the order in which a borrower asks for them."""
    names = {one.code: one.name[ZH] for one in certificate.parties}
    return Paper(
        title=certificate.title[ZH],
        issuer=_say("issuer", ZH),
        number=_say("offer_number", ZH, number=certificate.offer_id),
        footer=_say("certificate_footer", ZH, sha256=sha256),
        made_at=confirmed_at or made_at,
        blocks=[
            Title(zh=certificate.title[ZH], en=certificate.title[EN]),
            _head(certificate),
            *_costs(certificate, names),
            *_paid_by_others(certificate),
            *_lateness(certificate),
            *_lenders(certificate),
            *_certificate_plan(certificate),
            *_promises(certificate),
            _confirmed(certificate, sha256, confirmed_at),
        ],
    )


def _head(certificate: CostCertificate) -> Facts:
    principal_fen, total_fen = certificate.principal_fen, certificate.total_fen
    return Facts(
        rows=[
            (_say("product", ZH), certificate.product[ZH]),
            (_say("made_on", ZH), certificate.made_on.isoformat()),
            (
                _say("principal", ZH),
                _say("sum", ZH, amount_fen=principal_fen, capitals=capitals(principal_fen)),
            ),
            (_say("months", ZH), _say("months_count", ZH, count=certificate.months)),
            (_say("contract_rate", ZH), percent_text(Decimal(certificate.contract_rate))),
            (_say("total_cost", ZH), f"{yuan(certificate.total_cost_fen)} 元"),
            (
                _say("total", ZH),
                _say("sum", ZH, amount_fen=total_fen, capitals=capitals(total_fen)),
            ),
            (
                _say("annualized", ZH),
                _say(
                    "annualized_both",
                    ZH,
                    simple=cost_text(Decimal(certificate.annualized)),
                    compound=cost_text(Decimal(certificate.annualized_compound)),
                ),
            ),
        ]
    )


def _costs(certificate: CostCertificate, names: dict[str, str]) -> Iterator[Block]:
    yield _heading("costs")
    rows = [
        [
            item.name[ZH],
            item.method[ZH],
            cost_text(Decimal(item.annualized)),
            "、".join(names[code] for code in item.collected_by),
            yuan(item.amount_fen),
        ]
        for item in certificate.items
    ]
    total = [_say("sum_of_costs", ZH), "", cost_text(Decimal(certificate.annualized)), ""]
    yield Table(
        head=[_say(f"column_{name}", ZH) for name in ("item", "method", "rate", "taker", "yuan")],
        rows=[*rows, [*total, yuan(certificate.total_cost_fen)]],
        widths=(0, 5, 0, 3, 0),
        right=(2, 4),
        sum=True,
    )


def _paid_by_others(certificate: CostCertificate) -> Iterator[Block]:
    pays = certificate.borrower_pays
    if pays is None:
        return
    yield _heading("paid_by_others")
    both = {
        "simple": cost_text(Decimal(pays.annualized)),
        "compound": cost_text(Decimal(pays.annualized_compound)),
    }
    total = {"amount_fen": pays.total_fen, "capitals": capitals(pays.total_fen)}
    yield Facts(
        rows=[
            *(
                (f"{one.payer_name[ZH]}（{one.name[ZH]}）", f"{yuan(one.amount_fen)} 元")
                for one in certificate.paid_by_others
            ),
            (_say("you_pay", ZH), _say("sum", ZH, **total)),
            (_say("you_pay_cost", ZH), f"{yuan(pays.total_cost_fen)} 元"),
            (_say("you_pay_annualized", ZH), _say("annualized_both", ZH, **both)),
        ]
    )
    yield _reduced_plan(
        [
            [str(number), due_on.isoformat(), yuan(total_fen), yuan(off_fen), yuan(pays_fen)]
            for (number, due_on, *parts), pays_fen in zip(
                certificate.plan, certificate.payments_fen, strict=True
            )
            if (off_fen := (total_fen := sum(parts)) - pays_fen)
        ]
    )
    yield Clause(zh=pays.conditions[ZH], en=pays.conditions[EN])


def _lateness(certificate: CostCertificate) -> Iterator[Block]:
    if not certificate.if_late:
        return
    yield _heading("lateness")
    for item in certificate.if_late:
        example = {"days": item.example_days, "example_fen": item.example_fen}
        yield Clause(
            zh=f"{item.name[ZH]}：{item.method[ZH]}{_say('late_example', ZH, **example)}",
            en=f"{item.name[EN]}: {item.method[EN]} {_say('late_example', EN, **example)}",
        )


def _lenders(certificate: CostCertificate) -> Iterator[Block]:
    yield _heading("parties")
    yield Facts(
        rows=[
            (
                one.name[ZH],
                _say("collects", ZH)
                if Decimal(one.share) == _ZERO_SHARE
                else _say("lends", ZH, share=percent_text(Decimal(one.share))),
            )
            for one in certificate.parties
        ]
    )


def _certificate_plan(certificate: CostCertificate) -> Iterator[Block]:
    yield _heading("plan")
    yield _plan(
        [
            [str(number), due_on.isoformat(), yuan(sum(parts)), *(yuan(part) for part in parts)]
            for number, due_on, *parts in certificate.plan
        ]
    )


def _promises(certificate: CostCertificate) -> Iterator[Block]:
    if certificate.cooling_off is not None:
        yield Clause(zh=certificate.cooling_off[ZH], en=certificate.cooling_off[EN])
    yield Boxed(zh=certificate.nothing_else[ZH], en=certificate.nothing_else[EN])


def _confirmed(certificate: CostCertificate, sha256: str, confirmed_at: datetime | None) -> Record:
    when = _say("not_yet", ZH) if confirmed_at is None else moment_words(confirmed_at)
    return Record(
        zh=_say("bound", ZH),
        en=_say("bound", EN),
        rows=[
            (_say("confirmed_at", ZH), when),
            (_say("certificate_sha256", ZH), sha256),
            (_say("plan_sha256", ZH), certificate.plan_sha256),
            (_say("text_sha256", ZH), certificate.agreement_sha256),
        ],
    )


def _heading(name: str) -> Heading:
    return Heading(zh=_say(f"heading_{name}", ZH), en=_say(f"heading_{name}", EN))


def moment_words(moment: datetime) -> str:
    """Write a moment as clocks in China show it."""
    return _say("moment", ZH, moment=f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}")


def _say(name: str, language: str, /, **data: object) -> str:
    return text(f"origination.paper.{name}", language, **data)
