"""Pooling modules: the float ones serve quantized tensors too."""

from ..pooling import MaxPool2d

__all__ = ["MaxPool2d"]
