"""Copy images into one folder a class, those of which the model is not sure into a folder of their own.

python examples/sort_by_class.py run/model.safetensors new sorted
"""

import shutil
import sys
from pathlib import Path

import striate

SURE = 0.8  # probability from which on an answer counts


def main(model: str, images: str, out: str) -> None:
    """Ask the model about every image below a folder."""
    paths = sorted(path for path in Path(images).rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    for path, classes in zip(paths, striate.load(model).predict(paths), strict=True):
        folder = Path(out, classes.label if classes.probability >= SURE else "unsure")
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / path.name)
        print(f"{path}: {classes.label} ({classes.probability:.0%}) -> {folder}")


if __name__ == "__main__":
    main(*sys.argv[1:])
