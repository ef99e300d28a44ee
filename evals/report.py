"""`make evals`: run every eval and write the figures to docs/benchmarks.md."""

import sys

from evals import document, leaks, retrieval, risk, routing
from evals.figures import Report

EVALS = {"leaks": leaks, "risk": risk, "retrieval": retrieval, "routing": routing}


def main() -> None:
    """Run every eval."""
    parts = []
    for name, module in EVALS.items():
        sys.stderr.write(f"{name}\n")
        parts.append(section(module.run(lambda _step, _share: None), what(module.__doc__ or "")))
    path = document.write("evals", "How good", "make evals", "\n\n".join(parts))
    sys.stderr.write(f"wrote {path.name}\n")


def what(docstring: str) -> str:
    """Take the question that an eval asks from the first line of its module."""
    return docstring.strip().splitlines()[0].partition(": ")[2]


def section(report: Report, question: str) -> str:
    """Write one eval as Markdown."""
    others = list(report.baselines)
    names = dict.fromkeys([*report.figures, *(n for b in report.baselines.values() for n in b)])
    rows = [
        (
            name,
            _figure(report.figures.get(name)),
            *(_figure(report.baselines[other].get(name)) for other in others),
        )
        for name in names
    ]
    cases = ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in report.cases.items())
    headings = ("figure", "Weir", *(other.replace("_", " ") for other in others))
    question = question[:1].upper() + question[1:]
    return (
        f"### {report.name}\n\n{question}\n\n{document.table(headings, rows)}\n\n"
        f"Graders and data {report.version}; {cases}."
    )


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main()
