"""The folder of an ensemble: `ensemble.json`, and a run's folder for each of its members."""

import json
from pathlib import Path
from typing import Any

from striate.atomic import atomic_write
from striate.errors import ArgumentError, DataError, ModelFileError, OutputError
from striate.tasks.run_folder import RunFolder


class EnsembleFolder:
    """Where the training of an ensemble writes, and what it wrote.

    Args:
        path: the folder; members are the folders `member-1`, `member-2`, … in it.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)

    @property
    def record(self) -> Path:
        """What was done and what came of it, one JSON document."""
        return self.path / "ensemble.json"

    @property
    def report(self) -> Path:
        """The page for people."""
        return self.path / "report.html"

    def member(self, number: int) -> RunFolder:
        """The folder of a member, counted from 1."""
        return RunFolder(self.path / f"member-{number}")

    def is_there(self) -> bool:
        """Whether an ensemble stands here, finished or not."""
        return self.record.is_file()

    def finished(self) -> list[RunFolder]:
        """The members, all of which are trained.

        Raises:
            ModelFileError: one of them is not yet.
        """
        folders = [self.member(number) for number in range(1, len(self.read()["seeds"]) + 1)]
        missing = [folder.path.name for folder in folders if not folder.model.is_file()]
        if missing:
            names = ", ".join(missing)
            raise ModelFileError(f"{self.path} is an ensemble without a model of {names}: train on with --resume")
        return folders

    def create(self) -> None:
        """Make the folder.

        Raises:
            OutputError: it can't be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise OutputError(f"can't make the folder {self.path}: {e.strerror}") from e

    def write(self, record: dict[str, Any]) -> None:
        """Replace the record, whole or not at all."""
        with atomic_write(self.record) as f:
            f.write(json.dumps(record, ensure_ascii=False, allow_nan=False, indent=1).encode() + b"\n")

    def read(self) -> dict[str, Any]:
        """The record.

        Raises:
            ArgumentError: no ensemble was recorded here.
            DataError: it is no record of an ensemble.
        """
        if not self.is_there():
            expected = "a folder that `striate train --ensemble` wrote (with ensemble.json)"
            raise ArgumentError.of("run", expected, str(self.path))
        try:
            record = json.loads(self.record.read_text(encoding="utf-8"))
        except ValueError as e:  # not JSON, or not even text
            raise DataError(f"{self.record}: not JSON ({e})") from e
        if not isinstance(record, dict) or not isinstance(record.get("seeds"), list) or not record["seeds"]:
            raise DataError(f"{self.record} is not the record of an ensemble: it has no seeds")
        return record
