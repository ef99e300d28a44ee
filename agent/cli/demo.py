"""`weir demo`: the main job end to end, on the sample company."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.rule import Rule

from agent.cli.cards import print_audit, print_play, print_receipt
from agent.cli.funnel import print_funnel
from agent.cli.ingest import print_load
from agent.cli.leaks import print_finding
from agent.cli.lineage import print_chain
from agent.cli.output import console, count, program, progress, working
from agent.cli.score import print_scores
from knowledge.errors import BadInputError, WeirError

if TYPE_CHECKING:
    from agent.assembly import Weir

ANALYST = "rio.tanaka@northpeak.example"
MANAGER = "dana.meyer@northpeak.example"
SOURCES = {"salesforce", "marketing", "web", "product"}
_RISKS = 3
_WRITES_SHOWN = 4


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(run_demo)


def run_demo(
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Approve the play as the sample's manager.")
    ] = False,
) -> None:
    """Load the sample company, find its worst leak, draft the play, approve it, run it, trace it.

    On a terminal it asks for the approval; elsewhere the play stays pending unless you say --yes.

    Example: weir demo --yes
    """
    from agent.assembly import Weir
    from tools.funnel.metrics import funnel
    from tools.leakage.score import score

    weir = Weir.open()
    _refuse_foreign_data(weir)
    _step("1", "Load Northpeak, a sample company: CRM, marketing, web and product")
    with progress("Loading") as report:
        loaded = weir.ingest_sample(progress=report)
    print_load(loaded)
    with working("Indexing playbooks and content ..."):
        weir.sync_library()

    _step("2", "The funnel, with what can and can't be compared")
    with weir.snapshot() as snapshot, working("Computing the funnel ..."):
        print_funnel(funnel(snapshot))

    _step("3", "Where it leaks")
    with weir.snapshot() as snapshot, working("Looking for leaks ..."):
        findings = weir.leaks(snapshot)["findings"]
        risks = score(snapshot, limit=_RISKS)
    if not findings:
        raise WeirError("No leak was found in the sample; `weir leaks` says what was compared.")
    print_finding(findings[0])
    if findings[1:]:
        console.print(f"{count(len(findings) - 1)} more: weir leaks", style="dim")

    _step("4", "Who is most at risk now")
    print_scores(risks)

    _step("5", "The play that would mend it")
    play = _pending(weir, findings[0]["id"]) or _draft(weir, findings)
    if play is None:
        console.print("Every open lead of the leak has had its play; `weir plays list` shows them.")
        return
    print_play(play)

    _step("6", "A human decides")
    if not _approved(weir, play, yes=yes):
        return

    _step("7", "It runs, once, and can be traced and undone")
    with working("Running the play ..."):
        weir.plays.run(play["id"])
    done = weir.plays.show(play["id"])
    print_receipt(done, most=_WRITES_SHOWN)
    milestones = [entry for entry in done["audit"] if not entry["what"].startswith("action_")]
    print_audit(weir.plays.verify_audit(), milestones)
    with working("Tracing ..."):
        chain = weir.lineage(play["id"])
    firsts = {step["kind"]: step for step in reversed(chain)}
    print_chain(sorted(firsts.values(), key=chain.index))
    console.print(f"{len(chain)} steps in all: weir lineage {play['id']}", style="dim")
    _next_steps(play["id"], undo=True)


def _refuse_foreign_data(weir: "Weir") -> None:
    sources = weir.sources()
    if sources - SOURCES:
        raise BadInputError(
            f"{weir.home} holds your own data; run the demo beside it: "
            "WEIR_HOME=.weir-demo weir demo"
        )


def _step(number: str, title: str) -> None:
    console.print()
    console.print(Rule(f"[bold]{number}  {escape(title)}[/]", align="left"))


def _pending(weir: "Weir", finding_id: str) -> dict[str, Any] | None:
    """Find a play that an earlier run left undecided."""
    from agent.plays.play import PlayState

    for entry in weir.plays.list_plays([PlayState.PENDING]):
        play = weir.plays.show(entry["id"])
        if play["why"]["finding_id"] == finding_id:
            return play
    return None


def _draft(weir: "Weir", findings: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Draft for the worst leak that still has open leads without a play."""
    for finding in findings:
        try:
            with working("Drafting a play ..."):
                play = weir.propose(by=ANALYST, finding_id=finding["id"])
        except WeirError as error:
            console.print(f"{finding['id']}: {error}", style="dim", markup=False)
            continue
        return weir.plays.show(play.id)
    return None


def _approved(weir: "Weir", play: dict[str, Any], *, yes: bool) -> bool:
    """Ask for the approval, take it from --yes, or leave the play pending."""
    if not yes and not sys.stdin.isatty():
        command = program()
        console.print("The play is pending; nothing was written. Approve it as the manager:")
        console.print(
            f"  {command} plays approve {play['id']} "
            f"--digest {play['digest'][:12]} --as {MANAGER}\n"
            f"  {command} worker --once\n"
            f"or see the whole in one go: {command} demo --yes",
            soft_wrap=True,
        )
        _next_steps(play["id"], undo=False)
        return False
    if not yes and not typer.confirm(f"Approve it as {MANAGER}?"):
        console.print(f"Left pending; nothing was written. weir plays show {play['id']}")
        _next_steps(play["id"], undo=False)
        return False
    decision = weir.plays.approve(play["id"], by=MANAGER, digest=play["digest"])
    console.print(decision.sentence, style="green" if decision.accepted else "red", markup=False)
    return decision.accepted


def _next_steps(play_id: str, *, undo: bool) -> None:
    weir = program()
    steps = [
        f'{weir} ask "Why do we lose leads, and what should we do about it?"',
        f"{weir} chat",
        f"{weir} funnel --by region --cohorts",
        f"{weir} lineage {play_id}",
        f"{weir} ingest FOLDER --mapping FILE   (your own data: docs/mapping.md)",
    ]
    if undo:
        steps.insert(4, f"{weir} plays undo {play_id} --as {MANAGER} && {weir} worker --once")
    console.print()
    console.print("[bold]Try next[/]")
    for step in steps:
        console.print(f"  {step}", markup=False, soft_wrap=True)
