"""Annotated records of pulses that a small network soon finds: upwards is N, downwards is V."""

from pathlib import Path

import numpy as np
import wfdb

RATE = 100


def pulses(seconds: float = 60, seed: int = 0, rate: int = RATE) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """A noisy signal (L,), and the samples and symbols of its pulses: from 0.1 s on, half a second apart at least."""
    rng = np.random.default_rng(seed)
    places = np.cumsum(rng.uniform(0.5, 1.0, int(2 * seconds))) - 0.4
    samples = np.rint(places[places < seconds - 0.1] * rate).astype(int)
    symbols = [str(symbol) for symbol in rng.choice(["N", "V"], len(samples))]
    t = np.arange(round(seconds * rate)) / rate
    signal = 0.05 * rng.normal(size=len(t))
    for sample, symbol in zip(samples, symbols, strict=True):
        signal += (1 if symbol == "N" else -1) * np.exp(-(((t - sample / rate) / 0.03) ** 2) / 2)
    return signal, samples, symbols


def write_pulses(
    folder: Path, name: str, *, seconds: float = 60, seed: int = 0, lead: str = "II", gap: slice | None = None
) -> Path:
    """A record and its annotations; a second lead, V1, is noise. Returns its .hea."""
    signal, samples, symbols = pulses(seconds, seed)
    noise = np.random.default_rng(seed + 1).normal(size=len(signal))
    values = np.stack([signal, noise], axis=1)
    if gap:
        values[gap] = np.nan
    folder.mkdir(parents=True, exist_ok=True)
    leads = {"units": ["mV", "mV"], "sig_name": [lead, "V1"], "fmt": ["16", "16"], "write_dir": str(folder)}
    wfdb.wrsamp(name, fs=RATE, p_signal=values, **leads)
    wfdb.wrann(name, "atr", samples, symbol=symbols, write_dir=str(folder))
    return folder / f"{name}.hea"
