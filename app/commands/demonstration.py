"""The demo: seed a database by the app's own operations, say what to open, and serve it."""

from collections.abc import Sequence
from functools import partial

import click

from app.commands.personas import Persona, desk, persona, personas
from app.commands.seeding import seed
from app.commands.serving import check_port, serve_until_stopped
from app.gateway.development import DemoPeople
from app.gateway.routes import BORROWER_PATH, STAFF_PATH
from app.settings import Settings, SettingsRefused

RUNNING_LOAN = "noodle_shop_owner"
"""The persona whose loan has been running for two months when the demo begins."""
RUNNING = "has a running loan; for three days a new phone may look, ask and pay"
"""What may be done as this person: the seeding signed her in on a phone with a key of its own."""


async def run(settings: Settings, *, quiet: bool) -> None:
    """
    Seed what is not there yet, and serve.

    Raises:
        SettingsRefused: The process runs in production mode, or the port is taken.
    """
    if not settings.is_development:
        message = "the demo is for development; production data is never seeded"
        raise SettingsRefused(message)
    check_port(settings.host, settings.port)
    await seed(settings, running_loan=persona(RUNNING_LOAN), staff=desk())
    ready = None if quiet else partial(_say, settings)
    await serve_until_stopped(settings, people=_people(), ready=ready)


def _people() -> DemoPeople:
    staff = desk()
    return DemoPeople(
        borrowers=[
            {"phone": one.phone, "label": f"{one.phone} {one.code}"} for one in _known_first()
        ],
        staff=[{"name": one.name, "password": one.password, "label": one.name} for one in staff],
        staff_secrets={one.name: one.totp_secret for one in staff},
    )


def _known_first() -> Sequence[Persona]:
    return sorted(personas(), key=lambda one: one.code != RUNNING_LOAN)


def _say(settings: Settings) -> None:
    lines = [
        "",
        "  青苗 Qingmiao is running. Open:",
        f"    borrower's graph (GraphiQL)   {settings.address}{BORROWER_PATH}",
        f"    service desk (GraphiQL)       {settings.address}{STAFF_PATH}",
        f"    text messages it sent         {settings.address}/dev/inbox",
        "",
        "  Sign in with any of these numbers; the code arrives in the inbox:",
    ]
    for one in _known_first():
        loan = RUNNING if one.code == RUNNING_LOAN else "new here"
        lines.append(f"    {one.phone}  {one.story}  ({loan})")
    lines += ["", "  At the service desk (the page fills in the authenticator code):"]
    lines += [f"    {one.name} / {one.password}  ({one.role.lower()})" for one in desk()]
    lines += ["", "  The whole story at once:  python -m app journey", "  Stop with Ctrl-C.", ""]
    click.echo("\n".join(lines))
