"""The layers by their definitions: plain loops over every output, in float64."""

import itertools

import numpy as np


def convolution(x, weight, bias, stride, padding, dilation, groups):
    """Cross-correlation of (N, C, ...) with zero padding, one output at a time."""
    dims = x.ndim - 2
    x = np.pad(x.astype(np.float64), [(0, 0), (0, 0), *((p, p) for p in padding)])
    kernel = weight.shape[2:]
    size = [(x.shape[2 + i] - dilation[i] * (kernel[i] - 1) - 1) // stride[i] + 1 for i in range(dims)]
    out = np.zeros((x.shape[0], weight.shape[0], *size))
    per_group = weight.shape[0] // groups
    for n, o in itertools.product(range(x.shape[0]), range(weight.shape[0])):
        first = o // per_group * weight.shape[1]
        for at in np.ndindex(*size):
            total = 0.0 if bias is None else float(bias[o])
            for c, *tap in np.ndindex(*weight.shape[1:]):
                place = tuple(at[i] * stride[i] + tap[i] * dilation[i] for i in range(dims))
                total += x[(n, first + c, *place)] * float(weight[(o, c, *tap)])
            out[(n, o, *at)] = total
    return out


def windows(length, k, stride, padding, dilation, ceil_mode):
    """The positions of each window of a pooling along one dimension, those in the padding too."""
    span = dilation * (k - 1)
    found = []
    start = -padding
    while start < length + padding:
        fits = start + span < length + padding
        reaches = start + span < length + padding - 1 + stride and start < length
        if not (fits or (ceil_mode and reaches)):
            break
        found.append([start + i * dilation for i in range(k)])
        start += stride
    return found


def pool2d(x, kernel, stride, padding, dilation, ceil_mode, combine):
    """``combine(values inside, window rows, window columns)`` for each window of (N, C, H, W)."""
    rows, columns = (
        windows(x.shape[2 + i], kernel[i], stride[i], padding[i], dilation[i], ceil_mode) for i in (0, 1)
    )
    out = np.zeros((*x.shape[:2], len(rows), len(columns)))
    for n, c, i, j in np.ndindex(*out.shape):
        places = itertools.product(rows[i], columns[j])
        inside = [float(x[n, c, r, s]) for r, s in places if 0 <= r < x.shape[2] and 0 <= s < x.shape[3]]
        out[n, c, i, j] = combine(inside, rows[i], columns[j])
    return out


def lstm(x, hidden, cell, weight_ih, weight_hh, bias):
    """One direction of one layer over (T, N, I), unit by unit."""

    def squash(v):
        return 1.0 / (1.0 + np.exp(-v))

    size = hidden.shape[1]
    outputs = []
    for step in x:
        new_hidden, new_cell = np.zeros_like(hidden), np.zeros_like(cell)
        for n, u in np.ndindex(*hidden.shape):
            i, f, g, o = (
                step[n] @ weight_ih[gate * size + u]
                + hidden[n] @ weight_hh[gate * size + u]
                + bias[gate * size + u]
                for gate in range(4)
            )
            new_cell[n, u] = squash(f) * cell[n, u] + squash(i) * np.tanh(g)
            new_hidden[n, u] = squash(o) * np.tanh(new_cell[n, u])
        hidden, cell = new_hidden, new_cell
        outputs.append(hidden)
    return np.stack(outputs), hidden, cell
