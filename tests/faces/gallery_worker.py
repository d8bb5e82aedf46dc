"""Processes that enrol and remove until they are done or killed, forked from one that has imported everything.

Each line of the standard input starts one: `churn SEED` enrols and removes without end, `enroll PREFIX COUNT` enrols
people one by one. Its process id is printed. What it is about to do and what was acknowledged it appends to `journal`.
"""

import os
import random
import signal
import sys

from tests.faces.galleries import digests, open_gallery, unit

DIM = 128


def images_of(name):
    """The encodings and digests of a person, which follow from the name."""
    seed = int.from_bytes(name.encode())
    return unit(1 + seed % 3, DIM, seed=seed), digests(1 + seed % 3, of=name)


def tell(sign, names):
    with open("journal", "ab", buffering=0) as journal:  # noqa: PTH123
        journal.write(f"{sign}|{'|'.join(names)}\n".encode())


def enroll(gallery, names):
    rows = [(name, *image) for name in names for image in zip(*images_of(name), strict=True)]
    owners, encodings, image_hashes = zip(*rows, strict=True)
    gallery.enroll_many(owners, encodings, image_hashes)


def churn(seed):
    rng = random.Random(seed)
    with open_gallery(dim=DIM) as gallery:
        people, number = list(gallery.people()), 0
        while True:
            if len(people) > 3 and rng.random() < 0.4:
                some = [people.pop(rng.randrange(len(people))) for _ in range(rng.randint(1, 3))]
                tell("removing", some)
                gallery.remove(*some)
                tell("removed", some)
            else:
                some = [f"person {seed:04}-{number + i:04}" for i in range(rng.randint(1, 4))]
                tell("enrolling", some)
                enroll(gallery, some)
                tell("enrolled", some)
                people += some
                number += len(some)


def enroll_one_by_one(prefix, count):
    with open_gallery(dim=DIM) as gallery:
        for i in range(count):
            enroll(gallery, [f"{prefix} {i}"])


def main():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in sys.stdin:
        work, *arguments = line.split()
        process = os.fork()
        if not process:
            churn(int(arguments[0])) if work == "churn" else enroll_one_by_one(arguments[0], int(arguments[1]))
            os._exit(0)
        print(process, flush=True)


if __name__ == "__main__":
    main()
