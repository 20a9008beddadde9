"""Inputs for every op, in files that mirror :mod:`qframe.ops`."""

from __future__ import annotations

from ..sample import SampleMaker
from . import (
    activation,
    arithmetic,
    conv,
    convert,
    fake_quantize,
    linear,
    normalization,
    observe,
    pooling,
    recurrent,
    reduce,
    resize,
)

#: What makes the samples of each op.
SAMPLES: dict[str, SampleMaker] = {
    **convert.SAMPLES,
    **linear.SAMPLES,
    **recurrent.SAMPLES,
    **conv.SAMPLES,
    **arithmetic.SAMPLES,
    **activation.SAMPLES,
    **pooling.SAMPLES,
    **reduce.SAMPLES,
    **normalization.SAMPLES,
    **resize.SAMPLES,
    **observe.SAMPLES,
    **fake_quantize.SAMPLES,
}

__all__ = ["SAMPLES"]
