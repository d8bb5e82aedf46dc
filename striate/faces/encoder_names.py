"""What people call an encoder of which only the identity is known, as a gallery or an exported file knows it."""

from collections.abc import Mapping
from functools import cache

from striate.faces.encoder_weights import PUBLISHED, published_preset
from striate.models import SOURCES

_HASH_DIGITS = 64  # of an identity by `EncoderPreset`; others may have been given to a gallery
_SHORT = 8


def encoder_label(identity: str) -> str:
    """An identity, short, with the name of the published weights that have it.

    Example:
        >>> encoder_label("0123456789abcdef" * 4), encoder_label("some network")
        ('01234567', 'some network')
    """
    name = encoder_name(identity)
    short = identity[:_SHORT] if len(identity) == _HASH_DIGITS else identity
    return f"{name} ({short})" if name else short


def encoder_name(identity: str) -> str | None:
    """The published weights that have an identity; None for a model that was trained by anybody else."""
    return _names().get(identity)


@cache
def _names() -> Mapping[str, str]:
    """Of published weights whose hash is known here, the names by their identities."""
    known = [name for name in PUBLISHED if SOURCES[name].digest()]
    return {published_preset(name).identity(SOURCES[name].preset): name for name in known}
