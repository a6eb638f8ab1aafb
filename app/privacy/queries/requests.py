"""Reading corrections and reviews asked for: a borrower's own, and the desk's queues."""

from collections.abc import Sequence

from app.foundation.errors import NotFound
from app.foundation.ids import has_id_shape
from app.foundation.paging import Page, PageAsk
from app.foundation.rekeying.shredding import forgotten_people
from app.foundation.sealing import Cell, Sealed, unseal_all
from app.identity.rules.correcting import ProfileField
from app.privacy.models import CorrectionRequestRow, HumanReviewRow
from app.privacy.rules.requests import (
    CorrectionState,
    CorrectionView,
    CorrectionWords,
    ReviewState,
    ReviewView,
    ReviewWords,
)


async def corrections_asked_of(borrower_id: str, ask: PageAsk) -> Page[CorrectionView]:
    """Return a page of a borrower's wishes for corrections, newest first."""
    found = CorrectionRequestRow.filter(borrower_id=borrower_id)
    if ask.after is not None:
        found = found.filter(id__lt=str(ask.after[0]))
    rows = await found.order_by("-id").limit(ask.first + 1)
    return Page[CorrectionView].cut([((row.id,), correction_view(row)) for row in rows], ask)


async def corrections_waiting(state: CorrectionState, ask: PageAsk) -> Page[CorrectionView]:
    """Return a page of wishes in a state, oldest first, for the desk; none of the forgotten."""
    found = CorrectionRequestRow.filter(state=state.value).exclude(
        borrower_id__in=forgotten_people()
    )
    if ask.after is not None:
        found = found.filter(id__gt=str(ask.after[0]))
    rows = await found.order_by("id").limit(ask.first + 1)
    return Page[CorrectionView].cut([((row.id,), correction_view(row)) for row in rows], ask)


async def own_correction(borrower_id: str, request_id: str) -> CorrectionView | None:
    """Return one of a borrower's wishes; None when missing or somebody else's."""
    row = await CorrectionRequestRow.get_or_none(id=request_id, borrower_id=borrower_id)
    return None if row is None else correction_view(row)


async def own_review(borrower_id: str, review_id: str) -> ReviewView | None:
    """Return one of a borrower's wishes; None when missing or somebody else's."""
    row = await HumanReviewRow.get_or_none(id=review_id, borrower_id=borrower_id)
    return None if row is None else review_view(row)


async def correction_asked(request_id: str) -> CorrectionView:
    """
    Return one wish for a correction, whoever's it is: for staff.

    Raises:
        NotFound: There is none.
    """
    return correction_view(await _correction(request_id))


async def correction_words(request_id: str) -> CorrectionWords:
    """
    Return what was written in a wish, in clear.

    Raises:
        NotFound: There is none.
        Forgotten: The borrower's data was deleted at their wish.
    """
    row = await _correction(request_id)
    cells = CorrectionRequestRow.seals.columns
    opened = await _opened(
        [
            (CorrectionRequestRow.seals.cell(name, row.id, row.borrower_id), getattr(row, name))
            for name in cells
        ]
    )
    words = dict(zip(cells, opened, strict=True))
    value, reason = words["value"], words["reason"]
    assert value is not None, "a wish says what"
    assert reason is not None, "a wish says why"
    return CorrectionWords(
        value=value, reason=reason, maker_note=words["maker_note"], answer=words["answer"]
    )


async def correction_answers(request_ids: Sequence[str]) -> list[str | None]:
    """
    Return our answers to wishes, in clear, in the order asked; one query for any number.

    Raises:
        Forgotten: The data of one of the borrowers was deleted at their wish.
    """
    rows = await CorrectionRequestRow.filter(id__in=list(request_ids))
    return await _answers(request_ids, rows)


async def reviews_asked_of(borrower_id: str, ask: PageAsk) -> Page[ReviewView]:
    """Return a page of a borrower's wishes for a person's look, newest first."""
    found = HumanReviewRow.filter(borrower_id=borrower_id)
    if ask.after is not None:
        found = found.filter(id__lt=str(ask.after[0]))
    rows = await found.order_by("-id").limit(ask.first + 1)
    return Page[ReviewView].cut([((row.id,), review_view(row)) for row in rows], ask)


async def reviews_waiting(ask: PageAsk) -> Page[ReviewView]:
    """Return a page of open wishes, oldest first, for risk staff; none of the forgotten."""
    found = HumanReviewRow.filter(state=ReviewState.OPEN.value).exclude(
        borrower_id__in=forgotten_people()
    )
    if ask.after is not None:
        found = found.filter(id__gt=str(ask.after[0]))
    rows = await found.order_by("id").limit(ask.first + 1)
    return Page[ReviewView].cut([((row.id,), review_view(row)) for row in rows], ask)


async def review_asked(review_id: str) -> ReviewView:
    """
    Return one wish for a person's look.

    Raises:
        NotFound: There is none.
    """
    return review_view(await _review(review_id))


async def review_words(review_id: str) -> ReviewWords:
    """
    Return what was written in a wish, in clear.

    Raises:
        NotFound: There is none.
        Forgotten: The borrower's data was deleted at their wish.
    """
    row = await _review(review_id)
    seals = HumanReviewRow.seals
    reason, answer = await _opened(
        [
            (seals.cell("reason", row.id, row.borrower_id), row.reason),
            (seals.cell("answer", row.id, row.borrower_id), row.answer),
        ]
    )
    assert reason is not None, "a wish says why"
    return ReviewWords(reason=reason, answer=answer)


async def review_answers(review_ids: Sequence[str]) -> list[str | None]:
    """
    Return the answers of those who looked, in clear, in the order asked; as for corrections.

    Raises:
        Forgotten: The data of one of the borrowers was deleted at their wish.
    """
    rows = await HumanReviewRow.filter(id__in=list(review_ids))
    return await _answers(review_ids, rows)


def correction_view(row: CorrectionRequestRow) -> CorrectionView:
    """Turn a row into the value that leaves the room."""
    return CorrectionView(
        request_id=row.id,
        borrower_id=row.borrower_id,
        which=ProfileField(row.field),
        state=CorrectionState(row.state),
        asked_at=row.asked_at,
        due_on=row.due_on,
        maker_id=row.maker_id,
        maker_name=row.maker_name,
        is_proposed_right=row.is_proposed_right,
        decided_at=row.decided_at,
    )


def review_view(row: HumanReviewRow) -> ReviewView:
    """Turn a row into the value that leaves the room."""
    return ReviewView(
        review_id=row.id,
        borrower_id=row.borrower_id,
        application_id=row.application_id,
        state=ReviewState(row.state),
        asked_at=row.asked_at,
        due_on=row.due_on,
        answered_name=row.answered_name,
        answered_at=row.answered_at,
    )


async def _correction(request_id: str) -> CorrectionRequestRow:
    row = None
    if has_id_shape(request_id, "cq"):
        row = await CorrectionRequestRow.get_or_none(id=request_id)
    if row is None:
        raise NotFound
    return row


async def _review(review_id: str) -> HumanReviewRow:
    row = None
    if has_id_shape(review_id, "hv"):
        row = await HumanReviewRow.get_or_none(id=review_id)
    if row is None:
        raise NotFound
    return row


async def _answers(
    ids: Sequence[str], rows: Sequence[CorrectionRequestRow] | Sequence[HumanReviewRow]
) -> list[str | None]:
    closed = [(row.seals.cell("answer", row.id, row.borrower_id), row.answer) for row in rows]
    found = dict(zip([row.id for row in rows], await _opened(closed), strict=True))
    return [found[wish_id] for wish_id in ids]


async def _opened(closed: Sequence[tuple[Cell, Sealed | None]]) -> list[str | None]:
    """Open what is there, in the order given."""
    there = [(cell, bytes(sealed)) for cell, sealed in closed if sealed is not None]
    opened = iter(await unseal_all(there))
    return [None if sealed is None else next(opened) for _, sealed in closed]
