"""Training: the visible loop, recipes, losses, freezing, and checkpoints that resume to the bit."""

from striate.training.batches import Batch, Batches
from striate.training.cut import Cut, cut_network
from striate.training.detection_losses import grid_loss, pyramid_loss
from striate.training.device import Device, agree, leave, make_accelerator, pick_device
from striate.training.ema import Ema
from striate.training.feature_cache import CacheEntry, FeatureCache
from striate.training.features import CachedFeatures, PartFeatures, describe_features
from striate.training.fit import Loss, fit
from striate.training.freeze import freeze, is_frozen
from striate.training.head import FittedHead, LinearHead, fit_head, regress_head
from striate.training.losses import class_weights, logistic_cross_entropy, softmax_cross_entropy, with_auxiliary
from striate.training.mix import cutmix, mixup
from striate.training.optimizers import make_optimizer
from striate.training.overfit import Overfit, overfit
from striate.training.place_losses import place_cost, points_cost, squared_place_cost, squared_points_cost
from striate.training.precision import Precision, autocast, bf16_agrees, choose_precision
from striate.training.recipe import OptimizerName, Recipe
from striate.training.records import Epoch, Progress, Step
from striate.training.schedules import learning_rate

__all__ = [
    "Batch",
    "Batches",
    "CacheEntry",
    "CachedFeatures",
    "Cut",
    "Device",
    "Ema",
    "Epoch",
    "FeatureCache",
    "FittedHead",
    "LinearHead",
    "Loss",
    "OptimizerName",
    "Overfit",
    "PartFeatures",
    "Precision",
    "Progress",
    "Recipe",
    "Step",
    "agree",
    "autocast",
    "bf16_agrees",
    "choose_precision",
    "class_weights",
    "cut_network",
    "cutmix",
    "describe_features",
    "fit",
    "fit_head",
    "freeze",
    "grid_loss",
    "is_frozen",
    "learning_rate",
    "leave",
    "logistic_cross_entropy",
    "make_accelerator",
    "make_optimizer",
    "mixup",
    "overfit",
    "pick_device",
    "place_cost",
    "points_cost",
    "pyramid_loss",
    "regress_head",
    "softmax_cross_entropy",
    "squared_place_cost",
    "squared_points_cost",
    "with_auxiliary",
]
