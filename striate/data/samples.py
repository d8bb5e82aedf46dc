"""The samples in a shard, and what the small file beside an image says of it."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from striate.data.header import IMAGE_SUFFIXES
from striate.data.image import MAX_FILE_BYTES
from striate.data.records import Checked, PartName
from striate.data.stores import escape_reason, is_hidden, is_text
from striate.data.table import PART_NAMES, class_name
from striate.data.tar_index import Member, OpenTar, index_tar
from striate.errors import DataError, Problem

OWN, VERSION = "striate", 1  # in the JSON of striate's own shards
MODES = ("grey", "colour", "alpha", "palette", "cmyk")
MOST_TEXT = 2**20  # bytes of a .json or a .cls


class Described(NamedTuple):
    """What a sample says of its image.

    Attributes:
        labels: names of classes.
        several: whether an image may show any number of classes.
        part, path, number, checked: where it stood in the data that the shards were made of, and what it was; None in
            shards of others.
    """

    labels: tuple[str, ...]
    several: bool = False
    part: PartName | None = None
    path: str | None = None
    number: int | None = None
    checked: Checked | None = None


class Sample(NamedTuple):
    """An image in a shard.

    Attributes:
        image: where its bytes are.
        described: what it shows, or what is wrong with the sample.
    """

    image: Member
    described: Described | Problem


def read_samples(tar: OpenTar) -> Iterator[Sample]:
    """The samples of a shard, in its order; only headers and the small files are read.

    Raises:
        DataError: not a tar, truncated, damaged or hostile, or one that holds a name twice.
    """
    seen: set[str] = set()
    for key, members in _groups(tar):
        if key in seen:
            raise DataError(f"{tar.path} is refused", [Problem(key, "several samples have this name")])
        seen.add(key)
        images = [m for suffix, m in members.items() if f".{suffix.lower()}" in IMAGE_SUFFIXES]
        first = images[0] if images else next(iter(members.values()))
        yield Sample(first, _described(tar, key, members, images))


def _groups(tar: OpenTar) -> Iterator[tuple[str, dict[str, Member]]]:
    """By key, the members by what comes after the first dot of their names."""
    key, group = "", dict[str, Member]()
    for member in index_tar(tar):
        name, suffix = _key(member.name)
        if not suffix or any(is_hidden(part) for part in member.name.split("/") if part != "."):
            continue
        if name != key and group:
            yield key, group
            group = {}
        if suffix in group:
            raise DataError(f"{tar.path} is refused", [Problem(member.name, "several members have this name")])
        key, group[suffix] = name, member
    if group:
        yield key, group


def _key(name: str) -> tuple[str, str]:
    """A name up to the first dot of its last piece, and what comes after that dot.

    Example:
        >>> _key("a.b/dog.seg.png")
        ('a.b/dog', 'seg.png')
    """
    folder, slash, last = name.rpartition("/")
    stem, _, suffix = last.partition(".")
    return f"{folder}{slash}{stem}", suffix


def _described(tar: OpenTar, key: str, members: dict[str, Member], images: list[Member]) -> Described | Problem:
    where = f"{tar.path.name}/{key}"
    if len(images) != 1:
        return Problem(where, "several images in one sample" if images else "a sample without an image")
    if images[0].size > MAX_FILE_BYTES:
        return Problem(where, f"more than the {MAX_FILE_BYTES:,} bytes that are allowed")
    try:
        texts = {s: _text(tar, m) for s, m in members.items() if s in ("json", "cls")}
        document = json.loads(texts["json"]) if "json" in texts else {}
        if not isinstance(document, dict):
            raise ValueError("its .json holds no object")
        if OWN in document:
            return _own(document)
        return Described((_label(texts, document),))
    except (ValueError, RecursionError) as e:
        return Problem(where, str(e))


def _text(tar: OpenTar, member: Member) -> str:
    if member.size > MOST_TEXT:
        raise ValueError(f"its label has {member.size:,} bytes; {MOST_TEXT:,} are allowed")
    return tar.peek(member.offset, member.size).decode()


def _label(texts: dict[str, str], document: dict[str, Any]) -> str:
    """The name of the class, or its number as a name."""
    label = texts["cls"] if "cls" in texts else document.get("label")
    if label is None:
        raise ValueError('no label: expected a .cls, or a .json with "label", beside it')
    if isinstance(label, bool) or not isinstance(label, int | str):
        raise ValueError(f"its label must be a number or a name, got {label!r:.40}")
    name = class_name(str(label))
    if not name or not is_text(name) or (name.startswith("-") and name[1:].isdecimal()):
        raise ValueError(f"its label must be a number of at least 0 or a name, got {label!r:.40}")
    return name


def own_document(described: Described, indices: list[int]) -> dict[str, Any]:
    """The JSON of an image in striate's own shards; `indices` of its classes are for other readers."""
    assert described.checked is not None
    labels = list(described.labels)
    shown = {"labels": indices, "classes": labels} if described.several else {"label": indices[0], "class": labels[0]}
    digest, (height, width), mode = described.checked
    return {
        OWN: VERSION,
        "number": described.number,
        "part": described.part,
        "path": described.path,
        **shown,
        "sha256": digest,
        "height": height,
        "width": width,
        "mode": mode,
    }


def _own(document: dict[str, Any]) -> Described:
    """The inverse of `own_document`, of a document that may be damaged."""
    if document[OWN] != VERSION:
        raise ValueError(f"made by another version of striate: {document[OWN]!r:.40}, this one reads {VERSION}")
    several = "classes" in document
    labels: Any = document["classes"] if several else [document.get("class")]
    fields: Any = (document.get(n) for n in ("path", "part", "number", "sha256", "height", "width", "mode"))
    path, part, number, digest, height, width, mode = fields
    sound = (
        isinstance(labels, list)
        and all(isinstance(text, str) and text and is_text(text) for text in (path, *labels))
        and not escape_reason(path)
        and (part is None or part in PART_NAMES.values())
        and all(type(n) is int and 0 <= n < 2**31 for n in (number, height, width))
        and mode in MODES
        and isinstance(digest, str)
        and re.fullmatch("[0-9a-f]{64}", digest)
    )
    if not sound:
        raise ValueError("its .json is damaged")
    return Described(tuple(labels), several, part, path, number, Checked(digest, (height, width), mode))
