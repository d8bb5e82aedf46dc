"""The verbs on faces."""

from striate.cli.faces.group import faces

__all__ = ["faces"]
