"""What starting a command costs, and what its help says."""

import subprocess
import sys

import pytest
from weir_command import WEIR

from agent.cli.app import app
from agent.cli.plays import app as plays

OF_PLAYS = """list show draft approve reject edit undo stop resume audit
snooze handover again away notices"""

COMMANDS = [
    ["demo"],
    ["ingest"],
    ["funnel"],
    ["leaks"],
    ["score"],
    ["account"],
    ["content"],
    ["ask"],
    ["chat"],
    ["worker"],
    ["lineage"],
    ["versions"],
    ["eval"],
    ["doctor"],
    ["slack"],
    *(["plays", name] for name in OF_PLAYS.split()),
]

HEAVY = {
    "alembic",
    "chromadb",
    "duckdb",
    "langchain",
    "langgraph",
    "numpy",
    "pandas",
    "scipy",
    "sentence_transformers",
    "sqlalchemy",
    "statsmodels",
    "torch",
}


def loaded_by(code: str) -> set[str]:
    program = f"{code}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_with_an_example(command: list[str]) -> None:
    done = subprocess.run(
        [str(WEIR), *command, "--help"], capture_output=True, text=True, check=True
    )
    assert "Example" in done.stdout
    assert f"weir {' '.join(command)}" in done.stdout


def test_the_commands_tested_here_are_all_there_are() -> None:
    named = [[str(command.name)] for command in app.registered_commands]
    of_plays = [
        ["plays", str(command.name or command.callback.__name__)]
        for command in plays.registered_commands
        if command.callback
    ]
    assert sorted([*named, *of_plays]) == sorted(COMMANDS)


def test_help_loads_nothing_heavy() -> None:
    assert not loaded_by("import agent.cli.app") & HEAVY


def test_the_funnel_loads_neither_frames_nor_graphs_nor_models() -> None:
    code = "import agent.assembly, tools.funnel.metrics, agent.cli.app"
    assert not loaded_by(code) & (HEAVY - {"duckdb", "numpy", "sqlalchemy"})


def test_the_plays_load_no_graph_until_one_runs() -> None:
    assert not loaded_by("import agent.plays.desk, agent.cli.app") & (HEAVY - {"sqlalchemy"})
