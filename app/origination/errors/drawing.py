"""Refusals of drawing on a line."""

from app.foundation.errors import Refusal


class LineNotOpen(Refusal):
    """It is no line, not paid out yet, its time is over, or a payment is late; nothing is drawn."""

    code = "LINE_NOT_OPEN"

    def __init__(self) -> None:
        super().__init__("not open", field="input.lineId")


class DrawAboveLine(Refusal):
    """More than is left of the line, or than the monthly payments allow; draw less."""

    code = "DRAW_ABOVE_LINE"

    def __init__(self, left_fen: int) -> None:
        super().__init__("above what is left", field="input.amount")
        self.left_fen = left_fen


class DrawWaits(Refusal):
    """A draw on this line waits for its signature already; sign it or withdraw it first."""

    code = "DRAW_WAITS"

    def __init__(self) -> None:
        super().__init__("one waits", field="input.lineId")
