"""The graph as LangGraph Studio loads it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from langgraph_cli.config import validate_config_file
from weir_command import environment

pytestmark = pytest.mark.xdist_group("cli")

ROOT = Path(__file__).parents[2]


def test_the_studio_file_is_valid_and_its_graph_loads_without_a_checkpointer(home: Path) -> None:
    config = validate_config_file(ROOT / "langgraph.json")
    file, _, variable = str(config["graphs"]["weir"]).partition(":")
    assert (ROOT / file).is_file()
    module = Path(file).with_suffix("").as_posix().replace("/", ".")
    program = (
        f"import json; from {module} import {variable} as graph; "
        "print(json.dumps([graph.checkpointer is None, sorted(graph.nodes)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=environment(home),
        cwd=ROOT,
        check=True,
    )
    without_checkpointer, nodes = json.loads(done.stdout.splitlines()[-1])
    assert without_checkpointer
    assert {"model", "tools"} <= set(nodes)
