"""`striate data show` of signals, volumes and clips."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import wfdb

RNG = np.random.default_rng(0)


def write_arrays(**more: object) -> str:
    x = RNG.normal(size=(20, 2, 30)).astype(np.float32)
    np.savez("beats.npz", x=x, y=["N", "V"] * 10, spacing=1 / 360, channel_names=["MLII", "V5"], **more)
    return "beats.npz"


def test_signals(striate):
    result = striate("data", "show", write_arrays())
    assert result.code == 0
    head, channels, samples, spacing, *_ = result.out.splitlines()
    assert head == "beats.npz: arrays in an .npz of signals, 2 classes; val was cut out of train by seed 0"
    assert channels == "channels: 2 (MLII, V5)"
    assert samples == "samples along time: 30 to 30, median 30"
    assert spacing == "spacing: 0.0027778 s (360 a second)"
    assert "no bad files, no duplicates" in result.err


def test_json(striate):
    result = striate("data", "show", write_arrays(groups=np.repeat(np.arange(10), 2)), "--json")
    summary = json.loads(result.out)
    assert summary["counts"] == {"train": {"N": 8, "V": 8}, "val": {"N": 2, "V": 2}}
    assert summary["groups"] == {"train": 8, "val": 2}
    assert (summary["shape"], summary["sizes"], summary["spacings"]) == ("signal", [[30]] * 3, [[1 / 360]])


def test_volumes_with_findings(striate):
    for name in ("sick/1", "sick/2", "sick/3", "well/1", "well/2"):
        Path("d", name).parent.mkdir(parents=True, exist_ok=True)
        np.save(f"d/{name}.npy", RNG.normal(size=(4, 5, 6)).astype(np.float32))
    np.savez("d/well/3.npz", values=RNG.normal(size=(4, 5, 7)), spacing=[2, 1, 1])
    np.save("d/well/4.npy", np.load("d/sick/1.npy"))
    np.save("d/well/gap.npy", np.full((4, 5, 6), np.nan))
    result = striate("data", "show", "d")
    assert result.code == 0
    for line in (
        "samples along depth x height x width: 4x5x6 to 4x5x7, median 4x5x6",
        "spacing: unknown; 2 mm x 1 mm x 1 mm",
        "Bad files (1)",
        "  well/gap.npy: nan at [0, 0, 0, 0] is no number; 120 of the values are such",
        "Several spacings (1)",
    ):
        assert line in result.out.splitlines()
    assert "sick/1.npy = " in result.out


def test_records(striate):
    signal = RNG.normal(size=(6000, 1))
    wfdb.wrsamp("a", fs=100, units=["mV"], sig_name=["II"], p_signal=signal, fmt=["16"])
    wfdb.wrann("a", "atr", np.arange(100, 5900, 80), ["N", "V"] * 36 + ["N"], fs=100)
    result = striate("data", "show", ".", "--window", 0.5, "--symbols", "N,V")
    assert result.code == 0
    assert ".: windows of signals, 2 classes; val was cut out of train by seed 0" in result.out
    assert "groups" in result.out
    result = striate("data", "show", ".")
    assert result.code == 1
    assert "1 records in no class folders; --window and --symbols cut them" in result.err
    assert "their annotations are 37 N, 36 V" in result.err
    assert striate("data", "show", ".", "--window", 0.5).code == 2


def test_images_have_no_windows(striate, write_stripes):
    write_stripes("d", ("a", "b"))
    assert striate("data", "show", "d", "--window", 0.5, "--symbols", "N").code == 2


def test_of_a_broken_video_only_our_error_is_printed():
    """In a process of its own: what OpenCV and ffmpeg print goes past Python."""
    for name in ("a", "b"):
        Path("d", name).mkdir(parents=True)
        Path("d", name, "1.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + RNG.bytes(3000))
    done = subprocess.run(
        [sys.executable, "-m", "striate", "data", "show", "d"], capture_output=True, text=True, timeout=120, check=False
    )
    why = "  a/1.mp4 and 1 more: not a video, broken, or of an unknown codec"
    assert (done.returncode, done.stderr.splitlines()) == (1, ["error: no recording in d can be used", why])
