"""A payoff certificate as a paper: its own words in both languages, set to be printed."""

from app.foundation.clock import SHANGHAI
from app.foundation.papers.blocks import Block, Boxed, Clause, Paper, Record, Title
from app.foundation.text import text
from app.payments.rules.certificate import CertificateStatus, CertificateView

ZH, EN = "zh-Hans", "en"


def payoff_paper(view: CertificateView) -> Paper:
    """Set a payoff certificate, with the full name as its text has it; a revoked one says so."""
    title_zh, *chinese = view.texts[ZH].splitlines()
    title_en, *english = view.texts[EN].splitlines()
    issued = view.issued_at.astimezone(SHANGHAI)
    return Paper(
        title=title_zh,
        issuer=view.content["issuer"][ZH],
        number=text("payments.paper.number", ZH, number=view.number),
        footer=text("payments.paper.footer", ZH, sha256=view.sha256),
        made_at=view.revoked_at or view.issued_at,
        blocks=[
            Title(zh=title_zh, en=title_en),
            *_revoked(view),
            *(Clause(zh=zh, en=en) for zh, en in zip(chinese, english, strict=True)),
            Record(
                zh=text("payments.paper.check", ZH),
                en=text("payments.paper.check", EN),
                rows=[
                    (text("payments.paper.issued_at", ZH), f"{issued:%Y-%m-%d %H:%M:%S}"),
                    (text("payments.paper.certificate", ZH), view.number),
                    (text("payments.paper.code", ZH), view.code),
                    (text("payments.paper.sha256", ZH), view.sha256),
                ],
            ),
        ],
    )


def _revoked(view: CertificateView) -> list[Block]:
    if view.status is CertificateStatus.VALID:
        return []
    name = "payments.certificate_status.CHECK_REVOKED"
    return [Boxed(zh=text(name, ZH), en=text(name, EN))]
