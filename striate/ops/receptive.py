"""The receptive field: which input pixels one output can see, along one axis.

Araujo et al., Computing Receptive Fields of Convolutional Neural Networks, Distill, 2019.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """What the outputs of a layer see, along one axis, in pixels of the network's input.

    Attributes:
        size: pixels from the first that an output sees to the last. The field of an output near the border may
            reach into the padding.
        stride: pixels between the fields of neighbouring outputs; 0 if every output sees the same pixels.
        offset: centre of the first output's field; the centre of the first pixel is 0.5.

    Example:
        >>> field = Field().then(11, 4).then(3, 2)
        >>> field
        Field(size=19, stride=8, offset=9.5)
        >>> field.extent(1)
        (8.0, 27.0)
    """

    size: float = 1
    stride: float = 1
    offset: float = 0.5

    def then(self, f: int, stride: float = 1, before: int = 0, dilation: int = 1) -> "Field":
        """The field after one more layer that slides a window over this one's outputs.

        Args:
            f: filter size, at least 1.
            stride: outputs of this layer between two positions of the window.
            before: padding before the axis; negative where samples are cut off instead.
            dilation: outputs of this layer between two taps of the window.
        """
        reach = (f - 1) * dilation
        offset = self.offset + (reach / 2 - before) * self.stride
        return Field(self.size + reach * self.stride, self.stride * stride, offset)

    def extent(self, index: float = 0) -> tuple[float, float]:
        """Where the field of the output at `index` starts and stops, in pixels; it may lie outside the image."""
        centre = self.offset + index * self.stride
        return centre - self.size / 2, centre + self.size / 2

    def whole(self, count: int, pixels: int) -> "Field":
        """The field of something that sees all of `count` outputs, inside an image of `pixels`.

        Example:
            >>> Field(16, 4, 8.0).whole(5, 32)  # a dense layer after 5 outputs along each side
            Field(size=32, stride=0, offset=16.0)
        """
        start, stop = self.extent()[0], self.extent(count - 1)[1]
        return _between(max(start, 0.0), min(stop, float(pixels)), 0)

    def union(self, other: "Field") -> "Field":
        """The smallest field that covers both, of two branches with the same stride."""
        mine, others = self.extent(), other.extent()
        return _between(min(mine[0], others[0]), max(mine[1], others[1]), self.stride)


def _between(start: float, stop: float, stride: float) -> Field:
    size = stop - start
    return Field(int(size) if size == int(size) else size, stride, (start + stop) / 2)
