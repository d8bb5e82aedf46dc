"""Read images and data sets."""

from striate.data.image import MAX_PIXELS, image_size, read_image, write_image
from striate.data.records import Checked, Dataset, Item, Part, PartName, Pixels, Place, Store, Twins

__all__ = [
    "MAX_PIXELS",
    "Checked",
    "Dataset",
    "Item",
    "Part",
    "PartName",
    "Pixels",
    "Place",
    "Store",
    "Twins",
    "image_size",
    "read_image",
    "write_image",
]
