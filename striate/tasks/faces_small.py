"""Faces that are too small to rely on what is said of them."""

from collections.abc import Iterable

from striate.results import Face

SURE_WIDTH = 30  # pixels; docs/faces.md has the figures: at 24 twice as many same pairs are called different


def small_remark(faces: Iterable[Face]) -> str:
    """That faces are narrow, and what of it; empty if none is.

    Args:
        faces: in pixels of their image, before it was resized for anything.

    Example:
        >>> points = ((0.0, 0.0),) * 5
        >>> faces = [Face((0, 0, width, 50), 1.0, points) for width in (24.9, 27, 30)]
        >>> small_remark(faces[:1]), small_remark(faces), small_remark(faces[2:])
        ('a face is only 24 pixels wide; below 30 more answers are wrong',
         '2 faces are only 24 to 27 pixels wide; below 30 more answers are wrong', '')
    """
    widths = sorted(
        width for left, _, right, _ in (face.xyxy for face in faces) if (width := right - left) < SURE_WIDTH
    )
    if not widths:
        return ""
    which = "a face is" if len(widths) == 1 else f"{len(widths)} faces are"
    span = " to ".join(dict.fromkeys(str(int(width)) for width in (widths[0], widths[-1])))
    return f"{which} only {span} pixels wide; below {SURE_WIDTH} more answers are wrong"
