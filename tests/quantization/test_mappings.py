"""What the default mappings and the white list hold: the specification's types, by exact type."""

import pytest

from qframe import nn
from qframe import quantization as q

#: As the specification writes the default of prepare(white_list=...), without what training needs.
WHITE_LIST = {
    *(nn.ReLU, nn.ReLU6, nn.ELU, nn.Hardswish, nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Sequential),
    *(nn.BatchNorm2d, nn.BatchNorm3d, nn.LayerNorm, nn.GroupNorm),
    *(nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d),
    *(nn.intrinsic.ConvReLU1d, nn.intrinsic.ConvReLU2d, nn.intrinsic.ConvReLU3d, nn.intrinsic.LinearReLU),
    *(nn.intrinsic.BNReLU2d, nn.intrinsic.BNReLU3d),
    *(nn.quantized.FloatFunctional, q.QuantStub),
}


def test_the_white_list_is_the_specifications():
    assert q.DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST >= WHITE_LIST
    recurrent_and_training = q.DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST - WHITE_LIST
    assert not any(kind in q.DEFAULT_MODULE_MAPPING for kind in recurrent_and_training)


@pytest.mark.parametrize("kind", sorted(q.DEFAULT_MODULE_MAPPING, key=lambda kind: kind.__name__))
def test_each_type_becomes_the_quantized_one_of_its_name(kind):
    quantized = q.DEFAULT_MODULE_MAPPING[kind]
    names = {"QuantStub": "Quantize", "DeQuantStub": "DeQuantize", "FloatFunctional": "QFunctional"}
    assert quantized.__name__ == names.get(kind.__name__, kind.__name__)
    package = nn.intrinsic.quantized if kind.__module__.startswith("qframe.nn.intrinsic") else nn.quantized
    assert getattr(package, quantized.__name__) is quantized
    assert quantized.from_float.__doc__


@pytest.mark.parametrize(
    "kind", [nn.Sigmoid, nn.Tanh, nn.LeakyReLU, nn.Hardtanh, nn.MaxPool2d, nn.Dropout, nn.Upsample]
)
def test_what_keeps_qparams_or_has_fixed_ones_is_not_observed(kind):
    assert kind not in q.DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST
