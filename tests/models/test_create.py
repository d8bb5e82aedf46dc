import pytest
import torch

from striate.errors import ArgumentError, UnknownNameError, WeightsError
from striate.models import create_model, find_source
from striate.models.adapt import NewChannels

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


@needs_weights
@pytest.mark.parametrize("new_channels", ["mean", "repeat"])
def test_published_weights_for_grey_images(new_channels: NewChannels) -> None:
    """A grey image gets the answer that it gets as an RGB image whose channels are equal."""
    network = create_model("efficientnet_lite0", in_channels=1, weights="efficientnet_lite0", new_channels=new_channels)
    rgb = create_model("efficientnet_lite0", weights="efficientnet_lite0")
    x = torch.randn(1, 1, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(network.eval()(x), rgb.eval()(x.expand(-1, 3, -1, -1)), rtol=1e-5, atol=1e-5)


@needs_weights
@pytest.mark.parametrize(("dims", "shape"), [(1, (2, 3, 96)), (3, (1, 3, 33, 40, 35))])
def test_published_weights_for_signals_and_volumes(dims: int, shape: tuple[int, ...]) -> None:
    network = create_model("efficientnet_lite0", num_classes=4, dims=dims, weights="efficientnet_lite0").eval()
    with torch.inference_mode():
        logits = network(torch.randn(shape))
    assert logits.shape == (shape[0], 4)
    assert logits.isfinite().all()


def test_weights_of_another_network_are_refused_before_anything_is_built() -> None:
    with pytest.raises(ArgumentError) as error:
        create_model("resnet18", weights="efficientnet_lite0", num_classes=-1)
    assert str(error.value) == "the weights 'efficientnet_lite0' are for efficientnet_lite0, not for resnet18"


@needs_weights
def test_weights_that_the_options_leave_no_room_for() -> None:
    with pytest.raises(WeightsError, match=r"the weights 'efficientnet_lite0' don't fit efficientnet_lite0:\n"):
        create_model("efficientnet_lite0", weights="efficientnet_lite0", width=0.5)


def test_an_unknown_way_to_new_channels() -> None:
    with pytest.raises(ArgumentError, match="new_channels must be 'mean' or 'repeat', got 'median'"):
        create_model("lenet5", new_channels="median")  # type: ignore[arg-type]


def test_unknown_weights() -> None:
    with pytest.raises(UnknownNameError, match="no weights named 'efficientnet_lite9'; did you mean"):
        create_model("efficientnet_lite0", weights="efficientnet_lite9")


@pytest.mark.parametrize(("weights", "people"), [("vggface2", 8631), ("casia_webface", 10575)])
def test_as_many_classes_as_the_weights_have(weights: str, people: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("striate.models.create.load_pretrained", lambda network, source, new_channels: None)
    network = create_model("inception_resnet_v1", weights=f"inception_resnet_v1_{weights}")
    assert network.head.classifier.out_features == people
    assert create_model("inception_resnet_v1", weights=f"inception_resnet_v1_{weights}", num_classes=3)
