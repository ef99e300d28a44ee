"""`weir plays`: draft, show, approve, edit, reject, undo and audit plays."""

import json
import sys
from typing import Annotated, Any

import typer

from agent.cli import play_attention
from agent.cli.cards import print_play, print_plays
from agent.cli.output import AsJson, console, print_json, working
from agent.cli.play_options import REFUSED, As, PlayId, Reason, answer
from knowledge.errors import BadInputError

app = typer.Typer(
    name="plays",
    no_args_is_help=True,
    help="Draft, show, decide, undo and audit plays.",
)

Digest = Annotated[
    str | None,
    typer.Option(help="Digest of the play as you saw it (at least 8 characters of it)."),
]

SHORTEST_DIGEST = 8


def register(parent: typer.Typer) -> None:
    """Add the group of commands."""
    play_attention.register(app)
    parent.add_typer(app)


@app.command("list")
def list_plays(
    state: Annotated[
        list[str] | None, typer.Option("--state", help="Only plays in this state.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List plays, newest first.

    Example: weir plays list --state pending
    """
    from agent.assembly import Weir
    from agent.plays.play import PlayState

    known = {entry.value: entry for entry in PlayState}
    for name in state or ():
        if name not in known:
            raise BadInputError(f"There is no state '{name}'; choose from {', '.join(known)}.")
    plays = Weir.open().plays.list_plays([known[name] for name in state] if state else None)
    if as_json:
        print_json(plays)
    else:
        print_plays(plays)


@app.command()
def show(play: PlayId, as_json: AsJson = False) -> None:
    """Show a play whole: why, for whom, before and after, who may approve, what happened.

    Example: weir plays show play_3f2a91
    """
    from agent.assembly import Weir

    found = Weir.open().plays.show(play)
    if as_json:
        print_json(found)
    else:
        print_play(found)


@app.command()
def draft(
    finding: Annotated[
        str | None, typer.Argument(help="Finding of `weir leaks`; the worst one by default.")
    ] = None,
    lead: Annotated[
        list[str] | None, typer.Option("--lead", help="Draft for this lead instead; repeatable.")
    ] = None,
    by: As = None,
    as_json: AsJson = False,
) -> None:
    """Draft a play for a finding, or for leads at risk. Nothing is written until it is approved.

    Example: weir plays draft leak_7c50da --as rio.tanaka@northpeak.example
    """
    from agent.assembly import Weir

    weir = Weir.open()
    with working("Drafting a play ..."):
        play = weir.propose(by=weir.whoami(by), finding_id=finding, journey_ids=lead or ())
    found = weir.plays.show(play.id)
    if as_json:
        print_json(found)
    else:
        print_play(found)


@app.command()
def approve(
    play: PlayId,
    digest: Digest = None,
    by: As = None,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Approve a play as you saw it; a worker then runs it once.

    On a terminal the play is shown first and you are asked. Elsewhere say what you approve with
    --digest, as `weir plays show` prints it.

    Example: weir plays approve play_3f2a91 --digest 9c1f04aa --as dana.meyer@northpeak.example
    """
    from agent.assembly import Weir

    weir = Weir.open()
    me = weir.whoami(by)
    seen = weir.plays.show(play)
    if digest is None:
        digest = _looked_at(seen, "Approve this play?")
    decision = weir.plays.approve(play, by=me, digest=_whole(digest, seen), reason=reason)
    answer(decision.as_dict(), as_json=as_json)
    if decision.outcome.value == "approved" and not as_json:
        console.print("A running `weir worker` takes it up; without one: weir worker --once")


@app.command()
def reject(
    play: PlayId,
    digest: Digest = None,
    by: As = None,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Reject a pending play.

    Example: weir plays reject play_3f2a91 --reason "wrong quarter"
    """
    from agent.assembly import Weir

    weir = Weir.open()
    whole = None if digest is None else _whole(digest, weir.plays.show(play))
    decision = weir.plays.reject(play, by=weir.whoami(by), digest=whole, reason=reason)
    answer(decision.as_dict(), as_json=as_json)


@app.command()
def edit(
    play: PlayId,
    drop: Annotated[
        list[str] | None, typer.Option("--drop", metavar="LEAD", help="Take a target out.")
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KIND.PARAM=VALUE",
            help="Change a parameter of all actions of a kind, e.g. create_task.due_in_days=1.",
        ),
    ] = None,
    digest: Digest = None,
    by: As = None,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Change a pending play; it gets a new digest and its approvals start over.

    Example: weir plays edit play_3f2a91 --set create_task.due_in_days=1
    """
    from agent.assembly import Weir
    from agent.plays.edit import Edit

    weir = Weir.open()
    seen = weir.plays.show(play)
    wanted = Edit(drop=tuple(drop or ()), params=_params(change or ()))
    decision = weir.plays.edit(
        play,
        wanted,
        by=weir.whoami(by),
        digest=_whole(digest, seen) if digest else seen["digest"],
        reason=reason,
    )
    answer(decision.as_dict(), as_json=as_json)


@app.command()
def undo(play: PlayId, by: As = None, reason: Reason = None, as_json: AsJson = False) -> None:
    """Take back what a play wrote, where nobody changed it since; a worker does the writing.

    Example: weir plays undo play_3f2a91 --as dana.meyer@northpeak.example
    """
    from agent.assembly import Weir

    weir = Weir.open()
    decision = weir.plays.undo(play, by=weir.whoami(by), reason=reason)
    answer(decision.as_dict(), as_json=as_json)
    if decision.accepted and not as_json:
        console.print("A running `weir worker` takes it up; without one: weir worker --once")


@app.command()
def stop(by: As = None, reason: Reason = None, as_json: AsJson = False) -> None:
    """Throw the kill switch: from now on no play writes anything.

    Example: weir plays stop --reason "CRM migration" --as dana.meyer@northpeak.example
    """
    from agent.assembly import Weir

    weir = Weir.open()
    answer(weir.plays.stop(by=weir.whoami(by), reason=reason).as_dict(), as_json=as_json)


@app.command()
def resume(by: As = None, reason: Reason = None, as_json: AsJson = False) -> None:
    """Release the kill switch.

    Example: weir plays resume --as dana.meyer@northpeak.example
    """
    from agent.assembly import Weir

    weir = Weir.open()
    answer(weir.plays.resume(by=weir.whoami(by), reason=reason).as_dict(), as_json=as_json)


@app.command()
def audit(
    play: Annotated[str | None, typer.Argument(help="Only entries of this play.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check the hash chain of the audit log and print its entries.

    Example: weir plays audit --json > audit.json
    """
    from agent.assembly import Weir
    from agent.cli.cards import print_audit

    desk = Weir.open().plays
    report = desk.verify_audit()
    entries = desk.audit_entries(play)
    if as_json:
        print_json({**report.as_dict(), "entries": entries})
    else:
        print_audit(report, entries)
    if not report.intact:
        raise typer.Exit(REFUSED)


def _looked_at(seen: dict[str, Any], question: str) -> str:
    """Show a play and ask; what is decided about is what was shown."""
    if not sys.stdin.isatty():
        raise BadInputError(
            f"Say what you approve: --digest {seen['digest'][:12]} (`weir plays show {seen['id']}` "
            "shows what it stands for)."
        )
    print_play(seen)
    if not typer.confirm(question):
        raise typer.Exit(REFUSED)
    return str(seen["digest"])


def _whole(digest: str, seen: dict[str, Any]) -> str:
    """Complete an abbreviated digest; one that does not fit stays as it is and is refused."""
    current = str(seen["digest"])
    if len(digest) >= SHORTEST_DIGEST and current.startswith(digest):
        return current
    return digest


def _params(changes: list[str] | tuple[str, ...]) -> dict[str, dict[str, Any]]:
    params: dict[str, dict[str, Any]] = {}
    for change in changes:
        name, equals, value = change.partition("=")
        kind, dot, param = name.partition(".")
        if not (equals and dot and kind and param):
            raise BadInputError(
                f"'{change}' can't be read; write it as KIND.PARAM=VALUE, such as "
                "create_task.due_in_days=1."
            )
        try:
            parsed = json.loads(value)
        except json.JSONDecodeError:
            parsed = value
        params.setdefault(kind, {})[param] = parsed
    return params
