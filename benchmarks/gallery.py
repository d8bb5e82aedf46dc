"""How fast a gallery answers, opens, enrols and removes, and whether its answers are exact.

Galleries of 10, 10,000 and 1,000,000 encodings of 128 numbers, unit vectors in random directions, three images a
person. Half of the queries are encodings of the gallery with noise, half are random. All threads that NumPy takes:

- enrolling: in batches of 5,000, each on the disk before the next; the search matrix grows with them;
- opening: the folder to a gallery that can be asked, and the same with the first answer, which maps the matrix;
- one query, and 32 at once: `identify` for the five nearest people with their names;
- the plain product: NumPy's `matrix @ query` over one matrix in memory, without finding anything in what comes out, in
  the same round; and faiss's exact index (`IndexFlatIP`, five nearest rows), if it is installed;
- removal of one person, after which no file holds a byte of them;
- exactness: five nearest people and their distances against a plain loop over all images in double precision, for 20
  queries, 4 at a million.

Milliseconds are medians of the rounds, the processor's time / the wall's. With OMP_NUM_THREADS=1 the first is what a
quiet machine would take on the wall, even with other work beside it.

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
ROWS = ["exact", "one query, ms", "plain product", "faiss", "each of 32 queries, ms", "plain product", "faiss"]
ROWS += ["opening, ms", "opening and one answer, ms", "enrolling", "removal of one person"]
Rows = NDArray[np.float32]


def unit(rows: NDArray[np.floating]) -> Rows:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def milliseconds(call: Callable[[], object], rounds: int, each: int = 1) -> str:
    """Of the processor, and on the wall: medians of the rounds, for each of so many queries."""
    processor, wall = [], []
    for _ in range(rounds):
        started = time.process_time()
        wall.append(1e3 * seconds(call) / each)
        processor.append(1e3 * (time.process_time() - started) / each)
    return f"{statistics.median(processor):.2f} / {statistics.median(wall):.2f}"


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


def faiss_times(rows: Rows, queries: Rows, rounds: int) -> list[str]:
    if importlib.util.find_spec("faiss") is None:
        return ["not installed"] * 2
    import faiss

    index = faiss.IndexFlatIP(DIM)
    index.add(rows)
    index.search(queries, TOP)
    one = milliseconds(lambda: index.search(queries[:1], TOP), rounds)
    return [one, milliseconds(lambda: index.search(queries, TOP), rounds, len(queries))]


def measure(count: int, folder: Path, rounds: int) -> list[str]:
    """A column of the table."""
    rng = np.random.default_rng(count)
    rows = unit(rng.standard_normal((count, DIM), dtype=np.float32))
    names = [f"person {i // IMAGES_EACH}" for i in range(count)]
    near = rows[rng.integers(count, size=16)] + rng.normal(0, 0.05, (16, DIM))
    queries = unit(np.concatenate([near, rng.normal(size=(16, DIM))])[rng.permutation(32)])
    rate = enroll(folder, names, rows)
    opening = milliseconds(lambda: open_and_close(folder), rounds)
    first = milliseconds(lambda: open_and_ask(folder, queries[:1]), rounds)
    with Gallery.existing(folder) as gallery:
        gallery.identify(queries, top=TOP, threshold=1.0)
        one = milliseconds(lambda: gallery.identify(queries[:1], top=TOP, threshold=1.0), rounds)
        plain_one = milliseconds(lambda: rows @ queries[0], rounds)
        many = milliseconds(lambda: gallery.identify(queries, top=TOP, threshold=1.0), rounds, len(queries))
        plain_many = milliseconds(lambda: queries @ rows.T, rounds, len(queries))
        checked = 20 if count <= 100_000 else 4
        exact = count_exact(gallery, names, rows, queries[:checked])
        removal = seconds(lambda: gallery.remove("person 1"))
        assert not gallery.check()
    faiss_one, faiss_many = faiss_times(rows, queries, rounds)
    times = [one, plain_one, faiss_one, many, plain_many, faiss_many, opening, first]
    return [f"{exact} of {checked}", *times, f"{rate:,.0f}/s", f"{removal:.2f} s"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 10_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    columns = [ROWS]
    for count in arguments.sizes:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            columns.append(measure(count, Path(folder, "gallery"), arguments.rounds))
    print(f"| encodings | {' | '.join(f'{count:,}' for count in arguments.sizes)} |")
    print(f"|---|{'---:|' * len(arguments.sizes)}")
    for row in zip(*columns, strict=True):
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
