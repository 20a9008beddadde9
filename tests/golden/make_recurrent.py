"""Golden data: dynamic LSTM, and the cells of LSTM, GRU and Elman, with qint8 and float16 weights.

PyTorch's exp and tanh are others than qframe's, so that hidden states differ in their last bits. Where an activation
lies half way between two codes, that moves it by a whole step and everything after it by far more than a last
bit. Such a difference says nothing, so `simulate` recomputes each case in NumPy, with exact sums, and a case is drawn
again until all activations stay clear of ties, by far more than the last bits of a hidden state.
"""

import warnings

import numpy as np
import torch
from bridge import random_codes, tensor
from exact import linear_sums
from make_dynamic import activation_qparams
from make_linear import wrap
from store import Writer
from torch.nn.quantized import dynamic
from torch.nn.quantized.dynamic.modules.rnn import PackedParameter

GATES = {"LSTM": 4, "LSTMCell": 4, "GRUCell": 3, "RNNCell": 1}
#: In steps; hidden states differ by some 1e-5 of one.
CLEAR = 2e-3
LAYERS = {
    "plain": {},
    "two-layers": {"num_layers": 2},
    "bidirectional": {"num_layers": 2, "bidirectional": True},
    "initial-state": {"given": True},
    "per-channel": {"scheme": "per_channel"},
    "packed": {"lengths": [5, 3, 3], "bidirectional": True, "given": True},
    "packed-unsorted": {"lengths": [2, 5, 4], "num_layers": 2, "given": True},
}


def make():
    """Write recurrent.npz."""
    warnings.simplefilter("ignore")
    rng, out = np.random.RandomState(11), Writer("recurrent")
    for weight in ("qint8", "float16"):
        for name, options in LAYERS.items():
            if weight == "qint8" or "scheme" not in options:
                again(lstm, rng, out, "LSTM-%s-%s" % (weight, name), weight, **options)
        for kind, nonlinearity in (("LSTMCell", ""), ("GRUCell", ""), ("RNNCell", "tanh"), ("RNNCell", "relu")):
            for scheme in ("per_tensor", "per_channel")[: 1 if weight == "float16" else 2]:
                name = "-".join(part for part in (kind, nonlinearity, weight, scheme) if part)
                again(cell, rng, out, name, weight, kind=kind, nonlinearity=nonlinearity, scheme=scheme)
    return out.save()


def again(one, rng, out, name, weight, **options):
    """Draw a case until it is clear of ties."""
    for _ in range(1000):
        arrays, params, clearance = one(rng, weight, **options)
        if clearance > CLEAR:
            out.add(name, arrays, weight=weight, **params)
            return
    raise AssertionError("no case of %s is clear of ties" % name)


class Weights:
    """The weights and biases of one direction of one layer, and what they are packed to."""

    def __init__(self, rng, weight, gates, inputs, hidden, scheme):
        self.half = weight == "float16"
        self.arrays, rows = {}, gates * hidden
        for which, n in (("ih", inputs), ("hh", hidden)):
            count = rows if scheme == "per_channel" else 1
            self.arrays["bias_" + which] = np.float32(rng.randn(rows) / 4)
            if self.half:
                self.arrays["weight_" + which] = np.float32(rng.randn(rows, n) / 6)
            else:
                self.arrays["weight_" + which] = random_codes(rng, (rows, n), "qint8", -64, 63)
                self.arrays["scales_" + which] = np.float32(rng.uniform(0.002, 0.006, count)).astype(np.float64)

    def packed(self, which):
        w, b = self.arrays["weight_" + which], tensor(self.arrays["bias_" + which])
        if self.half:
            return torch.ops.quantized.linear_prepack_fp16(tensor(w), b)
        scales = self.arrays["scales_" + which]
        return torch.ops.quantized.linear_prepack(wrap(w, scales, np.zeros(len(scales), np.int64)), b)

    def project(self, which, x, reduce_range):
        """The projection in float64, and how far the activations are from ties; reduce_range None: no codes."""
        w, b = self.arrays["weight_" + which], self.arrays["bias_" + which].astype(np.float64)
        if self.half:
            return x @ w.astype(np.float16).astype(np.float64).T + b, np.inf
        scale, zero_point, most = activation_qparams(x, reduce_range) if x.any() else (0.1, 0, 255)
        position = x / scale
        codes = np.clip(np.rint(position) + zero_point, 0, most).astype(np.int64)
        sums = linear_sums(codes, zero_point, w, 0)
        clearance = np.abs(position - np.floor(position) - 0.5).min()
        return sums * (scale * self.arrays["scales_" + which]) + b, clearance


def squash(x):
    return 1 / (1 + np.exp(-x))


def step(kind, nonlinearity, given, kept, states):
    """The new states, in float64."""
    if kind.startswith("LSTM"):
        i, f, g, o = np.split(given + kept, 4, axis=1)
        c = squash(f) * states[1] + squash(i) * np.tanh(g)
        return [squash(o) * np.tanh(c), c]
    if kind == "GRUCell":
        (ri, zi, ni), (rh, zh, nh) = np.split(given, 3, axis=1), np.split(kept, 3, axis=1)
        n, u = np.tanh(ni + squash(ri + rh) * nh), squash(zi + zh)
        return [(states[0] - n) * u + n]
    return [np.tanh(given + kept) if nonlinearity == "tanh" else np.maximum(given + kept, 0)]


def simulate(kind, weights, x, batch_sizes, states, reverse, reduce_range, nonlinearity=""):
    """One direction of one layer on packed rows: outputs, last states, smallest distance from a tie."""
    given, clear = weights.project("ih", x, reduce_range)
    states = [state.astype(np.float64) for state in states]
    out, ends = np.zeros((len(x), states[0].shape[1])), np.cumsum(batch_sizes)
    steps = list(zip(batch_sizes, ends))
    for size, end in reversed(steps) if reverse else steps:
        kept, distance = weights.project("hh", states[0][:size], reduce_range)
        new = step(kind, nonlinearity, given[end - size : end], kept, [state[:size] for state in states])
        for state, value in zip(states, new):
            state[:size] = value
        out[end - size : end] = states[0][:size]
        clear = min(clear, distance)
    return out, states, clear


def lstm(
    rng, weight, num_layers=1, bidirectional=False, given=False, scheme="per_tensor", lengths=None, inputs=7, hidden=6
):
    """A module of PyTorch, its answer, and its distance from ties."""
    steps, batch, directions = 5, 3, 2 if bidirectional else 1
    layer = dynamic.LSTM(inputs, hidden, num_layers, bidirectional=bidirectional)
    count = num_layers * directions
    parts = [
        Weights(rng, weight, 4, inputs if i < directions else hidden * directions, hidden, scheme)
        for i in range(count)
    ]
    layer._all_weight_values = torch.nn.ModuleList([PackedParameter(cell_params(part)) for part in parts])
    x = np.float32(rng.randn(steps, batch, inputs))
    states = [np.float32(rng.randn(count, batch, hidden) / 2 * given) for _ in range(2)]
    packed = torch.nn.utils.rnn.pack_padded_sequence(tensor(x), lengths or [steps] * batch, enforce_sorted=False)
    hx = tuple(map(tensor, states)) if given else None
    y, (h, c) = layer(packed if lengths else tensor(x), hx)
    y = (y.data if lengths else y).numpy()
    order = packed.sorted_indices.numpy()
    rows, batch_sizes, clear = packed.data.numpy(), packed.batch_sizes.numpy(), np.inf
    for number in range(num_layers):
        outputs = []
        for i in range(number * directions, (number + 1) * directions):
            own = [state[i][order] for state in states]
            output, _, distance = simulate("LSTM", parts[i], rows, batch_sizes, own, i % directions, True)
            outputs.append(output)
            clear = min(clear, distance)
        rows = np.concatenate(outputs, axis=1)
    if clear > CLEAR:
        assert np.allclose(y.reshape(rows.shape) if lengths else y, rows if lengths else rows.reshape(y.shape), atol=1e-5)
    arrays = {"x": x, "y": y, "h": h.numpy(), "c": c.numpy()}
    if given:
        arrays.update(h_0=states[0], c_0=states[1])
    for i, part in enumerate(parts):
        arrays.update({"%s_%d" % (key, i): value for key, value in part.arrays.items()})
    params = {"kind": "LSTM", "num_layers": num_layers, "bidirectional": bidirectional, "lengths": lengths}
    return arrays, dict(params, per_channel=scheme == "per_channel"), clear


def cell_params(part):
    """What the LSTM keeps of one direction of one layer; activations of 7 bits, as in its own modules."""
    if part.half:
        return torch.ops.quantized.make_quantized_cell_params_fp16(part.packed("ih"), part.packed("hh"))
    biases = (tensor(part.arrays["bias_" + which]) for which in ("ih", "hh"))
    return torch.ops.quantized.make_quantized_cell_params_dynamic(part.packed("ih"), part.packed("hh"), *biases, True)


def cell(rng, weight, kind, nonlinearity, scheme, inputs=7, hidden=6, batch=3):
    """A cell of PyTorch, which takes activations of 8 bits."""
    part = Weights(rng, weight, GATES[kind], inputs, hidden, scheme)
    options = {"nonlinearity": nonlinearity} if nonlinearity else {}
    module = getattr(dynamic, kind)(inputs, hidden, dtype=getattr(torch, weight), **options)
    module._packed_weight_ih, module._packed_weight_hh = part.packed("ih"), part.packed("hh")
    module.bias_ih, module.bias_hh = (tensor(part.arrays["bias_" + which]) for which in ("ih", "hh"))
    x = np.float32(rng.randn(batch, inputs))
    states = [np.float32(rng.randn(batch, hidden) / 2) for _ in range(2 if kind == "LSTMCell" else 1)]
    new = module(tensor(x), tuple(map(tensor, states)) if kind == "LSTMCell" else tensor(states[0]))
    new = [state.numpy() for state in (new if kind == "LSTMCell" else [new])]
    _, expected, clear = simulate(kind, part, x, [batch], states, False, False, nonlinearity)
    if clear > CLEAR:
        assert all(np.allclose(a, b, atol=1e-5) for a, b in zip(new, expected))
    arrays = dict(part.arrays, x=x, **{"h_0": states[0], "h": new[0]})
    if kind == "LSTMCell":
        arrays.update(c_0=states[1], c=new[1])
    return arrays, {"kind": kind, "nonlinearity": nonlinearity, "per_channel": scheme == "per_channel"}, clear
