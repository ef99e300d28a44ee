"""Charts: images of what an answer's tools found, uploaded with words for those who can't see."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from slack_sdk.errors import SlackApiError, SlackRequestError

from agent.slack.answers.record import Place
from agent.slack.blocks import ALT_TEXT
from agent.slack.text import clip, plain

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from agent.charts.chart import Chart
    from agent.turns import Result

_LOG = logging.getLogger(__name__)
_FEWEST_ROWS = 2


def drawn(results: "Sequence[Result]") -> "Iterator[Chart]":
    """Draw the charts of a turn: each kind once."""
    seen: set[str] = set()
    for result in results:
        if not result.ok or result.tool in seen:
            continue
        data = result.data
        if result.tool == "funnel" and len(data.get("transitions") or []) >= _FEWEST_ROWS:
            # Cut by a column, it is not the whole funnel that was asked for.
            wanted = not result.args.get("by")
        elif result.tool == "score_leads" and len(data.get("scores") or []) >= _FEWEST_ROWS:
            wanted = True
        else:
            continue
        seen.add(result.tool)
        if wanted:
            yield from _pictures(result.tool, json.dumps(data, sort_keys=True))


# Many ask for the same figures, and drawing holds up everybody else for a third of a second.
@lru_cache(maxsize=32)
def _pictures(tool: str, data: str) -> "tuple[Chart, ...]":
    # Imported here: drawing costs a second of CPU that a question without a chart need not pay.
    from agent.charts.cohort import cohort_chart  # noqa: PLC0415
    from agent.charts.funnel import funnel_chart  # noqa: PLC0415
    from agent.charts.risk import risk_chart  # noqa: PLC0415

    report = json.loads(data)
    if tool == "funnel":
        charts = [funnel_chart(report), cohort_chart(report)]
    else:
        charts = [risk_chart(report)]
    return tuple(chart for chart in charts if chart is not None)


def send(
    client: "WebClient",
    place: Place,
    results: "Sequence[Result]",
    *,
    before: Sequence[str],
    sending: Callable[[list[str]], None],
) -> None:
    """Upload the charts of a turn into its thread, each at most once.

    Args:
        client: Client of the workspace.
        place: The thread.
        results: What the tools of the turn gave.
        before: Names of charts that an earlier run sent, or began to.
        sending: Called with all names before each upload; an image is better lost than doubled.
    """
    names = list(before)
    try:
        for chart in drawn(results):
            if chart.filename in names:
                continue
            names.append(chart.filename)
            sending(names)
            client.files_upload_v2(
                content=chart.png,
                filename=chart.filename,
                title=clip(plain(chart.title), 200),
                alt_txt=clip(plain(chart.alt), ALT_TEXT),
                channel=place.channel,
                thread_ts=place.thread_ts,
            )
    except (SlackApiError, SlackRequestError, OSError, KeyError, ValueError) as error:
        # The answer stands without its picture.
        _LOG.warning("A chart could not be shown: %s.", type(error).__name__)
