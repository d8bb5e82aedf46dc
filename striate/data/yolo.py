"""YOLO's text files: `labels/1.txt` beside `images/1.jpg`, and a `data.yaml` that names classes and parts.

A line is a class, counted from 0, and the box's midpoint, width and height as shares of the image's. A line with the
corners of an outline instead stands for the bounds of these.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from striate.data.folder import is_image
from striate.data.image_index import ImageIndex, stem_of
from striate.data.marks import Box, Mark, MarkedImage, MarkedTable, folder_part, parse_number
from striate.data.records import PartName
from striate.data.stores import FileStore, Listing
from striate.data.table import PART_NAMES, class_name
from striate.data.threads import in_threads
from striate.errors import DataError, ImageError, Problem

NAME_LISTS = ("classes.txt", "obj.names")  # of labelImg and Label Studio, and of Darknet
MAX_YAML_BYTES = 2**18
MAX_YAML_DEPTH = 16
BOX_NUMBERS = 5  # class, midpoint, size
PIXELS_FROM = 2.0  # no share of an image is as large


def is_yolo_yaml(store: FileStore, name: str) -> bool:
    """Whether a YAML names classes, as YOLO's do."""
    if not name.lower().endswith((".yaml", ".yml")):
        return False
    try:
        return re.search(rb"^[\"']?names[\"']?\s*:", store.read(name), re.MULTILINE) is not None
    except ImageError:
        return False


def has_labels(listing: Listing) -> bool:
    """Whether any image has a label file."""
    texts = frozenset(f for f in listing.files if f.lower().endswith(".txt"))
    return any(_label_file(f) in texts for f in listing.files if is_image(f))


def read_yolo(store: FileStore, listing: Listing, name: str) -> MarkedTable:
    """All images of the parts that a YAML names; without a YAML all that there are.

    An image lies in a folder `images` and its labels in the folder `labels` at the same place, or both side by side. An
    image without labels shows nothing. Paths in the YAML may be of another machine: the end that is there counts.

    Args:
        store: holds the files and the images.
        listing: of the store.
        name: of the YAML, or of a text file with the name of a class on each line.

    Raises:
        DataError: the YAML can't be read, names no classes or folders that are not there; no image has labels.
    """
    index = ImageIndex(listing)
    settings = _read_yaml(store, name) if name.lower().endswith((".yaml", ".yml")) else {}
    classes = _classes(settings, name) if settings else _listed_classes(store, name)
    if settings.get("kpt_shape"):
        raise DataError(f"{name} describes points (kpt_shape): striate reads points from COCO's JSON or a CSV")
    placed, problems, remarks = _place(store, index, settings, name)
    if not placed:
        raise DataError(f"no images beside {name}", problems)
    texts = frozenset(f for f in listing.files if f.lower().endswith(".txt"))
    labelled = [(part, path, _label_file(path)) for part, path in placed]
    if not any(label in texts for _, _, label in labelled):
        raise DataError(f"no image has a label file: for {labelled[0][1]} it would be {labelled[0][2]}")

    def read(row: tuple[PartName | None, str, str]) -> _Labels:
        return _read_labels(store, row[2], classes) if row[2] in texts else _Labels([], [], 0)

    answers = in_threads(read, labelled)
    problems += [problem for answer in answers for problem in answer.problems]
    problems += [Problem(f, "no image of this name") for f in _strays(index, texts)]
    outlines = sum(answer.outlines for answer in answers)
    return MarkedTable(
        kind="YOLO",
        store=store,
        images=tuple(
            MarkedImage(part, path, tuple(answer.marks), relative=True, source=label)
            for (part, path, label), answer in zip(labelled, answers, strict=True)
            if not answer.problems
        ),
        classes=tuple(classes),
        problems=tuple(problems),
        remarks=(*remarks, *_remarks(labelled, texts, index)),
        unread={"outlines, whose bounds are taken": outlines} if outlines else {},
    )


class _Labels(NamedTuple):
    """What a label file holds: marks, what is wrong, and how many of the marks are outlines."""

    marks: list[Mark]
    problems: list[Problem]
    outlines: int


def _read_yaml(store: FileStore, name: str) -> dict[str, Any]:
    """By safe_load, which makes plain values only; aliases, by which few lines can stand for gigabytes, are refused."""
    import yaml  # type: ignore[import-untyped]

    starts = ("BlockMappingStart", "BlockSequenceStart", "FlowMappingStart", "FlowSequenceStart")
    opening = tuple(getattr(yaml, f"{start}Token") for start in starts)
    closing = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
    data = store.read(name)
    if len(data) > MAX_YAML_BYTES:
        raise DataError(f"{name} is refused: {len(data):,} bytes of YAML, where {MAX_YAML_BYTES:,} are allowed")
    try:
        depth = 0
        for token in yaml.scan(data):
            depth += isinstance(token, opening) - isinstance(token, closing)
            reason = "aliases (*)" if isinstance(token, yaml.AliasToken) else ""
            reason = f"lists in lists, more than {MAX_YAML_DEPTH} deep" if depth > MAX_YAML_DEPTH else reason
            if reason:
                problem = Problem(name, f"it has {reason}, which classes have no need of", token.start_mark.line + 1)
                raise DataError(f"{name} is refused", [problem])
        found = yaml.safe_load(data)
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        problem = Problem(name, getattr(e, "problem", None) or str(e), mark.line + 1 if mark else 0)
        raise DataError(f"{name} can't be read as YAML", [problem]) from e
    except ValueError as e:  # a date in February that isn't
        raise DataError(f"{name} can't be read as YAML: {e}") from e
    if not isinstance(found, dict):
        raise DataError(f"{name} must hold names: and train:, got {type(found).__name__}")
    return found


def _classes(settings: dict[str, Any], name: str) -> list[str]:
    """Names in the order of their numbers, from a list or from `0: ant`."""
    written = settings.get("names")
    if isinstance(written, dict):
        numbers = {int(key): value for key, value in written.items() if str(key).isdecimal()}
        if sorted(numbers) != list(range(len(written))):
            raise DataError(f"{name}: the numbers of names must be 0 to {len(written) - 1}, got {list(written)[:20]}")
        written = [numbers[i] for i in range(len(numbers))]
    if not isinstance(written, list) or not written:
        raise DataError(f"{name}: names must be a list, or numbers with names, got {written!r}")
    if bad := [value for value in written if not isinstance(value, str | int | float) or isinstance(value, bool)]:
        raise DataError(f"{name}: a name must be a word, got {bad[0]!r} (YAML takes yes, no, on and off unless quoted)")
    count = settings.get("nc", len(written))
    if count != len(written):
        raise DataError(f"{name}: nc is {count!r}, but there are {len(written)} names")
    return _distinct([class_name(str(value)) for value in written], name)


def _listed_classes(store: FileStore, name: str) -> list[str]:
    text = store.read(name).decode("utf-8-sig", errors="replace")
    return _distinct([class_name(line) for line in text.splitlines() if line.strip()], name)


def _distinct(names: list[str], source: str) -> list[str]:
    twice = sorted({name for name in names if names.count(name) > 1 or not name})
    if twice or not names:
        raise DataError(f"{source}: {f'the name {twice[0]!r} stands twice or is empty' if twice else 'no names in it'}")
    return names


Placed = tuple[list[tuple[PartName | None, str]], list[Problem], list[Problem]]  # images, problems, remarks


def _place(store: FileStore, index: ImageIndex, settings: dict[str, Any], name: str) -> Placed:
    """Every image with its part: by the YAML's train, val and test, else by the names of its folders."""
    written = {part: settings[key] for key, part in PART_NAMES.items() if settings.get(key)}
    if not written:
        return [(folder_part(path), path) for path in index.images], [], []
    root = str(settings.get("path") or "")
    problems: list[Problem] = []
    remarks: list[Problem] = []
    found: dict[PartName, list[str]] = {}
    sources: dict[str, PartName] = {}
    for part, places in written.items():
        for place in places if isinstance(places, list) else [places]:
            try:
                source, images, wrong = _images_at(store, index, root, str(place), name)
            except DataError as e:
                if part != "test":  # many sets are handed out without it
                    raise
                remarks.append(Problem.of(name, e))
                continue
            if sources.setdefault(source, part) != part:
                raise DataError(f"{name}: {sources[source]} and {part} are both {source or 'the whole folder'}")
            found.setdefault(part, []).extend(images)
            problems += wrong
    return [(part, path) for part, paths in found.items() for path in dict.fromkeys(paths)], problems, remarks


def _images_at(
    store: FileStore, index: ImageIndex, root: str, place: str, name: str
) -> tuple[str, list[str], list[Problem]]:
    """The folder or list that a YAML's entry means, its images, and the lines of the list that mean none."""
    written = f"{root}/{place}"
    if not place.lower().endswith(".txt"):
        folder = index.folder(written)
        if folder is None or not any(True for _ in index.under(folder)):
            raise DataError(f"{name}: no folder with images at {place!r}{f' under {root!r}' if root else ''}")
        return folder, list(index.under(folder)), []
    source = next((end for end in _ends(written) if not store.refusal(end)), None)
    if source is None:
        raise DataError(f"{name}: no list {place!r}")
    images: list[str] = []
    problems: list[Problem] = []
    for line, text in enumerate(store.read(source).decode("utf-8-sig", errors="replace").splitlines(), start=1):
        found = index.find(text, source) if text.strip() else []
        images += found if len(found) == 1 else []
        if text.strip() and len(found) != 1:
            problems.append(Problem(source, f"{text!r}: {'no such image' if not found else 'several images'}", line))
    return source, images, problems


def _ends(written: str) -> Iterator[str]:
    pieces = [p for p in written.replace("\\", "/").split("/") if p not in ("", ".", "..")]
    return ("/".join(pieces[start:]) for start in range(len(pieces)))


def _label_file(path: str) -> str:
    """Where the labels of an image are: the innermost folder `images` becomes `labels`.

    Example:
        >>> _label_file("images/train/1.jpg"), _label_file("a/1.jpg")
        ('labels/train/1.txt', 'a/1.txt')
    """
    folders = stem_of(path).split("/")
    at = next((i for i in range(len(folders) - 2, -1, -1) if folders[i].casefold() == "images"), None)
    if at is not None:
        folders[at] = "Labels" if folders[at].istitle() else "LABELS" if folders[at].isupper() else "labels"
    return "/".join(folders) + ".txt"


def _read_labels(store: FileStore, name: str, classes: Sequence[str]) -> _Labels:
    try:
        text = store.read(name).decode("utf-8-sig")
    except (ImageError, UnicodeDecodeError) as e:
        reason = "not UTF-8 text" if isinstance(e, UnicodeDecodeError) else str(e)
        return _Labels([], [Problem(name, reason)], 0)
    lines = [(line, words) for line, words in enumerate(map(str.split, text.splitlines()), start=1) if words]
    marks = [(line, _mark(words, line, classes)) for line, words in lines]
    return _Labels(
        [mark for _, mark in marks if isinstance(mark, Mark)],
        [Problem(name, mark, line) for line, mark in marks if isinstance(mark, str)],
        sum(len(words) > BOX_NUMBERS for _, words in lines),
    )


def _mark(words: list[str], line: int, classes: Sequence[str]) -> Mark | str:
    """The mark of a line, its box in shares; or what is wrong with it."""
    numbers = [parse_number(word) for word in words]
    if None in numbers:
        return f"{words[numbers.index(None)]!r} is no number"
    number, *shares = (value for value in numbers if value is not None)
    if not number.is_integer() or not 0 <= number < len(classes):
        return f"there is no class {words[0]}: they are 0 to {len(classes) - 1}"
    if len(words) != BOX_NUMBERS and (len(words) < 7 or len(words) % 2 == 0):
        return f"{len(words)} numbers, where a box has 5 and an outline an odd number of at least 7"
    if any(abs(share) > PIXELS_FROM for share in shares):
        return f"{max(shares, key=abs):g} is no share of the image: YOLO's numbers are 0 to 1, not pixels"
    return Mark(classes[int(number)], bounds(shares), line=line)


def bounds(shares: Sequence[float]) -> Box:
    """Left, top, right, bottom of four numbers, midpoint and size, or of an outline; all as shares."""
    if len(shares) == 4:
        x, y, width, height = shares
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2
    xs, ys = shares[::2], shares[1::2]
    return min(xs), min(ys), max(xs), max(ys)


def _strays(index: ImageIndex, texts: frozenset[str]) -> list[str]:
    """Label files that belong to no image at all."""
    unknown = texts - {_label_file(path) for path in index.images}
    within = (f for f in unknown if "labels" in f.casefold().split("/")[:-1])
    return sorted(f for f in within if not f.casefold().endswith(NAME_LISTS))


def _remarks(
    labelled: Sequence[tuple[PartName | None, str, str]], texts: frozenset[str], index: ImageIndex
) -> Iterator[Problem]:
    yield from index.remarks
    if bare := [path for _, path, label in labelled if label not in texts]:
        yield Problem(bare[0], f"{len(bare)} images have no label file, this one first: taken to show nothing")
    if unnamed := sorted({*index.images} - {path for _, path, _ in labelled}):
        yield Problem(unnamed[0], f"{len(unnamed)} images are in no part, this one first: left out")
