"""Signals, volumes and clips: read, opened, distorted and loaded, as `striate.data` does it with images."""

from striate.recordings.records import Recording, RecordingDataset, RecordingPart, RecordingStore, Values

__all__ = ["Recording", "RecordingDataset", "RecordingPart", "RecordingStore", "Values"]
