# ruff: noqa: ARG001 - arguments are part of a tool's schema
"""Tools over a fixed small company: the shapes of the real ones, without a warehouse."""

import json
from typing import Any

from langchain_core.tools import BaseTool, tool

from knowledge.errors import BadInputError

HEAD = {"as_of": "2026-10-31T00:00:00Z", "warehouse_version": 4}
FINDING = {
    "id": "leak_3f2a91",
    "kind": "conversion_drop",
    "from": "mql",
    "to": "accepted",
    "segment": {"region": "EMEA"},
    "since": "2026-06-01",
    "baseline_rate": 0.4412,
    "rate": 0.3104,
    "lost": 118.4,
    "value_lost": 341520.55,
    "q_value": 0.00031,
    "drivers": [
        {
            "driver": "slow_handoff",
            "effect": 0.62,
            "evidence": [
                {
                    "kind": "figure",
                    "ref": "leak_3f2a91",
                    "text": "Median first response rose from 3.1 to 29.4 hours.",
                },
                *(
                    {"kind": "record", "ref": f"crm:{n}", "text": "slow handoff, not converted"}
                    for n in (7, 8, 9)
                ),
            ],
        }
    ],
}
OTHER = {**FINDING, "id": "leak_77b0aa", "from": "sql", "to": "opportunity", "drivers": []}
OTHER = {**OTHER, "segment": {"lead_source": "Webinar"}, "rate": 0.21, "lost": 14.0}
QUOTE = "Assign every new MQL to a named owner within one hour."
Reply = tuple[str, dict[str, Any]]


def _rows(shift: float = 0.0) -> list[dict[str, Any]]:
    pairs = [("mql", "accepted", 0.4123), ("accepted", "sql", 0.5521), ("sql", "opportunity", 0.31)]
    return [
        {
            "from": first,
            "to": second,
            "entered": 3120,
            "converted": 1290,
            "open": 214,
            "mature": 2900,
            "mature_converted": 1196,
            "rate": round(rate - shift, 4),
            "low": round(rate - shift - 0.018, 4),
            "high": round(rate - shift + 0.018, 4),
            "median_days": 3.24,
            "p90_days": 17.5,
            "comparable": True,
            "note": None,
        }
        for first, second, rate in pairs
    ]


def _reply(data: dict[str, Any]) -> Reply:
    return json.dumps(data), data


def build_tools(note: str = "called twice, no answer") -> list[BaseTool]:  # noqa: C901 - one tool each
    """Build the tools; the note is what the CRM holds on Globex."""

    @tool(response_format="content_and_artifact")
    def funnel(by: str | None = None, value: str | None = None) -> Reply:
        """Give conversion, time in stage and open leads."""
        values = {"region": ["EMEA", "APAC"], "lead_source": ["Webinar", "Referral"]}
        segments = [
            {"by": by, "value": item, "transitions": _rows(0.01 * place)}
            for place, item in enumerate(values.get(by or "", ["A", "B"]) if by else [])
            if value in (None, item)
        ]
        cohorts = [
            {"period": f"2026-{month:02}", "transitions": _rows(0.001 * month)}
            for month in range(1, 11)
        ]
        return _reply({**HEAD, "transitions": _rows(), "segments": segments, "cohorts": cohorts})

    @tool(response_format="content_and_artifact")
    def find_leaks(transition: str | None = None, segment: str | None = None) -> Reply:
        """Find leaks with their drivers."""
        findings = [FINDING, OTHER]
        if segment:
            column, _, value = segment.partition("=")
            findings = [item for item in findings if item["segment"] == {column: value}]
        if transition:
            findings = [i for i in findings if f"{i['from']}->{i['to']}" == transition]
        return _reply({**HEAD, "findings": findings, "not_comparable": []})

    @tool(response_format="content_and_artifact")
    def score_leads(
        segment: str | None = None, owner: str | None = None, limit: int | None = None
    ) -> Reply:
        """Score open leads by their risk."""
        scores = [
            {
                "id": f"score_{place:04d}ab",
                "entity": f"crm:{place}",
                "name": name,
                "risk": 0.91 - 0.07 * place,
                "reasons": [{"feature": "silence", "text": f"No answer for {21 + place} days"}],
                "lower_it": "Call.",
            }
            for place, name in enumerate(("Hannah Fischer", "Priya Nair", "Tom Lee"))
        ]
        model = {"version": "transparent-1", "abstained": False, "reason": None}
        return _reply({"as_of": HEAD["as_of"], "model": model, "scores": scores[: limit or 20]})

    @tool(response_format="content_and_artifact")
    def lookup_record(name: str, kind: str | None = None) -> Reply:
        """Look a record up."""
        head = {"query": name, **HEAD}
        if name.lower() == "smith":
            candidates = [
                {"kind": "lead", "id": f"crm:{n}", "name": f"{n} Smith", "hint": ""}
                for n in ("Ann7", "Bea8")
            ]
            return _reply({**head, "status": "ambiguous", "candidates": candidates})
        if name == "Nobody Atall":
            return _reply({**head, "status": "not_found", "candidates": []})
        if name == "Broken Record":
            raise BadInputError("That record can't be read; ask for another one.")
        details = {"stage": "accepted", "owner": "Maria Lopez", "score": 71, "note": note}
        touches = [
            {
                "at": "2026-10-02T09:30:00Z",
                "channel": "email",
                "action": "open",
                "content": note,
                "campaign": None,
            }
        ]
        return _reply(
            {
                **head,
                "status": "found",
                "kind": "lead",
                "id": "crm:17",
                "name": name,
                "details": details,
                "touches": touches,
                "content": [],
            }
        )

    @tool(response_format="content_and_artifact")
    def search_library(query: str, kind: str | None = None) -> Reply:
        """Search playbooks and content."""
        hit = {
            "id": "slow-handoff#first-hour",
            "doc_id": "slow-handoff",
            "title": "Slow handoff",
            "section": "The first hour",
            "text": QUOTE,
            "quote": QUOTE,
            "score": 0.03,
        }
        nothing = "unicorn" in query
        return _reply({"query": query, "hits": [] if nothing else [hit], "abstained": nothing})

    @tool(response_format="content_and_artifact")
    def next_best_content(name: str) -> Reply:
        """Recommend content for a person or account."""
        item = {
            "id": "roi-guide",
            "title": "The ROI guide",
            "score": 0.8,
            "why": ["fits the accepted stage"],
        }
        return _reply({"for": name, "items": [item]})

    @tool(response_format="content_and_artifact")
    def draft_play(finding_id: str | None = None, journey_ids: list[str] | None = None) -> Reply:
        """Draft a play; a human approves it."""
        made = {
            "id": "play_9c41d2",
            "state": "pending",
            "tier": "medium",
            "actions": [{"kind": "reroute_lead"}, {"kind": "create_task"}],
            "citations": [{"id": "slow-handoff#first-hour", "quote": QUOTE}],
            "finding_id": finding_id,
            "journey_ids": journey_ids,
        }
        return _reply(made)

    return [
        funnel,
        find_leaks,
        score_leads,
        lookup_record,
        search_library,
        next_best_content,
        draft_play,
    ]
