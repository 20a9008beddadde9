"""The text form of a QTensor, laid out as PyTorch prints tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .tensor import QTensor

_LINE_WIDTH = 80
_INDENT = len("tensor(")


def format_array(values: np.ndarray[Any, Any]) -> str:
    """Return the numbers in nested brackets: whole numbers as ``1.``, others with four digits."""
    if values.size == 0:
        return "[]"
    number = _number_format(values)
    width = max(len(number(value)) for value in values.flat) if values.size <= 1000 else 0
    formatter: Any = {"float_kind": lambda value: number(value).rjust(width)}
    return np.array2string(values, separator=", ", prefix=" " * _INDENT, threshold=1000, formatter=formatter)


def _number_format(values: np.ndarray[Any, Any]) -> Callable[[float], str]:
    """Choose one format for all numbers, from how far apart their magnitudes are."""
    magnitudes = np.abs(values[np.isfinite(values) & (values != 0)]).astype(np.float64)
    largest, smallest = magnitudes.max(initial=0), magnitudes.min(initial=np.inf)
    scientific = largest > 1000 * smallest or largest > 1e8
    if (magnitudes == np.rint(magnitudes)).all():
        return "{:.4e}".format if scientific else "{:.0f}.".format
    return "{:.4e}".format if scientific or smallest < 1e-4 else "{:.4f}".format


def format_qtensor(tensor: QTensor) -> str:
    """Return ``tensor(<real values>, size=..., dtype=..., quantization_scheme=..., <qparams>)``."""
    pieces = [
        f"size={tensor.shape}",
        f"dtype={tensor.dtype!r}",
        f"quantization_scheme={tensor.qscheme()!r}",
    ]
    if tensor.qscheme().per_channel:
        scales = format_array(tensor.q_per_channel_scales())
        zero_points = np.array2string(tensor.q_per_channel_zero_points(), separator=", ")
        pieces += [
            f"scale=tensor({scales}, dtype=float64)",
            f"zero_point=tensor({zero_points})",
            f"axis={tensor.q_per_channel_axis()}",
        ]
    else:
        pieces += [f"scale={tensor.q_scale()}", f"zero_point={tensor.q_zero_point()}"]
    return _wrap("tensor(" + format_array(tensor.dequantize()), pieces)


def _wrap(text: str, pieces: list[str]) -> str:
    line_length = len(text.rsplit("\n", 1)[-1])
    for piece in pieces:
        if line_length + len(piece) + 3 > _LINE_WIDTH:
            text += ",\n" + " " * _INDENT + piece
            line_length = _INDENT + len(piece)
        else:
            text += ", " + piece
            line_length += len(piece) + 2
    return text + ")"
