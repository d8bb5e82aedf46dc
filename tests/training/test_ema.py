import pytest
import torch

from striate.training.ema import Ema
from striate.training.freeze import freeze


def test_against_a_slow_rewrite(toy):
    network = toy.make_network().train()
    ema = Ema(network, 0.5)
    slow = {name: tensor.double().clone() for name, tensor in network.state_dict().items()}
    for step in range(12):
        with torch.no_grad():
            network(torch.randn(4, 1, 8, 8))  # moves the statistics of batch norm
            for parameter in network.parameters():
                parameter.add_(torch.randn_like(parameter))
        ema.update(network, step)
        d = min(0.5, (1 + step) / (10 + step))
        for name, tensor in network.state_dict().items():
            slow[name] = d * slow[name] + (1 - d) * tensor.double() if tensor.is_floating_point() else tensor.clone()
    for name, average in ema.network.state_dict().items():
        assert average.double().numpy() == pytest.approx(slow[name].numpy(), rel=1e-6, abs=1e-6)
    assert not any(module.training for module in ema.network.modules())


def test_what_is_frozen_stays_to_the_bit(toy):
    network = toy.make_network()
    with torch.no_grad():
        network.stages["conv1"][0].bias.fill_(-0.0)  # -0.0 + 0.0 would be 0.0
    freeze(network, "conv1")
    ema = Ema(network, 0.9)
    for step in range(3):
        ema.update(network, step)
    bias = ema.network.stages["conv1"][0].bias
    assert torch.signbit(bias).all()
