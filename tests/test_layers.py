"""The order of the rooms, read off their imports."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

MAY_IMPORT = {
    "prompts": {"prompts"},
    "knowledge": {"knowledge", "prompts"},
    "tools": {"tools", "knowledge", "prompts"},
    "agent": {"agent", "tools", "knowledge", "prompts"},
    "evals": {"evals", "agent", "tools", "knowledge", "prompts"},
}


def imported_rooms(file: Path) -> set[str]:
    """List our own top-level packages that a file imports, inside functions as well."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            names.add(node.module or "")
    return {name.split(".")[0] for name in names} & set(MAY_IMPORT)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_each_room_imports_only_the_rooms_below_it(room: str) -> None:
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    upward = {
        str(file.relative_to(ROOT)): sorted(imported_rooms(file) - MAY_IMPORT[room])
        for file in files
        if imported_rooms(file) - MAY_IMPORT[room]
    }
    assert upward == {}


def test_code_lies_only_in_the_agreed_folders() -> None:
    folders = {
        path.relative_to(ROOT).parts[0]
        for path in ROOT.glob("*/**/*.py")
        if not path.relative_to(ROOT).parts[0].startswith((".", "build"))
    }
    assert folders == {*MAY_IMPORT, "tests"}


def test_every_engine_works_without_langchain() -> None:
    """Only the thin ``tool.py`` of a capability may know the agent framework."""
    offenders = []
    for file in sorted((ROOT / "tools").rglob("*.py")):
        if file.name == "tool.py":
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            if module and module.split(".")[0] in {"langchain", "langchain_core", "langgraph"}:
                offenders.append(str(file.relative_to(ROOT)))
    assert offenders == []
