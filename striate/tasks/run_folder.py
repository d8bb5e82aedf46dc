"""The folder of a training: its record, its checkpoints, its model and its report."""

import json
from pathlib import Path
from typing import Any

from striate.atomic import atomic_write
from striate.errors import ArgumentError, DataError, OutputError


class RunFolder:
    """Where a training writes, and what it wrote.

    `record.jsonl` has one line at the start (arguments, plan, data, versions), one an epoch, and one for the result.

    Args:
        path: the folder; `create` makes it.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)

    @property
    def model(self) -> Path:
        """The trained model file."""
        return self.path / "model.safetensors"

    @property
    def record(self) -> Path:
        """What was done and what came of it, a JSON document a line."""
        return self.path / "record.jsonl"

    @property
    def report(self) -> Path:
        """The page for people."""
        return self.path / "report.html"

    @property
    def checkpoints(self) -> Path:
        """What `--resume` goes on from."""
        return self.path / "checkpoints"

    def candidate(self, name: str) -> Path:
        """The checkpoints of one of several candidates; the folder is made.

        Raises:
            OutputError: it can't be made.
        """
        folder = self.checkpoints / name
        self._make(folder)
        return folder

    def refuse_old_run(self) -> None:
        """A run is never written over.

        Raises:
            OutputError: the folder holds one.
        """
        if self.record.exists() or any(self.checkpoints.glob("*.safetensors")):
            raise OutputError(f"{self.path} holds a run already: go on with --resume, or give another --out")

    def create(self) -> None:
        """Make the folder and what is below it.

        Raises:
            OutputError: it can't be made.
        """
        self._make(self.checkpoints)

    def _make(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise OutputError(f"can't make the folder {self.path}: {e.strerror}") from e

    def write(self, lines: list[dict[str, Any]]) -> None:
        """Replace the record by these lines, whole or not at all."""
        with atomic_write(self.record) as f:
            for line in lines:
                f.write(json.dumps(line, ensure_ascii=False, allow_nan=False).encode() + b"\n")

    def read(self) -> list[dict[str, Any]]:
        """The lines of the record.

        Raises:
            ArgumentError: no run was recorded here.
            DataError: a line is not JSON (says which), or the first is not the start of a run.
        """
        if not self.record.is_file():
            raise ArgumentError.of("run", "a folder that `striate train` wrote (with record.jsonl)", str(self.path))
        lines = []
        with self.record.open(encoding="utf-8", newline="\n") as f:  # a label may hold other line ends
            for number, text in enumerate(f, start=1):
                try:
                    lines.append(json.loads(text))
                except json.JSONDecodeError as e:
                    raise DataError(f"{self.record}, line {number}: not JSON ({e.msg})") from e
        if not lines or "plan" not in lines[0]:
            raise DataError(f"{self.record} is not the record of a run: its first line has no plan")
        return lines


def wished_folder(data: str | Path, out: str | Path | None) -> Path:
    """Where a new training writes: `out`, or `runs/NAME` for None, NAME the data's.

    Raises:
        ArgumentError: it is in the data, and would be taken for a class from then on.
    """
    folder = Path(out or free_folder("runs", Path(data).resolve().stem))
    if folder.resolve().is_relative_to(Path(data).resolve()):
        raise ArgumentError.of("out", f"a folder outside of the data {data}", str(folder))
    return folder


def free_folder(parent: str, name: str) -> Path:
    """`parent/name`, or `parent/name-2` and so on where a run stands already.

    Example:
        >>> free_folder("runs", "ants").as_posix()
        'runs/ants'
    """
    folder, number = Path(parent) / name, 1
    while folder.exists():
        number += 1
        folder = Path(parent) / f"{name}-{number}"
    return folder
