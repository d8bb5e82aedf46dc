"""`--freeze auto`: how much of a pretrained network should learn is tried out, from little to much.

1. The head alone, by regression on kept features (by descent where an image shows several classes).
2. A hidden layer in the place of the last stage, on kept features.
3. The last stage thaws, then the last two, four … and all, each from the weights of the head before it, earlier stages
   at lower rates (Howard and Ruder, 2018, arXiv:1801.06146); it ends with the first that does not gain.

Each is compared with the best so far on the same held-back images. It is kept if it gains more than the noise, which is
two standard errors of the paired difference: with weights w of the images and d = (right now) - (right before) of each,
gain = Σ w d / Σ w, noise = 2 √(Σ w² d²) / Σ w. Of images that may show several classes the micro F1 is compared, its
noise by the bootstrap. Nothing more is tried as soon as even no mistake at all would be no such gain (four mistakes or
fewer, where images weigh the same), or where a class has fewer than ten images, or a batch a single one.
"""

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from striate.errors import DivergenceError
from striate.models import Network
from striate.tasks.held_back import HeldBack
from striate.tasks.learning import Job, Learning, can_regress, make_network, smallest_batch
from striate.tasks.material import Watch
from striate.tasks.plan import Plan
from striate.tasks.run_folder import RunFolder
from striate.training import Epoch, Precision, Recipe, Step, agree

_FEWEST_PER_CLASS = 10
_HIDDEN = (256,)
_NEW = 10.0  # times the learning rate of what thaws


@dataclass(frozen=True)
class Trial:
    """A candidate that was tried.

    Attributes:
        name: what learned.
        score: of the held-back images; None if its loss became no number.
        gain: over the best before; None for the first.
        noise: two standard errors of the gain.
        kept: it is the best so far.
        parameters: how many numbers learned.
        seconds: it took, with its features.
        reason: why it was kept or not, or why it was the last one.
        thawed: stages that had been frozen learned.
        cross_validated: accuracy of the training images by heads that had not seen them, and its interval.
    """

    name: str
    score: float | None
    gain: float | None
    noise: float | None
    kept: bool
    parameters: int
    seconds: float
    reason: str
    thawed: bool
    cross_validated: tuple[float, float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


@dataclass
class Thawing:
    """The candidates of a run, one after the other.

    Args:
        job: what they share.
        plan: of the run, whose freezing is "auto", and whose recipe is for stages that thaw.
        folder: of the run.
        network: what all of them begin with.

    Attributes:
        trials: what was tried so far.
        best: the one that is kept, once `epochs` has ended.
        history: its epochs.
    """

    job: Job
    plan: Plan
    folder: RunFolder
    network: Network
    trials: list[Trial] = field(default_factory=list)
    best: Learning | None = None
    history: list[Epoch] = field(default_factory=list)

    def epochs(
        self, precision: Precision, on_step: Callable[[Step], None] | None, on_features: Watch | None
    ) -> Iterator[Epoch]:
        """Learn, candidate after candidate; yields the epochs of all."""
        for name, make in self.candidates():
            start, history, learning = time.perf_counter(), list[Epoch](), make()
            diverged = ""
            try:
                for epoch in learning.epochs(precision, on_step, on_features):
                    history.append(epoch)
                    yield epoch
            except DivergenceError as e:
                if not self.best:
                    raise
                diverged = str(e)
            seconds = max(time.perf_counter() - start, sum(epoch.seconds for epoch in history))  # resumed: as it was
            trial = self._judge(name, learning, seconds, diverged)
            self.trials.append(trial)
            if trial.kept:
                self.best, self.history = learning, history
            if self.is_enough():
                return

    def candidates(self) -> Iterator[tuple[str, Callable[[], Learning]]]:
        """All of them, from little to much; each is made when the one before has been judged."""
        head = self._head()
        names = list(head.network.stages)
        yield "the head", lambda: head
        if len(names) > 1:
            yield f"{_HIDDEN[0]} hidden units in the place of {names[-1]}", lambda: self._hidden(names[-2])
        for count in _doubling(len(names)):
            what = "the last stage" if count == 1 else f"the last {count} of {len(names)} stages"
            yield what, partial(self._thawed, head.network, names, count)

    def is_enough(self) -> bool:
        """Whether what thawed last gained nothing, or no other candidate could be told from the best one."""
        last = self.trials[-1]
        if not last.kept and last.thawed:
            return True
        counts = self.job.dataset.parts["train"].counts(self.job.dataset.num_classes)
        assert self.best
        held_back = self._held_back()
        gain, noise = held_back.room(self.best.logits)
        wrong = held_back.mistakes(self.best.logits)
        mistakes = f"{wrong} {'mistake' if wrong == 1 else 'mistakes'} on {len(held_back.targets)} held-back images"
        if counts.min() < _FEWEST_PER_CLASS:
            return self._end(f"nothing else is tried: a class has {counts.min()} training images")
        if agree([gain <= noise])[0]:
            return self._end(f"nothing else is tried: {mistakes} leave no room for a gain beyond noise")
        if smallest_batch(self.job, self.plan) < 2:
            return self._end("nothing else is tried: thawed stages need batches of two images or more")
        return False

    def _end(self, reason: str) -> bool:
        self.trials[-1] = replace(self.trials[-1], reason=f"{self.trials[-1].reason}; {reason}")
        return True

    def _head(self) -> Learning:
        at_once = self.plan.views > 0 and can_regress(self.network, self.job.task)
        freeze = "classifier" if at_once else "all"
        plan = replace(self.plan, freeze=freeze, regression=at_once, recipe=_head_recipe(self.plan.recipe))
        return self._learning("head", plan, self.network)

    def _hidden(self, last_stage: str) -> Learning:
        recipe = _head_recipe(self.plan.recipe)
        plan = replace(self.plan, freeze="all", last_stage=last_stage, hidden=_HIDDEN, recipe=recipe)
        return self._learning("hidden", plan, make_network(plan, self.job.dataset.parts["train"]))

    def _thawed(self, network: Network, names: list[str], count: int) -> Learning:
        """From the weights of the candidate before, if it thawed, else from the head's."""
        before = self.best.network if self.best and self.best.plan.freeze in names else network
        freeze = names[-count - 1] if count < len(names) else "none"
        plan = replace(self.plan, freeze=freeze, views=self.plan.views if freeze in names else 0)
        return self._learning(f"thaw-{count}", plan, copy.deepcopy(before))

    def _learning(self, name: str, plan: Plan, network: Network) -> Learning:
        return Learning(self.job, plan, network, self.folder.candidate(name))

    def _judge(self, name: str, learning: Learning, seconds: float, diverged: str) -> Trial:
        """Compare it with the best so far; of several processes the first one's word counts."""
        held_back, choice = self._held_back(), learning.choice
        score = gain = noise = None
        kept, reason = not diverged, diverged or "it comes first"
        if not diverged:
            score = held_back.score(learning.logits)
        if self.best and not diverged:
            gain, noise = held_back.compare(self.best.logits, learning.logits)
            (kept,) = agree([gain > noise])
            reason = f"{gain:+.1%}, {'more' if kept else 'not more'} than noise, {noise:.1%}"
        return Trial(
            name=name,
            score=score,
            gain=gain,
            noise=noise,
            kept=kept,
            parameters=learning.parameters,
            seconds=seconds,
            reason=reason,
            thawed=learning.plan.freeze not in ("all", "classifier"),
            cross_validated=(choice.accuracy, *choice.interval) if choice else None,
        )

    def _held_back(self) -> HeldBack:
        """Each class counts alike where classes are weighted, else each image."""
        targets, classes = self.job.targets("val"), self.job.dataset.classes
        weights = np.ones(len(targets))
        if self.plan.class_weights:
            weights = 1 / np.bincount(targets, minlength=len(classes))[targets]
        return HeldBack(self.job.task, targets, weights, self.job.monitor, classes)


def _head_recipe(recipe: Recipe) -> Recipe:
    """New layers learn faster than what has learned already."""
    return replace(recipe, lr=_NEW * recipe.lr, stage_decay=1.0)


def _doubling(most: int) -> Iterator[int]:
    """1, 2, 4, … and `most`, each at least twice the one before.

    Example:
        >>> list(_doubling(9))
        [1, 2, 4, 9]
    """
    count = 1
    while 2 * count <= most:
        yield count
        count *= 2
    yield most
