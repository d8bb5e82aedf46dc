"""Train an ensemble: several runs that differ by their seed alone, side by side, and what they are worth together."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch

from striate.data import Dataset, open_data
from striate.errors import ArgumentError, OutputError
from striate.tasks.classes_start import refuse_recordings
from striate.tasks.classifier import Classifier
from striate.tasks.classify import ClassifyTask
from striate.tasks.compare import compare_runs
from striate.tasks.ensemble import Ensemble
from striate.tasks.ensemble_folder import EnsembleFolder
from striate.tasks.evaluation import measure
from striate.tasks.evaluation_record import Evaluation
from striate.tasks.loading import load_classifier
from striate.tasks.member_process import Member, Prepare, train_members
from striate.tasks.opening import Opening, recorded_opening, wished_opening
from striate.tasks.own_data import remarks_on
from striate.tasks.plan import Plan, Wishes
from striate.tasks.planning import make_plan
from striate.tasks.run import Run
from striate.tasks.run_folder import RunFolder, wished_folder
from striate.tasks.start import refuse_other_wishes
from striate.tasks.wish_kinds import refuse_foreign
from striate.training import Device, Epoch, Step, make_accelerator

Told = Callable[[int, Step], None]  # (number of the member, what it does)
_MOST_MEMBERS = 100


@dataclass(frozen=True)
class EnsembleOutcome:
    """What came of training an ensemble.

    Attributes:
        task: what the answers mean.
        evaluations: by part: "val", by which each member's best epoch was chosen, and "test", by which nothing was;
            with what each member is worth, and what all together gain and cost.
        folder: what `load` takes.
        report: the page for people.
    """

    task: ClassifyTask
    evaluations: Mapping[str, Evaluation]
    folder: Path
    report: Path


class EnsembleRun:
    """An ensemble whose training is planned; iterate over it to run it, one epoch of a member at a time.

    Attributes:
        folder: where it writes, and its members in folders of it.
        dataset: what they learn from.
        plan: of each of them; the seed of its recipe is the first one's.
        record: what is recorded of it.
        to_train: the numbers of the members that are not finished yet.
        at_once: how many are trained at the same time.
        outcome: what came of it, once the iteration has ended.
    """

    def __init__(
        self,
        folder: EnsembleFolder,
        dataset: Dataset,
        plan: Plan,
        record: dict[str, Any],
        device: Device,
        workers: int,
        prepare: Prepare | None = None,
    ):
        self.folder, self.dataset, self.plan, self.record = folder, dataset, plan, record
        self.outcome: EnsembleOutcome | None = None
        self._device, self._workers, self._prepare = device, workers, prepare
        numbers = range(1, len(record["seeds"]) + 1)
        self.to_train = [number for number in numbers if not _is_finished(folder.member(number))]
        self.at_once = _at_once(device, len(self.to_train))

    @property
    def size(self) -> int:
        """How many members there are."""
        return len(self.record["seeds"])

    def __iter__(self) -> Iterator[tuple[int, Epoch]]:
        return self.epochs()

    def epochs(self, on_step: Told | None = None) -> Iterator[tuple[int, Epoch]]:
        """Train the members that are not finished, measure all together, and write the record and a report.

        Args:
            on_step: called now and then with the number of a member, counted from 1, and the step that it made.

        Yields:
            The number of a member, and a record of its newest epoch.

        Raises:
            StriateError: the training of a member failed; the others stop, too, and are resumed later.
        """
        members = [self._member(number) for number in self.to_train]
        for number, said in train_members(members, self.at_once, self._prepare):
            if isinstance(said, Epoch):
                yield number, said
            elif on_step:
                on_step(number, said)
        self._conclude()

    def _member(self, number: int) -> Member:
        folder = self.folder.member(number)
        arguments: dict[str, Any] = {"data": self.record["data"], "out": str(folder.path), "device": self._device}
        if folder.record.exists():
            arguments["resume"] = True
        else:
            arguments |= {name: wish for name, wish in self.record["wishes"].items() if wish is not None}
            arguments |= {"seed": self.record["seeds"][number - 1], "cut_seed": self.record["cut_seed"]}
            arguments |= {"val_share": self.record["val_share"], "skip_bad": self.record["skip_bad"]}
        threads = max(1, torch.get_num_threads() // max(1, self.at_once))
        return Member(number, arguments | {"workers": self._workers}, threads)

    def _conclude(self) -> None:
        """What all together are worth on each part that was held back."""
        ensemble = load_classifier(self.folder.path, device=self._device)
        evaluations: dict[str, Evaluation] = {
            name: measure(ensemble, self.dataset, name, part, workers=self._workers)
            for name, part in self.dataset.parts.items()
            if name != "train"
        }
        self._report(ensemble, evaluations)
        self.record |= {"parts": {name: evaluation.to_dict() for name, evaluation in evaluations.items()}}
        self.folder.write(self.record)  # last: what has it is finished
        self.outcome = EnsembleOutcome(ensemble.task, evaluations, self.folder.path, self.folder.report)

    def _report(self, ensemble: Classifier | Ensemble, evaluations: Mapping[str, Evaluation]) -> None:
        """The members' curves side by side, below what they are worth together."""
        notes = []
        for name in sorted(evaluations):  # test before val
            evaluation = evaluations[name]
            notes.append(f"{name}: {ensemble.task.headline(evaluation.figures)}")
            notes += [f"{name}: {gain}" for gain in evaluation.gains]
        runs = [self.folder.member(number).path for number in range(1, self.size + 1)]
        title = f"An ensemble of {self.size} {self.plan.network} on {self.dataset.root}"
        compare_runs(runs, self.folder.report, title=title, notes=notes)


def train_ensemble(
    data: str | Path,
    members: int | None = None,
    *,
    out: str | Path | None = None,
    seed: int | None = None,
    workers: int = 0,
    device: Device = "auto",
    val_share: float | None = None,
    cut_seed: int | None = None,
    skip_bad: bool = False,
    resume: bool = False,
    prepare: Prepare | None = None,
    **wishes: Any,
) -> EnsembleRun:
    """Plan the training of several networks whose answers are averaged; iterate over what comes back to run it.

    Members differ by their seed: first weights, order and distortions of the images. The same images are held back
    from all of them, so that the val part measures the ensemble, too. Each has a process of its own, so that a script
    needs `if __name__ == "__main__":`; on a CPU as many are trained at once as there are threads.

    Args:
        data: see `train`.
        members: how many, 2 or more; may be left out when resuming.
        out: the ensemble's folder, which holds the run of each member; None makes `runs/NAME`.
        seed: of the first member, and of the cut of a val part unless `cut_seed` is; the others' follow.
        workers, device, val_share, cut_seed, skip_bad: see `train`.
        resume: go on with the ensemble in `out`: finished members stay, interrupted ones are resumed.
        prepare: called first in each process.
        wishes: anything else that `train` takes.

    Raises:
        DataError: bad data; says which files.
        ArgumentError: a wish that can't be fulfilled, or one that differs from those of what is resumed.
        OutputError: the folder can't be written to, or holds an ensemble or a run already.

    Example:
        >>> for member, epoch in train_ensemble("photos", 5, out="five"):  # doctest: +SKIP
        ...     print(member, epoch.epoch, epoch.figures["accuracy"])
    """
    if make_accelerator(device).num_processes > 1:
        raise ArgumentError("an ensemble is trained by one process, which starts others; several were launched")
    if workers < 0:
        raise ArgumentError.of("workers", "at least 0", workers)
    refuse_recordings(data)
    wished = _wish(seed, wishes)
    if resume:
        asked = {"members": members, "val_share": val_share, "cut_seed": cut_seed, **wished.to_dict()}
        folder, record = _taken_up(data, out, asked)
        wished = Wishes(**{**record["wishes"], "seed": record["seeds"][0]})
    else:
        opening = wished_opening(wished, val_share, cut_seed, skip_bad=skip_bad)
        folder, record = _new(data, out, members, wished, opening)
    dataset = open_data(data, **recorded_opening(record))
    if dataset.fingerprint != record.setdefault("fingerprint", dataset.fingerprint):
        raise ArgumentError(f"data must be what {folder.path} began with; {data} has other images or labels")
    plan = make_plan(dataset, wished)
    if plan.freeze == "auto":
        wished = _thawed(wished)
        record["wishes"] = wished.to_dict() | {"seed": None}
        plan = make_plan(dataset, wished)
    record.setdefault("remarks", list(remarks_on(dataset)))
    if not resume:  # nothing is written before all is known to be sound
        Run(folder.member(1), dataset, plan, {"remarks": []}, device, workers)  # refuses what a member would refuse
        folder.create()
        folder.write(record)
    return EnsembleRun(folder, dataset, plan, record, device, workers, prepare)


def _wish(seed: int | None, wishes: Mapping[str, Any]) -> Wishes:
    """What `train` makes of its arguments."""
    known = {f.name for f in fields(Wishes)}
    for name in wishes:
        if name not in known:
            raise TypeError(f"train_ensemble() got an unexpected keyword argument {name!r}")
    given = {name: wish for name, wish in wishes.items() if wish not in (None, {}, [], ())}
    if (task := given.pop("task", "classify")) != "classify":
        raise ArgumentError.of("task", "classify: an ensemble is of classifiers", task)
    if "hidden" in given:
        given["hidden"] = tuple(given["hidden"])
    wished = Wishes(**given, seed=seed)
    refuse_foreign(wished, "classes")
    return wished


def _thawed(wishes: Wishes) -> Wishes:
    """All stages learn where nothing else was asked for: heads on the same frozen stages are the same head."""
    if wishes.freeze:
        raise ArgumentError.of("freeze", "none, or the last frozen stage, for members that differ", wishes.freeze)
    return replace(wishes, freeze="none")


def _new(
    data: str | Path,
    out: str | Path | None,
    members: int | None,
    wishes: Wishes,
    opening: Opening,
) -> tuple[EnsembleFolder, dict[str, Any]]:
    """The folder and the record of a new ensemble."""
    if members is None or not 2 <= members <= _MOST_MEMBERS:
        raise ArgumentError.of("ensemble", f"2 to {_MOST_MEMBERS} members", members)
    path = wished_folder(data, out)
    folder, first = EnsembleFolder(path), wishes.seed or 0
    RunFolder(path).refuse_old_run()
    if folder.is_there() or folder.member(1).path.exists():
        raise OutputError(f"{path} holds an ensemble already: go on with --resume, or give another --out")
    return folder, {
        "data": str(data),
        "skip_bad": opening["skip_bad"],
        "val_share": opening["val_share"],
        "cut_seed": opening["seed"],
        "seeds": list(range(first, first + members)),
        "wishes": wishes.to_dict() | {"seed": None},
    }


def _taken_up(
    data: str | Path, out: str | Path | None, asked: Mapping[str, Any]
) -> tuple[EnsembleFolder, dict[str, Any]]:
    """The folder and the record of an ensemble that was begun."""
    if out is None:
        raise ArgumentError("resume needs out, the folder of the ensemble to go on with")
    folder = EnsembleFolder(out)
    record = folder.read()
    if "parts" in record:
        raise ArgumentError(f"the ensemble in {folder.path} is finished")
    own = record["wishes"] | {"members": len(record["seeds"]), "seed": record["seeds"][0]}
    refuse_other_wishes(asked, own | {name: record[name] for name in ("val_share", "cut_seed")})
    return folder, record | {"data": str(data)}  # it may have been moved


def _is_finished(folder: RunFolder) -> bool:
    return folder.record.exists() and folder.read()[-1]["event"] == "result"


def _at_once(device: Device, members: int) -> int:
    """On a CPU one member a thread, which is quicker than one member on all of them; a GPU takes one at a time."""
    on_cpu = make_accelerator(device).device.type == "cpu"
    return min(members, torch.get_num_threads()) if on_cpu else min(members, 1)
