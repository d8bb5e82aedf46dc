"""A file from the web: gone on with where it broke off, checked by its hash, there whole or not at all."""

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException, HTTPMessage, HTTPResponse, responses
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from striate.errors import ArgumentError, OutputError, WeightsError
from striate.version import __version__

OnProgress = Callable[[int, int | None], None]  # bytes that are here, and of how many if the server says so

MOST_BYTES = 2_000_000_000  # no published file that striate knows is half as large
_CHUNK_BYTES = 1 << 16
_TIMEOUT_SECONDS = 30.0  # without a single byte
_WAIT_SECONDS = (0.0, 1.0, 3.0, 9.0)  # before each attempt


class _BrokenOffError(Exception):
    """The connection ended early: worth another attempt."""


def download(
    url: str,
    path: Path,
    *,
    sha256: str,
    on_progress: OnProgress = lambda done, total: None,
    most_bytes: int = MOST_BYTES,
) -> str:
    """Bring a file here; whatever happens on the way, nothing is put at `path` but the file of this hash.

    What has come when the connection breaks or at Ctrl-C stays in `path` + ".part", and the next call goes on from
    there. Of several processes that want the same file one fetches it while the others wait.

    Args:
        url: https; http only from this very machine.
        path: where to put it; its folder is made.
        sha256: of the file, in hexadecimal: all 64 digits, or at least the first 8.
        on_progress: called with the bytes that are here, and of how many if the server says so.
        most_bytes: a larger file is refused.

    Returns:
        the file's SHA-256, all 64 digits.

    Raises:
        ArgumentError: the URL is not https, or the hash is none.
        WeightsError: the server can't be reached, refuses, breaks off again and again, or sends another file.
        OutputError: the file can't be written.
    """
    if not is_safe(url):
        raise ArgumentError.of("url", "an https address", url)
    if not re.fullmatch(r"[0-9a-f]{8,64}", sha256):
        raise ArgumentError.of("sha256", "8 to 64 hexadecimal digits", sha256)
    from filelock import FileLock

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f"{path.name}.lock")):
            if path.is_file() and (found := file_digest(path)).startswith(sha256):
                return found
            part = Part(path)
            fetch_part(url, part, on_progress, most_bytes)
            return part.finish(path, url, sha256)
    except OSError as e:
        raise OutputError(f"can't write {path}: {e.strerror or e}") from e


def is_safe(url: str) -> bool:
    """Whether nobody on the way can read or change what is fetched: https, or a server on this machine.

    Example:
        >>> is_safe("https://example.org/w.pth"), is_safe("http://example.org/w.pth"), is_safe("file:///etc/passwd")
        (True, False, False)
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # half an IPv6 address
        return False
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_local(url)))


def is_local(url: str) -> bool:
    """Whether the server is this machine."""
    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


class Part:
    """What has come so far of a file, and the tag of the version that it is of.

    Example:
        >>> part = Part(Path("w.pth"))
        >>> part.path.name, part.size()
        ('w.pth.part', 0)
    """

    def __init__(self, path: Path):
        self.path = path.with_name(f"{path.name}.part")
        self._tag = path.with_name(f"{path.name}.part.tag")

    def size(self) -> int:
        """Bytes that are here."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def tag(self) -> str:
        """The server's name for the version that these bytes are of; empty if it gave none."""
        return self._tag.read_text(encoding="latin-1") if self._tag.is_file() else ""

    def start(self, tag: str) -> IO[bytes]:
        """An empty part of another version, to be written."""
        self.discard()
        self._tag.write_text(tag, encoding="latin-1")
        return self.path.open("wb")

    def discard(self) -> None:
        """Keep nothing of it."""
        self.path.unlink(missing_ok=True)
        self._tag.unlink(missing_ok=True)

    def finish(self, path: Path, url: str, sha256: str) -> str:
        """Put the whole file in its place if its hash is right, or else keep nothing of it.

        Raises:
            WeightsError: it isn't.
        """
        found = file_digest(self.path)
        if found.startswith(sha256):
            self.path.replace(path)
        self.discard()
        if not found.startswith(sha256):
            raise WeightsError(f"{url} sent another file than the published one: its sha256 is {found}, not {sha256}")
        return found


def fetch_part(url: str, part: Part, on_progress: OnProgress, most_bytes: int) -> None:
    """Fetch what is missing of a part, in several attempts if the connection breaks off.

    Raises:
        WeightsError: the server can't be reached, refuses, or breaks off again and again.
    """
    for seconds in _WAIT_SECONDS:
        time.sleep(seconds)
        try:
            _fetch_rest(url, part, on_progress, most_bytes)
        except _BrokenOffError as e:
            reason = e
        else:
            return
    kept = f"; the {part.size()} bytes that came are kept, the next attempt goes on from there" if part.size() else ""
    raise WeightsError(f"can't fetch {url}: {reason}{kept}")


def _fetch_rest(url: str, part: Part, on_progress: OnProgress, most_bytes: int) -> None:
    """One attempt; a server that knows another version, or no parts, starts over."""
    done, tag = part.size(), part.tag()
    headers = {"User-Agent": f"striate/{__version__}"}
    if done:
        headers |= {"Range": f"bytes={done}-"} | ({"If-Range": tag} if tag else {})
    with _open(Request(url, headers=headers)) as response:  # noqa: S310 (is_safe has looked at the URL)
        start, total = _extent(response)
        if response.status == 416 and total == done:
            return  # it was all here
        if response.status == 416 or start not in (0, done):
            part.discard()
            raise _BrokenOffError("the server can't go on where it broke off")
        if total is not None and total > most_bytes:
            raise WeightsError(f"can't fetch {url}: {total} bytes are more than the {most_bytes} that it may have")
        on_progress(start, total)
        with part.path.open("ab") if start else part.start(_version(response.headers)) as f:
            done = start
            for chunk in _chunks(response):
                done += len(chunk)
                if done > most_bytes:
                    part.discard()
                    raise WeightsError(f"can't fetch {url}: it sends more than the {most_bytes} bytes that it may have")
                f.write(chunk)
                on_progress(done, total)
            f.flush()
            os.fsync(f.fileno())
    if total is not None and done < total:
        raise _BrokenOffError(f"the connection broke off after {done} of {total} bytes")


def _open(request: Request) -> HTTPResponse:
    """The server's answer: 200, 206, or 416 to a request for a rest."""
    url = request.full_url
    try:
        response: HTTPResponse = build_opener(_SafeRedirects).open(request, timeout=_TIMEOUT_SECONDS)
    except HTTPError as e:
        if e.code == 416 and request.has_header("Range"):
            return e  # type: ignore[return-value]  # it has all that is used of a response
        e.close()
        told = f"the server answers {e.code} {responses.get(e.code, '')}".strip()
        if e.code in (408, 429) or e.code >= 500:
            raise _BrokenOffError(told) from e
        raise WeightsError(f"can't fetch {url}: {told}{', which leads nowhere' if 300 <= e.code < 400 else ''}") from e
    except URLError as e:
        raise WeightsError(f"can't fetch {url}: {getattr(e.reason, 'strerror', None) or e.reason}") from e
    except (OSError, HTTPException, ValueError) as e:
        raise _BrokenOffError(f"no answer from the server ({type(e).__name__})") from e
    if response.headers.get_content_type() == "text/html":
        response.close()
        raise WeightsError(f"can't fetch {url}: the server sends a page, not a file")
    return response


def _extent(response: HTTPResponse) -> tuple[int, int | None]:
    """Where the bytes of an answer start in the file, and how many the whole file has if the server says so."""
    if response.status == 200:
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if re.fullmatch(r"[0-9]{1,18}", length) else None
    told = re.fullmatch(
        r"bytes (?:([0-9]{1,18})-[0-9]{1,18}|\*)/(?:([0-9]{1,18})|\*)", response.headers.get("Content-Range", "")
    )
    if told is None:
        return -1, None
    start, total = told.groups()
    return int(start or -1), None if total is None else int(total)


def _version(headers: HTTPMessage) -> str:
    """What tells this version of a file from others, to the byte; empty if the server says nothing of the kind."""
    tag = headers.get("ETag", "")
    if not tag or tag.startswith("W/"):
        tag = headers.get("Last-Modified", "")
    return tag if tag.isascii() and tag.isprintable() else ""


def _chunks(response: HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := response.read1(_CHUNK_BYTES):
            yield chunk
    except (OSError, HTTPException, ValueError) as e:  # ValueError: a chunk's length that is none
        raise _BrokenOffError(f"the connection broke off ({type(e).__name__})") from e


class _SafeRedirects(HTTPRedirectHandler):
    """Follows a redirect to https alone, or from this machine to itself."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if not is_safe(newurl) or (is_local(newurl) and not is_local(req.full_url)):
            fp.close()
            raise WeightsError(f"can't fetch {req.full_url}: it leads to {newurl}, which is no https address")
        return super().redirect_request(req, fp, code, msg, headers, newurl)
