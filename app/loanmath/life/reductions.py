"""What others pay of a loan's interest, or the lender asks less: coupons, plain or in parts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.loanmath.life.events import CouponApplied, CouponPart
from app.loanmath.life.line import NO_GRANTS, Line
from app.loanmath.life.state import Reduction


@dataclass(slots=True)
class Reductions:
    """
    Every coupon of a loan while it is being followed.

    `kept` is what each plain coupon has brought, in order, less what it took off at once; `parts`
    stand by installment, each with its coupon; `taken` is what has been taken off what was due.
    """

    kept: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    parts: dict[int, list[tuple[str, CouponPart]]] = field(
        default_factory=dict[int, list[tuple[str, CouponPart]]]
    )
    taken: list[Reduction] = field(default_factory=list[Reduction])

    def grant(self, event: CouponApplied) -> None:
        """Let a coupon pay its parts of the installments to come."""
        for part in event.parts:
            self.parts.setdefault(part.number, []).append((event.id, part))

    def of(
        self, line: Line | None, interest_fen: int, most_fen: int | None = None
    ) -> Mapping[str, int]:
        """
        Return what the parts pay of so much interest of a line, by coupon, the earlier first.

        Together never more than that interest, or than `most_fen`. What falls between fen stays
        with the borrower.
        """
        if line is None or line.number not in self.parts:
            return NO_GRANTS
        most_fen = interest_fen if most_fen is None else most_fen
        paid: dict[str, int] = {}
        for coupon_id, part in self.parts[line.number]:
            if line.due_on > part.due_on:
                continue
            share_fen = part.amount_fen * max(interest_fen, 0) // part.of_fen
            amount_fen = min(share_fen, part.amount_fen, most_fen)
            if amount_fen > 0:
                paid[coupon_id] = paid.get(coupon_id, 0) + amount_fen
                most_fen -= amount_fen
        return paid

    def spread(self, lines: Iterable[Line], left_fen: int) -> None:
        """Let the parts, and so much of plain coupons, stand against the interest of lines."""
        for line in lines:
            interest_fen = line.interest_fen - line.unasked_interest_fen
            asked_fen = max(interest_fen - line.paid_interest_fen, 0)
            grants = self.of(line, interest_fen, asked_fen)
            plain_fen = min(left_fen, asked_fen - sum(grants.values()))
            line.take_off(grants, plain_fen)
            left_fen -= plain_fen

    def turn_plain(self, line: Line, accrued_fen: int) -> int:
        """
        Turn what the parts pay of a line's interest so far into plain coupons; return how much.

        A line that is agreed anew ends as the one its parts were for; what they pay of the interest
        borne until then goes with that interest.
        """
        paid = self.of(line, accrued_fen)
        self.parts.pop(line.number, None)
        line.take_off(NO_GRANTS, 0)
        self.kept += paid.items()
        return sum(paid.values())

    def stand(self, lines: list[Line], *, due: int) -> tuple[Reduction, ...]:
        """
        List what each coupon takes off each installment; the first `due` lines have fallen due.

        Plain coupons are used in their order.
        """
        if not (self.kept or self.parts or self.taken):
            return ()
        found = list(self.taken)
        kept = iter(self.kept)
        coupon_id, left_fen = next(kept, ("", 0))
        for place, line in enumerate(lines):
            is_due = place < due
            for part_id, amount_fen in line.grants.items():
                found.append(Reduction(part_id, line.number, amount_fen, is_due))
            plain_fen = line.coupon_fen - line.granted_fen
            while plain_fen:
                if not left_fen:
                    coupon_id, left_fen = next(kept)
                used_fen = min(plain_fen, left_fen)
                if used_fen:
                    found.append(Reduction(coupon_id, line.number, used_fen, is_due))
                plain_fen, left_fen = plain_fen - used_fen, left_fen - used_fen
        return tuple(found)
