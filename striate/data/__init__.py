"""Read images and data sets."""

from striate.data.batch_loader import Batch
from striate.data.boxes import (
    BoxDataset,
    BoxItem,
    BoxPart,
    MarkedDataset,
    MarkedItem,
    MarkedPart,
    PointDataset,
    PointItem,
    PointPart,
    point_pairs,
)
from striate.data.convert_marks import Converted, convert_marks
from striate.data.crops import (
    ONE_CROP,
    Crops,
    Spot,
    arrange_crops,
    crop_distortions,
    crop_inputs,
    decode_for_crops_hw,
)
from striate.data.distort import Distortion, preset_distortion
from striate.data.distortions import (
    Brightness,
    ColourShift,
    Contrast,
    Crop,
    Erase,
    Flip,
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
from striate.data.find_marks import what_is_marked
from striate.data.header import IMAGE_SUFFIXES
from striate.data.identities import known_identities, open_identities
from striate.data.identity_loader import IdentityLoader, RowLoader, row_targets
from striate.data.identity_pairs import IdentityPairs, pairs_of
from striate.data.identity_sampler import identity_batches
from striate.data.image import MAX_PIXELS, image_size, read_image, write_image
from striate.data.loader import Loader
from striate.data.mark_summary import MarkSummary, summarize_marks
from striate.data.mark_targets import box_rows, count_boxes, one_box, point_rows
from striate.data.mark_writers import MarkFormat
from striate.data.marked_loader import MarkedLoader
from striate.data.mosaic import mosaic
from striate.data.open import open_data
from striate.data.open_boxes import open_boxes, open_points
from striate.data.pairs import Pairs, open_pairs
from striate.data.pairs_drawn import draw_pairs
from striate.data.photos import open_photos
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
from striate.data.relation_table import RelatedPart
from striate.data.shard_writer import SHARD_BYTES, Shards, write_shards
from striate.data.spliced import splice_identities
from striate.data.split import VAL_SHARE
from striate.data.summary import Near, Summary, channel_statistics, colour_components, summarize
from striate.data.tensor_distort import distort_batch
from striate.data.turned import VIEWS, turn, turn_identities, turned_views
from striate.data.video import VIDEO_SUFFIXES, Frame, Video, read_video, write_video
from striate.data.wording import parse_distortions

__all__ = [
    "COLOUR_PHOTOS",
    "GREY_PHOTOS",
    "IMAGE_SUFFIXES",
    "MAX_PIXELS",
    "ONE_CROP",
    "SHARD_BYTES",
    "SMALL_COLOUR",
    "SMALL_GREY",
    "VAL_SHARE",
    "VIDEO_SUFFIXES",
    "VIEWS",
    "Batch",
    "BoxDataset",
    "BoxItem",
    "BoxPart",
    "Brightness",
    "Checked",
    "ColourShift",
    "Contrast",
    "Converted",
    "Crop",
    "Crops",
    "Dataset",
    "Distortion",
    "Erase",
    "Field",
    "Flip",
    "Frame",
    "IdentityLoader",
    "IdentityPairs",
    "Item",
    "Loader",
    "MarkFormat",
    "MarkSummary",
    "MarkedDataset",
    "MarkedItem",
    "MarkedLoader",
    "MarkedPart",
    "Mirror",
    "Motion",
    "Near",
    "Pairs",
    "Part",
    "PartName",
    "PcaColour",
    "Pipeline",
    "Pixels",
    "Place",
    "PointDataset",
    "PointItem",
    "PointPart",
    "RelatedPart",
    "Rotate",
    "RowLoader",
    "Saturation",
    "Shards",
    "Shear",
    "Sizes",
    "Spot",
    "Store",
    "Summary",
    "Tint",
    "Translate",
    "Twins",
    "Video",
    "Warp",
    "arrange_crops",
    "box_rows",
    "channel_statistics",
    "colour_components",
    "convert_marks",
    "count_boxes",
    "crop_distortions",
    "crop_inputs",
    "decode_at_least_hw",
    "decode_for_crops_hw",
    "default_pipeline",
    "distort_batch",
    "draw_pairs",
    "evenly",
    "identity_batches",
    "image_size",
    "known_identities",
    "mosaic",
    "one_box",
    "open_boxes",
    "open_data",
    "open_identities",
    "open_pairs",
    "open_photos",
    "open_points",
    "pairs_of",
    "parse_distortions",
    "point_pairs",
    "point_rows",
    "preset_distortion",
    "read_image",
    "read_video",
    "row_targets",
    "splice_identities",
    "summarize",
    "summarize_marks",
    "turn",
    "turn_identities",
    "turned_views",
    "what_is_marked",
    "write_image",
    "write_shards",
    "write_video",
]
