"""What is declined, what is reported, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from qframe_fbgemm import conv, convert, isa, linear
from qframe_fbgemm._kernels import lib

from qframe.engines import registry
from qframe.errors import ArgumentError
from qframe.plugin import QTensor, qint32, quint8

#: The microkernels of both kinds.
NAMES = {
    "avx2": ("qf_gemm_u8s8_6x16c4", "qf_gemm_i16s8_6x16c2"),
    "avx512": ("qf_gemm_u8s8_12x32c4", "qf_gemm_i16s8_12x32c2"),
}


def _weight(*shape: int, code: int = 1) -> QTensor:
    return QTensor.per_tensor(np.full(shape, code, np.int8), 1.0, 0)


def test_a_packed_layer_names_its_microkernel() -> None:
    level = "avx512vnni" if isa.chosen() == "avx512vbmi" else isa.chosen()  # which adds nothing to products
    assert linear.linear_pack(_weight(2, 3), None).kernel.endswith("__" + level)
    dense = conv.conv2d_pack(_weight(2, 3, 3, 3), None, (1, 1), (0, 0), (1, 1), 1)
    assert dense.kernel.endswith("__" + level)
    depthwise = conv.conv2d_pack(_weight(3, 1, 3, 3), None, (1, 1), (0, 0), (1, 1), 3)
    assert depthwise.kernel in (f"qf_depthwise_{types}__{level}" for types in ("u8s8", "u8s16"))


@pytest.mark.skipif(isa.chosen() not in ("avx2", "avx512"), reason="others multiply in one way")
@pytest.mark.parametrize("inputs", [1, 4, 37, 66])
@pytest.mark.parametrize("most", [127, 128, 255])
def test_products_are_paired_in_16_bits_only_where_that_is_proved_exact(inputs: int, most: int) -> None:
    width = lib.qf_panel_width()
    codes = np.random.default_rng(0).integers(-64, 65, (2 * width + 8, inputs), dtype=np.int8)
    x = QTensor.per_tensor(np.full((9, inputs), most, np.uint8), 0.1, 3)
    for outputs in ((), (width + 1,), range(len(codes))):  # which get a pair of weights that could saturate
        for output in outputs:
            codes[output, -2:] = 127 if output % 2 else -128
        weight = QTensor.per_tensor(codes.copy(), 0.1, 5)
        packed = linear.linear_pack(weight, None)
        reference = registry.kernel("reference", "linear_pack")(weight, None)
        assert packed.kernel == _expected_name(codes, width)
        assert packed(x, 9.0, 100).equal(reference(x, 9.0, 100))


def _expected_name(codes: np.ndarray, width: int) -> str:
    """Say which microkernel multiplies, from the sums of all pairs."""
    fast, exact = (f"{name}__{isa.chosen()}" for name in NAMES[isa.chosen()])
    pairs = np.pad(codes.astype(int), ((0, 0), (0, codes.shape[1] % 2))).reshape(len(codes), -1, 2)
    sums = np.maximum(pairs, 0).sum(-1), -np.minimum(pairs, 0).sum(-1)
    magnitude = np.maximum(*sums).max(axis=1)
    limits = [
        min(255, 32767 // max(128, magnitude[i : i + width].max())) for i in range(0, len(codes), width)
    ]
    if min(limits) == 255:
        return fast
    return f"{fast} ({limits.count(255)} of 3 panels, all for activations up to {min(limits)}), {exact}"


@pytest.mark.parametrize(("groups", "inputs", "outputs"), [(8, 2, 3), (32, 4, 4), (6, 1, 2), (3, 5, 40)])
@pytest.mark.parametrize("zero_point", [0, -7])
def test_small_groups_share_panels(groups: int, inputs: int, outputs: int, zero_point: int) -> None:
    rng = np.random.default_rng(groups)
    shape = (groups * outputs, inputs, 3, 2)
    weight = QTensor.per_tensor(rng.integers(-128, 128, shape, dtype=np.int8), 0.1, zero_point)
    image = rng.integers(0, 256, (2, groups * inputs, 7, 6), dtype=np.uint8)
    x, arguments = QTensor.per_tensor(image, 0.1, 200), (None, (1, 2), (2, 1), (1, 1), groups)
    reference = registry.kernel("reference", "conv2d_pack")(weight, *arguments)
    assert conv.conv2d_pack(weight, *arguments)(x, 9.0, 100).equal(reference(x, 9.0, 100))


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
