"""Write `published/dlib_face.json`: what dlib itself answers for the pictures of `dlib_chips.py`.

Run it where dlib and scikit-image are installed, from the root of the repository:

    python -m tests.models.record_dlib dlib_face_recognition_resnet_model_v1.dat
"""

import json
import sys
import zlib
from importlib.metadata import version
from pathlib import Path

from tests.models.dlib_chips import chips


def record(weights: str) -> None:
    import dlib  # not among the packages that tests need, and pytest imports this file for its doctests

    model = dlib.face_recognition_model_v1(weights)
    rows = {
        name: {"crc32": zlib.crc32(chip.tobytes()), "descriptor": list(model.compute_face_descriptor(chip))}
        for name, chip in chips().items()
    }
    lines = ",\n".join(f'"{name}": {json.dumps(row)}' for name, row in rows.items())
    fixture = Path(__file__).with_name("published") / "dlib_face.json"
    fixture.write_text(f'{{\n"source": "dlib {version("dlib-bin")}",\n"chips": {{\n{lines}\n}}\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    record(sys.argv[1])
