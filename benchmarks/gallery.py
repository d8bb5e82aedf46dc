"""How fast a gallery answers, opens, enrols and removes, and whether its answers are exact.

Galleries of 10, 10,000 and 1,000,000 encodings of 128 numbers, unit vectors in random directions, three images a
person. Half of the queries are encodings of the gallery with noise, half are random. Wall time, all threads that NumPy
takes:

- enrolling: in batches of 5,000, each on the disk before the next; the search matrix grows with them;
- opening: the folder to a gallery that can be asked, and the same with the first answer, which maps the matrix;
  medians of the rounds;
- one query, and 32 at once: `identify` for the five nearest people with their names, median of the rounds;
- the plain product: NumPy's `matrix @ query` over one matrix in memory, without finding anything in what comes out, in
  the same round; and faiss's exact index (`IndexFlatIP`, five nearest rows), if it is installed;
- removal of one person, after which no file holds a byte of them;
- exactness: five nearest people and their distances against a plain loop over all images in double precision, for 20
  queries, 4 at a million.

The largest takes 1.2 GB of disk and 2 GB of memory.

Run: python benchmarks/gallery.py [--sizes 10 10000 1000000] [--rounds 15] [--folder FOR_TEMPORARY_FILES]
"""

import argparse
import importlib.util
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from striate.faces import Gallery

DIM, BATCH, TOP, IMAGES_EACH = 128, 5_000, 5, 3
Rows = NDArray[np.float32]


def unit(rows: NDArray[np.floating]) -> Rows:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def median_ms(call: Callable[[], object], rounds: int) -> float:
    return 1e3 * statistics.median(seconds(call) for _ in range(rounds))


def enroll(folder: Path, names: list[str], rows: Rows) -> float:
    """Encodings a second."""
    digests = [i.to_bytes(32) for i in range(len(rows))]
    with Gallery.open(folder, encoder="random directions", dim=DIM) as gallery:

        def all_batches() -> None:
            for start in range(0, len(rows), BATCH):
                some = slice(start, start + BATCH)
                gallery.enroll_many(names[some], rows[some], digests[some])

        return len(rows) / seconds(all_batches)


def open_and_close(folder: Path) -> None:
    Gallery.existing(folder).close()


def open_and_ask(folder: Path, query: Rows) -> None:
    with Gallery.existing(folder) as gallery:
        gallery.identify(query, top=TOP, threshold=1.0)


def plain_loop(names: list[str], rows: Rows, query: Rows) -> list[tuple[str, float]]:
    best: dict[str, float] = {}
    query = query.astype(np.float64)
    for name, row in zip(names, rows, strict=True):
        difference = row - query
        distance = float(np.sqrt(difference @ difference))
        best[name] = min(distance, best.get(name, distance))
    return sorted(best.items(), key=lambda item: (item[1], item[0]))[:TOP]


def count_exact(gallery: Gallery, names: list[str], rows: Rows, queries: Rows) -> int:
    answers = gallery.identify(queries, top=TOP, threshold=1.0)
    exact = 0
    for query, answer in zip(queries, answers, strict=True):
        expected = plain_loop(names, rows, query)
        same = [c.name for c in answer.ranked] == [name for name, _ in expected]
        exact += same and np.allclose([c.distance for c in answer.ranked], [d for _, d in expected], atol=1e-12)
    return exact


def faiss_ms(rows: Rows, queries: Rows, rounds: int) -> tuple[float, float] | None:
    if importlib.util.find_spec("faiss") is None:
        return None
    import faiss

    index = faiss.IndexFlatIP(DIM)
    index.add(rows)
    index.search(queries, TOP)
    one = median_ms(lambda: index.search(queries[:1], TOP), rounds)
    return one, median_ms(lambda: index.search(queries, TOP), rounds) / len(queries)


def measure(count: int, folder: Path, rounds: int) -> list[str]:
    """A row of the table."""
    rng = np.random.default_rng(count)
    rows = unit(rng.standard_normal((count, DIM), dtype=np.float32))
    names = [f"person {i // IMAGES_EACH}" for i in range(count)]
    near = rows[rng.integers(count, size=16)] + rng.normal(0, 0.05, (16, DIM))
    queries = unit(np.concatenate([near, rng.normal(size=(16, DIM))])[rng.permutation(32)])
    rate = enroll(folder, names, rows)
    opening = median_ms(lambda: open_and_close(folder), rounds)
    first = median_ms(lambda: open_and_ask(folder, queries[:1]), rounds)
    with Gallery.existing(folder) as gallery:
        gallery.identify(queries, top=TOP, threshold=1.0)
        one = median_ms(lambda: gallery.identify(queries[:1], top=TOP, threshold=1.0), rounds)
        plain_one = median_ms(lambda: rows @ queries[0], rounds)
        many = median_ms(lambda: gallery.identify(queries, top=TOP, threshold=1.0), rounds) / 32
        plain_many = median_ms(lambda: queries @ rows.T, rounds) / 32
        checked = 20 if count <= 100_000 else 4
        exact = count_exact(gallery, names, rows, queries[:checked])
        removal = seconds(lambda: gallery.remove("person 1"))
        assert not gallery.check()
    faiss = faiss_ms(rows, queries, rounds)
    return [
        f"{count:,}",
        f"{exact} of {checked}",
        f"{one:.2f} ms ({plain_one:.2f})",
        f"{many:.2f} ms ({plain_many:.2f})",
        *([f"{faiss[0]:.2f} / {faiss[1]:.2f} ms"] if faiss else ["not installed"]),
        f"{opening:.1f} ms",
        f"{first:.1f} ms",
        f"{rate:,.0f}/s",
        f"{removal:.2f} s",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 10_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    head = ["encodings", "exact", "one query (product)", "each of 32 (product)", "faiss: one / of 32"]
    head += ["opening", "and first answer", "enrolling", "removal"]
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}", flush=True)
    for count in arguments.sizes:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            print(f"| {' | '.join(measure(count, Path(folder, 'gallery'), arguments.rounds))} |", flush=True)


if __name__ == "__main__":
    main()
