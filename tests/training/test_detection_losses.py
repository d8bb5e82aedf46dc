"""Costs of detectors against slow rewrites; gradients; images without objects and boxes without area."""

import math

import pytest
import torch

from striate.models import create_model
from striate.models.grid_detector import Volume
from striate.models.pyramid_detector import PyramidAnswers
from striate.ops import paired_ciou, target_volume
from striate.ops.task_aligned import align
from striate.training.detection_losses import BOX_WEIGHT, grid_loss, pyramid_loss, volume_target

PAD = [-1.0, 0, 0, 0, 0]
SIZE, GRID = (90, 120), (3, 4)  # cells of 30 pixels
ANCHORS = torch.tensor([[20.0, 40.0], [50.0, 25.0]])
ROWS = [
    [[1.0, 10, 20, 30, 70], [0, 60, 5, 115, 30], PAD],
    [[2.0, 30, 30, 60, 60], [0, 32, 32, 58, 58], [1, 0, 0, 120, 90]],  # two of one place, one as large as the image
]
DEGENERATE = [[0.0, 5, 5, 5, 9], [1.0, 40, 40, 20, 20], [2.0, 200, 10, 220, 30], [0.0, 0, 0, 0, 0]]


def volume(form, anchors=ANCHORS):
    torch.manual_seed(0)
    return Volume(torch.randn(2, *GRID, len(anchors), 8), SIZE, anchors, form)


def candidates(n=2):
    """Boxes around every middle of a lattice of 10 pixels."""
    torch.manual_seed(0)
    points = torch.cartesian_prod(torch.arange(5.0, 90, 10), torch.arange(5.0, 120, 10)).flip(1)
    reach = torch.rand(n, len(points), 4) * 30 + 5
    boxes = torch.cat([points - reach[..., :2], points + reach[..., 2:]], dim=-1)
    return PyramidAnswers(boxes, torch.randn(n, len(points), 3), points, 10)


def slow_grid_cost(answers, rows):
    """Place by place, in plain numbers."""
    cost = 0.0
    for raw, image in zip(answers.raw.double(), rows, strict=True):
        real = torch.tensor([row for row in image if row[0] >= 0]).reshape(-1, 5)
        shape = {"size_hw": SIZE, "grid_hw": GRID, "anchors_wh": answers.anchors_wh}
        target = target_volume(real[:, 1:], real[:, 0].long(), 3, **shape).volume.double()
        for r, c, a in [(r, c, a) for r in range(3) for c in range(4) for a in range(len(answers.anchors_wh))]:
            y, t = target[r, c, a].tolist(), raw[r, c, a].tolist()
            if answers.form == "linear":
                cost += sum((p - q) ** 2 for p, q in zip(t, y, strict=True)) if y[0] else t[0] ** 2
                continue
            p = 1 / (1 + math.exp(-t[0]))
            cost -= math.log(p if y[0] else 1 - p)
            if y[0]:
                shares = [math.exp(z) for z in t[5:]]
                cost -= math.log(shares[y[5:].index(1)] / sum(shares))
                cost += sum((1 / (1 + math.exp(-t[i])) - y[i]) ** 2 for i in (1, 2))
                width, height = answers.anchors_wh[a].tolist()
                cost += (t[3] - math.log(y[4] * 30 / width)) ** 2 + (t[4] - math.log(y[3] * 30 / height)) ** 2
    return cost / len(rows)


@pytest.mark.parametrize("form", ["linear", "exponential"])
@pytest.mark.parametrize("anchors", [ANCHORS, torch.tensor([[30.0, 30.0]])])
def test_grid_against_a_slow_rewrite(form, anchors):
    answers = volume(form, anchors=anchors)
    assert grid_loss(answers, torch.tensor(ROWS)).item() == pytest.approx(slow_grid_cost(answers, ROWS), rel=1e-5)


def test_collisions_are_counted():
    assert volume_target(volume("linear"), torch.tensor(ROWS)).collisions == 1
    assert volume_target(volume("linear"), torch.tensor([[PAD], [PAD]])).collisions == 0


def test_only_pc_counts_where_there_is_nothing():
    """The documents' rule: what a place without object says of boxes and classes costs nothing."""
    for form in ("linear", "exponential"):
        answers, rows = volume(form), torch.tensor(ROWS)
        raw = answers.raw.clone().requires_grad_()
        grid_loss(answers._replace(raw=raw), rows).backward()
        nothing = volume_target(answers, rows).volume[..., 0] == 0
        assert raw.grad[nothing][:, 0].all()
        assert not raw.grad[nothing][:, 1:].any()
        assert raw.grad[~nothing].all()


def slow_pyramid_cost(answers, targets):
    """Candidate by candidate; `align` has a slow rewrite of its own."""
    found = align(answers.logits.sigmoid(), answers.boxes, answers.points, targets, least_side=answers.cell)
    what, of_object = 0.0, {}
    for n, p in [(n, p) for n in range(len(targets)) for p in range(len(answers.points))]:
        share, row = found.share[n, p].item(), targets[n, found.target[n, p]]
        for k, z in enumerate(answers.logits[n, p].tolist()):
            y, s = (share if share and k == int(row[0]) else 0.0), 1 / (1 + math.exp(-z))
            what -= (y - s) ** 2 * (y * math.log(s) + (1 - y) * math.log(1 - s))
        if share:
            apart = 1 - paired_ciou(answers.boxes[n, p], row[1:]).item()
            of_object.setdefault((n, int(found.target[n, p])), []).append((share, apart))
    means = [sum(s * a for s, a in each) / sum(s for s, _ in each) for each in of_object.values()]
    whole = max(found.share.sum().item(), 1)
    return what / whole + BOX_WEIGHT * sum(means) / max(len(means), 1)


@pytest.mark.parametrize("rows", [ROWS, [[PAD], [PAD]], [ROWS[0], [PAD] * 3]])
def test_pyramid_against_a_slow_rewrite(rows):
    answers, targets = candidates(), torch.tensor(rows)
    assert pyramid_loss(answers, targets).item() == pytest.approx(slow_pyramid_cost(answers, targets), rel=1e-4)


@pytest.mark.parametrize("form", ["linear", "exponential"])
def test_gradients_of_the_grid(form):
    """By finite differences; the cost is computed in single precision."""
    rows, answers = torch.tensor(ROWS), volume(form)
    cost = lambda raw: grid_loss(answers._replace(raw=raw), rows).double()  # noqa: E731
    raw = answers.raw.double().requires_grad_()
    assert torch.autograd.gradcheck(cost, raw, eps=1e-2, atol=2e-2, rtol=2e-2, fast_mode=True)


def test_gradients_of_the_pyramid():
    """Where every object has one candidate alone: of several, the shares follow the answers, and have no gradient."""
    answers = candidates(n=1)
    rows = torch.tensor([[[0.0, 21, 31, 29, 39], [2, 70, 50, 79, 59], PAD]])
    boxes, logits = answers.boxes.double().requires_grad_(), answers.logits.double().requires_grad_()

    def cost(boxes, logits):
        return pyramid_loss(answers._replace(boxes=boxes.float(), logits=logits), rows).double()

    assert torch.autograd.gradcheck(cost, (boxes, logits), eps=1e-2, atol=2e-2, rtol=2e-2, fast_mode=True)


EMPTY = [
    [[PAD], [PAD]],
    [DEGENERATE, [PAD] * 4],
    [DEGENERATE, [*DEGENERATE[:3], [1.0, 10, 10, 40, 40]]],
]


@pytest.mark.parametrize("rows", EMPTY)
def test_nothing_and_damaged_boxes_leave_finite_costs_and_slopes(rows):
    targets = torch.tensor(rows)
    for form in ("linear", "exponential"):
        answers = volume(form)
        raw = answers.raw.clone().requires_grad_()
        cost = grid_loss(answers._replace(raw=raw), targets)
        cost.backward()
        assert cost.isfinite()
        assert raw.grad.isfinite().all()
    answers = candidates()
    boxes, logits = answers.boxes.requires_grad_(), answers.logits.requires_grad_()
    cost = pyramid_loss(answers._replace(boxes=boxes, logits=logits), targets)
    cost.backward()
    assert cost.isfinite()
    assert boxes.grad.isfinite().all()
    assert logits.grad.isfinite().all()


def test_no_rows_at_all():
    none = torch.zeros(2, 0, 5)
    assert grid_loss(volume("linear"), none).isfinite()
    assert pyramid_loss(candidates(), none).isfinite()


@pytest.mark.parametrize("options", [{"head": "pyramid"}, {"head": "grid"}, {"head": "grid", "form": "exponential"}])
def test_costs_are_finite_at_the_start_and_in_half_precision(options):
    torch.manual_seed(0)
    network = create_model("resnet18", num_classes=3, width=0.25, **options)
    loss = pyramid_loss if options["head"] == "pyramid" else grid_loss
    targets = torch.tensor(ROWS)
    with torch.autocast("cpu", torch.bfloat16):
        answers = network(torch.randn(2, 3, *SIZE))
    cost = loss(answers, targets)
    assert cost.dtype == torch.float32
    assert cost.isfinite()
    assert cost < 50
    cost.backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())
