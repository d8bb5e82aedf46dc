"""Read images and data sets."""

from striate.data.distort import Distortion, preset_distortion
from striate.data.distortions import (
    Brightness,
    ColourShift,
    Contrast,
    Crop,
    Erase,
    Mirror,
    Motion,
    PcaColour,
    Rotate,
    Saturation,
    Shear,
    Tint,
    Translate,
    Warp,
)
from striate.data.duplicates import evenly
from striate.data.field import Field
from striate.data.header import IMAGE_SUFFIXES
from striate.data.image import MAX_PIXELS, image_size, read_image, write_image
from striate.data.loader import Batch, Loader
from striate.data.open import evaluation_part, open_data
from striate.data.pipeline import (
    COLOUR_PHOTOS,
    GREY_PHOTOS,
    SMALL_COLOUR,
    SMALL_GREY,
    Pipeline,
    decode_at_least_hw,
    default_pipeline,
)
from striate.data.records import Checked, Dataset, Item, Part, PartName, Pixels, Place, Sizes, Store, Twins
from striate.data.split import VAL_SHARE
from striate.data.summary import Near, Summary, channel_statistics, colour_components, summarize
from striate.data.wording import parse_distortions

__all__ = [
    "VAL_SHARE",
    "COLOUR_PHOTOS",
    "GREY_PHOTOS",
    "IMAGE_SUFFIXES",
    "MAX_PIXELS",
    "SMALL_COLOUR",
    "SMALL_GREY",
    "Batch",
    "Brightness",
    "Checked",
    "ColourShift",
    "Contrast",
    "Crop",
    "Dataset",
    "Distortion",
    "Erase",
    "Field",
    "Item",
    "Loader",
    "Mirror",
    "Motion",
    "Near",
    "Part",
    "PartName",
    "PcaColour",
    "Pipeline",
    "Pixels",
    "Place",
    "Rotate",
    "Saturation",
    "Shear",
    "Sizes",
    "Store",
    "Summary",
    "Tint",
    "Translate",
    "Twins",
    "Warp",
    "channel_statistics",
    "colour_components",
    "decode_at_least_hw",
    "default_pipeline",
    "evaluation_part",
    "evenly",
    "image_size",
    "open_data",
    "parse_distortions",
    "preset_distortion",
    "read_image",
    "summarize",
    "write_image",
]
