"""Engines that are right except in one respect, and how to put them under single tests of the suite."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from qframe.engines import API, Engine, registry
from qframe.plugin import (
    Clamp,
    QTensor,
    centered,
    gru_cell,
    hookimpl,
    lstm_cell,
    reciprocal,
    requantize,
    run_steps,
    sigmoid,
)
from qframe.testing import EngineSuite, cases
from qframe.testing.harness import SELECTIONS

NAME = "fake-for-the-suite"


class FakePlugin:
    def __init__(self, kernels):
        self.kernels = kernels

    @hookimpl
    def qframe_engines(self):
        return Engine(NAME, api=API, priority=-2)

    @hookimpl
    def qframe_kernel(self, engine, op):
        return self.kernels.get(op) if engine == NAME else None


@contextmanager
def fake_engine(kernels, **attributes) -> Iterator[EngineSuite]:
    """Register an engine with these kernels, and yield the suite for it."""
    registry.register(FakePlugin(kernels), NAME)
    try:
        yield type("TestFake", (EngineSuite,), {"engine": NAME, **attributes})()
    finally:
        registry.unregister(NAME)


def outcomes(suite, law, op):
    """Run one test of the suite on every sample of one op; return the names of (failed, skipped, passed)."""
    method = getattr(suite, law)
    selected = next(
        (SELECTIONS[name] for name in inspect.signature(method).parameters if name in SELECTIONS), None
    )
    arguments = [op] if selected is None else [case for case in cases(suite.samples, op) if selected(case)]
    failed, skipped, passed = [], [], []
    for argument in arguments:
        try:
            method(argument)
        except pytest.skip.Exception as reason:
            skipped.append(str(reason))
        except Exception as error:
            failed.append(f"{argument}: {error}")
        else:
            passed.append(str(argument))
    return failed, skipped, passed


def reference(op):
    return registry.kernel("reference", op)


# -- kernels that are wrong in one respect ---------------------------------------------------------


def quantize_rounding_half_up(x, scale, zero_point, dtype):
    with np.errstate(all="ignore"):
        codes = np.floor(x * reciprocal(scale) + np.float32(0.5)).astype(np.float64) + zero_point
    codes = np.where(np.isnan(codes), dtype.minimum if dtype.bits == 32 else dtype.maximum, codes)
    return QTensor(np.clip(codes, dtype.minimum, dtype.maximum).astype(dtype.numpy), scale, zero_point, dtype)


def quantize_dividing(x, scale, zero_point, dtype):
    with np.errstate(all="ignore"):
        codes = np.rint(x / np.float32(scale)).astype(np.float64) + zero_point
    codes = np.where(np.isnan(codes), dtype.minimum if dtype.bits == 32 else dtype.maximum, codes)
    return QTensor(np.clip(codes, dtype.minimum, dtype.maximum).astype(dtype.numpy), scale, zero_point, dtype)


def conv_padding_with_code_zero(weight, bias, stride, padding, dilation, groups):
    packed = reference("conv2d_pack")(weight, bias, stride, (0, 0), dilation, groups)

    class Convolution:
        def __call__(self, x, scale, zero_point, *, clamp=None):
            borders = [(0, 0), (0, 0), *[(p, p) for p in padding]]
            padded = QTensor(np.pad(x.int_repr(), borders), x.q_scale(), x.q_zero_point(), x.dtype)
            return packed(padded, scale, zero_point, clamp=clamp)

    return Convolution()


def mul_clamping_before_the_zero_point(a, b, scale, zero_point, *, clamp=None):
    product = centered(a.int_repr(), a.q_zero_point()).astype(np.float64)
    product = product * centered(b.int_repr(), b.q_zero_point())
    multiplier = np.float32(a.q_scale()) * np.float32(b.q_scale()) * reciprocal(scale)
    low, high = clamp or (a.dtype.minimum, a.dtype.maximum)
    rounded = np.clip(np.rint(product.astype(np.float32) * multiplier), low, high)
    return QTensor(
        np.clip(rounded + zero_point, a.dtype.minimum, a.dtype.maximum).astype(a.dtype.numpy),
        scale,
        zero_point,
        a.dtype,
    )


def add_ignoring_the_clamp(a, b, scale, zero_point, *, clamp=None):
    return reference("add")(a, b, scale, zero_point)


def clamp_in_place(x, low, high):
    codes = x.int_repr()
    if not codes.flags.writeable:
        codes = codes.copy()
    copy = np.clip(codes, low, high).astype(codes.dtype)
    codes[...] = copy
    return QTensor(copy, x.q_scale(), x.q_zero_point(), x.dtype)


def clamp_returning_its_input(x, low, high):
    if (low, high) == (x.dtype.minimum, x.dtype.maximum):
        return x
    return reference("clamp")(x, low, high)


def clamp_writing_through_a_pointer(x, low, high):
    if not x.int_repr().flags.writeable:
        raise BufferError("the buffer is read-only")
    return reference("clamp")(x, low, high)


def clamp_in_memory_order(x, low, high):
    codes = np.clip(x.int_repr().ravel(order="K"), low, high).reshape(x.shape)
    return QTensor(codes, x.q_scale(), x.q_zero_point(), x.dtype)


def clamp_refusing_emptiness(x, low, high):
    if not x.numel():
        raise ValueError("zero-size array")
    return reference("clamp")(x, low, high)


def lookup_with_the_scale_in_float32(x, table, scale, zero_point):
    result = reference("lookup")(x, table, scale, zero_point)
    return QTensor(result.int_repr(), float(np.float32(scale)), zero_point, result.dtype)


def lookup_without_the_offset_of_signed_codes(x, table, scale, zero_point):
    result = reference("lookup")(x, table, scale, zero_point)
    codes = table[x.int_repr().astype(np.intp) % 256]
    return QTensor(codes, scale, zero_point, result.dtype)


def lookup_always_unsigned(x, table, scale, zero_point):
    result = reference("lookup")(x, table, scale, zero_point)
    return QTensor(result.int_repr().view(np.uint8), scale, zero_point, result.dtype)


def mean_of_one_more(x, dim, keepdim):
    result = reference("mean")(x, dim, keepdim)
    count = x.numel() // max(result.numel(), 1) + 1
    axes = tuple(range(x.ndim)) if dim is None else dim
    total = x.int_repr().astype(np.int64).sum(axis=axes, keepdims=keepdim) - (count - 1) * x.q_zero_point()
    codes = requantize(np.asarray(total), reciprocal(count), x.q_zero_point(), x.dtype)
    return QTensor(codes, x.q_scale(), x.q_zero_point(), x.dtype)


def per_channel_along_the_last_axis(x, scales, zero_points, axis, dtype):
    used = x.ndim - 1 if x.shape[axis] == x.shape[-1] else axis
    result = reference("quantize_per_channel")(x, scales, zero_points, used, dtype)
    return QTensor(result.int_repr(), scales, zero_points, dtype, axis)


def linear_adding_pairs_in_int16(weight, bias):
    right = reference("linear_pack")(weight, bias)

    class Linear:
        def __call__(self, x, scale, zero_point, *, clamp=None):
            if weight.qscheme().per_channel or weight.q_zero_point() or x.q_zero_point() or bias is not None:
                return right(x, scale, zero_point, clamp=clamp)
            left, inputs = x.int_repr().astype(np.int64), x.shape[-1]
            products = left[..., None, :] * weight.int_repr().astype(np.int64)
            if inputs % 2:
                products = np.concatenate([products, np.zeros_like(products[..., :1])], axis=-1)
            pairs = products.reshape(*products.shape[:-1], -1, 2).sum(axis=-1)
            accumulator = np.clip(pairs, -(2**15), 2**15 - 1).sum(axis=-1)
            multiplier = np.float32(x.q_scale()) * np.float32(weight.q_scale()) / np.float32(scale)
            codes = requantize(accumulator, multiplier, zero_point, x.dtype, clamp)
            return QTensor(codes, scale, zero_point, x.dtype)

        def dynamic(self, x, *, relu=False, reduce_range=False):
            return right.dynamic(x, relu=relu, reduce_range=reduce_range)

    return Linear()


def linear_with_reversed_channel_scales(weight, bias):
    if weight.qscheme().per_channel:
        scales = weight.q_per_channel_scales()[::-1].copy()
        weight = QTensor(weight.int_repr(), scales, weight.q_per_channel_zero_points(), weight.dtype, 0)
    return reference("linear_pack")(weight, bias)


def linear_that_packs_late(weight, bias):
    """Keeps the caller's arrays and looks at them at each call."""

    class Linear:
        def __call__(self, x, scale, zero_point, *, clamp=None):
            return reference("linear_pack")(weight, bias)(x, scale, zero_point, clamp=clamp)

        def dynamic(self, x, *, relu=False, reduce_range=False):
            return reference("linear_pack")(weight, bias).dynamic(x, relu=relu, reduce_range=reduce_range)

    return Linear()


def lstm_with_a_scale_for_each_step(weight_ih, weight_hh, bias_ih, bias_hh):
    """Quantizes the input of each step by itself, not that of the whole sequence."""
    packed = reference("lstm_pack")(weight_ih, weight_hh, bias_ih, bias_hh)

    def run(x, batch_sizes, states, *, reverse=False, reduce_range=False):
        if reverse or len(set(batch_sizes)) > 1:
            return packed(x, batch_sizes, states, reverse=reverse, reduce_range=reduce_range)
        outputs = []
        for rows in np.split(x, len(batch_sizes)):
            out, *states = packed(rows, (len(rows),), states, reduce_range=reduce_range)
            outputs.append(out)
        return np.concatenate(outputs), *states

    return run


def lstm_with_the_librarys_functions(weight_ih, weight_hh, bias_ih, bias_hh):
    """Takes NumPy's exp and tanh, whose last bits are other ones."""
    linear = [reference("linear_pack")(*pair) for pair in ((weight_ih, bias_ih), (weight_hh, bias_hh))]

    def cell(projected, recurrent, states):
        return lstm_cell(projected, recurrent, states, lambda x: 1 / (1 + np.exp(-x)), np.tanh)

    def run(x, batch_sizes, states, *, reverse=False, reduce_range=False):
        projected = linear[0].dynamic(x, reduce_range=reduce_range)

        def project(hidden):
            return linear[1].dynamic(hidden, reduce_range=reduce_range)

        return run_steps(projected, batch_sizes, states, reverse, project, cell)

    return run


def lstm_that_quantizes_its_input(weight_ih, weight_hh, bias_ih, bias_hh):
    packed = reference("lstm_pack_fp16")(weight_ih, weight_hh, bias_ih, bias_hh)

    def run(x, batch_sizes, states, *, reverse=False):
        return packed(np.rint(x * 64) / np.float32(64), batch_sizes, states, reverse=reverse)

    return run


def gru_that_resets_before_the_product(weight_ih, weight_hh, bias_ih, bias_hh):
    """The other common GRU: its reset gate multiplies the hidden state, not the projection."""
    linear = [reference("linear_pack")(*pair) for pair in ((weight_ih, bias_ih), (weight_hh, bias_hh))]

    def run(x, batch_sizes, states, *, reverse=False, reduce_range=False):
        def project(hidden):
            return linear[1].dynamic(hidden, reduce_range=reduce_range)

        def cell(projected, recurrent, states):
            size = states[0].shape[1]
            reset = sigmoid(projected[:, :size] + recurrent[:, :size])
            candidate = project(reset * states[0])[:, 2 * size :]
            whole = np.concatenate([recurrent[:, : 2 * size], candidate], axis=1)
            opened = np.concatenate([np.full_like(reset, 100), projected[:, size:]], axis=1)
            return gru_cell(opened, whole, states)

        return run_steps(
            linear[0].dynamic(x, reduce_range=reduce_range), batch_sizes, states, reverse, project, cell
        )

    return run


def rnn_reversing_each_batch(weight_ih, weight_hh, bias_ih, bias_hh, nonlinearity):
    """Turns the rows around, as if each sequence were as long as the longest."""
    packed = reference("rnn_pack")(weight_ih, weight_hh, bias_ih, bias_hh, nonlinearity)

    def run(x, batch_sizes, states, *, reverse=False, reduce_range=False):
        if not reverse:
            return packed(x, batch_sizes, states, reduce_range=reduce_range)
        out, *states = packed(x[::-1].copy(), batch_sizes, states, reduce_range=reduce_range)
        return out[::-1].copy(), *states

    return run


class ScratchAdd:
    """Keeps its result in a buffer of its own: two calls at once write to the same memory."""

    def __init__(self):
        self.scratch = None

    def __call__(self, a, b, scale, zero_point, *, clamp=None):
        result = reference("add")(a, b, scale, zero_point, clamp=clamp).int_repr()
        if self.scratch is None or (self.scratch.shape, self.scratch.dtype) != (result.shape, result.dtype):
            self.scratch = np.empty_like(result)
        self.scratch[...] = result
        self.scratch += np.asarray(np.random.default_rng().integers(0, 2), dtype=result.dtype)
        return QTensor(self.scratch, scale, zero_point, a.dtype)


def add_with_another_tail(a, b, scale, zero_point, *, clamp=None):
    """Rounds the elements after the last full vector of eight half away from zero."""
    result = reference("add")(a, b, scale, zero_point, clamp=clamp)
    if result.ndim != 1 or clamp is not None:
        return result
    body = result.numel() // 8 * 8
    real = (a.dequantize() + b.dequantize())[body:] * reciprocal(scale)
    tail = np.trunc(real + np.copysign(np.float32(0.4), real)).astype(np.int64) + zero_point
    codes = result.int_repr().copy()
    codes[body:] = np.clip(tail, a.dtype.minimum, a.dtype.maximum)
    return QTensor(codes, scale, zero_point, a.dtype)


def add_with_another_default(a, b, scale, zero_point, *, clamp=Clamp(0, 255)):  # noqa: B008
    return reference("add")(a, b, scale, zero_point, clamp=clamp)


def add_with_swapped_arguments(b, a, scale, zero_point, *, clamp=None):
    return reference("add")(a, b, scale, zero_point, clamp=clamp)


def add_off_by_one(a, b, scale, zero_point, *, clamp=None):
    result = reference("add")(a, b, scale, zero_point, clamp=clamp)
    low, high = clamp or (a.dtype.minimum, a.dtype.maximum)
    codes = np.clip(result.int_repr().astype(np.int64) + 1, low, high).astype(a.dtype.numpy)
    return QTensor(codes, scale, zero_point, a.dtype)
