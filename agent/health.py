"""Health: what of a deployment is in place, and what is not."""

from typing import TYPE_CHECKING, Any

import narwhals as nw

from knowledge.errors import WeirError

if TYPE_CHECKING:
    from agent.assembly import Weir

_MOST_ISSUES = 20


def examine(weir: "Weir") -> dict[str, Any]:
    """Check every store, and list quality issues by reason.

    Returns:
        ``checks`` (``name``, ``status`` ok / warning / broken, ``text``) and ``quality_issues``
        (``table``, ``reason``, ``severity``, ``rows``, an ``example``, and the first ``file`` and
        ``line``), most rows first.
    """
    checks = [
        _check(name, look, weir)
        for name, look in (
            ("warehouse", _warehouse),
            ("library", _library),
            ("model", _model),
            ("policy", _policy),
            ("audit log", _audit),
            ("kill switch", _switch),
        )
    ]
    issues = _issues(weir) if checks[0]["status"] == "ok" else []
    return {"checks": checks, "quality_issues": issues}


def _check(name: str, look: Any, weir: "Weir") -> dict[str, str]:
    try:
        status, text = look(weir)
    except WeirError as error:
        status, text = "broken", str(error)
    return {"name": name, "status": status, "text": text}


def _warehouse(weir: "Weir") -> tuple[str, str]:
    with weir.snapshot() as snapshot:
        sources = ", ".join(sorted(weir.sources()))
        return "ok", f"version {snapshot.version}, as of {snapshot.as_of:%Y-%m-%d}, from {sources}"


def _library(weir: "Weir") -> tuple[str, str]:
    from knowledge.library.catalog import LibraryError  # noqa: PLC0415 - behind it is NumPy

    try:
        documents = weir.library.documents()
    except LibraryError as error:
        return "warning", f"{error} The first question or draft does it as well."
    return "ok", f"{len(documents)} documents, embedded by {weir.embedder.fingerprint}"


def _model(weir: "Weir") -> tuple[str, str]:
    if weir.settings.model == "offline":
        return "ok", "offline: nothing leaves this machine"
    weir.chat_model()
    return "ok", f"{weir.settings.model}: questions and tool results go to its provider"


def _policy(weir: "Weir") -> tuple[str, str]:
    policy = weir.plays.policy
    people = ", ".join(person.email for person in policy.people)
    return "ok", f"{policy.label}; people: {people}"


def _audit(weir: "Weir") -> tuple[str, str]:
    report = weir.plays.verify_audit()
    if not report.intact:
        return "broken", f"the hash chain does not hold: {report.problem}"
    return "ok", f"{report.entries} entries, hash chain intact"


def _switch(weir: "Weir") -> tuple[str, str]:
    ledger = weir.plays.ledger
    with ledger.read() as tx:
        thrown = ledger.kill_switch(tx)
    if thrown:
        return "warning", "thrown: no play writes anything until `weir plays resume`"
    return "ok", "not thrown"


def _issues(weir: "Weir") -> list[dict[str, Any]]:
    with weir.snapshot() as snapshot:
        found = (
            snapshot.table("quality_issue")
            .group_by("table", "reason", "severity")
            .agg(
                nw.len().alias("rows"),
                nw.col("value").max().alias("example"),
                nw.col("file").min().alias("file"),
                nw.col("line").min().alias("line"),
            )
            .sort("rows", descending=True)
            .head(_MOST_ISSUES)
            .collect()
        )
    return [*found.iter_rows(named=True)]
