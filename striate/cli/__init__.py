"""The command line: one thin file a verb; it parses, calls a task and prints."""

from striate.cli.app import main

__all__ = ["main"]
