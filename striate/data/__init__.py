"""Read images and data sets."""

from striate.data.image import MAX_PIXELS, image_size, read_image, write_image
from striate.data.open import evaluation_part, open_data
from striate.data.records import Checked, Dataset, Item, Part, PartName, Pixels, Place, Sizes, Store, Twins
from striate.data.summary import Near, Summary, channel_statistics, summarize

__all__ = [
    "MAX_PIXELS",
    "Checked",
    "Dataset",
    "Item",
    "Near",
    "Part",
    "PartName",
    "Pixels",
    "Place",
    "Sizes",
    "Store",
    "Summary",
    "Twins",
    "channel_statistics",
    "evaluation_part",
    "image_size",
    "open_data",
    "read_image",
    "summarize",
    "write_image",
]
