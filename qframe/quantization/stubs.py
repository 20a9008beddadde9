"""Marks for the places where a model enters and leaves the quantized domain."""

from __future__ import annotations

from typing import Any

from ..nn.intrinsic.fused import FusedSequential
from ..nn.module import Module
from .qconfig import QConfig


class QuantStub(Module):
    """Marks where float data becomes quantized: observed by ``prepare``, a Quantize after ``convert``.

    Mirrors ``torch.quantization.QuantStub``.

    Args:
        qconfig: of this stub alone; without one it takes that of the module around it.
    """

    def __init__(self, qconfig: QConfig | None = None) -> None:
        super().__init__()
        if qconfig:
            self.qconfig = qconfig

    def forward(self, x: Any) -> Any:
        """Return ``x``."""
        return x


class DeQuantStub(Module):
    """Marks where quantized data becomes float: a DeQuantize after ``convert``.

    Mirrors ``torch.quantization.DeQuantStub``.
    """

    def forward(self, x: Any) -> Any:
        """Return ``x``."""
        return x


class QuantWrapper(Module):
    """Puts a QuantStub before and a DeQuantStub after a module (mirrors ``torch.quantization.QuantWrapper``).

    Args:
        module: takes one array; its qconfig becomes that of the QuantStub, its mode that of the wrapper.
    """

    def __init__(self, module: Module) -> None:
        super().__init__()
        self.quant = QuantStub(getattr(module, "qconfig", None))
        self.dequant = DeQuantStub()
        self.module = module
        for part in (self, self.quant, self.dequant):
            part.training = module.training

    def forward(self, X: Any) -> Any:
        """Return ``module(X)``, quantized in between once converted."""
        return self.dequant(self.module(self.quant(X)))


def add_quant_dequant(module: Module) -> Module:
    """Wrap every leaf that has a qconfig of its own in a :class:`QuantWrapper`.

    Children are replaced in place, one that is used twice by one wrapper; fused containers with a qconfig
    are leaves.  Mirrors ``torch.quantization.add_quant_dequant``.

    Returns:
        ``module``, or its wrapper if it is such a leaf itself.
    """
    return _wrapped(module, {})


def _wrapped(module: Module, done: dict[int, Module]) -> Module:
    if id(module) in done:
        return done[id(module)]
    done[id(module)] = module
    is_leaf = not module._modules or isinstance(module, FusedSequential)
    if is_leaf and getattr(module, "qconfig", None):
        done[id(module)] = QuantWrapper(module)
        return done[id(module)]
    for name, child in list(module._modules.items()):
        if child is not None:
            module._modules[name] = _wrapped(child, done)
    return module
