"""Which microkernel multiplies on which instruction set, and where products are added in pairs of 16 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qframe_fbgemm import engine

from qframe.engines import registry
from qframe.plugin import QTensor
from tests.native.selection import every_isa

Array = np.ndarray[Any, Any]

#: The kernel of a depthwise convolution, and those of a product, the fast one first.
NAMES = {
    "portable": ("qf_depthwise_u8s16__portable", "qf_gemm_i16s8_4x8c2__portable"),
    "avx2": ("qf_depthwise_u8s16__avx2", "qf_gemm_u8s8_6x16c4__avx2", "qf_gemm_i16s8_6x16c2__avx2"),
    "avxvnni": ("qf_depthwise_u8s8__avxvnni", "qf_gemm_u8s8_6x16c4__avxvnni"),
    "avx512": ("qf_depthwise_u8s16__avx512", "qf_gemm_u8s8_12x32c4__avx512", "qf_gemm_i16s8_12x32c2__avx512"),
    "avx512vnni": ("qf_depthwise_u8s8__avx512vnni", "qf_gemm_u8s8_12x32c4__avx512vnni"),
    "avx512vbmi": ("qf_depthwise_u8s8__avx512vnni", "qf_gemm_u8s8_12x32c4__avx512vnni"),
}

isa = every_isa(engine)


def weight(*shape: int) -> QTensor:
    return QTensor.per_tensor(np.ones(shape, np.int8), 1.0, 0)


def test_a_packed_layer_names_its_microkernel(isa: str) -> None:
    depthwise, fastest, *_ = NAMES[isa]
    pack, geometry = engine.kernels["conv2d_pack"], ((1, 1), (0, 0), (1, 1))
    assert engine.kernels["linear_pack"](weight(2, 3), None).kernel == fastest
    assert pack(weight(2, 3, 3, 3), None, *geometry, 1).kernel == fastest
    assert pack(weight(3, 1, 3, 3), None, *geometry, 3).kernel == depthwise


@pytest.mark.parametrize("inputs", [1, 4, 37, 66])
@pytest.mark.parametrize("most", [127, 128, 255])
def test_products_are_paired_in_16_bits_only_where_that_is_proved_exact(
    isa: str, inputs: int, most: int
) -> None:
    if len(NAMES[isa]) < 3:
        pytest.skip("multiplies in one way")
    width = engine.native.lib.qf_panel_width()
    codes = np.random.default_rng(0).integers(-64, 65, (2 * width + 8, inputs), dtype=np.int8)
    x = QTensor.per_tensor(np.full((9, inputs), most, np.uint8), 0.1, 3)
    for outputs in ((), (width + 1,), range(len(codes))):  # which get a pair of weights that could saturate
        for output in outputs:
            codes[output, -2:] = 127 if output % 2 else -128
        logical = QTensor.per_tensor(codes.copy(), 0.1, 5)
        packed = engine.kernels["linear_pack"](logical, None)
        reference = registry.kernel("reference", "linear_pack")(logical, None)
        assert packed.kernel == expected_name(codes, width, *NAMES[isa][1:])
        assert packed(x, 9.0, 100).equal(reference(x, 9.0, 100))


def expected_name(codes: Array, width: int, fast: str, exact: str) -> str:
    """Say which microkernel multiplies, from the sums of all pairs."""
    pairs = np.pad(codes.astype(int), ((0, 0), (0, codes.shape[1] % 2))).reshape(len(codes), -1, 2)
    sums = np.maximum(pairs, 0).sum(-1), -np.minimum(pairs, 0).sum(-1)
    magnitude = np.maximum(*sums).max(axis=1)
    limits = [
        min(255, 32767 // max(128, magnitude[i : i + width].max())) for i in range(0, len(codes), width)
    ]
    if min(limits) == 255:
        return fast
    return f"{fast} ({limits.count(255)} of 3 panels, all for activations up to {min(limits)}), {exact}"
