"""A style transfer into a file: the best picture so far, whenever it ends."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from striate.data import write_image
from striate.data.image import WRITE_SUFFIXES
from striate.errors import ArgumentError
from striate.tasks.stylize_iterates import Iterate


@dataclass(frozen=True)
class Stylized:
    """What was written.

    Attributes:
        best: the iterate whose image it is.
        finished: whether all steps were done, and not stopped by Ctrl-C.
    """

    best: Iterate
    finished: bool


def write_stylized(
    iterates: Iterable[Iterate],
    out: str | Path,
    *,
    preview_every: int = 0,
    on_iterate: Callable[[Iterate], None] | None = None,
) -> Stylized:
    """Write the best picture of the last size, at the end or when Ctrl-C stops the work.

    Args:
        iterates: as `stylize` gives them.
        out: the picture to write.
        preview_every: write the best so far after so many steps, too; 0 writes only at the end.
        on_iterate: called after each step.

    Raises:
        ArgumentError: `out` is of no kind that can be written; nothing has been computed then.
        KeyboardInterrupt: before there was any picture.
        OutputError: the picture can't be written.
    """
    if Path(out).suffix.lower() not in WRITE_SUFFIXES:  # hours before it is written
        raise ArgumentError.of("out", f"a file ending in {', '.join(WRITE_SUFFIXES)}", str(out))
    best, finished = None, False
    try:
        for iterate in iterates:
            best = iterate if iterate.best or best is None else best
            if on_iterate:
                on_iterate(iterate)
            if preview_every and iterate.step % preview_every == 0:
                write_image(out, best.image)
        finished = True
    except KeyboardInterrupt:
        if best is None:
            raise
    assert best is not None  # at least one step
    write_image(out, best.image)
    return Stylized(best, finished)
