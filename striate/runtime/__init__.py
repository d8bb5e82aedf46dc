"""From a network to something that can be called."""

from striate.runtime.device import Device, pick_device
from striate.runtime.engine import Engine, Precision

__all__ = ["Device", "Engine", "Precision", "pick_device"]
