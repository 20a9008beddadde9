"""Helpers around modules (mirrors ``torch.nn.utils``)."""

from ...optim.clipping import clip_grad_norm_
from . import rnn

__all__ = ["clip_grad_norm_", "rnn"]
