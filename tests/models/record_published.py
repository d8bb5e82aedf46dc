"""Write a fixture for `published.py`: what a published network computes from weights drawn by name.

Run it where the published package and striate's requirements are installed, from the root of the repository:

    python -m tests.models.record_published torchvision resnet18 75
    python -m tests.models.record_published timm inception_v4 107 107
    python -m tests.models.record_published facenet-pytorch inception_resnet_v1 96 --fixture inception_resnet_v1_faces

Nothing is downloaded: only names, shapes and the arithmetic are recorded.
"""

import argparse
import importlib
import json
from importlib.metadata import version

import torch
from torch import nn

from tests.models.published import FIXTURES, fill, fixed_input


def build(source: str, name: str) -> nn.Module:
    """The published network without its published weights."""
    if source == "torchvision":
        return importlib.import_module("torchvision.models").get_model(name, weights=None)
    if source == "timm":
        return importlib.import_module("timm").create_model(name, pretrained=False)
    return importlib.import_module("facenet_pytorch").InceptionResnetV1(classify=True, num_classes=8631)


def record(source: str, name: str, sides: list[int], fixture: str) -> None:
    network = build(source, name).eval()
    shapes = {key: list(t.shape) for key, t in network.state_dict().items()}
    network.load_state_dict({key: fill(key, tuple(shape)) for key, shape in shapes.items()})
    size = [1, 3, sides[0], sides[-1]]
    with torch.inference_mode():
        logits = network(fixed_input(tuple(size)))[0, :8].tolist()
    rows = ",\n".join(f"{json.dumps(key)}: {shape}" for key, shape in shapes.items())
    head = f'"source": "{source} {version(source)}",\n"input": {size},\n"logits": {logits},\n'
    (FIXTURES / f"{fixture}.json").write_text(f'{{\n{head}"shapes": {{\n{rows}\n}}\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", choices=("torchvision", "timm", "facenet-pytorch"))
    parser.add_argument("name", help="the publisher's name of the network")
    parser.add_argument("sides", type=int, nargs="+", help="pixels of the input: one side, or height and width")
    parser.add_argument("--fixture", help="name of the file; the network's if left out")
    arguments = parser.parse_args()
    record(arguments.source, arguments.name, arguments.sides, arguments.fixture or arguments.name)
