"""Proof that a network is the published one, without the published package.

A fixture `published/NAME.json` holds the published names and shapes, and a few logits that the published network
computed in evaluation mode from weights drawn by those names; `record_published.py` writes it.
Drawing the same weights here, and loading them under the published names, must give the same logits.
"""

import json
import zlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from striate.models import blueprint, find_entry, load_published

FIXTURES = Path(__file__).with_name("published")


def fill(name: str, shape: tuple[int, ...]) -> Tensor:
    """A tensor for a published name: weights of variance 2 / fan_in, norms and variances near 1, the rest near 0."""
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    if name.endswith("num_batches_tracked"):
        return torch.tensor(0)
    if name.endswith("running_var"):
        return 0.5 + torch.rand(shape, generator=generator)
    noise = torch.randn(shape, generator=generator)
    if len(shape) > 1:
        return noise * (2 / noise[0].numel()) ** 0.5
    return 1 + 0.1 * noise if name.endswith("weight") else 0.1 * noise


def fixed_input(shape: tuple[int, ...]) -> Tensor:
    """An image of noise, the same in every environment."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def read_fixture(name: str) -> dict[str, Any]:
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def published_state(name: str) -> dict[str, Tensor]:
    """The published names with the weights that the fixture's logits were computed from."""
    return {key: fill(key, tuple(shape)) for key, shape in read_fixture(name)["shapes"].items()}


def check_published(name: str, source: str, *, fixture: str | None = None, **options: Any) -> None:
    """Assert that a network computes the logits that were recorded of the published one.

    Args:
        name: of the network in the registry.
        source: whose names the tensors have.
        fixture: name of the file, if it isn't the network's.
        options: `num_classes` and what else the network is built with.
    """
    recorded = read_fixture(fixture or name)
    assert recorded["source"].startswith(f"{source} ")
    entry = find_entry(name)
    network = blueprint(entry.build, **{"num_classes": entry.classes, "in_channels": entry.channels, **options})
    load_published(network, published_state(fixture or name), source)
    with torch.inference_mode():
        logits = network.eval()(fixed_input(tuple(recorded["input"])))[0, : len(recorded["logits"])]
    wanted = torch.tensor(recorded["logits"])
    torch.testing.assert_close(logits, wanted, rtol=1e-4, atol=1e-4 * max(1.0, float(wanted.abs().max())))
