"""Other people's names for our tensors."""

from collections.abc import Callable, Mapping

Rename = Callable[[str], str]  # their name of a tensor -> ours


def rename_layers(layers: Mapping[str, str]) -> Rename:
    """A function from a tensor's published name to ours.

    Args:
        layers: their name of a layer -> ours; the tensors in a layer are named alike.

    Returns:
        The function; a name of no layer in the table stays as it is.

    Example:
        >>> rename = rename_layers({"fc": "head.classifier"})
        >>> rename("fc.weight"), rename("bn1.weight")
        ('head.classifier.weight', 'bn1.weight')
    """

    def rename(key: str) -> str:
        layer, _, tensor = key.rpartition(".")
        return f"{layers[layer]}.{tensor}" if layer in layers else key

    return rename
