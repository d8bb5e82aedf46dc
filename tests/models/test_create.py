import pytest
import torch

from striate.errors import ArgumentError, UnknownNameError
from striate.models import create_model, find_source

needs_weights = pytest.mark.skipif(
    not find_source("efficientnet_lite0").is_installed(), reason="the extra 'pretrained' is not installed"
)


@needs_weights
def test_published_weights_with_all_classes() -> None:
    network = create_model("efficientnet_lite0", weights="efficientnet_lite0")
    published = torch.load(find_source("efficientnet_lite0").where.path(), weights_only=True)
    assert torch.equal(network.head.classifier.weight, published["_fc.weight"])
    assert torch.equal(network.stages["stem"].conv.weight, published["_conv_stem.weight"])
    assert network.training
    assert all(p.requires_grad for p in network.parameters())


@needs_weights
def test_another_number_of_classes_leaves_the_classifier_alone_fresh() -> None:
    network = create_model("efficientnet_lite0", num_classes=7, weights="efficientnet_lite0")
    whole = create_model("efficientnet_lite0", weights="efficientnet_lite0").state_dict()
    assert network.head.classifier.weight.shape == (7, 1280)
    assert network.head.classifier.weight.std() > 0
    for key, tensor in network.state_dict().items():
        assert key.startswith("head.classifier.") or torch.equal(tensor, whole[key])


# Weights that are not of the network asked for; each is refused before anything is built or read.
@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("resnet18", {}, "the weights 'efficientnet_lite0' are for efficientnet_lite0, not for resnet18"),
        ("efficientnet_lite0", {"in_channels": 1}, "in_channels must be 3 for the weights 'efficientnet_lite0', got 1"),
        (
            "efficientnet_lite0",
            {"dims": 1},
            "dims must be 2 for the weights 'efficientnet_lite0', which are for images",
        ),
    ],
)
def test_weights_of_another_kind(name: str, arguments: dict[str, int], message: str) -> None:
    with pytest.raises(ArgumentError) as error:
        create_model(name, weights="efficientnet_lite0", **arguments)
    assert str(error.value).startswith(message)


def test_unknown_weights() -> None:
    with pytest.raises(UnknownNameError, match="no weights named 'efficientnet_lite9'; did you mean"):
        create_model("efficientnet_lite0", weights="efficientnet_lite9")
