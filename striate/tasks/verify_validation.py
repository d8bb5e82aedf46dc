"""What an epoch of an encoder's training is judged by: images of identities that are held back."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from striate.data import Loader, Part, RelatedPart, identity_batches, row_targets
from striate.errors import DivergenceError
from striate.runtime import Engine
from striate.tasks.verify import Encodings, make_cost, measure_encodings
from striate.tasks.verify_plan import VerifyPlan
from striate.training import Precision, Siamese, SiameseLoss

MONITOR = "auc"
_DRAWS = 20  # of enrolled images, in every epoch
_ROWS = 64  # of a list at once


@dataclass(frozen=True)
class Validation:
    """Measures an encoder in training.

    Attributes:
        loader: the images that are held back, in their order.
        plan: how the encoder is trained.
        precision: in which it is.
        device: where it is.
    """

    loader: Loader
    plan: VerifyPlan
    precision: Precision
    device: torch.device

    def figures(self, network: nn.Module) -> dict[str, float]:
        """Verification, identification, and the cost.

        Raises:
            DivergenceError: the encodings are no numbers.
        """
        assert isinstance(network, Siamese)
        engine = Engine(network, self.plan.preset, device=self.device, precision=self.precision)
        encodings = engine.run(batch.images for batch in self.loader.epoch(0))
        if not np.isfinite(encodings).all():
            raise DivergenceError("the network's answers are no longer numbers: the learning rate is probably too high")
        found = measure_encodings(encodings, self.loader.part, unit=None, draws=_DRAWS)
        figures = {
            "auc": found.distances.auc,
            "loss": self._loss(network, encodings),
            "eer": found.distances.eer,
            "accuracy": found.distances.accuracy,
        }
        return figures | ({"one_shot": found.one_shot.accuracy} if found.one_shot else {})

    @torch.no_grad()
    def _loss(self, network: Siamese, encodings: Encodings) -> float:
        """The mean over batches that are made as in training, but of these images; always the same ones."""
        loss = SiameseLoss(make_cost(self.plan.loss, self.plan.mining, network.unit))
        vectors = torch.from_numpy(encodings).to(self.device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # of random triplets
            costs = [
                loss(vectors[places], targets.to(self.device))
                for places, targets in batches_of(self.loader.part, self.plan.num_identities, self.plan.num_images)
            ]
        return float(torch.stack(costs).mean())


def batches_of(part: Part, num_identities: int, num_images: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Places in a part and targets of the batches that training on it would make.

    Args:
        part: of identities, or of a list's rows.
        num_identities, num_images: P and K, see `identity_batches`.
    """
    if isinstance(part, RelatedPart):
        rows = np.array_split(np.arange(len(part.rows)), -(-len(part.rows) // _ROWS))
        return [(torch.from_numpy(part.rows[some].ravel()), row_targets(part, some)) for some in rows]
    identities = np.array([item.labels[0] for item in part.items])
    batches = identity_batches(identities, num_identities=num_identities, num_images=num_images)
    return [(torch.from_numpy(some), torch.from_numpy(identities[some])) for some in batches]
