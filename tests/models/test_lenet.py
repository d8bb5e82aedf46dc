import torch
from torch import nn

from striate.models import create_model


def test_the_shapes_of_the_papers_figure() -> None:
    network = create_model("lenet5", num_classes=10, in_channels=1)
    features = network.features(torch.zeros(1, 1, 32, 32))
    assert {name: tuple(f.shape[1:]) for name, f in features.items()} == {"conv1": (6, 14, 14), "conv2": (16, 5, 5)}
    assert network.stages["conv1"].conv(torch.zeros(1, 1, 32, 32)).shape == (1, 6, 28, 28)
    dense = [layer for layer in network.head if isinstance(layer, nn.Linear)]
    assert [(d.in_features, d.out_features) for d in dense] == [(400, 120), (120, 84), (84, 10)]
