"""Downloads from servers of every kind, all of them on this machine: some break off, some lie, some are slow."""

import gc
import hashlib
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from striate.errors import ArgumentError, OutputError, WeightsError
from striate.models import download as module
from striate.models.download import download

DATA = np.random.default_rng(0).bytes(300_000)
DIGEST = hashlib.sha256(DATA).hexdigest()
TAG = '"one"'

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server(ThreadingHTTPServer):
    """Gives one answer after the other, the last one again and again; keeps the headers of each request."""

    daemon_threads = True

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[dict[str, str]] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/w.pth"

    def handle_error(self, request, client_address) -> None:
        """A client that hangs up is what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(dict(self.headers))
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        answer(self)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass

    def send(self, status: int, headers: dict[str, object], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)


def whole(data: bytes = DATA, cut: int | None = None, **headers: object) -> Answer:
    """The file from its first byte, whatever was asked for; after `cut` bytes the connection ends."""
    headers = {"Content-Length": len(data), "ETag": TAG} | {k.replace("_", "-"): v for k, v in headers.items()}
    headers = {name: value for name, value in headers.items() if value is not None}
    return lambda handler: handler.send(200, headers, data[:cut])


def parts(data: bytes = DATA, cut: int | None = None, tag: str = TAG, first: int = 0) -> Answer:
    """A server that knows Range and If-Range; `first` moves where the answer starts."""

    def answer(handler: Handler) -> None:
        wanted, condition = handler.headers.get("Range"), handler.headers.get("If-Range", tag)
        if wanted is None or condition != tag:
            return whole(data, cut, ETag=tag)(handler)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) + first
        if start >= len(data):
            return handler.send(416, {"Content-Range": f"bytes */{len(data)}", "Content-Length": 0}, b"")
        told = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}", "Content-Length": len(data) - start}
        return handler.send(206, told | {"ETag": tag}, data[start : None if cut is None else start + cut])

    return answer


def status(code: int, body: bytes = b"", **headers: object) -> Answer:
    told = {"Content-Length": len(body)} | {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.send(code, told, body)


def hang_up(handler: Handler) -> None:
    """Not a word."""


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(module, "_WAIT_SECONDS", (0.0,) * 4)
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def fetch(server, tmp_path):
    """Fetches what the server answers into w.pth."""

    def fetch(*answers, sha256=DIGEST, **options):
        server.answers, server.asked = list(answers), []
        return download(server.url, tmp_path / "cache" / "w.pth", sha256=sha256, **options)

    return fetch


@pytest.fixture
def here(tmp_path):
    """What lies in the cache: name -> bytes, the lock left out."""
    return lambda: {
        path.name: path.read_bytes() for path in (tmp_path / "cache").glob("*") if not path.name.endswith(".lock")
    }


def ranges(server):
    return [asked.get("Range") for asked in server.asked]


# Whole


@pytest.mark.parametrize("sha256", [DIGEST, DIGEST[:8]])
def test_a_file(fetch, here, server, sha256):
    seen = []
    assert fetch(whole(), sha256=sha256, on_progress=lambda *progress: seen.append(progress)) == DIGEST
    assert here() == {"w.pth": DATA}
    assert seen[0] == (0, len(DATA))
    assert seen[-1] == (len(DATA), len(DATA))
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert server.asked[0]["User-Agent"].startswith("striate/")
    assert fetch(status(500)) == DIGEST
    assert server.asked == []  # it is here already


def test_a_server_that_does_not_say_how_large(fetch, here):
    seen = []
    fetch(whole(Content_Length=None), on_progress=lambda *progress: seen.append(progress))
    assert here() == {"w.pth": DATA}
    assert {total for _, total in seen} == {None}


def test_chunks(fetch, here):
    def answer(handler):
        handler.protocol_version = "HTTP/1.1"
        chunks = (DATA[i : i + 7000] for i in range(0, len(DATA), 7000))
        body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
        handler.send(200, {"Transfer-Encoding": "chunked"}, body + b"0\r\n\r\n")

    fetch(answer)
    assert here() == {"w.pth": DATA}


def test_another_file_in_its_place_is_replaced(fetch, here, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "w.pth").write_bytes(b"half of it")
    fetch(whole())
    assert here() == {"w.pth": DATA}


# Broken off


def test_a_connection_that_breaks_is_gone_on_with(fetch, here, server):
    fetch(parts(cut=100_000), parts(cut=50_000), parts())
    assert here() == {"w.pth": DATA}
    assert ranges(server) == [None, "bytes=100000-", "bytes=150000-"]
    assert [asked.get("If-Range") for asked in server.asked] == [None, TAG, TAG]


@pytest.mark.parametrize("trouble", [hang_up, status(503), status(429), status(500)])
def test_passing_trouble(fetch, here, server, trouble):
    fetch(trouble, parts(cut=100_000), trouble, parts())
    assert here() == {"w.pth": DATA}
    assert len(server.asked) == 4


def test_after_some_attempts_what_came_is_kept_for_the_next_call(fetch, here, server):
    with pytest.raises(
        WeightsError, match=r"broke off after 40000 of 300000 bytes; the 40000 bytes that came are kept"
    ):
        fetch(parts(cut=10_000))
    assert here() == {"w.pth.part": DATA[:40_000], "w.pth.part.tag": TAG.encode()}
    fetch(parts())
    assert ranges(server) == ["bytes=40000-"]
    assert here() == {"w.pth": DATA}


def test_a_server_that_never_answers(fetch, here, server):
    with pytest.raises(WeightsError, match=r"can't fetch http.*: no answer from the server \(RemoteDisconnected\)$"):
        fetch(hang_up)
    assert len(server.asked) == 4
    assert here() == {}


def test_ctrl_c(fetch, here, server):
    def interrupt(done, total):
        if done > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(parts(), on_progress=interrupt)
    kept = here()["w.pth.part"]
    assert len(kept) > 0
    assert DATA.startswith(kept)
    assert "w.pth" not in here()
    seen = []
    fetch(parts(), on_progress=lambda *progress: seen.append(progress))
    assert ranges(server) == [f"bytes={len(kept)}-"]
    assert seen[0] == (len(kept), len(DATA))
    assert here() == {"w.pth": DATA}


def test_a_server_without_parts_starts_over(fetch, here, server):
    fetch(whole(cut=100_000), whole())
    assert ranges(server) == [None, "bytes=100000-"]
    assert here() == {"w.pth": DATA}


def test_a_file_that_changes_in_between_starts_over(fetch, here):
    fetch(parts(b"x" * 300_000, cut=100_000, tag='"old"'), parts())
    assert here() == {"w.pth": DATA}


@pytest.mark.parametrize(
    ("headers", "tag"),
    [
        ({"ETag": None, "Last_Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}, "Mon, 01 Jan 2024 00:00:00 GMT"),
        ({"ETag": 'W/"weak"', "Last_Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}, "Mon, 01 Jan 2024 00:00:00 GMT"),
        ({"ETag": 'W/"weak"'}, None),
        ({"ETag": None}, None),
        ({"ETag": '"a\r\n b"'}, None),  # a folded header: it can't be sent back
    ],
)
def test_what_tells_versions_apart(fetch, here, server, headers, tag):
    fetch(whole(cut=100_000, **headers), parts(tag=tag or TAG))
    assert server.asked[1].get("If-Range") == tag
    assert here() == {"w.pth": DATA}


def test_a_part_that_is_all_there(fetch, here, server):
    """A crash between the last byte and the new name."""
    fetch_part_of(here, fetch, DATA)
    fetch(parts())
    assert ranges(server) == ["bytes=300000-"]
    assert here() == {"w.pth": DATA}


def test_a_part_that_is_too_long(fetch, here, server):
    fetch_part_of(here, fetch, DATA + b"!")
    fetch(parts())
    assert ranges(server) == ["bytes=300001-", None]
    assert here() == {"w.pth": DATA}


def fetch_part_of(here, fetch, data):
    """Leaves a part behind that has these bytes."""
    with pytest.raises(WeightsError, match="kept"):
        fetch(whole(data, Content_Length=len(data) + 1))
    assert here()["w.pth.part"] == data


# Lies


LIES = {
    "other bytes": (whole(b"x" * 300_000), "sent another file than the published one: its sha256 is"),
    "nothing at all": (whole(b""), "sent another file"),
    "less, and a length to match": (whole(DATA[:-1]), "sent another file"),
    "a length that is too small": (whole(Content_Length=1000), "sent another file"),
    "more than it says": (whole(DATA + b"more", Content_Length=len(DATA) - 1), "sent another file"),
    "no length, and broken off": (whole(DATA[:1000], Content_Length=None), "sent another file"),
    "a page": (whole(b"<html>log in</html>", Content_Type="text/html; charset=utf-8"), "sends a page, not a file"),
    "404 with a page": (status(404, b"<html>", Content_Type="text/html"), "the server answers 404 Not Found$"),
    "403": (status(403), "the server answers 403 Forbidden$"),
    "a code of its own": (status(499), "the server answers 499$"),
    "416 to no range": (status(416), "the server answers 416 "),
    "a huge length": (whole(Content_Length=10**15), "1000000000000000 bytes are more than the 2000000000"),
    "a redirect to itself": (status(302, Location="/w.pth"), "answers 302 Found, which leads nowhere$"),
    "a redirect to nowhere": (status(302), "answers 302 Found, which leads nowhere$"),
    "a redirect without encryption": (
        status(302, Location="http://example.org/w"),
        "leads to http://example.org/w,",
    ),
    "a redirect into the disk": (
        status(301, Location="file:///etc/passwd"),
        "which leads nowhere$",
    ),
}


@pytest.mark.parametrize(("answer", "message"), LIES.values(), ids=LIES)
def test_lies_leave_nothing(fetch, here, answer, message):
    with pytest.raises(WeightsError, match=message) as caught:
        fetch(answer)
    assert "\n" not in str(caught.value)
    assert here() == {}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # urllib leaves it to the collector
def test_a_redirect_to_half_an_address(fetch, here):
    with pytest.raises(WeightsError, match="can't fetch"):
        fetch(status(302, Location="http://[::1"))
    assert here() == {}
    gc.collect()


LONGER = {
    "a length that is too large": whole(Content_Length=400_000),
    "a rest that never comes": parts(cut=0),
    "a length that is no number": whole(cut=1000, Content_Length="9" * 5000),
}


@pytest.mark.parametrize("answer", LONGER.values(), ids=LONGER)
def test_lies_about_more_to_come(fetch, here, answer):
    with pytest.raises(WeightsError):
        fetch(answer)
    assert "w.pth" not in here()
    fetch(parts())
    assert here() == {"w.pth": DATA}


BAD_RESTS = {
    "another place": parts(first=5),
    "no place": lambda handler: handler.send(206, {"Content-Length": 10}, DATA[:10]),
    "nonsense": lambda handler: handler.send(206, {"Content-Range": "bytes one-two/three"}, DATA),
    "416, all the same": status(416, Content_Range="bytes */7"),
}


@pytest.mark.parametrize("rest", BAD_RESTS.values(), ids=BAD_RESTS)
def test_a_rest_that_does_not_fit_is_not_glued_on(fetch, here, server, rest):
    fetch(parts(cut=100_000), rest, parts())
    assert ranges(server) == [None, "bytes=100000-", None]
    assert here() == {"w.pth": DATA}


def test_a_lie_leaves_what_was_there(fetch, here, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "w.pth").write_bytes(b"old")
    with pytest.raises(WeightsError):
        fetch(whole(b"x" * 10))
    assert here() == {"w.pth": b"old"}


@pytest.mark.parametrize("headers", [{}, {"Content_Length": None}])
def test_more_than_it_may_have(fetch, here, headers):
    with pytest.raises(WeightsError, match="more than the 200000"):
        fetch(whole(**headers), most_bytes=200_000)
    assert here() == {}


# Slow, and at once


def test_a_server_that_falls_silent(fetch, here, server, monkeypatch):
    monkeypatch.setattr(module, "_TIMEOUT_SECONDS", 0.2)
    release = threading.Event()

    def silent(handler):
        handler.send(200, {"Content-Length": len(DATA), "ETag": TAG}, DATA[:5000])
        release.wait(5)

    fetch(silent, parts())
    release.set()
    assert ranges(server) == [None, "bytes=5000-"]
    assert here() == {"w.pth": DATA}


def test_a_slow_server(fetch, here, monkeypatch):
    """The limit is on silence, not on the whole."""
    monkeypatch.setattr(module, "_TIMEOUT_SECONDS", 0.3)

    def slow(handler):
        handler.send(200, {"Content-Length": len(DATA)}, b"")
        for i in range(0, len(DATA), 50_000):
            handler.wfile.write(DATA[i : i + 50_000])
            time.sleep(0.1)

    fetch(slow)
    assert here() == {"w.pth": DATA}


def test_two_at_once(server, here, tmp_path):
    """One fetches, the other waits and finds the file there."""
    server.answers = [parts()]
    found = []
    started = threading.Event()

    def one(on_progress=lambda done, total: None):
        found.append(download(server.url, tmp_path / "cache" / "w.pth", sha256=DIGEST, on_progress=on_progress))

    def slowly(done, total):
        started.set()
        time.sleep(0.02)

    threads = [threading.Thread(target=one, args=(slowly,)), threading.Thread(target=one)]
    threads[0].start()
    started.wait(5)
    threads[1].start()
    for thread in threads:
        thread.join()
    assert found == [DIGEST, DIGEST]
    assert len(server.asked) == 1
    assert here() == {"w.pth": DATA}


# Before anything is asked


def test_redirects_on_this_machine_are_followed(fetch, here, server):
    fetch(status(302, Location="/elsewhere.pth"), parts(cut=1000), status(302, Location="/elsewhere.pth"), parts())
    assert ranges(server) == [None, None, "bytes=1000-", "bytes=1000-"]
    assert here() == {"w.pth": DATA}


@pytest.mark.parametrize(
    "url", ["http://example.org/w", "ftp://127.0.0.1/w", "file:///etc/passwd", "w.pth", "https://"]
)
def test_not_https(url, tmp_path):
    with pytest.raises(ArgumentError, match="url must be an https address"):
        download(url, tmp_path / "w", sha256=DIGEST)


@pytest.mark.parametrize("sha256", ["", "abc", "z" * 64, DIGEST.upper(), DIGEST + "0"])
def test_no_hash(sha256, tmp_path):
    with pytest.raises(ArgumentError, match="sha256 must be 8 to 64 hexadecimal digits"):
        download("https://example.org/w", tmp_path / "w", sha256=sha256)


def test_a_server_that_is_not_there(server, tmp_path):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as gone:
        port = gone.server_port
    with pytest.raises(WeightsError, match=r"can't fetch http://127.0.0.1.*refused"):
        download(f"http://127.0.0.1:{port}/w", tmp_path / "w", sha256=DIGEST)
    with pytest.raises(WeightsError, match=r"can't fetch https://127.0.0.1"):  # no TLS there
        download(server.url.replace("http:", "https:"), tmp_path / "w", sha256=DIGEST)


def test_a_folder_that_is_a_file(fetch, tmp_path):
    (tmp_path / "cache").write_bytes(b"")
    with pytest.raises(OutputError, match=r"can't write .*w\.pth"):
        fetch(whole())
