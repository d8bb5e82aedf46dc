"""Each room says in `__all__` what it hands out, which is what it imports for that."""

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest

import striate

ROOMS = sorted(m.name for m in pkgutil.walk_packages(striate.__path__, "striate.") if m.ispkg)


def imported_names(path: Path) -> list[str]:
    """What the statements of a file, not those inside of others, import."""
    statements = ast.parse(path.read_text(encoding="utf-8")).body
    return [alias.asname or alias.name for s in statements if isinstance(s, ast.ImportFrom) for alias in s.names]


def test_these_are_the_rooms():
    assert {"striate.cli", "striate.tasks", "striate.data", "striate.models", "striate.ops"} <= set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_hands_out_what_it_imports(room):
    module = importlib.import_module(room)
    assert sorted(module.__all__) == sorted(imported_names(Path(module.__file__)))
    assert len(set(module.__all__)) == len(module.__all__)
    assert all(hasattr(module, name) for name in module.__all__)


def test_the_house_hands_out_its_calls_on_first_use():
    assert set(dir(striate)) == set(striate.__all__)
    for name in striate.__all__:
        assert getattr(striate, name) is not None
    with pytest.raises(AttributeError, match="module 'striate' has no attribute 'trian'"):
        striate.trian  # noqa: B018
