"""One call for every network of the zoo."""

from collections.abc import Sequence
from typing import Any

from striate.models.adapt import NewChannels, check_new_channels
from striate.models.heads import head_options
from striate.models.network import Network
from striate.models.published import find_source
from striate.models.registry import check_arguments, find_entry, with_new_head
from striate.models.weights import check_network, load_pretrained


def create_model(
    name: str,
    *,
    num_classes: int | None = None,
    in_channels: int | None = None,
    dims: int = 2,
    weights: str | None = None,
    new_channels: NewChannels = "mean",
    head: str | None = None,
    last_stage: str | None = None,
    hidden: Sequence[int] = (),
    **options: Any,
) -> Network:
    """A network by name, freshly initialised or with published weights.

    Args:
        name: one of `model_names()`.
        num_classes: logits per image; if left out, as many as the weights have, or the paper.
        in_channels: channels of the input; as the paper's if left out.
        dims: spatial dimensions of the input: 1 for signals, 2 for images, 3 for volumes.
        weights: a published set by name (see `striate weights list`); what a URL holds has to be fetched first
            (`striate weights fetch NAME`). Where it was made for another number of classes, the classifiers alone
            stay freshly initialised. For other channels or dimensions than those of RGB images it is adapted:
            kernels are repeated in depth, or summed over their height (I3D's rule); `adapted_preset` gives what the
            network then expects of its input.
        new_channels: how published weights get other input channels, their sum kept: "mean" gives every channel an
            equal share of it, "repeat" the filters of red, green and blue in turn.
        head: a new head for another job, weights or not: one of `HEADS`; its function describes its options, and what
            the network then answers.
        last_stage: the last stage that is kept; a new head takes the place of what follows, weights or not.
        hidden: units of dense layers in a new head, between global pooling and the classifier.
        options: the head's own, and the family's, such as ResNet's `shortcut`; most have a `width`, a factor of all
            channels between input and logits.

    Returns:
        the network, in training mode: (N, in_channels, *S) -> logits (N, num_classes).

    Raises:
        UnknownNameError: no such network, head, weights or option; the message suggests the nearest.
        ArgumentError: a number out of range, or weights of another network.
        MissingExtraError: the package that carries the weights is not installed.
        WeightsError: the weights have not been fetched, are broken, or don't fit the options.

    Example:
        >>> network = create_model("resnet18", num_classes=10, in_channels=1, shortcut="A")
        >>> network.head.classifier
        Linear(in_features=512, out_features=10, bias=True)
        >>> create_model("resnet18", shortcuts="A")
        Traceback (most recent call last):
        striate.errors.UnknownNameError: no option of resnet18 named 'shortcuts'; did you mean 'shortcut'?
    """
    check_new_channels(new_channels)
    entry = find_entry(name)
    source = None if weights is None else find_source(weights)
    if source is not None:
        check_network(source, name)
    if num_classes is None:
        num_classes = (source and source.classes) or entry.classes
    in_channels = entry.channels if in_channels is None else in_channels
    arguments = {"num_classes": num_classes, "in_channels": in_channels, "dims": dims, **options}
    arguments |= {k: v for k, v in (("head", head), ("last_stage", last_stage), ("hidden", hidden)) if v}
    check_arguments(entry, arguments)
    of_head = head_options(head)
    network = entry.build(**{name: value for name, value in arguments.items() if name not in of_head})
    if source is not None:
        load_pretrained(network, source, new_channels=new_channels)
    return with_new_head(network, entry, arguments)
