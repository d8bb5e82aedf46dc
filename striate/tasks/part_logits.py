"""What a network answers to the images of a part."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from striate.data import ONE_CROP, Crops, Loader, Part
from striate.data.workers import workers_for
from striate.runtime import Engine

Logits = NDArray[np.float32]


def part_logits(
    engine: Engine,
    part: Part,
    *,
    multilabel_classes: int | None,
    crops: Crops = ONE_CROP,
    workers: int = 0,
    on_images: Callable[[int], None] | None = None,
) -> Logits:
    """The logits (N * V, K) of V crops of each of a part's images, in its order.

    Args:
        engine: the network with its preset.
        part: the images.
        multilabel_classes: K where an image may show any number of classes, else None.
        crops: of each image.
        workers: processes that decode, where there are a thousand images or more.
        on_images: hears how many crops were answered.
    """
    loader = Loader(
        part,
        engine.preset,
        crops=crops,
        batch_size=engine.images_at_once(crops),
        workers=workers_for(len(part), workers),
        multilabel_classes=multilabel_classes,
    )
    try:
        return engine.run((batch.images for batch in loader.epoch(0)), on_images=on_images)
    finally:
        loader.close()
