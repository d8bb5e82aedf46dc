"""Open a data set of recordings: find out what it is, look at each once, name the classes, cut a val part."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from striate.data.fingerprint import find_twins, fingerprint
from striate.data.open import PART_ORDER
from striate.data.records import Item, PartName
from striate.data.split import VAL_SHARE
from striate.data.table import class_names
from striate.data.threads import in_threads
from striate.errors import ArgumentError, DataError, Problem
from striate.recording_preset import Kind
from striate.recordings.cut import Cut
from striate.recordings.find import find_table
from striate.recordings.records import Recording, RecordingDataset, RecordingPart, RecordingStore
from striate.recordings.split import held_back
from striate.recordings.stores import SomeChannels
from striate.recordings.table import RecordingRow, RecordingTable


class Look(NamedTuple):
    """What one reading of a recording tells.

    Attributes:
        digest: SHA-256 of its values, size and spacing.
        kind, channels, channel_names, size, spacing: as of `Recording`.
    """

    digest: str
    kind: Kind
    channels: int
    channel_names: tuple[str, ...]
    size: tuple[int, ...]
    spacing: tuple[float, ...]

    @classmethod
    def at(cls, recording: Recording) -> "Look":
        """What a recording is."""
        values, spacing = recording.values, recording.spacing
        digest = hashlib.sha256(f"{recording.kind} {values.shape} {spacing}\n".encode())
        digest.update(values.data)
        return cls(digest.hexdigest(), recording.kind, len(values), recording.channel_names, recording.size, spacing)


def open_recordings(
    path: str | Path,
    *,
    seed: int = 0,
    val_share: float = VAL_SHARE,
    skip_bad: bool = False,
    classes: Sequence[str] | None = None,
    kind: Kind | None = None,
    channels: Sequence[str | int] | None = None,
    cut: Cut | None = None,
) -> RecordingDataset:
    """Open signals, volumes or clips with their classes, and look at each of them.

    What `path` may be: class folders of files that `read_recording` reads, in one level or under `train/ val/ test/`; a
    CSV with the columns `path,label` and perhaps `part` and `group`, or a folder with one; a zip of either; UCR's
    `NAME_TRAIN.tsv` and `NAME_TEST.tsv`; one .npz with the arrays `x_train,y_train` and perhaps `_val` and `_test`, or
    `x,y` and `groups`.
    Every recording is read once, which finds gaps and numbers that are none.

    Args:
        path: the data.
        seed: of the cut of a val part, which parts no group.
        val_share: of the training recordings, in [0, 1), where the data has no val part; 0 cuts nothing.
        skip_bad: leave bad files out and list them in `skipped` instead of raising.
        classes: a model's labels, in their order; the data may then lack some, but not have others.
        kind: what it is, where files can't say: clips in arrays.
        channels: which to keep, by name or number from 0.
        cut: cut the windows of annotated WFDB records in a folder, or of the one that is named, out of them.

    Raises:
        DataError: no such data, bad files (all are listed), several kinds or numbers of channels, one class only.
        ArgumentError: `val_share` is out of range.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(10, 2, 50)).astype(np.float32)
        >>> np.savez("beats.npz", x=x, y=["N", "V"] * 5, spacing=1 / 360)
        >>> dataset = open_recordings("beats.npz")
        >>> dataset.kind, dataset.classes, {name: len(part) for name, part in dataset.parts.items()}
        ('arrays in an .npz of signals', ('N', 'V'), {'train': 8, 'val': 2})
        >>> dataset.channels, dataset.sizes[1], dataset.spacings
        (2, (50,), ((0.002777777777777778,),))
    """
    if not 0 <= val_share < 1:
        raise ArgumentError.of("val_share", "in [0, 1)", val_share)
    table = find_table(Path(path), kind=kind, cut=cut)
    store = SomeChannels(table.store, tuple(channels)) if channels is not None else table.store
    names = class_names((row.label for row in table.rows), classes, table.source)
    looks, broken = _look_at_all(store, table.rows)
    problems = (*table.problems, *broken, *_strangers(looks))
    if not looks:
        raise DataError(f"no recording in {path} can be used", _once(problems))
    if problems and not skip_bad:
        what = f"{len(problems)} of the recordings in {path} can't be used (--skip-bad leaves them out)"
        raise DataError(what, problems)
    bad = {problem.path for problem in problems}
    rows = [row for row in table.rows if row.path in looks and row.path not in bad]
    if classes is None:
        _refuse_bare_classes(path, names, rows, cut)
    digests = {row.path: looks[row.path].digest for row in rows}
    must_cut = val_share > 0 and _undivided(rows)
    if must_cut:
        rows = _cut(rows, names, digests, val_share, seed)
    return _dataset(path, table, store, names, rows, looks, problems, seed if must_cut else None)


def _dataset(
    path: str | Path,
    table: RecordingTable,
    store: RecordingStore,
    names: tuple[str, ...],
    rows: Sequence[RecordingRow],
    looks: dict[str, Look],
    problems: tuple[Problem, ...],
    cut_seed: int | None,
) -> RecordingDataset:
    good = [looks[row.path] for row in rows]
    parts = _parts(rows, names, store)
    digests = {row.path: looks[row.path].digest for row in rows}
    channel_names = {look.channel_names for look in good}
    spacings = Counter(look.spacing for look in good)
    known = {row.path: row for row in table.rows}
    return RecordingDataset(
        root=str(path),
        kind=f"{table.kind} of {good[0].kind}s",
        shape=good[0].kind,
        classes=names,
        parts=parts,
        channels=good[0].channels,
        channel_names=channel_names.pop() if len(channel_names) == 1 else (),
        sizes=_sizes(good),
        spacings=tuple(spacing for spacing, _ in spacings.most_common()),
        cut_seed=cut_seed,
        skipped=problems,
        twins=find_twins(parts, digests),
        fingerprint=fingerprint((known[path].row for path in digests), digests),
    )


def _look_at_all(store: RecordingStore, rows: Sequence[RecordingRow]) -> tuple[dict[str, Look], list[Problem]]:
    """Read every recording, in threads: what was seen, and what is bad."""

    def look(row: RecordingRow) -> Look | Problem:
        try:
            return Look.at(store.load(row.path))
        except (DataError, ArgumentError) as e:
            return Problem.of(row.path, e)

    seen = dict(zip((row.path for row in rows), in_threads(look, rows), strict=True))
    looks = {path: s for path, s in seen.items() if isinstance(s, Look)}
    return looks, [s for s in seen.values() if isinstance(s, Problem)]


def _strangers(looks: dict[str, Look]) -> list[Problem]:
    """Recordings of another kind, or of other channels, than most are."""
    forms = Counter((look.kind, look.channels) for look in looks.values())
    if len(forms) < 2:
        return []
    (kind, channels), _ = forms.most_common(1)[0]
    return [
        Problem(path, f"a {look.kind} of {look.channels} channels, where most are {kind}s of {channels}")
        for path, look in looks.items()
        if (look.kind, look.channels) != (kind, channels)
    ]


def _once(problems: Sequence[Problem]) -> Sequence[Problem]:
    """A single one, with an example, where all say the same, as of a channel that none of them has."""
    if len(problems) < 2 or len({problem[1:] for problem in problems}) > 1:
        return problems
    return [problems[0]._replace(path=f"{problems[0].path} and {len(problems) - 1:,} more")]


def _refuse_bare_classes(path: str | Path, names: Sequence[str], rows: Sequence[RecordingRow], cut: Cut | None) -> None:
    """Every class that data brings along must be there to train on, and there must be two."""
    if len(names) < 2:
        instead = f"; --task events learns to find each {names[0]!r} in records" if cut and not cut.background else ""
        raise DataError(f"only one class in {path}: {names[0]!r}; a classifier needs at least two{instead}")
    trained = {row.label for row in rows if row.part in (None, "train")}
    missing = [name for name in names if name not in trained] if trained else []
    if missing:
        problems = [Problem(name, "no good recording to train on") for name in missing]
        raise DataError("a class needs recordings to train on", problems)


def _undivided(rows: Sequence[RecordingRow]) -> bool:
    """Whether there is something to train on and nothing held back."""
    parts = {row.part or "train" for row in rows}
    return "train" in parts and "val" not in parts


def _cut(
    rows: Sequence[RecordingRow], names: Sequence[str], digests: dict[str, str], share: float, seed: int
) -> list[RecordingRow]:
    """The rows, with those that are held back in val."""
    trained = [row for row in rows if row.part in (None, "train")]
    items = [Item(row.path, (names.index(row.label),)) for row in trained]
    contents = [digests[row.path] for row in trained]
    chosen = held_back(items, contents, [row.group for row in trained], names, share=share, seed=seed)
    val = {items[i].path for i in chosen}
    return [row._replace(part="val") if row.path in val else row for row in rows]


def _parts(rows: Iterable[RecordingRow], names: Sequence[str], store: RecordingStore) -> dict[PartName, RecordingPart]:
    """Items and groups by part; what isn't divided is train."""
    index = {name: i for i, name in enumerate(names)}
    by_part: dict[PartName, list[RecordingRow]] = {}
    for row in rows:
        by_part.setdefault(row.part or "train", []).append(row)
    return {
        name: RecordingPart(
            tuple(Item(row.path, (index[row.label],)) for row in by_part[name]),
            store,
            tuple(row.group for row in by_part[name]) if any(row.group for row in by_part[name]) else (),
        )
        for name in PART_ORDER
        if name in by_part
    }


def _sizes(looks: Sequence[Look]) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """The smallest, median and largest number of samples along each axis."""
    sizes = np.array([look.size for look in looks])  # (N, axes)
    low, median, high = (tuple(f(sizes, axis=0).astype(int).tolist()) for f in (np.min, np.median, np.max))
    return low, median, high
