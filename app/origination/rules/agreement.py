"""The agreement's text: plain Chinese with an English gloss, from a dated template."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from app.catalog.rules import OfferedProduct, whole_cost
from app.catalog.rules.reductions import Reduction, reduced_cost
from app.foundation.text import LANGUAGES, text
from app.loanmath.money import capitals, split_fen, yuan
from app.loanmath.schedule import Terms
from app.origination.rules.certificate import payer_name, penalty_rate, reduction_name
from app.origination.rules.completeness import Merchant
from app.origination.rules.figures import cost_text, percent_text
from app.origination.rules.offers import charge_codes
from app.servicing.rules import PENALTY_CHARGE

TEMPLATES: Mapping[str, date] = {
    "agreement_2026_08": date(2026, 8, 1),
    "agreement_2026_11": date(2026, 11, 21),
}
"""From which day agreements are written from which template; other words get a new one."""

_GRANTS_RETURN = frozenset({"agreement_2026_11"})


def template_on(day: date) -> str:
    """Return the template of a day: the newest there was, or the first of all."""
    begun = [name for name, since in TEMPLATES.items() if since <= day]
    return begun[-1] if begun else next(iter(TEMPLATES))


def return_days(template: str, offered: OfferedProduct) -> int | None:
    """Return for how many days the loan may be given back at no cost; None if it doesn't say so."""
    return offered.product.cooling_off_days if template in _GRANTS_RETURN else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """The borrower as the agreement names them; the numbers are masked."""

    name: str = field(repr=False)
    resident_id: str
    phone: str
    card_tail: str | None
    wallet_tail: str | None = None
    """Of the wallet that money goes to, where the borrower named one."""


def agreement_text(
    *,
    agreement_id: str,
    made_on: date,
    signatory: Signatory,
    purpose: str,
    merchant: Merchant | None,
    offered: OfferedProduct,
    terms: Terms,
    reductions: Sequence[Reduction] = (),
) -> str:
    """
    Write what the borrower signs; what is signed is exactly these characters in UTF-8.

    Every clause stands in Chinese and below it in English; the Chinese counts.
    """
    writer = _Writer(template=template_on(made_on), offered=offered, terms=terms)
    clauses = (
        *writer.head(agreement_id, made_on, signatory, purpose),
        *writer.money(),
        *writer.plan(),
        *paid_by_others(terms, reductions),
        *writer.payee(signatory, merchant),
        *writer.promises(),
    )
    return "\n".join(clauses) + "\n"


def paid_by_others(terms: Terms, reductions: Sequence[Reduction]) -> Iterator[str]:
    """Write who pays what of the interest instead of the borrower; nothing where nobody does."""
    if not reductions:
        return
    for one in reductions:
        for language in LANGUAGES:
            yield text(
                "origination.paid_by_others.clause",
                language,
                payer=payer_name(one.payer)[language],
                name=reduction_name(one.payer)[language],
                amount_fen=one.total_fen,
            )
    reduced = reduced_cost(terms, reductions)
    off = Counter[int]()
    for one in reductions:
        off.update(dict(one.by_number))
    for row in reduced.cost.installments:
        if off[row.number]:
            pays_fen = row.total_fen - off[row.number]
            yield (
                f"  {row.number:>2}  {row.due_on.isoformat()}  {yuan(row.total_fen)}"
                f" - {yuan(off[row.number])} = {yuan(pays_fen)}"
            )
    for language in LANGUAGES:
        yield text(
            "origination.paid_by_others.you_pay",
            language,
            total_fen=reduced.total_fen,
            capitals=capitals(reduced.total_fen),
            cost_fen=reduced.total_fen - terms.principal_fen,
            annual_cost=cost_text(reduced.annual_cost),
        )
    for language in LANGUAGES:
        yield text("origination.paid_by_others.conditions", language)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    template: str
    offered: OfferedProduct
    terms: Terms

    def head(
        self, agreement_id: str, made_on: date, signatory: Signatory, purpose: str
    ) -> Iterator[str]:
        yield from self._clause("title")
        yield from self._clause("number", agreement_id=agreement_id, made_on=made_on.isoformat())
        yield from self._clause(
            "borrower",
            name=signatory.name,
            resident_id=signatory.resident_id,
            phone=signatory.phone,
        )
        funders = self.offered.product.funders
        parts_fen = split_fen(self.terms.principal_fen, [one.share for one in funders])
        for funder, part_fen in zip(funders, parts_fen, strict=True):
            yield from self._clause(
                "lender",
                names=funder.name,
                share=percent_text(funder.share),
                part_fen=part_fen,
            )
        products = {language: self.offered.wording[language].name for language in LANGUAGES}
        yield from self._clause("purpose", names=products, purpose=purpose)

    def money(self) -> Iterator[str]:
        terms, cost = self.terms, whole_cost(self.terms)
        yield from self._clause(
            "amount",
            amount_fen=terms.principal_fen,
            capitals=capitals(terms.principal_fen),
            months=terms.count,
        )
        yield from self._clause(
            "rate",
            rate=percent_text(terms.annual_rate),
            annual_cost=cost_text(cost.annual_cost),
            annual_cost_compound=cost_text(cost.annual_cost_effective),
        )
        for fee in self.offered.product.fees:
            yield from self._clause("fee", names=fee.label, collectors=fee.collector)

    def plan(self) -> Iterator[str]:
        terms, cost = self.terms, whole_cost(self.terms)
        yield from self._clause(f"method_{terms.method.lower()}")
        yield from self._clause("plan", on=terms.disbursed_on.isoformat())
        for row in cost.installments:
            yield (
                f"  {row.number:>2}  {row.due_on.isoformat()}  {yuan(row.total_fen)}"
                f" = {yuan(row.principal_fen)} + {yuan(row.interest_fen)} + {yuan(row.fee_fen)}"
            )
        yield from self._clause(
            "total",
            total_fen=cost.total_fen,
            capitals=capitals(cost.total_fen),
            cost_fen=cost.total_interest_fen + cost.total_fees_fen,
        )

    def payee(self, signatory: Signatory, merchant: Merchant | None) -> Iterator[str]:
        if merchant is None and signatory.wallet_tail is not None:
            yield from self._clause("payee_wallet", wallet_tail=signatory.wallet_tail)
        elif merchant is None:
            yield from self._clause("payee_card", card_tail=signatory.card_tail)
        else:
            yield from self._clause(
                "payee_merchant", merchant=merchant.name, account_tail=merchant.account_tail
            )

    def promises(self) -> Iterator[str]:
        terms = self.terms
        yield from self._clause("cancel", days=self.offered.product.cooling_off_days)
        yield from self._clause("early")
        if PENALTY_CHARGE in charge_codes(terms):
            yield from self._clause(
                "late", grace_days=terms.grace_days, rate=percent_text(penalty_rate(terms))
            )
        yield from self._clause("nothing_else")
        yield from self._clause("rights")
        yield from self._clause("signature")

    def _clause(self, clause: str, /, **data: object) -> Iterator[str]:
        """Write one clause, Chinese first; `names` and `collectors` are given by language."""
        for language in LANGUAGES:
            in_language = {
                key: value[language] if isinstance(value, dict) else value
                for key, value in data.items()
            }
            yield text(f"origination.{self.template}.{clause}", language, **in_language)
