"""On what it was measured: size of the machine and versions, without names or paths."""

import os
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "weir-revenue",
    "duckdb",
    "narwhals",
    "deltalake",
    "pandas",
    "chromadb",
    "bm25s",
    "langchain",
    "langgraph",
    "torch",
)
GIB = 2**30


def describe() -> str:
    """Describe the machine and the versions in one line each."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    machine = f"{os.cpu_count()} cores, {memory:.0f} GiB of memory, {platform.system()}"
    machine += f" on {platform.machine()}, Python {platform.python_version()}"
    return f"- Machine: {machine}.\n- Versions: {', '.join(_versions())}."


def _versions() -> Iterator[str]:
    for package in PACKAGES:
        try:
            yield f"{package} {version(package)}"
        except PackageNotFoundError:
            continue
