"""Pascal VOC's XML: one file an image, with `Annotations/ JPEGImages/ ImageSets/Main/` or beside the images.

VOC counts pixels from 1 and its corners are the first and the last pixel that belong to a box. So the box 1, 1, W, H is
the whole image, which spans 0, 0, W, H in continuous coordinates: left and top move by one, right and bottom stay.
M. Everingham et al., "The Pascal Visual Object Classes (VOC) Challenge", 2010.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from striate.data.folder import is_image
from striate.data.image_index import ImageIndex, stem_of
from striate.data.marks import Box, Mark, MarkedImage, MarkedTable, folder_part, parse_number
from striate.data.records import PartName
from striate.data.stores import FileStore, Listing
from striate.data.table import PART_NAMES, class_name
from striate.data.threads import in_threads
from striate.data.xml_elements import XmlElement, read_xml
from striate.errors import DataError, ImageError, Problem

LABELS, IMAGES, SETS = "annotations", "JPEGImages", "ImageSets/Main"
FLAGS = ("difficult", "truncated", "crowd")  # striate writes crowd, so that what COCO tells isn't lost
KNOWN = {"name", "bndbox", *FLAGS}
USUAL = {"", "0", "unspecified"}  # what pose, occluded and the like say where they say nothing
CORNERS = ("xmin", "ymin", "xmax", "ymax")


def read_voc(store: FileStore, listing: Listing) -> MarkedTable:
    """All images that have an XML, or those that `ImageSets/Main/train.txt` and so on list.

    An image is found by the name of its XML, in `JPEGImages/` or beside the XML, else by the XML's `filename`. Where
    there are no lists, folders named for parts divide the images. `trainval.txt` is read where there is no `train.txt`.

    Raises:
        DataError: no image can be told from the labels.
    """
    reader = _Reader(store, listing)
    files = [f for f in listing.files if f.lower().endswith(".xml")]
    found = dict(zip(files, in_threads(reader.read, files), strict=True))
    problems = [p for answer in found.values() for p in answer.problems]
    images = {name: answer.image for name, answer in found.items() if answer.image}
    lists = _lists(store, listing)
    by_folder = [image._replace(part=folder_part(image.path)) for image in images.values()]
    chosen, more = _by_lists(store, images, files, lists) if lists else (by_folder, [])
    return MarkedTable(
        kind="Pascal VOC",
        store=store,
        images=tuple(chosen),
        problems=(*problems, *more),
        remarks=tuple(_remarks(found, reader.index, {image.source for image in chosen})),
        unread=sum((answer.unread for answer in found.values()), Counter[str]()),
    )


class _Answer:
    """What one XML told."""

    def __init__(self) -> None:
        self.image: MarkedImage | None = None
        self.path = ""
        self.problems: list[Problem] = []
        self.pixels: list[Problem] = []  # boxes of a single pixel
        self.zeros: list[Problem] = []  # boxes with a corner at 0
        self.unread: Counter[str] = Counter()


class _Reader:
    """Reads one XML after another, in any thread."""

    def __init__(self, store: FileStore, listing: Listing):
        self.store, self.index = store, ImageIndex(listing)

    def read(self, name: str) -> _Answer:
        answer = _Answer()
        try:
            top = read_xml(self.store.read(name), name)
        except ImageError as e:
            answer.problems.append(Problem(name, str(e)))
            return answer
        except DataError as e:
            answer.problems.extend(e.problems or [Problem(name, str(e))])
            return answer
        if top.tag != "annotation":
            answer.problems.append(Problem(name, f"the outermost element must be annotation, got {top.tag}", top.line))
            return answer
        answer.path = self._image(name, top.text_of("filename"))
        if not answer.path:
            written = top.text_of("filename")
            answer.problems.append(Problem(name, f"no image of its name, nor {written!r}, which it names", top.line))
        marks = [self._mark(name, element, answer) for element in top.all("object")]
        wrong = [mark for mark in marks if isinstance(mark, Problem)]
        answer.problems += wrong
        if answer.path and not wrong:
            good = tuple(mark for mark in marks if isinstance(mark, Mark))
            answer.image = MarkedImage(None, answer.path, good, _declared(top), source=name, line=top.line)
        return answer

    def _image(self, name: str, written: str) -> str:
        stem = stem_of(name)
        folders = stem.split("/")
        places = [stem]
        for i, folder in enumerate(folders[:-1]):
            if folder.casefold() == LABELS:
                places += ["/".join([*folders[:i], other, *folders[i + 1 :]]) for other in (IMAGES, "images")]
        by_name = (self.index.by_stem(place) for place in reversed(places))
        if found := next((path for path in by_name if path), ""):
            return found
        named = self.index.find(written, name) if written else []
        return named[0] if len(named) == 1 else ""

    def _mark(self, name: str, element: XmlElement, answer: _Answer) -> Mark | Problem:
        label, box = class_name(element.text_of("name")), element.child("bndbox")
        if not label or box is None:
            return Problem(name, f"{label}: no bndbox" if label else "an object without a name", element.line)
        corners = [parse_number(box.text_of(corner)) for corner in CORNERS]
        if None in corners:
            bad = CORNERS[corners.index(None)]
            return Problem(name, f"{label}: {bad} must be a number, got {box.text_of(bad)!r}", box.line)
        left, top, right, bottom = (value for value in corners if value is not None)
        if (left, top) == (right, bottom):
            reason = f"{label}: a single pixel, for both corners are {left:g}, {top:g}: probably a slip"
            answer.pixels.append(Problem(name, reason, box.line))
        if left == 0 or top == 0:
            answer.zeros.append(Problem(name, "a corner at 0", box.line))
        flags = [element.text_of(flag) or "0" for flag in FLAGS]
        if bad_flags := [flag for flag in flags if flag not in ("0", "1")]:
            return Problem(name, f"{label}: {', '.join(FLAGS)} must be 0 or 1, got {bad_flags[0]!r}", element.line)
        difficult, truncated, crowd = (flag == "1" for flag in flags)
        answer.unread.update(f"object's {c.tag}" for c in element.children if c.tag not in KNOWN and _says(c))
        inside: Box = (left - 1, top - 1, right, bottom)
        return Mark(label, inside, (), difficult, truncated, crowd, box.line)


def _says(element: XmlElement) -> bool:
    """Whether there is something in it, other than what writers put where they have nothing to say."""
    return bool(element.children) or element.text.strip().casefold() not in USUAL


def _remarks(found: dict[str, _Answer], index: ImageIndex, chosen: set[str]) -> Iterator[Problem]:
    """What can be used, but should be known."""
    yield from index.remarks
    for answer in found.values():
        yield from answer.pixels
    if zeros := [zero for answer in found.values() for zero in answer.zeros]:
        reason = f"{len(zeros)} boxes with a corner at 0, this one first: VOC counts pixels from 1; clipped"
        yield zeros[0]._replace(message=reason)
    if unlisted := [name for name, answer in found.items() if answer.image and name not in chosen]:
        yield Problem(unlisted[0], f"{len(unlisted)} images are in no part, this one first: left out")
    if bare := sorted({*index.images} - {answer.path for answer in found.values()}):
        yield Problem(bare[0], f"{len(bare)} images have no XML, this one first: left out")


def _declared(top: XmlElement) -> tuple[int, int] | None:
    """Height and width as the file says; many say 0, which is nothing."""
    size = top.child("size")
    height, width = (parse_number(size.text_of(side)) if size else None for side in ("height", "width"))
    return (int(height), int(width)) if height and width and 0 < height < 1e6 and 0 < width < 1e6 else None


def _lists(store: FileStore, listing: Listing) -> dict[str, PartName]:
    """Files that list the images of a part; those of single classes (`cat_train.txt`) say nothing more."""
    ends = {f"{SETS}/{word}.txt".casefold(): part for word, part in PART_NAMES.items()}
    found = {f: part for f in listing.files for end, part in ends.items() if f"/{f.casefold()}".endswith(f"/{end}")}
    if "train" not in found.values():
        both = f"/{SETS}/trainval.txt".casefold()
        found |= {f: "train" for f in listing.files if f"/{f.casefold()}".endswith(both)}
    return found


def _by_lists(
    store: FileStore, images: dict[str, MarkedImage], files: Sequence[str], lists: dict[str, PartName]
) -> tuple[list[MarkedImage], list[Problem]]:
    """The images that the lists name, in their order."""
    by_id = {_id(name): name for name in files}
    problems: list[Problem] = []
    chosen: dict[tuple[str, str], MarkedImage] = {}  # by list and XML
    for name, part in lists.items():
        for line, written in _lines(store, name):
            texts = (written, written.split()[0])
            ids = (*texts, *(stem_of(text) for text in texts if is_image(text)))
            xml = next((by_id[_above(name, 3), id_] for id_ in ids if (_above(name, 3), id_) in by_id), None)
            if xml is None:
                problems.append(Problem(name, f"no XML for {written!r}", line))
            elif (name, xml) in chosen:
                problems.append(Problem(name, f"{written!r} stands here twice", line))
            elif xml in images:
                chosen[name, xml] = images[xml]._replace(part=part)
    return list(chosen.values()), problems


def _lines(store: FileStore, name: str) -> Iterable[tuple[int, str]]:
    """The lines that aren't blank."""
    text = store.read(name).decode("utf-8-sig", errors="replace")
    return ((line, words) for line, words in enumerate(map(str.strip, text.splitlines()), start=1) if words)


def _id(name: str) -> tuple[str, str]:
    """Where the data lies that an XML belongs to, and what its lists call it."""
    folders = name.split("/")
    at = next((i for i, folder in enumerate(folders) if folder.casefold() == LABELS), len(folders) - 2)
    return "/".join(folders[: max(at, 0)]), stem_of("/".join(folders[at + 1 :]))


def _above(name: str, steps: int) -> str:
    return "/".join(name.split("/")[:-steps])
