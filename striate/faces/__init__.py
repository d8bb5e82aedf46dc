"""Faces: find, align, encode, keep in a gallery."""

__all__: list[str] = []
