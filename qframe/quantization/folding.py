"""How the known sequences are fused, and how a batch norm is folded into the layer before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

import numpy as np

from ..errors import ConfigurationError
from ..nn import intrinsic
from ..nn.activation import ReLU, ReLU6
from ..nn.batchnorm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from ..nn.conv import Conv1d, Conv2d, Conv3d
from ..nn.functional_batchnorm import fold_batch_norm
from ..nn.linear import Linear
from ..nn.module import Module

#: By the type of a layer: its batch norm, and the containers with ReLU, with batch norm and with both.
_LAYERS: dict[type[Module], tuple[type, type, type, type | None]] = {
    Conv1d: (BatchNorm1d, intrinsic.ConvReLU1d, intrinsic.ConvBn1d, intrinsic.ConvBnReLU1d),
    Conv2d: (BatchNorm2d, intrinsic.ConvReLU2d, intrinsic.ConvBn2d, intrinsic.ConvBnReLU2d),
    Conv3d: (BatchNorm3d, intrinsic.ConvReLU3d, intrinsic.ConvBn3d, intrinsic.ConvBnReLU3d),
    Linear: (BatchNorm1d, intrinsic.LinearReLU, intrinsic.LinearBn1d, None),
}
_NORMS: dict[type[Module], type[Module]] = {
    BatchNorm2d: intrinsic.BNReLU2d,
    BatchNorm3d: intrinsic.BNReLU3d,
}
_RELUS = (ReLU, ReLU6)

#: What can be fused, for messages.
KNOWN_SEQUENCES = (
    "Conv1d/2d/3d + BatchNorm1d/2d/3d [+ ReLU]",
    "Conv1d/2d/3d + ReLU",
    "Linear + BatchNorm1d [+ ReLU in evaluation mode]",
    "Linear + ReLU",
    "BatchNorm2d/3d + ReLU",
)


def known_fuser(modules: Sequence[Module]) -> Callable[..., Module] | None:
    """Return the function that fuses modules of these types, or None."""
    kinds = [type(module) for module in modules]
    with_relu = len(kinds) > 1 and kinds[-1] in _RELUS
    front = kinds[:-1] if with_relu else kinds
    if with_relu and len(front) == 1:
        container = _NORMS.get(front[0]) or _LAYERS.get(front[0], (None, None))[1]
        return None if container is None else _checked(container)
    if len(front) == 2 and front[0] in _LAYERS and front[1] is _LAYERS[front[0]][0]:
        return _known_bn_relu(kinds[0], modules[0].training) if with_relu else fuse_conv_bn
    return None


def _known_bn_relu(kind: type[Module], training: bool) -> Callable[..., Module] | None:
    return None if training and _LAYERS[kind][3] is None else fuse_conv_bn_relu


def _checked(container: type[Module]) -> Callable[..., Module]:
    def fuse(*modules: Module) -> Module:
        _check_modes(*modules)
        return container(*modules)

    return fuse


def fuse_conv_bn(conv: Module, bn: Module) -> Module:
    """Fuse a convolution or linear layer with its batch norm.

    Args:
        conv: Conv1d/2d/3d or Linear.
        bn: the batch norm of the same rank (BatchNorm1d for Linear), in the same mode.

    Returns:
        In training mode a container such as ``nn.intrinsic.ConvBn2d``; in evaluation mode a new layer of
        ``conv``'s type, with bias, that holds the batch norm in its weights.

    Raises:
        ConfigurationError: other types, different modes or channels, or a batch norm without running
            statistics (in training mode also: without weight and bias).
    """
    _, _, container, _ = _layer(conv, bn)
    _check_modes(conv, bn)
    _check_norm(conv, bn)
    return container(conv, bn) if conv.training else _folded(conv, bn)


def fuse_conv_bn_relu(conv: Module, bn: Module, relu: Module) -> Module:
    """Fuse a convolution or linear layer with its batch norm and a ReLU or ReLU6.

    Args:
        conv, bn: as :func:`fuse_conv_bn` takes them.
        relu: ReLU or ReLU6, in the same mode.

    Returns:
        In training mode a container such as ``nn.intrinsic.ConvBnReLU2d``; in evaluation mode one such as
        ``nn.intrinsic.ConvReLU2d``, with the batch norm folded into the weights.

    Raises:
        ConfigurationError: as :func:`fuse_conv_bn`, and for a Linear in training mode.
    """
    _, with_relu, _, with_both = _layer(conv, bn)
    _check_modes(conv, bn, relu)
    _check_norm(conv, bn)
    if not conv.training:
        return with_relu(_folded(conv, bn), relu)
    if with_both is None:
        raise ConfigurationError(
            f"{type_names([conv, bn, relu])} cannot be fused in training mode", fix="Call model.eval() first"
        )
    return with_both(conv, bn, relu)


def _folded(layer: Module, norm: Any) -> Module:
    """Return a layer of the same type without hooks, with the batch norm in weight and bias."""
    twin: Any = copy(layer)
    vars(twin).update(
        {name: dict(vars(layer)[name]) for name in ("_parameters", "_buffers")},
        _non_persistent_buffers=set(twin._non_persistent_buffers),
        _forward_pre_hooks={},
        _forward_hooks={},
    )
    gamma = np.ones_like(norm.running_mean) if norm.weight is None else norm.weight
    beta = np.zeros_like(norm.running_mean) if norm.bias is None else norm.bias
    twin._parameters["weight"], twin._parameters["bias"] = fold_batch_norm(
        twin.weight, twin.bias, norm.running_mean, norm.running_var, norm.eps, gamma, beta
    )
    return twin


def _layer(conv: Module, bn: Module) -> tuple[Any, Any, Any, Any]:
    entry = _LAYERS.get(type(conv))
    if entry is None or type(bn) is not entry[0]:
        raise ConfigurationError(
            f"{type_names([conv, bn])} is no layer with its batch norm",
            fix="Give exactly Conv1d, Conv2d or Conv3d with BatchNorm of the same rank, or Linear with "
            "BatchNorm1d",
        )
    return entry


def _check_modes(*modules: Module) -> None:
    if len({module.training for module in modules}) > 1:
        modes = ", ".join(f"{type(m).__name__} {'train' if m.training else 'eval'}" for m in modules)
        raise ConfigurationError(
            f"all modules must be in the same mode (train or eval), got {modes}",
            fix="Call eval() (for calibration) or train() (for training) on the whole model first",
        )


def _check_norm(layer: Any, norm: Any) -> None:
    outputs = layer.out_features if isinstance(layer, Linear) else layer.out_channels
    name = type(norm).__name__
    if norm.num_features != outputs:
        raise ConfigurationError(
            f"{name} has {norm.num_features} features, {type(layer).__name__} puts out {outputs} channels",
            fix="Fuse a batch norm with the layer whose output it takes",
        )
    if norm.running_mean is None or norm.running_var is None:
        raise ConfigurationError(
            f"{name} without running statistics cannot be fused", fix="Build it with track_running_stats=True"
        )
    if norm.training and norm.weight is None:
        raise ConfigurationError(
            f"{name} without weight and bias cannot be fused in training mode",
            fix="Build it with affine=True, or call model.eval() first",
        )


def type_names(modules: Sequence[Module]) -> str:
    """Return the names of the modules' types, for messages."""
    return ", ".join(type(module).__name__ for module in modules)
