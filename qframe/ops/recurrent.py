"""Packing the weights of recurrent layers; the packed form runs a whole sequence in one call."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..engines import op
from ..errors import ArgumentError
from ..qtensor import QTensor
from .checks import check_bias, check_float, check_rank, check_weight
from .protocols import PackedRecurrentFp16Kernel, PackedRecurrentKernel

Array = np.ndarray[Any, Any]
Bias = Array | None


class RecurrentKind(NamedTuple):
    """What distinguishes the kinds of recurrent layers from outside.

    ``gates`` stand one below the other in a weight; ``states`` go from step to step, the first is the output.
    """

    name: str
    gates: int
    states: tuple[str, ...]


LSTM = RecurrentKind("LSTM", 4, ("h_0", "c_0"))
GRU = RecurrentKind("GRU", 3, ("h_0",))
RNN = RecurrentKind("RNN", 1, ("h_0",))

NONLINEARITIES = ("tanh", "relu")


@op(qparams="none", packs=True)
def lstm_pack(weight_ih: QTensor, weight_hh: QTensor, bias_ih: Bias, bias_hh: Bias) -> PackedRecurrentKernel:
    """Lay out one direction of an LSTM layer for one engine; gates in the order i, f, g, o.

    Args:
        weight_ih, weight_hh: qint8, shapes (4·H, I) and (4·H, H), each per tensor or per channel axis 0.
        bias_ih, bias_hh: float32, shape (4·H,), or None.

    Raises:
        DTypeError, QSchemeError, ArgumentError: weights or biases of another kind.
    """
    check_quantized_layer("lstm_pack", LSTM, weight_ih, weight_hh, bias_ih, bias_hh)


@op(qparams="none", packs=True)
def gru_pack(weight_ih: QTensor, weight_hh: QTensor, bias_ih: Bias, bias_hh: Bias) -> PackedRecurrentKernel:
    """Lay out one direction of a GRU layer; as :func:`lstm_pack` with 3 gates in the order r, z, n."""
    check_quantized_layer("gru_pack", GRU, weight_ih, weight_hh, bias_ih, bias_hh)


@op(qparams="none", packs=True)
def rnn_pack(
    weight_ih: QTensor, weight_hh: QTensor, bias_ih: Bias, bias_hh: Bias, nonlinearity: str
) -> PackedRecurrentKernel:
    """Lay out one direction of an Elman layer; as :func:`lstm_pack` with one gate.

    Args:
        nonlinearity: "tanh" or "relu".
    """
    check_quantized_layer("rnn_pack", RNN, weight_ih, weight_hh, bias_ih, bias_hh)
    check_nonlinearity("rnn_pack", nonlinearity)


@op(qparams="none", packs=True)
def lstm_pack_fp16(
    weight_ih: Array, weight_hh: Array, bias_ih: Bias, bias_hh: Bias
) -> PackedRecurrentFp16Kernel:
    """Lay out an LSTM layer of float32 weights as half precision, saturated at ±65504.

    Shapes and order of gates as :func:`lstm_pack`.

    Raises:
        DTypeError, ArgumentError: weights or biases of another kind.
    """
    check_half_layer("lstm_pack_fp16", LSTM, weight_ih, weight_hh, bias_ih, bias_hh)


@op(qparams="none", packs=True)
def gru_pack_fp16(
    weight_ih: Array, weight_hh: Array, bias_ih: Bias, bias_hh: Bias
) -> PackedRecurrentFp16Kernel:
    """Lay out a GRU layer as half precision; as :func:`lstm_pack_fp16` with the gates of :func:`gru_pack`."""
    check_half_layer("gru_pack_fp16", GRU, weight_ih, weight_hh, bias_ih, bias_hh)


@op(qparams="none", packs=True)
def rnn_pack_fp16(
    weight_ih: Array, weight_hh: Array, bias_ih: Bias, bias_hh: Bias, nonlinearity: str
) -> PackedRecurrentFp16Kernel:
    """Lay out an Elman layer as half precision; as :func:`lstm_pack_fp16` with one gate."""
    check_half_layer("rnn_pack_fp16", RNN, weight_ih, weight_hh, bias_ih, bias_hh)
    check_nonlinearity("rnn_pack_fp16", nonlinearity)


def check_quantized_layer(
    op: str, kind: RecurrentKind, weight_ih: Any, weight_hh: Any, bias_ih: Any, bias_hh: Any
) -> None:
    """Raise unless weights (qint8) and biases are those of a layer of ``kind``."""
    check_weight(f"{op} (weight_ih)", weight_ih, 2)
    check_weight(f"{op} (weight_hh)", weight_hh, 2)
    _check_sizes(op, kind, weight_ih, weight_hh, bias_ih, bias_hh)


def check_half_layer(
    op: str, kind: RecurrentKind, weight_ih: Any, weight_hh: Any, bias_ih: Any, bias_hh: Any
) -> None:
    """Raise unless weights (float32) and biases are those of a layer of ``kind``."""
    for name, weight in (("weight_ih", weight_ih), ("weight_hh", weight_hh)):
        check_float(op, weight, name)
        check_rank(f"{op}: {name}", weight, 2, f"({kind.gates} * hidden, in)")
    _check_sizes(op, kind, weight_ih, weight_hh, bias_ih, bias_hh)


def _check_sizes(
    op: str, kind: RecurrentKind, weight_ih: Any, weight_hh: Any, bias_ih: Any, bias_hh: Any
) -> None:
    rows, hidden = weight_hh.shape
    if hidden < 1 or rows != kind.gates * hidden or weight_ih.shape[0] != rows:
        raise ArgumentError(
            f"{op}: weight_ih has shape {weight_ih.shape} and weight_hh {weight_hh.shape}; "
            f"they must be ({kind.gates} * H, I) and ({kind.gates} * H, H)",
            fix=f"Give the weights of one layer and direction of a {kind.name}",
        )
    check_bias(f"{op} (bias_ih)", bias_ih, rows)
    check_bias(f"{op} (bias_hh)", bias_hh, rows)


def check_nonlinearity(op: str, nonlinearity: Any) -> None:
    """Raise unless ``nonlinearity`` is one that Elman layers have."""
    if nonlinearity not in NONLINEARITIES:
        raise ArgumentError(
            f"{op}: nonlinearity={nonlinearity!r} is unknown", fix=f"Use one of {', '.join(NONLINEARITIES)}"
        )
