"""Signals, volumes and clips: read, opened, distorted and loaded, as `striate.data` does it with images."""

from striate.recordings.cut import BACKGROUND, Cut
from striate.recordings.distort import RecordingDistortion
from striate.recordings.find import is_recordings
from striate.recordings.loader import RecordingLoader
from striate.recordings.open import open_recordings
from striate.recordings.pipeline import RecordingPipeline, default_recording_pipeline
from striate.recordings.prepare import fit_factors, prepared, preset_distortion
from striate.recordings.read import keep_as_trained, keep_channels, read_recording
from striate.recordings.records import Recording, RecordingDataset, RecordingPart, RecordingStore, Values
from striate.recordings.resample import resample_values
from striate.recordings.statistics import recording_statistics
from striate.recordings.summary import RecordingSummary, summarize_recordings
from striate.recordings.wfdb_records import Annotations, read_annotations
from striate.recordings.wording import parse_recording_distortions, recording_words

__all__ = [
    "BACKGROUND",
    "Annotations",
    "Cut",
    "Recording",
    "RecordingDataset",
    "RecordingDistortion",
    "RecordingLoader",
    "RecordingPart",
    "RecordingPipeline",
    "RecordingStore",
    "RecordingSummary",
    "Values",
    "default_recording_pipeline",
    "fit_factors",
    "is_recordings",
    "keep_as_trained",
    "keep_channels",
    "open_recordings",
    "parse_recording_distortions",
    "prepared",
    "preset_distortion",
    "read_annotations",
    "read_recording",
    "recording_statistics",
    "recording_words",
    "resample_values",
    "summarize_recordings",
]
