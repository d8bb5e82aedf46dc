"""SqueezeNet against torchvision and the table of its paper."""

import pytest

from striate.explain import table
from striate.models import blueprint, find_entry
from tests.models.published import check_published


@pytest.mark.parametrize("name", ["squeezenet1_0", "squeezenet1_1"])
def test_it_is_torchvisions(name: str) -> None:
    check_published(name, "torchvision")


def test_names_that_it_does_not_know_stay() -> None:
    rename = find_entry("squeezenet1_0").published["torchvision"]
    for key in ("features.2.weight", "features.6.squeeze.weight", "fc", ""):  # 2 and 6 are poolings
        assert rename(key) == key


def test_every_stage_has_the_sizes_of_the_papers_table() -> None:
    rows = {row.layer: row for row in table(blueprint(find_entry("squeezenet1_0").build), (3, 227, 227)).rows}
    stages = ("stages.stem.conv", "stages.stage1.0", "stages.stage2.0", "stages.stage3.0", "head.classifier")
    shapes = {name: rows[name].shape_channels_last for name in stages}
    assert shapes == {  # its sizes hold for 227 pixels a side, not for the 224 that it gives
        "stages.stem.conv": (111, 111, 96),
        "stages.stage1.0": (55, 55, 96),
        "stages.stage2.0": (27, 27, 256),
        "stages.stage3.0": (13, 13, 512),
        "head.classifier": (13, 13, 1000),
    }
    parameters = {  # the table's column before pruning
        "stem": 14_208,
        "stage1.1": 11_920,
        "stage1.2": 12_432,
        "stage1.3": 45_344,
        "stage2.1": 49_440,
        "stage2.2": 104_880,
        "stage2.3": 111_024,
        "stage2.4": 188_992,
        "stage3.1": 197_184,
    }
    assert {
        part: sum(r.parameters for name, r in rows.items() if f".{part}." in name) for part in parameters
    } == parameters
    assert rows["head.classifier"].parameters == 513_000


@pytest.mark.parametrize(("name", "giga"), [("squeezenet1_0", 0.819), ("squeezenet1_1", 0.349)])
def test_the_cost_that_torchvision_reports(name: str, giga: float) -> None:
    assert round(table(blueprint(find_entry(name).build), (3, 224, 224)).multiply_adds / 1e9, 3) == giga
