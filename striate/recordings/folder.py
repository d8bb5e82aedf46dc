"""Class folders of recordings, in one level or under train/ val/ test/."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from striate.data.folder import is_image
from striate.data.records import PartName
from striate.data.stores import Listing
from striate.data.table import PART_NAMES, class_name
from striate.errors import DataError, Problem
from striate.recordings.read import is_recording, recording_suffix
from striate.recordings.stores import FiledRecordings
from striate.recordings.table import RecordingRow, RecordingTable


def read_recording_folders(store: FiledRecordings) -> RecordingTable:
    """Rows of `class/…/file`, or of `part/class/…/file` where all the top folders are named for parts.

    A folder that is one recording, a DICOM series or the frames of a clip, lies in its class's folder as a file would.
    Files of other kinds are left alone.

    Raises:
        DataError: no recordings, or a class folder without any.
    """
    listing = store.files.listing()
    parts = _parts(listing)
    found = [path for path in find_recordings(listing, 2 if parts else 1) if not _beside_classes(path)]
    rows, problems = list[RecordingRow](), list(listing.problems)
    for path in found:
        placed = _place(path, parts)
        if placed is None:
            problems.append(Problem(path, f"lies in no class folder{' of a part' if parts else ''}"))
        else:
            rows.append(RecordingRow(placed.part, path, class_name(placed.label)))
    if not rows:
        raise DataError(_unlabelled(store.root, listing), listing.problems)
    _refuse_empty(listing, parts, found)
    return RecordingTable("class folders", store, tuple(rows), tuple(problems))


def find_recordings(listing: Listing, depth: int = 1) -> list[str]:
    """Files that are recordings, and folders that are one; what lies in such a folder is none of its own.

    Args:
        listing: what there is.
        depth: folders above those that may be one recording: those of classes and parts.

    Example:
        >>> series = ("sick/ann/1.dcm", "sick/ann/2.dcm", "well/bob.nii")
        >>> find_recordings(Listing(series, ("sick", "sick/ann", "well")))
        ['sick/ann', 'well/bob.nii']
    """
    whole = {f.rpartition("/")[0] for f in listing.files if recording_suffix(f) == ".dcm" or is_image(f)}
    whole = {folder for folder in whole if folder.count("/") >= depth}
    return sorted(whole | {f for f in listing.files if is_recording(f) and f.rpartition("/")[0] not in whole})


def _unlabelled(root: Path, listing: Listing) -> str:
    """What to say where nothing lies in a class folder."""
    seen = Counter(recording_suffix(f) for f in listing.files if is_recording(f))
    there = ", ".join(f"{n:,} {suffix}" for suffix, n in seen.most_common())
    what = f"recordings without labels in {root} ({there})" if there else f"no recordings in {root}"
    return f"{what}: expected folders named for their classes, CLASS/FILE, or a CSV with path,label"


class _Place(NamedTuple):
    part: PartName | None
    label: str


def _place(path: str, parts: dict[str, PartName]) -> _Place | None:
    """The part and the class of what lies at a path."""
    *folders, _ = path.split("/")
    part = parts.get(folders[0]) if folders else None
    inner = folders[1:] if parts else folders
    return None if (parts and part is None) or not inner else _Place(part, inner[0])


def _parts(listing: Listing) -> dict[str, PartName]:
    """The top folders, if all of them are named for parts and hold folders."""
    tops = [f for f in listing.folders if "/" not in f]
    with_folders = {f.split("/")[0] for f in listing.folders if "/" in f}
    if not tops or not all(top.casefold() in PART_NAMES and top in with_folders for top in tops):
        return {}
    parts = {top: PART_NAMES[top.casefold()] for top in tops}
    if len(set(parts.values())) < len(parts):
        raise DataError(f"several folders for one part: {', '.join(parts)}")
    return parts


def _beside_classes(path: str) -> bool:
    """Whether it is a table at the top, which says something else."""
    return "/" not in path and recording_suffix(path) in (".csv", ".tsv")


def _refuse_empty(listing: Listing, parts: dict[str, PartName], found: Sequence[str]) -> None:
    """A class folder without recordings is a mistake worth stopping for."""
    depth = 2 if parts else 1
    filled = {"/".join(path.split("/")[:depth]) for path in found}
    empty = sorted({f for f in listing.folders if f.count("/") == depth - 1} - filled)
    if empty:
        raise DataError("a class needs recordings", [Problem(f, "no recordings in this class folder") for f in empty])
