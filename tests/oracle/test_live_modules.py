"""Float modules of equal weights, calibrated and converted by qframe and by a living PyTorch 2; functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle.compare import assert_codes, assert_one_step_at_ties, assert_qparams
from oracle.live import TIE, codes_of, fbgemm, random_q, tensor, torch, twin

import qframe
import qframe.quantization
from qframe.nn import quantized as nnq
from qframe.nn.quantized import functional

pytestmark = pytest.mark.filterwarnings("ignore")
SEEDS = st.integers(0, 2**32 - 1)
EXAMPLES = settings(max_examples=30, deadline=None, derandomize=True)
BYTES = pytest.mark.parametrize("dtype", ["quint8", "qint8"])
# A norm's variance is a small difference of large float32 numbers.
NORM_TIE = 1e-3

#: Arguments, shape of an input, how close to a tie two right answers may differ.
MODULES = {
    "ELU": ((1.3,), (4, 60), TIE),
    "Hardswish": ((), (4, 60), TIE),
    "LeakyReLU": ((0.137,), (4, 60), TIE),
    "ReLU6": ((), (4, 60), TIE),
    "LayerNorm": (((6, 7),), (3, 5, 6, 7), NORM_TIE),
    "GroupNorm": ((2, 6), (3, 6, 5, 4), NORM_TIE),
    "InstanceNorm1d": ((6, 1e-3), (3, 6, 50), NORM_TIE),
    "InstanceNorm2d": ((6, 1e-3, 0.1, True), (3, 6, 7, 9), NORM_TIE),
    "InstanceNorm3d": ((6,), (2, 6, 3, 4, 5), NORM_TIE),
    "BatchNorm2d": ((6,), (3, 6, 5, 4), TIE),
    "BatchNorm3d": ((6,), (2, 6, 3, 4, 5), TIE),
}


def mapping_of(quantization: Any, nn: Any, quantized: Any) -> dict[Any, Any]:
    """The framework's mapping, and what PyTorch 2 has added to it."""
    default = getattr(quantization, "DEFAULT_MODULE_MAPPING", None)
    default = default or torch.ao.quantization.get_default_static_quant_module_mappings()
    return {**default, nn.LeakyReLU: quantized.LeakyReLU}


def converted(framework: Any, module: Any, batch: Any, mapping: dict[Any, Any]) -> Any:
    """The quantized form of a module, calibrated on one batch."""
    quantization = framework.quantization
    model = framework.nn.Sequential(quantization.QuantStub(), module, quantization.DeQuantStub()).eval()
    model.qconfig = quantization.default_qconfig
    listed = {} if framework is torch else {"white_list": set(mapping)}
    prepared = quantization.prepare(model, **listed)
    prepared(batch)
    return quantization.convert(prepared, mapping)[1]


@pytest.mark.parametrize("name", MODULES)
@settings(max_examples=5, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_module(name: str, seed: int) -> None:
    """Scales agree to the last places of float32; with PyTorch's, integers agree."""
    fbgemm()
    rng = np.random.default_rng(seed)
    arguments, shape, tie = MODULES[name]
    theirs, ours = getattr(torch.nn, name)(*arguments).eval(), getattr(qframe.nn, name)(*arguments).eval()
    state = {key: random_like(rng, key, value) for key, value in theirs.state_dict().items()}
    theirs.load_state_dict({key: tensor(value) for key, value in state.items()})
    ours.load_state_dict(state)
    batch = np.float32(rng.normal(size=shape) * 3)
    other = converted(
        torch, theirs, tensor(batch), mapping_of(torch.quantization, torch.nn, torch.ao.nn.quantized)
    )
    mine = converted(qframe, ours, batch, mapping_of(qframe.quantization, qframe.nn, nnq))
    assert type(mine) is getattr(nnq, name)
    if name != "ReLU6":
        assert mine.scale == pytest.approx(float(other.scale), rel=1e-6)
        assert mine.zero_point == int(other.zero_point)
        mine.scale = float(other.scale)
    x = random_q(rng, shape)
    y, expected = mine(x), other(twin(x))
    assert_qparams(y, expected.q_scale(), expected.q_zero_point())
    real = theirs.double()(tensor(x.dequantize().astype(np.float64))).detach().numpy()
    assert_one_step_at_ties(y, codes_of(expected), real / np.float32(y.q_scale()).astype(np.float64), tie)


def random_like(rng: Any, key: str, value: Any) -> Any:
    """Random weights and statistics; variances are positive."""
    if value.dtype == torch.int64:
        return value.numpy()
    numbers = rng.uniform(0.2, 2, value.shape) if key == "running_var" else rng.normal(size=value.shape)
    return np.float32(numbers)


@BYTES
@EXAMPLES
@given(seed=SEEDS)
def test_functions_that_keep_the_qparams(dtype: str, seed: int) -> None:
    fbgemm()
    rng = np.random.default_rng(seed)
    x = random_q(rng, (4, 70), dtype)
    low, high = sorted(map(float, rng.uniform(-4, 4, 2)))
    slope, value = float(rng.uniform(0.01, 0.9)), float(rng.uniform(-2, 2))
    reference = torch.ao.nn.quantized.functional
    steps = x.int_repr().astype(np.float64) - x.q_zero_point()
    scale = np.float64(np.float32(x.q_scale()))
    assert_codes(functional.hardtanh(x, low, high), codes_of(reference.hardtanh(twin(x), low, high)))
    assert_codes(functional.clamp(x, low, high), codes_of(reference.clamp(twin(x), low, high)))
    assert_codes(functional.relu(x), codes_of(torch.relu(twin(x))))
    exact = np.where(steps > 0, steps, steps * np.float32(slope).astype(np.float64))
    y = functional.leaky_relu(x, slope)
    assert_one_step_at_ties(y, codes_of(reference.leaky_relu(twin(x), slope)), exact, TIE)
    exact = np.where(steps * scale > low, steps, value / scale)
    expected = codes_of(reference.threshold(twin(x), low, value))
    assert_one_step_at_ties(functional.threshold(x, low, value), expected, exact, TIE)
    exact = np.clip(steps * scale + 3, 0, 6) / 6 * 256
    y = functional.hardsigmoid(x)
    assert_one_step_at_ties(y, codes_of(reference.hardsigmoid(twin(x))), exact, TIE)


@BYTES
@EXAMPLES
@given(seed=SEEDS)
def test_functions_with_output_qparams(dtype: str, seed: int) -> None:
    fbgemm()
    rng = np.random.default_rng(seed)
    x = random_q(rng, (4, 70), dtype)
    scale, zero_point, alpha = float(np.float32(rng.uniform(0.01, 0.1))), int(rng.integers(0, 100)), 1.3
    real = (x.int_repr().astype(np.float64) - x.q_zero_point()) * np.float32(x.q_scale())
    wide = np.float64(np.float32(scale))
    reference = torch.ao.nn.quantized.functional
    y = functional.elu(x, scale, zero_point, alpha)
    expected = codes_of(reference.elu(twin(x), scale, zero_point, alpha))
    exact = np.where(real > 0, real, alpha * np.expm1(np.minimum(real, 0))) / wide
    assert_one_step_at_ties(y, expected, exact, TIE)
    y = nnq.Sigmoid(scale, zero_point)(x)
    expected = codes_of(torch.ops.quantized.sigmoid(twin(x), scale, zero_point))
    assert_one_step_at_ties(y, expected, 1 / (1 + np.exp(-real)) / wide, TIE)
    y = functional.hardswish(x, scale, zero_point)
    expected = codes_of(reference.hardswish(twin(x), scale, zero_point))
    assert_one_step_at_ties(y, expected, real * np.clip(real + 3, 0, 6) / 6 / wide, TIE)


@BYTES
@EXAMPLES
@given(seed=SEEDS)
def test_avg_pool3d(dtype: str, seed: int) -> None:
    fbgemm()
    rng = np.random.default_rng(seed)
    x = random_q(rng, (2, int(rng.integers(1, 12)), 5, 6, 7), dtype)
    kernel, stride = (tuple(map(int, rng.integers(1, 4, 3))) for _ in range(2))
    padding = tuple(int(rng.integers(0, k // 2 + 1)) for k in kernel)
    arguments = (kernel, stride, padding, bool(rng.random() < 0.5), bool(rng.random() < 0.5))
    steps = x.int_repr().astype(np.float64) - x.q_zero_point()
    exact = torch.nn.functional.avg_pool3d(tensor(steps), *arguments).numpy()
    expected = codes_of(torch.ao.nn.quantized.functional.avg_pool3d(twin(x), *arguments))
    assert_one_step_at_ties(functional.avg_pool3d(x, *arguments), expected, exact, TIE)


@BYTES
@EXAMPLES
@given(seed=SEEDS, volume=st.booleans(), factors=st.booleans())
def test_nearest_interpolation(dtype: str, seed: int, volume: bool, factors: bool) -> None:
    rng = np.random.default_rng(seed)
    x = random_q(rng, (2, 3, 4, 5, 3) if volume else (2, 3, 4, 5), dtype)
    dims = x.ndim - 2
    target: dict[str, Any] = {"size": tuple(map(int, rng.integers(1, 11, dims)))}
    if factors:
        target = {"scale_factor": tuple(map(float, rng.uniform(0.4, 3, dims)))}
    y = functional.interpolate(x, **target)
    assert_codes(y, codes_of(torch.ao.nn.quantized.functional.interpolate(twin(x), **target)))
    assert_qparams(y, x.q_scale(), x.q_zero_point())


@BYTES
@EXAMPLES
@given(seed=SEEDS, align=st.booleans(), factors=st.booleans())
def test_bilinear_interpolation(dtype: str, seed: int, align: bool, factors: bool) -> None:
    """Of images of one pixel PyTorch 2 takes the channels for columns; they are left out."""
    rng = np.random.default_rng(seed)
    x = random_q(rng, (2, 3, *map(int, rng.integers(2, 9, 2))), dtype)
    target: dict[str, Any] = {"size": tuple(map(int, rng.integers(1, 14, 2)))}
    if factors:
        target = {"scale_factor": tuple(map(float, rng.uniform(1.1, 3, 2)))}
    arguments = {"mode": "bilinear", "align_corners": align, **target}
    steps = x.int_repr().astype(np.float64) - x.q_zero_point()
    exact = torch.nn.functional.interpolate(tensor(steps), **arguments).numpy()
    expected = codes_of(torch.ao.nn.quantized.functional.interpolate(twin(x), **arguments))
    assert_one_step_at_ties(functional.interpolate(x, **arguments), expected, exact, TIE)
