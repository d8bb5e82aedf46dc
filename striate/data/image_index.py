"""Find the images that label files speak of, by what they call them: often a path on somebody else's disk."""

import re
from collections import defaultdict
from collections.abc import Iterable

from striate.data.folder import is_image
from striate.data.stores import Listing
from striate.errors import Problem


class ImageIndex:
    r"""The images of a listing, by path and by the ends of paths. Nothing outside of the listing is ever found.

    Example:
        >>> index = ImageIndex(Listing(("train/a.jpg", "val/a.jpg", "val/b.png"), ("train", "val")))
        >>> index.find("C:\\data\\val\\a.jpg"), index.find("b.png"), index.find("a.jpg", near="train/x.json")
        (['val/a.jpg'], ['val/b.png'], ['train/a.jpg'])
        >>> index.find("a.jpg"), index.find("c.jpg"), index.by_stem("val/b")
        (['train/a.jpg', 'val/a.jpg'], [], 'val/b.png')
    """

    def __init__(self, listing: Listing):
        self.images = tuple(f for f in listing.files if is_image(f))
        self.folders = frozenset(listing.folders)
        self._paths = frozenset(self.images)
        self._shortened: list[tuple[str, str]] = []
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for path in self.images:
            self._by_name[path.rpartition("/")[2]].append(path)
            self._by_stem[stem_of(path)].append(path)

    def find(self, written: str, near: str = "") -> list[str]:
        """The images that may be meant: none, the one, or several between which nothing decides.

        Args:
            written: what a label file calls the image: its name, or a path that ends like the image's.
            near: the label file itself; an image at that path from its folder comes before others.
        """
        pieces = plain_path(written).split("/")
        found, start = self._find(pieces, near)
        if start and len(found) == 1:
            self._shortened.append((written, found[0]))
        return found

    def _find(self, pieces: list[str], near: str) -> tuple[list[str], int]:
        """The images, and how many of the pieces had to be left out."""
        beside = "/".join([*near.split("/")[:-1], *pieces])
        if beside in self._paths:
            return [beside], 0
        same_name = self._by_name.get(pieces[-1], [])
        for start in range(len(pieces)):
            end = "/".join(pieces[start:])
            if end in self._paths:
                return [end], start
            if found := [path for path in same_name if path.endswith(f"/{end}")]:
                return found, start
        return [], 0

    @property
    def remarks(self) -> tuple[Problem, ...]:
        """What should be known of images that were found by the end of a longer path."""
        if not self._shortened:
            return ()
        written, path = self._shortened[0]
        many = f", and {len(self._shortened) - 1} others likewise" if len(self._shortened) > 1 else ""
        return (Problem(path, f"found by the end of {written!r}{many}"),)

    def by_stem(self, stem: str) -> str | None:
        """The image whose path is this but for the suffix; None if there is none, or several."""
        found = self._by_stem.get(stem, [])
        return found[0] if len(found) == 1 else None

    def folder(self, written: str) -> str | None:
        """The folder that has the longest end of a written path as its own path; "" is the outermost one."""
        pieces = [p for p in plain_path(written).split("/") if p]
        ends = ("/".join(pieces[start:]) for start in range(len(pieces)))
        return next((end for end in ends if end in self.folders), None if pieces else "")

    def under(self, folder: str) -> Iterable[str]:
        """All images in a folder and in those inside of it."""
        return (path for path in self.images if not folder or path.startswith(f"{folder}/"))


def plain_path(written: str) -> str:
    r"""A path without its drive, its root and its steps upwards, with forward slashes.

    Example:
        >>> plain_path("C:\\x\\1.jpg"), plain_path("../train/./images/"), plain_path("/data/1.jpg")
        ('x/1.jpg', 'train/images', 'data/1.jpg')
    """
    path = re.sub(r"^[A-Za-z]:", "", written.strip()).replace("\\", "/")
    pieces = [p for p in path.split("/") if p not in ("", ".", "..")]
    return "/".join(pieces)


def stem_of(path: str) -> str:
    """A path without its suffix.

    Example:
        >>> stem_of("a.b/c.jpg"), stem_of("a.b/c"), stem_of(".c")
        ('a.b/c', 'a.b/c', '.c')
    """
    folder, name = path.rpartition("/")[::2]
    stem = name.rpartition(".")[0] or name
    return f"{folder}/{stem}" if folder else stem
