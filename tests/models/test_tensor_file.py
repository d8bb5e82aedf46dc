"""Files of tensors: every kind is read, nothing in them is run, and whatever is wrong is said in one sentence."""

import io
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save as save_safetensors
from torch import nn

from striate.errors import WeightsError
from striate.models import tensor_file
from striate.models.tensor_file import parse_tensors, read_tensors, unwrap

TENSORS = {"fc.weight": torch.arange(6.0).reshape(2, 3), "fc.bias": torch.tensor([1.0, 2.0])}


def saved(content: object, *, zipped: bool = True) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def same(got: dict[str, torch.Tensor]) -> bool:
    return list(got) == list(TENSORS) and all(t.equal(TENSORS[name]) for name, t in got.items())


@pytest.mark.parametrize("name", ["w.pth", "w.PT", "w.th", "w.bin", "a folder/w.1.safetensors"])
def test_every_kind_of_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(save_safetensors(TENSORS) if name.endswith("safetensors") else saved(TENSORS))
    assert same({key: read_tensors(path)[key] for key in TENSORS})  # safetensors keep no order
    assert same({key: read_tensors(str(path))[key] for key in TENSORS})


@pytest.mark.parametrize(
    "content",
    [
        TENSORS,
        {"state_dict": TENSORS},
        {f"module.{name}": t for name, t in TENSORS.items()},
        {"epoch": 200, "best_prec1": 91.8, "state_dict": {f"module.{name}": t for name, t in TENSORS.items()}},
        {name: nn.Parameter(t) for name, t in TENSORS.items()},
    ],
)
def test_what_training_scripts_wrap_tensors_in(content: dict[str, object]) -> None:
    assert same(unwrap(content))
    assert same(parse_tensors(saved(content), "w.pth"))
    assert same(parse_tensors(saved(content, zipped=False), "w.pth"))  # torch's format until 1.5


def test_a_prefix_of_some_names_stays() -> None:
    assert list(unwrap({"module.a": torch.zeros(1), "b": torch.zeros(1)})) == ["module.a", "b"]


class Hostile:
    """What an unpickler that runs code would turn into a file."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_that_would_run_code_is_not_run(tmp_path: Path, zipped: bool) -> None:
    trap = tmp_path / "run"
    data = saved(TENSORS | {"x": Hostile(trap)}, zipped=zipped)
    with pytest.raises(WeightsError, match=r"^w\.pth: broken, or more than tensors \(UnpicklingError\)$"):
        parse_tensors(data, "w.pth")
    assert not trap.exists()


ZIP = saved(TENSORS)
BROKEN = {
    "empty": b"",
    "text": b"404: Not Found",
    "a web page": b"<!DOCTYPE html><html></html>",
    "a zip cut off": ZIP[: len(ZIP) // 2],
    "a zip without its start": ZIP[40:],
    "a pickle cut off": saved(TENSORS, zipped=False)[:150],
    "a pickle of endless nesting": b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b".",
    "a pickle of an unknown place": b"\x80\x02h\xff.",
    "a pickle alone": pickle.dumps({"a": 1}),
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("name", ["w.pth", "w.safetensors", "w.dat"])
def test_broken_files(kind: str, name: str) -> None:
    with pytest.raises(WeightsError, match=rf"^{name}: ") as error:
        parse_tensors(BROKEN[kind], name)
    assert len(str(error.value)) < 200
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([torch.zeros(1)], "tensors by name were expected, got list"),
        (torch.zeros(3), "tensors by name were expected, got Tensor"),
        (None, "tensors by name were expected, got NoneType"),
        ({}, "tensors by name were expected, got none"),
        ({"state_dict": {}}, "tensors by name were expected, got none"),
        ({"state_dict": 3}, "tensors by name were expected, got int"),
        ({"a": torch.zeros(1), "b": 3, "c": [1]}, "tensors by name were expected, got others at 'b', 'c'"),
        ({1: torch.zeros(1)}, "tensors by name were expected, got others at 1"),
        ({"a": torch.eye(3).to_sparse()}, "tensors by name were expected, got others at 'a'"),
        ({"a": torch.zeros(1).expand(1000)}, "'a' claims to be larger than what is stored of it"),
    ],
)
def test_other_contents(content: object, message: str) -> None:
    with pytest.raises(WeightsError) as error:
        parse_tensors(saved(content), "w.pth")
    assert str(error.value) == f"w.pth: {message}"


@pytest.mark.parametrize("strange", [torch.zeros(2, device="meta"), "text", None])
def test_values_that_are_no_numbers_in_memory(strange: object) -> None:
    with pytest.raises(WeightsError, match="got others at 'a'"):
        unwrap({"a": strange})


def test_places_that_hold_no_such_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WeightsError, match=r"can't read .*gone\.pth: No such file"):
        read_tensors(tmp_path / "gone.pth")
    (tmp_path / "folder.pth").mkdir()
    with pytest.raises(WeightsError, match=r"can't read .*folder\.pth: Is a directory"):
        read_tensors(tmp_path / "folder.pth")
    with pytest.raises(WeightsError, match=r"w\.onnx is none of the files that weights are read from: \.safetensors"):
        read_tensors(tmp_path / "w.onnx")
    monkeypatch.setattr(tensor_file, "MAX_BYTES", 10)
    (tmp_path / "large.pth").write_bytes(bytes(11))
    with pytest.raises(WeightsError, match=r"large\.pth has 11 bytes; at most 10 are read"):
        read_tensors(tmp_path / "large.pth")
