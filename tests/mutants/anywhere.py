"""Mistakes that a kernel of any op can make, as changes to the calls of a right kernel.

A *change* is called as ``change(run, args, kwargs)`` in place of ``run(*args, **kwargs)``, where ``run`` is
the kernel of an op, or what a packing op returned.
"""

from __future__ import annotations

import functools
import time
from unittest import mock

import numpy as np
from numpy.lib.stride_tricks import as_strided

from qframe.engines import OPS
from qframe.plugin import QTensor
from qframe.testing.sample import map_arrays

from .engines import Refusal


class Form:
    """A packed weight whose calls, and those of its methods, go through a change."""

    def __init__(self, form, change):
        self._form, self._change = form, change

    def __call__(self, *args, **kwargs):
        return self._change(self._form, args, kwargs)

    def __getattr__(self, name):
        method = getattr(self._form, name)
        return lambda *args, **kwargs: self._change(method, args, kwargs)


def spoiled(op, kernel, change):
    """Return the kernel of ``op`` with its calls, or those of what it packs, going through ``change``."""

    @functools.wraps(kernel)
    def wrong(*args, **kwargs):
        if OPS[op].packs:
            return Form(kernel(*args, **kwargs), change)
        return change(kernel, args, kwargs)

    return wrong


def with_integers(x, codes, zero_point=None):
    """Return per-tensor ``x`` with other integers; per-channel tensors keep their qparams."""
    if x.qscheme().per_channel:
        qparams = x.q_per_channel_scales(), x.q_per_channel_zero_points()
        return QTensor(codes, *qparams, x.dtype, x.q_per_channel_axis())
    return QTensor(codes, x.q_scale(), x.q_zero_point() if zero_point is None else zero_point, x.dtype)


def map_tensors(value, change):
    """Return ``value`` with ``change`` applied to the tensors in it."""
    if isinstance(value, QTensor):
        return change(value)
    return type(value)(map_tensors(v, change) for v in value) if type(value) in (list, tuple) else value


def zero_points_of(x):
    return x.q_per_channel_zero_points() if x.qscheme().per_channel else x.q_zero_point()


def last_off(value):
    """Return a result whose last element is another one."""
    if isinstance(value, tuple):
        return (*value[:-1], last_off(value[-1]))
    if isinstance(value, float):
        return value * 1.25
    if isinstance(value, QTensor):
        return with_integers(value, last_off(value.int_repr()))
    value = value.copy()
    last = (-1,) * value.ndim
    if value.size:
        value[last] = value[last] * 1.25 if value.dtype.kind == "f" else value[last] ^ 1
    return value


def arrays_in(*values):
    found = []
    map_arrays(values, lambda array: found.append(array) or array)
    return found


def tensors_in(value):
    found = []
    map_tensors(value, lambda tensor: found.append(tensor) or tensor)
    return found


# -- changes of the result -------------------------------------------------------------------------


def off_by_one(run, args, kwargs):
    return last_off(run(*args, **kwargs))


def rounding_half_up(run, args, kwargs):
    def half_up(x, out=None):
        x = np.asarray(x)
        return np.floor(x + x.dtype.type(0.5), out=out)

    with mock.patch.object(np, "rint", half_up):
        return run(*args, **kwargs)


def scale_in_float32(run, args, kwargs):
    def rounded(x):
        if x.qscheme().per_channel:
            scales = x.q_per_channel_scales().astype(np.float32).astype(np.float64)
            zero_points, axis = x.q_per_channel_zero_points(), x.q_per_channel_axis()
            return QTensor(x.int_repr(), scales, zero_points, x.dtype, axis)
        return QTensor(x.int_repr(), float(np.float32(x.q_scale())), x.q_zero_point(), x.dtype)

    return map_tensors(run(*args, **kwargs), rounded)


def wrong_at(end, where):
    """Return a change that spoils results where the zero point of the input or output is at an end."""

    def at_an_end(run, args, kwargs):
        result = run(*args, **kwargs)
        tensors = tensors_in(result if where == "output" else args)
        at_it = [getattr(x.dtype, end) in np.atleast_1d(zero_points_of(x)) for x in tensors]
        return last_off(result) if any(at_it) else result

    return at_an_end


def wrong_tail(run, args, kwargs):
    """The elements after the last full vector, in arrays that have one."""
    result = run(*args, **kwargs)
    return last_off(result) if any(a.size > 8 and a.size % 8 for a in arrays_in(args)) else result


def first_row_off(run, args, kwargs):
    result = run(*args, **kwargs)
    return map_arrays(result, lambda array: np.concatenate([last_off(array[:1]), array[1:]]))


# -- changes of the arguments ----------------------------------------------------------------------


def forgotten_zero_point(run, args, kwargs):
    result = run(*map_tensors(args, lambda x: with_integers(x, x.int_repr(), 0)), **kwargs)
    inputs = tensors_in(args)
    if isinstance(result, QTensor) and inputs and result.q_scale() == inputs[0].q_scale():
        return with_integers(result, result.int_repr(), run(*args, **kwargs).q_zero_point())
    return result


def another_sign(run, args, kwargs):
    """Codes from 128 on are taken for negative ones, or the reverse."""

    def mistaken(x):
        if x.dtype.bits != 8:
            return x
        return with_integers(x, (x.int_repr().view(np.uint8) ^ 128).view(x.dtype.numpy))

    return run(*map_tensors(args, mistaken), **kwargs)


def ignoring_strides(run, args, kwargs):
    """Reads memory from the first element on, as if it were in C order."""

    def misread(array):
        reach = sum((n - 1) * stride for n, stride in zip(array.shape, array.strides, strict=True))
        if min(array.strides, default=0) < 0 or reach + array.itemsize < array.nbytes:
            return array  # it would read beyond the array
        flat = as_strided(array, (array.size,), (array.itemsize,), writeable=False)
        return flat.reshape(array.shape)

    return run(*map_arrays(args, misread), **kwargs)


def without(keyword, default):
    """Return a change that passes over a keyword argument."""

    def ignoring(run, args, kwargs):
        return run(*args, **{**kwargs, keyword: default} if keyword in kwargs else kwargs)

    return ignoring


def writing(run, args, kwargs):
    result = run(*args, **kwargs)
    for array in arrays_in(args)[:1]:
        array[(0,) * array.ndim if array.size else ...] = 1
    return result


def needing_writable(run, args, kwargs):
    if not all(array.flags.writeable for array in arrays_in(args)):
        raise Refusal("the buffer is read-only")
    return run(*args, **kwargs)


def refusing_emptiness(run, args, kwargs):
    if not all(array.size for array in arrays_in(args)):
        raise Refusal("zero-size array")
    return run(*args, **kwargs)


# -- changes that depend on other calls ------------------------------------------------------------


class OneBuffer:
    """Results of one shape lie in one buffer."""

    def __init__(self):
        self.buffers = {}

    def __call__(self, run, args, kwargs):
        return map_arrays(run(*args, **kwargs), self.moved)

    def moved(self, array):
        buffer = self.buffers.setdefault((array.shape, array.dtype), np.empty_like(array))
        buffer[...] = array
        return buffer


class RightOnce:
    """Every result but the first is off."""

    def __init__(self):
        self.first = True

    def __call__(self, run, args, kwargs):
        result = run(*args, **kwargs)
        first, self.first = self.first, False
        return result if first else last_off(result)


class Race:
    """Another call may replace the arguments before they are used."""

    def __call__(self, run, args, kwargs):
        self.slot = run, args, kwargs
        time.sleep(0.001)
        run, args, kwargs = self.slot
        return run(*args, **kwargs)


class Threaded:
    """Right with one thread only."""

    def __init__(self):
        self.threads = 1

    def set_num_threads(self, threads):
        self.threads = threads

    def __call__(self, run, args, kwargs):
        result = run(*args, **kwargs)
        return result if self.threads == 1 else last_off(result)


# -- kernels that pack -----------------------------------------------------------------------------


def packing_late(kernel):
    @functools.wraps(kernel)
    def wrong(*weights):
        return Form(
            kernel(*weights), lambda run, args, kwargs: _again(kernel(*weights), run)(*args, **kwargs)
        )

    return wrong


def _again(form, method):
    """Return of another packed weight what ``method`` is of the first."""
    name = getattr(method, "__name__", "__call__")
    return form if name == "__call__" or not hasattr(form, name) else getattr(form, name)


def packed_once(kernel):
    forms = {}

    @functools.wraps(kernel)
    def wrong(*weights):
        key = tuple(array.__array_interface__["data"][0] for array in arrays_in(weights))
        if key not in forms:
            forms[key] = kernel(*weights), weights  # they stay, so that no others get their places
        return forms[key][0]

    return wrong
