"""Integers together with the scale and zero point that give them their meaning."""

from .joining import cat_per_channel
from .tensor import QTensor

__all__ = ["QTensor", "cat_per_channel"]
