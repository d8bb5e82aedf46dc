"""Training: the visible loop, recipes, losses, freezing, and checkpoints that resume to the bit."""

from striate.training.batches import Batch, Batches
from striate.training.collapse import CollapseAlarm
from striate.training.contrastive_loss import contrastive_loss
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
from striate.training.mining import MINERS, Miner, Mining
from striate.training.mix import cutmix, mixup
from striate.training.optimizers import make_optimizer
from striate.training.overfit import Overfit, overfit
from striate.training.pair_classifier import PairFeatures, PairUnit, pair_cross_entropy
from striate.training.place_losses import place_cost, points_cost, squared_place_cost, squared_points_cost
from striate.training.precision import Precision, autocast, bf16_agrees, choose_precision
from striate.training.recipe import OptimizerName, Recipe
from striate.training.records import Epoch, Progress, Step
from striate.training.relations import Relations, relate
from striate.training.schedules import learning_rate
from striate.training.siamese import Cost, PairCost, Siamese, SiameseLoss, TripletCost, contrastive_cost
from striate.training.triplet_loss import triplet_loss

__all__ = [
    "MINERS",
    "Batch",
    "Batches",
    "CacheEntry",
    "CachedFeatures",
    "CollapseAlarm",
    "Cost",
    "Cut",
    "Device",
    "Ema",
    "Epoch",
    "FeatureCache",
    "FittedHead",
    "LinearHead",
    "Loss",
    "Miner",
    "Mining",
    "OptimizerName",
    "Overfit",
    "PairCost",
    "PairFeatures",
    "PairUnit",
    "PartFeatures",
    "Precision",
    "Progress",
    "Recipe",
    "Relations",
    "Siamese",
    "SiameseLoss",
    "Step",
    "TripletCost",
    "agree",
    "autocast",
    "bf16_agrees",
    "choose_precision",
    "class_weights",
    "contrastive_cost",
    "contrastive_loss",
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
    "pair_cross_entropy",
    "pick_device",
    "place_cost",
    "points_cost",
    "pyramid_loss",
    "regress_head",
    "relate",
    "softmax_cross_entropy",
    "squared_place_cost",
    "squared_points_cost",
    "triplet_loss",
    "with_auxiliary",
]
