"""Published weights, brought into the cache, where they are found from then on without a network."""

import re
from pathlib import Path

from striate.errors import ArgumentError, WeightsError
from striate.models.download import MOST_BYTES, OnProgress, download
from striate.models.sources import Source, Url


def fetch_weights(
    source: Source, *, sha256: str | None = None, on_progress: OnProgress = lambda done, total: None
) -> Path:
    """Download published weights, unless they are here already; those of a package are looked for, not installed.

    Args:
        source: which ones.
        sha256: of the file, 64 hexadecimal digits; needed where its publishers tell none.
        on_progress: called with the bytes that are here, and of how many if the server says so.

    Returns:
        The file, its hash checked.

    Raises:
        ArgumentError: the hash is none, or contradicts the published one.
        MissingExtraError: they are in a package that is not installed.
        WeightsError: the package has no extra, no hash is known, or the download failed; it can be gone on with.
        OutputError: the cache can't be written.
    """
    wanted = _wanted_digest(source, sha256)
    if not isinstance(source.where, Url):
        source.read()
        return source.path()
    path = source.where.place()
    most_bytes = int(1.1e6 * source.where.megabytes) if source.where.megabytes else MOST_BYTES
    found = download(source.where.url, path, sha256=wanted, on_progress=on_progress, most_bytes=most_bytes)
    if source.where.digest() != found:
        source.where.record(found)
    return path


def _wanted_digest(source: Source, given: str | None) -> str:
    """What the file's hash has to begin with: as the user says, as it was at the last time, or as published."""
    if given is not None:
        given = given.lower()
        if not re.fullmatch(r"[0-9a-f]{64}", given):
            raise ArgumentError.of("sha256", "64 hexadecimal digits", given)
        if not given.startswith(source.sha256):
            raise ArgumentError.of("sha256", f"the published one, {source.sha256}…", given)
        return given
    recorded = source.digest()
    if recorded and recorded.startswith(source.sha256):
        return recorded
    if not source.sha256:
        raise WeightsError(
            f"nobody publishes the hash of {source.where.file} with its name, so say which file is the right one: "
            f"striate weights fetch {source.name} --sha256 HEX, with 64 digits from its page or from whom you trust"
        )
    return source.sha256
