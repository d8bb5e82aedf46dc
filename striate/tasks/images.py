"""The images that a user names, as files, folders and globs: found, and answered."""

import glob
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from striate.data import IMAGE_SUFFIXES
from striate.errors import DataError, Problem
from striate.tasks.classifier import OnBad

Answer = TypeVar("Answer")


def find_images(paths: Iterable[str | Path]) -> list[Path]:
    """The image files of files, folders (with all that is below) and shell patterns, each once, in order.

    A file that is named is taken whatever its suffix; of a folder or pattern those whose suffix is an image's.

    Raises:
        DataError: a path does not exist, or a folder or pattern holds no image; all are listed.

    Example:
        >>> find_images(["no such.jpg"])
        Traceback (most recent call last):
        striate.errors.DataError: no images to look at
          no such.jpg: no such file, folder or pattern
    """
    return expand_paths(paths, _expand, nothing="no images to look at")


def expand_paths(
    paths: Iterable[str | Path], expand: Callable[[str], tuple[list[Path], str]], *, nothing: str
) -> list[Path]:
    """The files that names stand for, each once, in order.

    Args:
        paths: files, folders and shell patterns.
        expand: what a name stands for, and what is wrong with it, if anything is.
        nothing: what to say where a name is wrong, or none stands for any file.

    Raises:
        DataError: that; every name that is wrong is listed.
    """
    found: dict[Path, None] = {}
    problems = []
    for name in map(str, paths):
        files, problem = expand(name)
        found |= dict.fromkeys(files)
        if problem:
            problems.append(Problem(name, problem))
    if problems or not found:
        raise DataError(nothing, problems)
    return list(found)


def answer_images(
    paths: Iterable[str | Path], answer: Callable[[Sequence[Path], OnBad], Iterable[Answer]], *, skip_bad: bool
) -> tuple[list[tuple[str, Answer]], list[Problem]]:
    """What images are answered with; see `answer_files`, whose files `find_images` finds."""
    return answer_files(find_images(paths), answer, skip_bad=skip_bad)


def answer_files(
    files: Sequence[Path],
    answer: Callable[[Sequence[Path], OnBad], Iterable[Answer]],
    *,
    skip_bad: bool,
    what: str = "images can't be read",
) -> tuple[list[tuple[str, Answer]], list[Problem]]:
    """What files are answered with.

    Args:
        files: of images, or of whatever the answers are to.
        answer: files -> an answer for each but those that it says are bad.
        skip_bad: go on without files that can't be read.
        what: they are, and what is wrong with some of them.

    Returns:
        path and answer of each, in order, and the files that were skipped.

    Raises:
        DataError: files can't be read, all of them listed.
    """
    bad: dict[Path, Problem] = {}

    def on_bad(path: Path, error: DataError) -> None:
        bad[path] = Problem.of(str(path), error)

    answers = list(answer(files, on_bad))
    problems = list(bad.values())
    if bad and not skip_bad:
        raise DataError(f"{len(bad)} of {len(files)} {what} (--skip-bad goes on without them)", problems)
    good = [str(path) for path in files if path not in bad]
    return list(zip(good, answers, strict=True)), problems


def _expand(name: str) -> tuple[list[Path], str]:
    """What a name stands for, and what is wrong with it."""
    path = Path(name)
    if path.is_file():
        return [path], ""
    if path.is_dir():
        images = _images_of(path.rglob("*"))
        return images, "" if images else "a folder without images"
    if glob.has_magic(name):
        images = _images_of(map(Path, glob.glob(name, recursive=True)))  # noqa: PTH207 - absolute patterns too
        return images, "" if images else "no image matches"
    return [], "no such file, folder or pattern"


def _images_of(paths: Iterable[Path]) -> list[Path]:
    return sorted(p for p in paths if p.suffix.lower() in IMAGE_SUFFIXES and not p.name.startswith(".") and p.is_file())
