"""`weir plays snooze | handover | again | away | notices`: whose attention a play asks for."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.output import AsJson, console, print_json
from agent.cli.play_options import As, PlayId, Reason, answer
from knowledge.errors import BadInputError

if TYPE_CHECKING:
    from agent.plays.notices import Notice

_TIMES = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%SZ")


def register(plays: typer.Typer) -> None:
    """Add the commands to the group of plays."""
    plays.command()(snooze)
    plays.command("handover")(hand_over)
    plays.command()(again)
    plays.command()(away)
    plays.command()(notices)


def snooze(
    play: PlayId,
    hours: Annotated[float | None, typer.Option(min=0, max=8760, help="For how long.")] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Until when, UTC: 2026-12-01 or with 09:30.")
    ] = None,
    by: As = None,
    as_json: AsJson = False,
) -> None:
    """Spare yourself reminders of a pending play for a while; it stays pending.

    Example: weir plays snooze play_3f2a91 --hours 4 --as dana.meyer@northpeak.example
    """
    from agent.assembly import Weir

    if (hours is None) == (until is None):
        raise BadInputError("Say how long: --hours 4, or --until '2026-12-01 09:30'.")
    weir = Weir.open()
    end = _time(until) if until else weir.plays.clock() + timedelta(hours=hours or 0)
    decision = weir.plays.snooze(play, by=weir.whoami(by), until=end)
    answer(decision.as_dict(), as_json=as_json)


def hand_over(
    play: PlayId,
    to: Annotated[str, typer.Option(metavar="EMAIL", help="Who is to decide in your place.")],
    by: As = None,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Ask somebody else who may approve a play to decide about it in your place.

    Example: weir plays handover play_3f2a91 --to rio.tanaka@northpeak.example
    """
    from agent.assembly import Weir

    weir = Weir.open()
    decision = weir.plays.hand_over(play, by=weir.whoami(by), to=to, reason=reason)
    answer(decision.as_dict(), as_json=as_json)


def again(play: PlayId, by: As = None, as_json: AsJson = False) -> None:
    """Draft an expired play again, on the records as they are now.

    Example: weir plays again play_3f2a91 --as dana.meyer@northpeak.example
    """
    from agent.assembly import Weir

    weir = Weir.open()
    decision = weir.plays.request_again(play, by=weir.whoami(by))
    answer(decision.as_dict(), as_json=as_json)
    if not as_json:
        console.print(f"Look at it: weir plays show {decision.play_id}", markup=False)


def away(
    to: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="Who is reminded in your place.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="When you are back, UTC: 2026-12-01.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="When you leave; now by default.")
    ] = None,
    back: Annotated[bool, typer.Option("--back", help="You are back: end your absences.")] = False,
    by: As = None,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Have somebody else reminded of all plays in your place while you are away.

    Example: weir plays away --until 2026-12-01 --to rio.tanaka@northpeak.example
    """
    from agent.assembly import Weir

    weir = Weir.open()
    me = weir.whoami(by)
    if back:
        decision = weir.plays.back(by=me)
    elif to is None or until is None:
        raise BadInputError("Say until when and who stands in: --until 2026-12-01 --to EMAIL.")
    else:
        decision = weir.plays.away(
            by=me,
            to=to,
            until=_time(until),
            since=_time(since) if since else None,
            reason=reason,
        )
    answer(decision.as_dict(), as_json=as_json)


def notices(
    take: Annotated[
        bool, typer.Option("--take", help="Note that you tell them, so that nobody else does.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List who is to be reminded of which play now: reminders, escalations, expiries.

    Where Slack runs, it tells them; elsewhere let a script take them and send them.

    Example: weir plays notices --take --json
    """
    from agent.assembly import Weir

    desk = Weir.open().plays
    due = [notice for notice in desk.due_notices() if not take or desk.noticed(notice)]
    if as_json:
        print_json([notice.as_dict() for notice in due])
        return
    for notice in due:
        _print(notice)
    if not due:
        console.print("Nobody has to be told anything now.")


def _print(notice: "Notice") -> None:
    kind = notice.kind.replace("_", " ")
    console.print(f"{kind} to {', '.join(notice.to)}: {notice.sentence}", markup=False)


def _time(text: str) -> datetime:
    """Read a time that somebody typed as naive UTC."""
    for form in _TIMES:
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=UTC).replace(tzinfo=None)
        except ValueError:
            continue
    raise BadInputError(
        f"'{text}' is no time that can be read; write it as 2026-12-01 or '2026-12-01 09:30' (UTC)."
    )
