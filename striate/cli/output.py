"""What every verb prints: results on stdout, notes and progress on stderr."""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any


def print_json(value: Any) -> None:
    """One JSON document on stdout, for a program to read."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2))


def note(text: str) -> None:
    """Lines for a person, on stderr, if there are any; names from the data can't steer the terminal."""
    if text:
        from striate.draw.text import printable

        print("\n".join(map(printable, text.split("\n"))), file=sys.stderr, flush=True)


def note_page(out: Path | None, mistakes: int) -> None:
    """Whether a page of mistakes was written, where one was asked for: of none there is none."""
    if out:
        note(f"written: {out}" if mistakes else f"no mistakes, so no page: {out}")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()) -> None:
    """A table on stdout; the columns named in `right` are numbers."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from striate.draw.text import printable

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0), show_header=any(columns))
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(str(cell))) for cell in row))  # Text: names from the data are not markup
    console = Console()
    if not console.is_terminal:
        console.width = 240  # a pipe has no width: keep rows whole
    console.print(table)
