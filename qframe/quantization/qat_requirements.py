"""Checks that a model can be trained with rounding, and hints at what would not be rounded as expected."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import ConfigurationError, QuantizationWarning, UnsupportedArgument
from ..nn import intrinsic
from ..nn.containers import Identity
from ..nn.fake_quantized import FakeQuantized
from ..nn.intrinsic.fused import FusedSequential
from ..nn.module import Module
from .fake_quantize import FakeQuantize
from .hints import place
from .placement import Placement
from .requirements import is_weighted

_WITH_NORM = (intrinsic.ConvBn2d, intrinsic.ConvBnReLU2d)


def check_mode(model: Module) -> None:
    """Raise ConfigurationError if ``model`` is in evaluation mode."""
    if model.training:
        return
    norms = [place(p) for p, m in model.named_modules() if m._buffers.get("running_mean") is not None]
    also = f": batch norms would not follow the batches ({', '.join(norms)})" if norms else ""
    raise ConfigurationError(
        f"prepare_qat got {type(model).__name__} in evaluation mode{also}",
        fix="Call model.train() first, before fuse_modules; to freeze statistics, "
        "model.apply(nn.intrinsic.qat.freeze_bn_stats) afterwards",
    )


def check_trainable(placements: Sequence[Placement], forms: Any) -> None:
    """Raise if modules have no form for training, or one that would compute NaN.

    Args:
        forms: for training, by the types that they replace.

    Raises:
        UnsupportedArgument: (also a NotImplementedError) fused containers that have none.
        ConfigurationError: a batch norm whose weight is zero in some channel.
    """
    missing = [p for p in placements if isinstance(p.module, FusedSequential) and p.wanted and not p.listed]
    if missing:
        names = ", ".join(f"{place(p.path)} ({type(p.module).__name__})" for p in missing)
        raise UnsupportedArgument(
            f"quantization-aware training of these fused modules is not implemented: {names}",
            fix="Fuse them in evaluation mode, which folds the batch norm, or set qconfig = None on them",
        )
    dead = [p for p in placements if p.active and type(p.module) in forms and _has_dead_channel(p.module)]
    if dead:
        raise ConfigurationError(
            f"batch norms with weight 0 cannot be folded while training: "
            f"{', '.join(place(p.path) for p in dead)}",
            fix="Train the float model first, or give these channels a small weight",
        )


def _has_dead_channel(module: Any) -> bool:
    return type(module) in _WITH_NORM and not module[1].weight.all()


def warn_of_gaps(placements: Sequence[Placement], forms: Any) -> None:
    """Warn of modules that would not be rounded in training as they will be after ``convert``."""
    lines = [
        f"{place(p.path)} ({type(p.module).__name__}) {text}"
        for p in placements
        if p.active
        for text in _gaps(p.module, p.qconfig, forms)
    ]
    if lines:
        warnings.warn(
            "\n  ".join(["training will not see all that quantization does:", *lines]),
            QuantizationWarning,
            stacklevel=4,
        )


def _gaps(module: Module, qconfig: Any, forms: Any) -> Iterator[str]:
    kind = type(module)
    if is_weighted(kind) and not (kind in forms or isinstance(module, FakeQuantized)):
        yield "has no form for training: its weight is rounded by convert only"
    for part in ("activation", "weight") if kind in forms else ("activation",):
        fake = getattr(qconfig, part)()
        if not isinstance(fake, (FakeQuantize, Identity)):
            yield f"has the {part} observer {type(fake).__name__}, which rounds nothing: use a FakeQuantize"
    fake = qconfig.activation()
    if isinstance(fake, FakeQuantize):
        yield from _clamped_early(fake)


def _clamped_early(fake: FakeQuantize) -> Iterator[str]:
    codes, whole = (fake.quant_min, fake.quant_max), (fake.dtype.minimum, fake.dtype.maximum)
    if codes != whole:
        yield (
            f"clamps its output to the codes {codes[0]}..{codes[1]}, integers use {whole[0]}..{whole[1]}: "
            "give those as quant_min and quant_max, and reduce_range=True for a coarser scale"
        )
