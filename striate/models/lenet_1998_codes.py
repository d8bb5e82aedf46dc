"""What LeNet-5's last layer of 1998 compares with: a picture of 7x12 pixels for every class, as 84 numbers ±1.

LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998, section II.B: characters that look alike
have codes alike. The paper's figure 3 shows its own bitmaps; these ten are drawn anew.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 7, 12

DIGITS = """
..###..  ...##..  .#####.  .#####.  ....##.
.##.##.  ..###..  ##...##  ##...##  ...###.
##...##  .####..  ##...##  .....##  ..####.
##...##  ...##..  .....##  .....##  ..#.##.
##...##  ...##..  .....##  .....##  .##.##.
##...##  ...##..  ....##.  ..####.  .#..##.
##...##  ...##..  ...##..  ..####.  ##..##.
##...##  ...##..  ..##...  .....##  #######
##...##  ...##..  .##....  .....##  #######
##...##  ...##..  ##.....  .....##  ....##.
.##.##.  .######  ##.....  ##...##  ....##.
..###..  .######  #######  .#####.  ....##.

#######  ..####.  #######  .#####.  .#####.
#######  .##..##  #######  ##...##  ##...##
##.....  ##.....  .....##  ##...##  ##...##
##.....  ##.....  .....##  ##...##  ##...##
##.....  ##.....  ....##.  ##...##  ##...##
######.  ######.  ....##.  .#####.  ##...##
.....##  ##...##  ...##..  .#####.  .######
.....##  ##...##  ...##..  ##...##  .....##
.....##  ##...##  ..##...  ##...##  .....##
.....##  ##...##  ..##...  ##...##  .....##
##...##  ##...##  .##....  ##...##  ##..##.
.#####.  .#####.  .##....  .#####.  .####..
"""


def class_codes(num_classes: int) -> NDArray[np.float32]:
    """Codes (num_classes, 84) of ±1, row by row of each picture: the ten digits, then arbitrary ones.

    The arbitrary ones are the same everywhere and always; any two of them differ in about half of their pixels.

    Example:
        >>> one = class_codes(2)[1].reshape(HEIGHT, WIDTH)
        >>> one[0]
        array([-1., -1., -1.,  1.,  1., -1., -1.], dtype=float32)
    """
    arbitrary = [_arbitrary(number) for number in range(10, num_classes)]
    return np.stack([*_digits(), *arbitrary][:num_classes])


def _digits() -> list[NDArray[np.float32]]:
    """The drawings, # as 1 and . as -1."""
    bands = [[line.split() for line in band.splitlines()] for band in DIGITS.strip().split("\n\n")]
    pictures = ["".join(rows) for band in bands for rows in zip(*band, strict=True)]
    return [np.array([1 if pixel == "#" else -1 for pixel in picture], np.float32) for picture in pictures]


def _arbitrary(number: int) -> NDArray[np.float32]:
    """A code that only the class's number decides: the bits of its hash."""
    bits = np.unpackbits(np.frombuffer(hashlib.shake_256(str(number).encode()).digest(11), np.uint8))
    return 2 * bits[: WIDTH * HEIGHT].astype(np.float32) - 1
