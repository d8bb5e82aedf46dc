import pytest
import torch

from striate.errors import ArgumentError
from striate.layers import Residual
from striate.models import blueprint, create_model, find_entry
from tests.models.published import check_published
from tests.models.test_inception_v4 import shapes


def test_the_grids_of_version_1() -> None:
    assert shapes("inception_resnet_v1", 299) == {
        "stem": (256, 35, 35),
        "inception_a": (256, 35, 35),
        "reduction_a": (896, 17, 17),
        "inception_b": (896, 17, 17),
        "reduction_b": (1792, 8, 8),
        "inception_c": (1792, 8, 8),
    }
    assert shapes("inception_resnet_v1", 160)["inception_c"] == (1792, 3, 3)


def test_the_grids_of_version_2() -> None:
    assert shapes("inception_resnet_v2", 299) == {
        "stem": (320, 35, 35),
        "inception_a": (320, 35, 35),
        "reduction_a": (1088, 17, 17),
        "inception_b": (1088, 17, 17),
        "reduction_b": (2080, 8, 8),
        "inception_c": (2080, 8, 8),
        "top": (1536, 8, 8),
    }


def test_version_1_computes_what_facenet_pytorchs_does() -> None:
    check_published("inception_resnet_v1", "facenet-pytorch")


def test_version_2_computes_what_timms_does() -> None:
    check_published("inception_resnet_v2", "timm")


@pytest.mark.parametrize(("version", "blocks"), [(1, (5, 10, 6)), (2, (10, 20, 10))])
def test_paths_are_scaled_but_in_the_last_block(version: int, blocks: tuple[int, int, int]) -> None:
    network = blueprint(find_entry(f"inception_resnet_v{version}").build)
    scales = [m.scale for m in network.modules() if isinstance(m, Residual)]
    assert scales == [0.17] * blocks[0] + [0.10] * blocks[1] + [0.20] * (blocks[2] - 1) + [1.0]
    *others, last = network.stages["inception_c"]
    assert all(hasattr(block, "activation") for block in others)
    assert not hasattr(last, "activation")


@pytest.mark.parametrize("name", ["inception_resnet_v1", "inception_resnet_v2"])
def test_a_block_whose_projection_is_zero_is_the_identity(name: str) -> None:
    network = create_model(name, num_classes=2, width=1 / 8)
    block = network.stages["inception_b"][0]
    project = block.residual.path.project
    x = torch.rand(2, project.out_channels, 5, 4)
    assert not torch.equal(block(x), x)
    torch.nn.init.zeros_(project.weight)
    torch.nn.init.zeros_(project.bias)
    assert torch.equal(block(x), x)


# The published embedding has 512 numbers; without it the head is the paper's.
def test_heads_of_version_1() -> None:
    build = find_entry("inception_resnet_v1").build
    head = blueprint(build, num_classes=10).head
    assert [name for name, _ in head.named_children()] == ["pool", "dropout", "embedding", "norm", "classifier"]
    assert sum(p.numel() for p in blueprint(build).parameters()) - 8631 * 513 == 23_482_624
    assert (head.embedding.out_features, head.classifier.in_features, head.dropout.p) == (512, 512, 0.6)
    assert blueprint(build, num_classes=10, embedding=128).head.classifier.in_features == 128
    plain = blueprint(build, num_classes=10, embedding=None).head
    assert [name for name, _ in plain.named_children()] == ["pool", "dropout", "classifier"]
    assert (plain.classifier.in_features, plain.dropout.p) == (1792, 0.2)


@pytest.mark.parametrize("embedding", [0, -1, 2.0, True, "512"])
def test_an_embedding_has_numbers(embedding: object) -> None:
    with pytest.raises(ArgumentError, match="embedding must be an integer of at least 1, or None for none"):
        create_model("inception_resnet_v1", embedding=embedding)


@pytest.mark.parametrize(
    ("name", "source"), [("inception_resnet_v1", "facenet-pytorch"), ("inception_resnet_v2", "timm")]
)
def test_names_that_it_does_not_know_stay(name: str, source: str) -> None:
    rename = find_entry(name).published[source]
    names = ["conv2d_9z.conv.weight", "mixed_6a.branch7.conv.weight", "fc.weight", ""]
    assert [rename(n) for n in names] == names
