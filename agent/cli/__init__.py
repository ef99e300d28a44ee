"""The terminal: one command a file, each a thin adapter over the assembly."""

from agent.cli.app import main

__all__ = ["main"]
