"""Which microkernel multiplies on which instruction set, and the products that fit its registers least."""

from __future__ import annotations

import numpy as np
import pytest
from qframe_qnnpack import engine

from qframe.engines import registry
from qframe.plugin import QTensor
from tests.native.selection import every_isa

#: The kernels of a depthwise convolution, with weights that fit 8 bits and others, and that of a product.
NAMES = {
    "portable": ("u8s16__portable", "u8s16__portable", "qf_gemm_i16s8_4x8c2__portable"),
    "neon": ("u8s16__neon", "u8s16__neon", "qf_gemm_u8s8_3x8c16__neon"),
    "dotprod": ("u8s8__dotprod", "u8s16__neon", "qf_gemm_u8s8_8x8c4__dotprod"),
    "i8mm": ("u8s8__i8mm", "u8s16__neon", "qf_gemm_u8s8_8x8c8__i8mm"),
}
GEOMETRY = ((1, 1), (1, 1), (1, 1))

isa = every_isa(engine)


def weight(code: int, zero_point: int, *shape: int) -> QTensor:
    return QTensor.per_tensor(np.full(shape, code, np.int8), 1.0, zero_point)


def test_a_packed_layer_names_its_microkernel(isa: str) -> None:
    narrow, wide, product = NAMES[isa]
    pack = engine.kernels["conv2d_pack"]
    assert engine.kernels["linear_pack"](weight(1, 0, 2, 3), None).kernel == product
    assert pack(weight(1, 0, 2, 3, 3, 3), None, *GEOMETRY, 1).kernel == product
    assert pack(weight(1, 0, 3, 1, 3, 3), None, *GEOMETRY, 3).kernel == f"qf_depthwise_{narrow}"
    assert pack(weight(-128, 1, 3, 1, 3, 3), None, *GEOMETRY, 3).kernel == f"qf_depthwise_{wide}"


@pytest.mark.parametrize("zero_point", [0, 127, -128], ids="weight zero point {}".format)
@pytest.mark.parametrize("code", [-128, 127])
@pytest.mark.parametrize("x", [0, 1, 127, 128, 255])
def test_extreme_products(isa: str, code: int, x: int, zero_point: int) -> None:
    inputs = QTensor.per_tensor(np.full((9, 67), x, np.uint8), 0.1, 255)
    images = QTensor.per_tensor(np.full((1, 19, 5, 6), x, np.uint8), 0.1, 255)
    linear, conv = weight(code, zero_point, 13, 67), weight(code, zero_point, 19, 1, 3, 3)
    for op, tensor, arguments in (
        ("linear_pack", inputs, (linear, None)),
        ("conv2d_pack", images, (conv, None, *GEOMETRY, 19)),
    ):
        reference = registry.kernel("reference", op)
        assert reference is not None
        expected = reference(*arguments)(tensor, 4000.0, 100)
        assert engine.kernels[op](*arguments)(tensor, 4000.0, 100).equal(expected)
