"""What is declined, what is reported, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from qframe_fbgemm import conv, convert, isa, linear

from qframe.engines import registry
from qframe.errors import ArgumentError
from qframe.plugin import QTensor, qint32, quint8


def _weight(*shape: int, code: int = 1) -> QTensor:
    return QTensor.per_tensor(np.full(shape, code, np.int8), 1.0, 0)


def test_a_packed_layer_names_its_microkernel() -> None:
    assert linear.linear_pack(_weight(2, 3), None).kernel.endswith("__" + isa.chosen())
    dense = conv.conv2d_pack(_weight(2, 3, 3, 3), None, (1, 1), (0, 0), (1, 1), 1)
    assert dense.kernel.endswith("__" + isa.chosen())
    assert conv.conv2d_pack(_weight(3, 1, 3, 3), None, (1, 1), (0, 0), (1, 1), 3).kernel == "depthwise"


@pytest.mark.skipif(isa.chosen() != "avx2", reason="only AVX2 has two ways to multiply")
@pytest.mark.parametrize("inputs", [1, 4, 37, 66])
def test_panels_are_multiplied_fast_only_where_that_is_proved_safe(inputs: int) -> None:
    fast, wide = "qf_gemm_u8s8_6x16c4__avx2", "qf_gemm_i16s8_6x16c2__avx2"
    codes = np.random.default_rng(0).integers(-64, 65, (40, inputs), dtype=np.int8)
    x = QTensor.per_tensor(np.full((9, inputs), 255, np.uint8), 0.1, 3)
    kernels = []
    for outputs in ((), (17,), range(40)):  # which get a pair of weights that would saturate
        for output in outputs:
            codes[output, -2:] = 127 if output % 2 else -128
        weight = QTensor.per_tensor(codes.copy(), 0.1, 5)
        packed = linear.linear_pack(weight, None)
        reference = registry.kernel("reference", "linear_pack")(weight, None)
        kernels.append(packed.kernel)
        assert packed(x, 9.0, 100).equal(reference(x, 9.0, 100))
    if inputs == 1:  # a weight alone always fits
        assert kernels == [fast] * 3
    else:
        assert kernels == [fast, f"{wide} (1 of 3 panels), {fast} (2 of 3 panels)", wide]


def test_sums_beyond_32_bits_are_declined() -> None:
    largest = (2**31 - 1) // (255 * 128)
    assert linear.linear_pack(_weight(1, largest, code=-128), None) is not NotImplemented
    assert linear.linear_pack(_weight(1, largest + 1, code=-128), None) is NotImplemented


def test_the_largest_sums_are_exact() -> None:
    inputs = (2**31 - 1) // (255 * 128)
    packed = linear.linear_pack(_weight(1, inputs, code=-128), None)
    x = QTensor.per_tensor(np.full((1, inputs), 255, np.uint8), 1.0, 0)
    scale = 255 * 128 * inputs / 100
    assert packed(x, scale, 200).int_repr().item() == 100


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [0, 5, 40])
def test_dynamic_refuses_what_is_not_finite(value: float, at: int) -> None:
    x = np.ones((1, 41), np.float32)
    x[0, at] = value
    with pytest.raises(ArgumentError, match="finite"):
        linear.linear_pack(_weight(2, 41), None).dynamic(x)


def test_quantize_keeps_the_memory_order() -> None:
    x = np.random.default_rng(0).standard_normal((2, 4, 5, 3)).astype(np.float32).transpose(0, 3, 1, 2)
    codes = convert.quantize_per_tensor(x, 0.1, 7, quint8).int_repr()
    assert codes.strides == (60, 1, 15, 3)


def test_nan_and_infinity_quantize_as_documented() -> None:
    x = np.array([np.nan, np.inf, -np.inf] * 20, np.float32)
    assert convert.quantize_per_tensor(x, 0.1, 7, quint8).int_repr().tolist() == [255, 255, 0] * 20
    wide = convert.quantize_per_tensor(x, 0.1, 7, qint32).int_repr()
    assert wide.tolist() == [-(2**31), 2**31 - 1, -(2**31)] * 20
