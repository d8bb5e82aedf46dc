"""Random distortions by name: what a training record and a model file call them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Generic, TypeVar

from striate.errors import ArgumentError, UnknownNameError

AnyStep = TypeVar("AnyStep")


class Catalogue(Generic[AnyStep]):
    """The distortions that a pipeline may be made of, dataclasses of plain values, each with its name.

    Args:
        kinds: by name.

    Example:
        >>> from striate.data.distortions import Crop, Mirror
        >>> catalogue = Catalogue({"mirror": Mirror, "crop": Crop})
        >>> catalogue.to_list([Mirror()])
        [{'name': 'mirror', 'probability': 0.5}]
        >>> catalogue.from_list([{"name": "crop", "share": [0.6, 1.0]}])[0].share
        (0.6, 1.0)
    """

    def __init__(self, kinds: Mapping[str, type[Any]]):
        self.kinds = kinds
        self._names = {kind: name for name, kind in kinds.items()}

    def check(self, steps: Iterable[AnyStep]) -> None:
        """Refuse what has no name here.

        Raises:
            ArgumentError: a step is not of these kinds.
        """
        for step in steps:
            if type(step) not in self._names:
                raise ArgumentError.of("steps", f"made of {', '.join(kind.__name__ for kind in self._names)}", step)

    def to_list(self, steps: Iterable[AnyStep]) -> list[dict[str, Any]]:
        """Plain JSON values: the name of each step, and its strengths."""
        return [{"name": self._names[type(step)], **_strengths(step)} for step in steps]

    def from_list(self, values: Sequence[Mapping[str, Any]]) -> tuple[AnyStep, ...]:
        """The inverse of `to_list`.

        Raises:
            UnknownNameError: no distortion has that name.
            ArgumentError: a strength has another name or is out of range.
        """
        return tuple(self._step(**value) for value in values)

    def _step(self, name: str, **strengths: Any) -> AnyStep:
        if name not in self.kinds:
            raise UnknownNameError("distortion", name, self.kinds)
        try:
            step: AnyStep = self.kinds[name](
                **{k: tuple(v) if isinstance(v, list) else v for k, v in strengths.items()}
            )
        except TypeError as e:
            raise ArgumentError.of(name, "a distortion with its own strengths", strengths) from e
        return step


def _strengths(step: Any) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(step).items()}
