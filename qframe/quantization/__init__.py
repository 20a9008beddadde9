"""Quantization after and during training: observers, qconfigs, fusion, prepare, convert, whole workflows.

Mirrors ``torch.quantization`` of PyTorch 1.6.
"""

from . import observer
from .debug import get_observer_dict
from .fake_quantize import (
    FakeQuantize,
    default_fake_quant,
    default_histogram_fake_quant,
    default_per_channel_weight_fake_quant,
    default_weight_fake_quant,
    disable_fake_quant,
    disable_observer,
    enable_fake_quant,
    enable_observer,
)
from .fuse import fuse_conv_bn, fuse_conv_bn_relu, fuse_known_modules, fuse_modules
from .insert import add_observer_, prepare
from .mappings import (
    DEFAULT_DYNAMIC_MODULE_MAPPING,
    DEFAULT_MODULE_MAPPING,
    DEFAULT_QAT_MODULE_MAPPING,
    DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST,
)
from .observer import (
    HistogramObserver,
    MinMaxDynamicQuantObserver,
    MinMaxObserver,
    MovingAverageMinMaxObserver,
    MovingAveragePerChannelMinMaxObserver,
    NoopObserver,
    ObserverBase,
    PerChannelMinMaxObserver,
    RecordingObserver,
    default_debug_observer,
    default_dynamic_quant_observer,
    default_histogram_observer,
    default_observer,
    default_per_channel_weight_observer,
    default_weight_observer,
)
from .propagate import propagate_qconfig_
from .qat import prepare_qat
from .qconfig import (
    QConfig,
    QConfigDynamic,
    default_activation_only_qconfig,
    default_debug_qconfig,
    default_dynamic_qconfig,
    default_per_channel_qconfig,
    default_qat_qconfig,
    default_qconfig,
    default_weight_only_qconfig,
    float16_dynamic_qconfig,
    get_default_qat_qconfig,
    get_default_qconfig,
    per_channel_dynamic_qconfig,
)
from .stubs import DeQuantStub, QuantStub, QuantWrapper, add_quant_dequant
from .swap import convert, swap_module
from .workflows import default_eval_fn, quantize, quantize_dynamic, quantize_qat

#: What the specification's list of observers calls the base class.
Observer = ObserverBase

__all__ = [
    "DEFAULT_DYNAMIC_MODULE_MAPPING",
    "DEFAULT_MODULE_MAPPING",
    "DEFAULT_QAT_MODULE_MAPPING",
    "DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST",
    "DeQuantStub",
    "FakeQuantize",
    "HistogramObserver",
    "MinMaxDynamicQuantObserver",
    "MinMaxObserver",
    "MovingAverageMinMaxObserver",
    "MovingAveragePerChannelMinMaxObserver",
    "NoopObserver",
    "Observer",
    "ObserverBase",
    "PerChannelMinMaxObserver",
    "QConfig",
    "QConfigDynamic",
    "QuantStub",
    "QuantWrapper",
    "RecordingObserver",
    "add_observer_",
    "add_quant_dequant",
    "convert",
    "default_activation_only_qconfig",
    "default_debug_observer",
    "default_debug_qconfig",
    "default_dynamic_qconfig",
    "default_dynamic_quant_observer",
    "default_eval_fn",
    "default_fake_quant",
    "default_histogram_fake_quant",
    "default_histogram_observer",
    "default_observer",
    "default_per_channel_qconfig",
    "default_per_channel_weight_fake_quant",
    "default_per_channel_weight_observer",
    "default_qat_qconfig",
    "default_qconfig",
    "default_weight_fake_quant",
    "default_weight_observer",
    "default_weight_only_qconfig",
    "disable_fake_quant",
    "disable_observer",
    "enable_fake_quant",
    "enable_observer",
    "float16_dynamic_qconfig",
    "fuse_conv_bn",
    "fuse_conv_bn_relu",
    "fuse_known_modules",
    "fuse_modules",
    "get_default_qat_qconfig",
    "get_default_qconfig",
    "get_observer_dict",
    "observer",
    "per_channel_dynamic_qconfig",
    "prepare",
    "prepare_qat",
    "propagate_qconfig_",
    "quantize",
    "quantize_dynamic",
    "quantize_qat",
    "swap_module",
]
