"""striate: from a folder of images to a trained, measured, and explained convolutional network.

Names are imported when they are first used, so that `import striate` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from striate.version import __version__

if TYPE_CHECKING:
    from striate.explain import table
    from striate.models import create_model, densify, load_published
    from striate.tasks import evaluate, load, stylize, train

__all__ = ["__version__", "create_model", "densify", "evaluate", "load", "load_published", "stylize", "table", "train"]

_ROOMS = {
    "create_model": "striate.models",
    "densify": "striate.models",
    "evaluate": "striate.tasks",
    "load": "striate.tasks",
    "load_published": "striate.models",
    "stylize": "striate.tasks",
    "table": "striate.explain",
    "train": "striate.tasks",
}


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module 'striate' has no attribute {name!r}")
    return getattr(import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
