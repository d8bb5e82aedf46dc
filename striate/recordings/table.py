"""What the readers of all layouts hand on: one row a recording, as `striate.data.table` has it for images."""

from dataclasses import dataclass
from typing import NamedTuple

from striate.data.records import PartName
from striate.data.table import Row
from striate.errors import Problem
from striate.recordings.records import RecordingStore


class RecordingRow(NamedTuple):
    """One recording as the data lists it.

    Attributes:
        part: None where the data isn't divided.
        path: its name in the store.
        label: the name of its class.
        group: what must not stand in two parts, such as the person it is of; empty where the data doesn't say.
    """

    part: PartName | None
    path: str
    label: str
    group: str = ""

    @property
    def row(self) -> Row:
        """As images have it."""
        return Row(self.part, self.path, (self.label,))


@dataclass(frozen=True)
class RecordingTable:
    """All rows of a data set, before its recordings are looked at.

    Attributes:
        kind: what the data is, in words that "of signals" can follow.
        store: reads the recordings.
        rows: the recordings.
        problems: rows and files that can't be used.
        source: the table that says the labels; empty where there is none.
    """

    kind: str
    store: RecordingStore
    rows: tuple[RecordingRow, ...]
    problems: tuple[Problem, ...] = ()
    source: str = ""
