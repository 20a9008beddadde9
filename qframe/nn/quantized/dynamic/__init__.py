"""Modules with quantized weights and float input and output (mirrors ``torch.nn.quantized.dynamic``)."""

from .linear import Linear

__all__ = ["Linear"]
