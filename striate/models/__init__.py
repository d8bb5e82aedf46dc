"""Networks by name, the weights that others published for them, and the model file."""

# A family registers its networks when it is imported.
from striate.models import (
    airbench,
    alexnet,
    dlib_face,
    efficientnet_lite,
    event_convnet,
    googlenet,
    inception_resnet,
    inception_v2,
    inception_v3,
    inception_v4,
    lenet,
    lenet_1998,
    minifasnet,
    mobilenet_v2,
    nin,
    resnet,
    resnet_cifar,
    small_convnet,
    squeezenet,
    time_series_resnet,
    transform_net,
    vgg,
)
from striate.models.adapt import adapted_preset
from striate.models.blueprint import blueprint
from striate.models.create import create_model
from striate.models.densify import DenseNetwork, densify
from striate.models.detector import Answers, Decoded
from striate.models.document import ModelFile
from striate.models.fetch import fetch_weights
from striate.models.file import load_model, read_header, save_model
from striate.models.load_published import load_published
from striate.models.network import AuxiliaryLogits, Network
from striate.models.published import SOURCES, find_source
from striate.models.registry import Entry, check_size, find_entry, model_names
from striate.models.sources import Source, Url
from striate.models.weights import load_pretrained

__all__ = [
    "SOURCES",
    "Answers",
    "AuxiliaryLogits",
    "Decoded",
    "DenseNetwork",
    "Entry",
    "ModelFile",
    "Network",
    "Source",
    "Url",
    "adapted_preset",
    "airbench",
    "alexnet",
    "blueprint",
    "check_size",
    "create_model",
    "densify",
    "dlib_face",
    "efficientnet_lite",
    "event_convnet",
    "fetch_weights",
    "find_entry",
    "find_source",
    "googlenet",
    "inception_resnet",
    "inception_v2",
    "inception_v3",
    "inception_v4",
    "lenet",
    "lenet_1998",
    "load_model",
    "load_pretrained",
    "load_published",
    "minifasnet",
    "mobilenet_v2",
    "model_names",
    "nin",
    "read_header",
    "resnet",
    "resnet_cifar",
    "save_model",
    "small_convnet",
    "squeezenet",
    "time_series_resnet",
    "transform_net",
    "vgg",
]
