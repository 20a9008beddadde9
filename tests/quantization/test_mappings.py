"""What the default mappings and the white list hold: the specification's types, by exact type."""

import pytest

from qframe import nn
from qframe import quantization as q

#: As the specification writes the default of prepare(white_list=...).
WHITE_LIST = {
    *(nn.ReLU, nn.ReLU6, nn.ELU, nn.Hardswish, nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Sequential),
    *(nn.BatchNorm2d, nn.BatchNorm3d, nn.LayerNorm, nn.GroupNorm),
    *(nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d),
    *(nn.LSTM, nn.LSTMCell, nn.GRUCell, nn.RNNCell),
    *(nn.intrinsic.ConvReLU1d, nn.intrinsic.ConvReLU2d, nn.intrinsic.ConvReLU3d, nn.intrinsic.LinearReLU),
    *(nn.intrinsic.BNReLU2d, nn.intrinsic.BNReLU3d, nn.intrinsic.ConvBn2d, nn.intrinsic.ConvBnReLU2d),
    *(nn.qat.Linear, nn.qat.Conv2d, nn.intrinsic.qat.LinearReLU, nn.intrinsic.qat.ConvReLU2d),
    *(nn.intrinsic.qat.ConvBn2d, nn.intrinsic.qat.ConvBnReLU2d),
    *(nn.quantized.FloatFunctional, q.QuantStub),
}


def test_the_white_list_is_the_specifications():
    assert q.DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST - WHITE_LIST == {nn.GRU}  # which 1.6 cannot quantize
    assert q.DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST >= WHITE_LIST


@pytest.mark.parametrize("kind", q.DEFAULT_QAT_MODULE_MAPPING)
def test_each_type_is_trained_as_the_one_of_its_name_that_rounds(kind):
    rounding = q.DEFAULT_QAT_MODULE_MAPPING[kind]
    package = nn.intrinsic.qat if kind.__module__.startswith("qframe.nn.intrinsic") else nn.qat
    assert getattr(package, kind.__name__) is rounding
    assert issubclass(rounding, (nn.Linear, nn.Conv2d))


@pytest.mark.parametrize("kind", sorted(q.DEFAULT_MODULE_MAPPING, key=lambda kind: kind.__name__))
def test_each_type_becomes_the_quantized_one_of_its_name(kind):
    quantized = q.DEFAULT_MODULE_MAPPING[kind]
    names = {
        "QuantStub": "Quantize",
        "DeQuantStub": "DeQuantize",
        "FloatFunctional": "QFunctional",
        "ConvBn2d": "Conv2d",
        "ConvBnReLU2d": "ConvReLU2d",
    }
    assert quantized.__name__ == names.get(kind.__name__, kind.__name__)
    fused = kind.__module__.startswith("qframe.nn.intrinsic") and "ReLU" in kind.__name__
    package = nn.intrinsic.quantized if fused else nn.quantized
    assert getattr(package, quantized.__name__) is quantized
    assert quantized.from_float.__doc__


@pytest.mark.parametrize(
    "kind", [nn.Sigmoid, nn.Tanh, nn.LeakyReLU, nn.Hardtanh, nn.MaxPool2d, nn.Dropout, nn.Upsample]
)
def test_what_keeps_qparams_or_has_fixed_ones_is_not_observed(kind):
    assert kind not in q.DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST
