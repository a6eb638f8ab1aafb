"""What a simulation came to: a table for the terminal, and a page with plots."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table as TextTable

from app.commands.reports.shapes import Column, Named, Plot, PlotKind, Report, Table, Unit
from app.commands.simulation.passing import Told
from app.commands.simulation.world import BEGINS_ON, World
from app.foundation.clock import SHANGHAI, moment_of
from app.foundation.database import fetch
from app.foundation.proof import Proof
from app.foundation.text import text
from app.loanmath.life import Bucket

WIDTH = 118
PLOTTED_DAYS = 15
"""How many columns a plot over all days has at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a simulation went."""

    borrowers: int
    days: int
    seed: int
    seconds: int
    proofs: Sequence[tuple[str, Proof]]
    done: Mapping[str, int]
    messages: Mapping[str, int]

    @property
    def breach(self) -> str | None:
        """Name the first promise that does not hold, and what shows it; None where all do."""
        for name, proof in self.proofs:
            if proof.problems:
                return f"{name}: {proof.promise}: {proof.problems[0]}"
        return None


async def messages_by_end() -> dict[str, int]:
    """Count messages by channel and what became of them."""
    rows = await fetch(
        "SELECT channel, state, reason, COUNT(*) AS messages FROM message_delivery"
        " GROUP BY channel, state, reason ORDER BY channel, state, reason"
    )
    return {
        f"{row['channel']} {row['state']} {row['reason'] or ''}".strip(): row["messages"]
        for row in rows
    }


def show(outcome: Outcome) -> None:
    """Print what was done and what was proved."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    done = TextTable("what people did", "times", box=SIMPLE)
    for what, times in sorted(outcome.done.items()):
        done.add_row(what, f"{times:,}")
    for what, times in outcome.messages.items():
        done.add_row(f"message {what}", f"{times:,}")
    console.print(done)
    table = TextTable("check", "promise", "looked at", "", box=SIMPLE)
    for name, proof in outcome.proofs:
        wrong = f"{len(proof.problems)} WRONG" if proof.problems else "ok"
        table.add_row(name, proof.promise, f"{proof.looked_at:,}", wrong)
    console.print(table)
    console.print(
        f"{outcome.borrowers:,} borrowers, {outcome.days} days, seed {outcome.seed}:"
        f" {outcome.seconds:,} s"
    )


async def page_of(world: World, told: Told, outcome: Outcome, language: str) -> Report:
    """Make the report of a simulation."""
    return Report(
        name="simulation",
        language=language,
        since=BEGINS_ON,
        on=BEGINS_ON + timedelta(days=outcome.days),
        tables=(
            Table(
                name="proofs",
                columns=(
                    Column("promise", Unit.NAME),
                    Column("looked_at", Unit.COUNT),
                    Column("problems", Unit.COUNT),
                ),
                rows=tuple(
                    (
                        Named(name, _promise(name, proof, language)),
                        proof.looked_at,
                        len(proof.problems),
                    )
                    for name, proof in outcome.proofs
                ),
            ),
            _counted("done", outcome.done),
            _counted("messages", outcome.messages),
        ),
        plots=(
            _lateness(told, language),
            await _contacts_by_hour(language),
            _refusals(world, language),
            _messages(outcome.messages),
            await _complaints(language),
        ),
        notes=("simulation",),
        problems=tuple(
            f"{name}: {problem}" for name, proof in outcome.proofs for problem in proof.problems[:5]
        ),
    )


def _promise(name: str, proof: Proof, language: str) -> str:
    if name == "money":
        return proof.promise
    return text(f"report.promise.{name.replace('-', '_')}", language)


def _counted(name: str, counts: Mapping[str, int]) -> Table:
    return Table(
        name=name,
        columns=(Column("what", Unit.NAME), Column("times", Unit.COUNT)),
        rows=tuple((Named(what, what), times) for what, times in sorted(counts.items())),
    )


def _lateness(told: Told, language: str) -> Plot:
    step = max(1, len(told.reports) // PLOTTED_DAYS)
    days = told.reports[::step]
    return Plot(
        name="late_by_day",
        kind=PlotKind.STACKED,
        labels=tuple(f"{one.on_date:%m-%d}" for one in days),
        series={
            text(f"report.bucket.{bucket.value}", language): tuple(
                one.loans_by_bucket[bucket] for one in days
            )
            for bucket in Bucket
            if bucket is not Bucket.CURRENT
        },
        unit=Unit.COUNT,
    )


async def _contacts_by_hour(language: str) -> Plot:
    rows = await fetch(
        "SELECT asked_at, reasons FROM contact_permit"
        " WHERE message_id IS NULL AND channel <> 'LETTER'"
    )
    given, refused = Counter[int](), Counter[int]()
    for row in rows:
        hour = moment_of(row["asked_at"]).astimezone(SHANGHAI).hour
        (refused if row["reasons"] else given)[hour] += 1
    hours = sorted({*given, *refused})
    return Plot(
        name="permits_by_hour",
        kind=PlotKind.STACKED,
        labels=tuple(f"{hour}:00" for hour in hours),
        series={
            text("report.word.given", language): tuple(given[hour] for hour in hours),
            text("report.word.refused", language): tuple(refused[hour] for hour in hours),
        },
        unit=Unit.COUNT,
    )


def _refusals(world: World, language: str) -> Plot:
    head = "permit refused: "
    counts = {
        text(f"collections.against.{what.removeprefix(head)}", language): times
        for what, times in world.done.most_common()
        if what.startswith(head)
    }
    return Plot(
        name="refusals",
        kind=PlotKind.BARS,
        labels=tuple(counts),
        series={text("report.word.refused", language): tuple(counts.values())},
        unit=Unit.COUNT,
    )


def _messages(messages: Mapping[str, int]) -> Plot:
    return Plot(
        name="messages",
        kind=PlotKind.BARS,
        labels=tuple(messages),
        series={"": tuple(messages.values())},
        unit=Unit.COUNT,
    )


async def _complaints(language: str) -> Plot:
    rows = await fetch("SELECT hours_to_answer FROM ticket WHERE category = 'COMPLAINT'")
    days = Counter(
        min(row["hours_to_answer"] // 24, 20) for row in rows if row["hours_to_answer"] is not None
    )
    spread = range(21)
    return Plot(
        name="answers",
        kind=PlotKind.STACKED,
        labels=tuple(str(day) for day in spread),
        series={text("report.word.complaints", language): tuple(days[day] for day in spread)},
        unit=Unit.COUNT,
    )
