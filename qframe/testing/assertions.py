"""Comparing the results of kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from qframe.dtypes import DType, dtype_of, quint8
from qframe.engines import Op
from qframe.qtensor import QTensor

from .sample import Call

Array = np.ndarray[Any, Any]


def assert_same_result(result: Any, expected: Any, *, tolerance: int = 0, error: float | Array = 0.0) -> None:
    """Raise AssertionError unless ``result`` is what ``expected`` is.

    Integers may differ by ``tolerance`` steps; type, shape, dtype and qparams must be equal.
    Floats must be equal (NaN to NaN), or within ``error``.
    """
    if isinstance(expected, QTensor):
        _assert_same_tensor(result, expected, tolerance)
    elif isinstance(expected, tuple):
        if not isinstance(result, tuple) or len(result) != len(expected):
            raise AssertionError(f"the result is {_kind(result)}, expected a tuple of {len(expected)}")
        for one, other in zip(result, expected, strict=True):
            assert_same_result(one, other, tolerance=tolerance, error=error)
    elif isinstance(expected, np.ndarray):
        _assert_same_array(result, expected, error)
    elif not isinstance(result, float) or not np.array_equal(result, expected, equal_nan=True):
        raise AssertionError(f"the result is {result!r}, expected the float {expected!r}")


def assert_unchanged(result: Any, before: Any, error: float | Array, why: str) -> None:
    """Raise AssertionError unless a change that must not matter left the result as it was.

    To the last bit, unless ``error`` says that the order of a float sum is the engine's to choose.
    """
    if not np.any(error):
        assert_same_bytes(result, before, why)
        return
    try:
        assert_same_result(result, before, error=error)
    except AssertionError as failure:
        raise AssertionError(f"{why}: {failure}") from None


def assert_same_bytes(result: Any, expected: Any, why: str) -> None:
    """Raise AssertionError unless two results of one engine are equal in every bit."""
    if type(result) is not type(expected):
        raise AssertionError(f"{why}: the results are {_kind(result)} and {_kind(expected)}")
    pairs = [(result, expected)]
    if isinstance(result, tuple):
        pairs = list(zip(result, expected, strict=True))
    for one, other in pairs:
        one, other = _plain(one), _plain(other)
        if one.shape != other.shape or one.tobytes() != other.tobytes():
            raise AssertionError(f"{why}: {_differences(one, other)}")


def _plain(value: Any) -> Array:
    return value.int_repr() if isinstance(value, QTensor) else np.asarray(value)


def _kind(value: Any) -> str:
    if isinstance(value, QTensor):
        return f"a QTensor of shape {value.shape} and dtype {value.dtype!r}"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and type {value.dtype}"
    return f"a {type(value).__name__}"


def _assert_same_tensor(result: Any, expected: QTensor, tolerance: int) -> None:
    if (
        not isinstance(result, QTensor)
        or result.dtype is not expected.dtype
        or result.shape != expected.shape
    ):
        raise AssertionError(f"the result is {_kind(result)}, expected {_kind(expected)}")
    assert_same_qparams(result, expected)
    if result.int_repr().dtype != expected.dtype.numpy:
        raise AssertionError(f"{expected.dtype!r} stored as {result.int_repr().dtype}")
    far = np.abs(result.int_repr().astype(np.int64) - expected.int_repr()) > tolerance
    if far.any():
        allowed = f" by more than {tolerance}" if tolerance else ""
        raise AssertionError(
            f"integers differ{allowed}: {_differences(result.int_repr(), expected.int_repr(), far)}"
        )


def assert_same_qparams(result: QTensor, expected: QTensor) -> None:
    """Raise AssertionError unless both tensors have the same scheme, scale, zero point and axis."""
    if result.qscheme() is not expected.qscheme():
        raise AssertionError(f"the scheme is {result.qscheme()!r}, expected {expected.qscheme()!r}")
    one, other = _qparams(result), _qparams(expected)
    if not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True)):
        raise AssertionError(f"(scale, zero_point, axis) are {one}, expected {other}")


def _qparams(x: QTensor) -> tuple[Any, ...]:
    if x.qscheme().per_channel:
        return x.q_per_channel_scales(), x.q_per_channel_zero_points(), x.q_per_channel_axis()
    return x.q_scale(), x.q_zero_point(), None


def _assert_same_array(result: Any, expected: Array, error: float | Array) -> None:
    if not isinstance(result, np.ndarray) or (result.shape, result.dtype) != (expected.shape, expected.dtype):
        raise AssertionError(f"the result is {_kind(result)}, expected {_kind(expected)}")
    same = (result == expected) | (np.isnan(result) & np.isnan(expected))
    with np.errstate(invalid="ignore"):
        far = ~same & ~(np.abs(result.astype(np.float64) - expected) <= error)
    if far.any():
        raise AssertionError(f"floats differ: {_differences(result, expected, far)}")


def _differences(result: Array, expected: Array, far: Array | None = None) -> str:
    """Describe how many elements differ, and the first of them."""
    if result.shape != expected.shape:
        return f"shapes {result.shape} and {expected.shape}"
    far = np.asarray(result != expected if far is None else far)
    if not far.any():
        return "equal values, different bits"
    first = tuple(int(i) for i in np.argwhere(far)[0])
    return (
        f"{int(far.sum())} of {far.size} elements, first at {first}: {result[first]!s} "
        f"where {expected[first]!s} is expected"
    )


def arrays_of(result: Any) -> list[Array]:
    """Return the arrays of a result: one, or those of a tuple."""
    parts = result if isinstance(result, tuple) else (result,)
    arrays = [part.int_repr() if isinstance(part, QTensor) else part for part in parts]
    return [array for array in arrays if isinstance(array, np.ndarray)]


def assert_well_formed(op: Op, call: Call, result: Any) -> None:
    """Raise AssertionError unless a result has the qparams, dtype and range that the call asked for."""
    if not isinstance(result, QTensor):
        if op.qparams != "none" and call.method is None:
            raise AssertionError(f"the result is {_kind(result)}, expected a QTensor")
        return
    dtype, qparams = _asked_for(op, call)
    if result.dtype is not dtype or result.int_repr().dtype != dtype.numpy:
        raise AssertionError(f"the result is {_kind(result)}, expected {dtype!r}")
    if qparams is not None:
        assert_same_qparams(result, QTensor(result.int_repr(), *qparams[:2], dtype, qparams[2]))
    clamp = call.kwargs.get("clamp")
    if clamp is not None and result.numel():
        low, high = int(result.int_repr().min()), int(result.int_repr().max())
        if not clamp[0] <= low <= high <= clamp[1]:
            raise AssertionError(f"codes {low}..{high} leave the clamp {tuple(clamp)}")


def _asked_for(op: Op, call: Call) -> tuple[DType, tuple[Any, Any, int | None] | None]:
    """Return dtype and (scale, zero point, axis) of the result; None where a rule of the op derives them."""
    if op.packs:
        return quint8, (call.args[1], call.args[2], None)
    arguments = op.signature.bind(*call.args, **call.kwargs).arguments
    first = next(iter(arguments.values()))
    source = first[0] if isinstance(first, (list, tuple)) else first
    dtype = arguments.get("dtype") or source.dtype
    if op.qparams == "input":
        return dtype, (source.q_scale(), source.q_zero_point(), None)
    if op.qparams != "given":
        return dtype, None
    if "scales" in arguments:
        return dtype, (arguments["scales"], arguments["zero_points"], arguments["axis"])
    if "table" in arguments:
        dtype = dtype_of(arguments["table"])
    return dtype, (arguments["scale"], arguments["zero_point"], None)
