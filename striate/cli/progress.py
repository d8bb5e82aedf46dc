"""Progress on stderr: a bar where a person looks on, nothing where a program does."""

from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)


class Bar:
    """A progress bar whose length may become known only on the way.

    Args:
        title: what is going on.
        of_bytes: bytes are counted, which have a speed.

    Example:
        >>> with Bar("measuring") as bar:
        ...     bar.advance_to(32, 100)
    """

    def __init__(self, title: str, *, of_bytes: bool = False):
        counts = (DownloadColumn(), TransferSpeedColumn()) if of_bytes else (MofNCompleteColumn(),)
        columns = (TextColumn("{task.description}"), BarColumn(), *counts, TimeRemainingColumn())
        console = Console(stderr=True)
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._progress.add_task(title, total=None)

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def advance_to(self, done: int, total: int | None, title: str | None = None) -> None:
        """Show that `done` of `total` are behind us."""
        self._progress.update(self._task, completed=done, total=total, description=title)

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
