"""quantize, dequantize and the observers against a living PyTorch 2."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle.compare import assert_codes, assert_one_step_at_ties
from oracle.live import CODES, DTYPES, TIE, codes_of, random_q, tensor, torch, twin

import qframe
import qframe.quantization
from qframe.qtensor import QTensor

pytestmark = pytest.mark.filterwarnings("ignore")
SEEDS = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("dtype", ["quint8", "qint8", "qint32"])
@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_quantize_per_tensor(dtype: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    low, high = CODES[dtype]
    scale, zero_point = float(10 ** rng.uniform(-4, 2)), int(rng.integers(max(low, -128), min(high, 127) + 1))
    x = np.float32(rng.normal(size=200) * scale * 100)
    q = qframe.quantize_per_tensor(x, scale, zero_point, getattr(qframe, dtype))
    expected = codes_of(torch.quantize_per_tensor(tensor(x), scale, zero_point, DTYPES[dtype]))
    assert_one_step_at_ties(q, expected, x.astype(np.float64) / np.float32(scale), TIE)


@pytest.mark.parametrize("dtype", ["quint8", "qint8", "qint32"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_quantize_per_channel(dtype: str, axis: int) -> None:
    rng = np.random.default_rng(axis)
    x = np.float32(rng.normal(size=(4, 5, 6)))
    scales, zeros = np.float32(rng.uniform(0.001, 0.1, x.shape[axis])), rng.integers(0, 100, x.shape[axis])
    q = qframe.quantize_per_channel(x, scales, zeros, axis, getattr(qframe, dtype))
    other = torch.quantize_per_channel(tensor(x), tensor(scales), tensor(zeros), axis, DTYPES[dtype])
    steps = x.astype(np.float64) / np.moveaxis(scales.reshape(-1, 1, 1), 0, axis)
    assert_one_step_at_ties(q, codes_of(other), steps, TIE)
    np.testing.assert_array_equal(twin(q).dequantize().numpy(), q.dequantize())


@pytest.mark.parametrize("dtype", ["quint8", "qint8", "qint32"])
def test_dequantize(dtype: str) -> None:
    q = random_q(np.random.default_rng(3), (300,), dtype)
    np.testing.assert_array_equal(q.dequantize(), twin(q).dequantize().numpy())


def combinations(per_channel: bool) -> list[Any]:
    """dtype, qscheme, reduce_range; symmetric reduced quint8 is refused by both."""
    kind = "per_channel" if per_channel else "per_tensor"
    return [
        pytest.param(
            dtype, f"{kind}_{form}", reduce, id="-".join([dtype, form, "reduced" if reduce else "full"])
        )
        for dtype in ("quint8", "qint8")
        for form in ("affine", "symmetric")
        for reduce in (False, True)
        if not (dtype == "quint8" and form == "symmetric" and reduce)
    ]


def compare_observers(
    name: str, batches: Any, dtype: str, qscheme: str, reduce: bool, **arguments: Any
) -> None:
    """Feed both observers; scale within one unit in the last place, zero point equal."""
    ours = getattr(qframe.quantization, name)(
        dtype=getattr(qframe, dtype), qscheme=getattr(qframe, qscheme), reduce_range=reduce, **arguments
    )
    other = getattr(torch.ao.quantization, name)(
        dtype=DTYPES[dtype], qscheme=getattr(torch, qscheme), reduce_range=reduce, **arguments
    )
    for batch in batches:
        ours(batch)
        other(tensor(batch))
    scale, zero_point = ours.calculate_qparams()
    other_scale, other_zero_point = other.calculate_qparams()
    np.testing.assert_array_max_ulp(np.reshape(scale, -1), other_scale.numpy().reshape(-1), maxulp=1)
    np.testing.assert_array_equal(np.reshape(zero_point, -1), other_zero_point.numpy().reshape(-1))


@pytest.mark.parametrize(("dtype", "qscheme", "reduce"), combinations(False))
@pytest.mark.parametrize("offset", [0.0, 3.0, -3.0])
@pytest.mark.parametrize("name", ["MinMaxObserver", "MovingAverageMinMaxObserver"])
def test_per_tensor_observers(name: str, offset: float, dtype: str, qscheme: str, reduce: bool) -> None:
    rng = np.random.default_rng(5)
    batches = [np.float32(rng.normal(size=(4, 30)) * (i + 1) + offset) for i in range(3)]
    compare_observers(name, batches, dtype, qscheme, reduce)


@pytest.mark.parametrize(("dtype", "qscheme", "reduce"), combinations(True))
@pytest.mark.parametrize("ch_axis", [0, 1, 2, 3])
@pytest.mark.parametrize("name", ["PerChannelMinMaxObserver", "MovingAveragePerChannelMinMaxObserver"])
def test_per_channel_observers(name: str, ch_axis: int, dtype: str, qscheme: str, reduce: bool) -> None:
    rng = np.random.default_rng(6)
    batches = [np.float32(rng.normal(size=(2, 3, 4, 5)) * (i + 1)) for i in range(3)]
    compare_observers(name, batches, dtype, qscheme, reduce, ch_axis=ch_axis)


@pytest.mark.parametrize(("dtype", "qscheme", "reduce"), combinations(False))
@pytest.mark.parametrize("bins", [64, 2048])
def test_histogram_observer_of_one_batch(bins: int, dtype: str, qscheme: str, reduce: bool) -> None:
    """PyTorch 2 merges the histograms of several batches in another way than 1.6, so one batch it is."""
    batch = np.float32(np.random.default_rng(7).normal(size=(20, 50)))
    compare_observers("HistogramObserver", [batch], dtype, qscheme, reduce, bins=bins)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_views_and_comparisons(seed: int) -> None:
    q = random_q(np.random.default_rng(seed), (3, 4, 5))
    other = twin(q)
    pairs: list[tuple[QTensor, Any]] = [
        (q.view(12, 5), other.view(12, 5)),
        (q.permute(2, 0, 1), other.permute(2, 0, 1)),
        (q[1:, :, 2], other[1:, :, 2]),
        (q.select(1, 2), other.select(1, 2)),
        (q.flatten(1), other.flatten(1)),
        (q.max(), other.max()),
        (q.min(), other.min()),
    ]
    for ours, theirs in pairs:
        assert_codes(ours, codes_of(theirs))
    np.testing.assert_array_equal(q > 0.5, (other > 0.5).numpy())
    np.testing.assert_array_equal(q.sort(-1)[0].int_repr(), codes_of(other.sort(-1)[0]))
