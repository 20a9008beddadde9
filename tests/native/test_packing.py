"""What is declined, what is reported, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from qframe.engines import registry
from qframe.errors import ArgumentError
from qframe.native import NativeEngine, NativeLibrary, conv, convert, linear
from qframe.plugin import QTensor, qint32, quint8


def _weight(*shape: int, code: int = 1) -> QTensor:
    return QTensor.per_tensor(np.full(shape, code, np.int8), 1.0, 0)


def test_a_packed_layer_names_its_microkernel(engine: NativeEngine) -> None:
    sets = engine.available()
    sets = sets[: sets.index(str(engine.native.text(engine.native.lib.qf_isa()))) + 1]
    dense = conv.conv_pack(engine.native, _weight(2, 3, 3, 3), None, (1, 1), (0, 0), (1, 1), 1)
    depthwise = conv.conv_pack(engine.native, _weight(3, 1, 3, 3), None, (1, 1), (0, 0), (1, 1), 3)
    for packed in (linear.linear_pack(engine.native, _weight(2, 3), None), dense, depthwise):
        family, isa = packed.kernel.split("__")
        assert family.startswith("qf_depthwise_u8s" if packed is depthwise else "qf_gemm_")
        assert isa in sets


@pytest.mark.parametrize(("groups", "inputs", "outputs"), [(8, 2, 3), (32, 4, 4), (6, 1, 2), (3, 5, 40)])
@pytest.mark.parametrize("zero_point", [0, -7])
def test_small_groups_share_panels(
    native: NativeLibrary, groups: int, inputs: int, outputs: int, zero_point: int
) -> None:
    rng = np.random.default_rng(groups)
    shape = (groups * outputs, inputs, 3, 2)
    weight = QTensor.per_tensor(rng.integers(-128, 128, shape, dtype=np.int8), 0.1, zero_point)
    image = rng.integers(0, 256, (2, groups * inputs, 7, 6), dtype=np.uint8)
    x, arguments = QTensor.per_tensor(image, 0.1, 200), (None, (1, 2), (2, 1), (1, 1), groups)
    reference = registry.kernel("reference", "conv2d_pack")(weight, *arguments)
    assert conv.conv_pack(native, weight, *arguments)(x, 9.0, 100).equal(reference(x, 9.0, 100))


def test_sums_beyond_32_bits_are_declined(native: NativeLibrary) -> None:
    largest = (2**31 - 1) // (255 * 128)
    assert linear.linear_pack(native, _weight(1, largest, code=-128), None) is not NotImplemented
    assert linear.linear_pack(native, _weight(1, largest + 1, code=-128), None) is NotImplemented


def test_the_largest_sums_are_exact(native: NativeLibrary) -> None:
    inputs = (2**31 - 1) // (255 * 128)
    packed = linear.linear_pack(native, _weight(1, inputs, code=-128), None)
    x = QTensor.per_tensor(np.full((1, inputs), 255, np.uint8), 1.0, 0)
    scale = 255 * 128 * inputs / 100
    assert packed(x, scale, 200).int_repr().item() == 100


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [0, 5, 40])
def test_dynamic_refuses_what_is_not_finite(native: NativeLibrary, value: float, at: int) -> None:
    x = np.ones((1, 41), np.float32)
    x[0, at] = value
    with pytest.raises(ArgumentError, match="finite"):
        linear.linear_pack(native, _weight(2, 41), None).dynamic(x)


def test_quantize_keeps_the_memory_order(native: NativeLibrary) -> None:
    x = np.random.default_rng(0).standard_normal((2, 4, 5, 3)).astype(np.float32).transpose(0, 3, 1, 2)
    codes = convert.quantize_per_tensor(native, x, 0.1, 7, quint8).int_repr()
    assert codes.strides == (60, 1, 15, 3)


def test_nan_and_infinity_quantize_as_documented(native: NativeLibrary) -> None:
    x = np.array([np.nan, np.inf, -np.inf] * 20, np.float32)
    assert convert.quantize_per_tensor(native, x, 0.1, 7, quint8).int_repr().tolist() == [255, 255, 0] * 20
    wide = convert.quantize_per_tensor(native, x, 0.1, 7, qint32).int_repr()
    assert wide.tolist() == [-(2**31), 2**31 - 1, -(2**31)] * 20
