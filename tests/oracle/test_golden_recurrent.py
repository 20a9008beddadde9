"""Dynamic recurrent layers against PyTorch 1.6's fbgemm, on the same weights and with the same range.

The integers are the same: no activation of these cases is near a tie (tests/golden/make_recurrent.py).  What
differs are last bits: PyTorch's exp and tanh, its fused multiply-add of the bias, and with float16 weights
the order of sums.  Outputs lie between -1 and 1, but for relu.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from golden.store import Case
from oracle.compare import golden, weight_of

from qframe import nn
from qframe.dtypes import float16, qint8
from qframe.nn.quantized import dynamic

#: Relative, and absolute for what cancels; the largest difference seen is 1.2e-7.
BOUND = 1e-6


def weights_of(case: Case, number: str = "") -> dict[str, Any]:
    """Weights and biases under the names of one direction of one layer, or of a cell."""
    found = {}
    for which in ("ih", "hh"):
        found[f"bias_{which}"] = case[f"bias_{which}{number}"]
        weight = case[f"weight_{which}{number}"]
        if case.params["weight"] == "qint8":
            scales = case[f"scales_{which}{number}"]
            weight = weight_of(weight, scales, np.zeros(len(scales), np.int64), case.params["per_channel"])
        found[f"weight_{which}"] = weight
    return found


def dtype_of(case: Case) -> Any:
    return qint8 if case.params["weight"] == "qint8" else float16


def close(actual: Any, expected: Any) -> None:
    assert actual.dtype == np.float32
    np.testing.assert_allclose(actual, expected, rtol=BOUND, atol=BOUND)


@golden("recurrent", kind="LSTM")
def test_lstm(case: Case) -> None:
    """PyTorch's module quantizes activations to 7 bits."""
    layers, bidirectional = case.params["num_layers"], case.params["bidirectional"]
    layer = dynamic.LSTM(
        7, 6, layers, bidirectional=bidirectional, dtype=dtype_of(case), reduce_range=True
    ).eval()
    values = {}
    for index, suffix in enumerate(layer._suffixes()):
        values |= {name + suffix: value for name, value in weights_of(case, f"_{index}").items()}
    layer.set_weight_bias(values)
    x, lengths = case["x"], case.params["lengths"]
    if lengths:
        x = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
    out, (h, c) = layer(x, (case["h_0"], case["c_0"]) if "h_0" in case else None)
    close(out.data if lengths else out, case["y"])
    close(h, case["h"])
    close(c, case["c"])


def cell_of(case: Case, **options: Any) -> Any:
    if case.params["nonlinearity"]:
        options["nonlinearity"] = case.params["nonlinearity"]
    cell = getattr(dynamic, case.params["kind"])(7, 6, dtype=dtype_of(case), **options)
    cell.set_weight_bias(weights_of(case))
    return cell


@golden("recurrent", kind="LSTMCell")
def test_lstm_cell(case: Case) -> None:
    h, c = cell_of(case, reduce_range=False)(case["x"], (case["h_0"], case["c_0"]))
    close(h, case["h"])
    close(c, case["c"])


@golden("recurrent", kind="GRUCell")
def test_gru_cell(case: Case) -> None:
    close(cell_of(case, reduce_range=False)(case["x"], case["h_0"]), case["h"])


@golden("recurrent", kind="RNNCell")
def test_rnn_cell(case: Case) -> None:
    close(cell_of(case, reduce_range=False)(case["x"], case["h_0"]), case["h"])
