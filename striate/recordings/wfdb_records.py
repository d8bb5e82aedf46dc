"""Records of PhysioNet's format, .hea with .dat and .atr, read by the package wfdb (extra `signals`).

Moody, WFDB Applications Guide. Before wfdb reads any values, the header has been bounded, and every file that it names
lies beside it.
"""

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.errors import DataError, MissingExtraError
from striate.recordings.limits import check_file, check_values, finite, foreign_errors
from striate.recordings.records import Recording, Values

MAX_HEADER_BYTES = 2**20
MAX_SEGMENTS = 10_000
MAX_SKEW = 100_000  # samples
MAX_ANNOTATION_BYTES = 2**26


@dataclass(frozen=True, eq=False)
class Annotations:
    """What is marked in a signal.

    Attributes:
        samples: int64 (N,), where, counted from 0; never falling.
        symbols: what, such as "N", a normal beat; "#15" is a code that has no symbol.
        rate: samples a second.

    Example:
        >>> marks = Annotations(np.array([77, 370, 662]), ("N", "N", "V"), 360.0)
        >>> marks.of("N").tolist(), marks.seconds.round(2).tolist()
        ([77, 370], [0.21, 1.03, 1.84])
    """

    samples: NDArray[np.int64]
    symbols: tuple[str, ...]
    rate: float

    @property
    def seconds(self) -> NDArray[np.float64]:
        """When, from the record's beginning."""
        return self.samples / self.rate

    def of(self, *symbols: str) -> NDArray[np.int64]:
        """The samples of some symbols."""
        return self.samples[np.isin(np.array(self.symbols, dtype=object), symbols)]


class Record(NamedTuple):
    """A record as it is written: NaN where there is a gap.

    Attributes:
        values: float32 (C, L), in the record's units.
        rate: samples a second.
        channel_names: of the signals.
    """

    values: Values
    rate: float
    channel_names: tuple[str, ...]


def read_wfdb(path: Path) -> Recording:
    """A whole record, named by its .hea.

    Raises:
        DataError: broken, too large, or with a gap.
        MissingExtraError: wfdb is not installed.
    """
    record = read_record(path)
    values = finite(path, record.values, lambda at: f"of signal {at[0]} at {at[1] / record.rate:.3f} s")
    return Recording("signal", values, (1 / record.rate,), record.channel_names)


def read_record(path: Path) -> Record:
    """A whole record with its gaps; arguments and errors: `read_wfdb`'s."""
    wfdb = _package()
    _check_header(path)
    with foreign_errors(path, "a WFDB record"):
        record = wfdb.rdrecord(_stem(path))
        values = np.ascontiguousarray(record.p_signal.T, np.float32)
        names = tuple(str(name) if name else f"signal {i}" for i, name in enumerate(record.sig_name))
    if len(set(names)) < len(names):
        names = tuple(f"{name} {i}" for i, name in enumerate(names))
    return Record(values, _rate(path, record.fs), names)


def read_annotations(path: str | Path) -> Annotations:
    """The annotations of a record.

    Args:
        path: of the .atr, or of the record's .hea, whose .atr is then read.

    Raises:
        DataError: no such file, broken, or marks outside of the record.
        MissingExtraError: wfdb is not installed.
    """
    path = Path(path)
    path = path.with_suffix(".atr") if path.suffix.lower() == ".hea" else path
    wfdb = _package()
    check_file(path, MAX_ANNOTATION_BYTES)
    header = _check_header(path.with_suffix(".hea"))
    with foreign_errors(path, "WFDB annotations"):
        read = wfdb.rdann(_stem(path), path.suffix[1:], return_label_elements=["symbol", "label_store"])
        samples = np.asarray(read.sample, np.int64)
        codes = zip(read.symbol, read.label_store, strict=True)
        symbols = tuple(symbol if isinstance(symbol, str) else f"#{int(code)}" for symbol, code in codes)
    if len(samples) and (samples[0] < 0 or samples[-1] >= header.sig_len or (np.diff(samples) < 0).any()):
        raise DataError(f"{path}: annotations out of order, or outside of the {header.sig_len:,} samples of the record")
    return Annotations(samples, symbols, _rate(path, header.fs))


def _package() -> Any:
    try:
        import wfdb
    except ImportError as e:
        raise MissingExtraError("WFDB records", "signals") from e
    return wfdb


def _stem(path: Path) -> str:
    """The record's name as wfdb takes it: absolute, and nothing that it would take for an address."""
    name = str(path.absolute().with_suffix(""))
    if "::" in name or "://" in name:
        raise DataError(f"{path}: a record's path must not hold '::' or '://'")
    return name


def _check_header(path: Path) -> Any:
    """The header of a record, or of its segments, if what it asks for is bounded and beside it."""
    header = _read_header(path)
    if not isinstance(header.sig_len, int) or not header.n_sig:
        raise DataError(f"{path}: the header says no length, or no signals")
    check_values(path, (header.n_sig, header.sig_len))
    if not hasattr(header, "seg_name"):
        _check_signals(path, header)
        return header
    if len(header.seg_name) > MAX_SEGMENTS:
        raise DataError(f"{path}: {len(header.seg_name):,} segments; up to {MAX_SEGMENTS:,} are allowed")
    for name in {name for name in header.seg_name if name != "~"}:
        segment = path.with_name(f"{name}.hea")
        inner = _read_header(segment)
        if hasattr(inner, "seg_name"):
            raise DataError(f"{path}: the segment {name} has segments of its own")
        if inner.sig_len:  # 0 in a layout, which has no signals
            _check_signals(segment, inner)
    return header


def _read_header(path: Path) -> Any:
    wfdb = _package()
    check_file(path, MAX_HEADER_BYTES)
    with foreign_errors(path, "a WFDB header"):
        return wfdb.rdheader(_stem(path))


def _check_signals(path: Path, header: Any) -> None:
    """Lengths with all samples of a frame, and files that are there."""
    frames = [samples or 1 for samples in header.samps_per_frame or ()]
    check_values(path, (sum(frames), header.sig_len or 0))
    if any((skew or 0) > MAX_SKEW for skew in header.skew or ()):
        raise DataError(f"{path}: signals shifted by more than {MAX_SKEW:,} samples")
    for name in set(header.file_name or ()):
        if name != "~":
            check_file(path.with_name(name))


def _rate(path: Path, rate: float) -> float:
    if not isfinite(rate) or not 0 < rate <= 1e9:
        raise DataError(f"{path}: {rate} samples a second")
    return float(rate)
