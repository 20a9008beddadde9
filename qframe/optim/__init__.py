"""Optimizers take steps with gradients of :func:`qframe.autograd.value_and_grad` (as ``torch.optim``)."""

from . import lr_scheduler
from .adam import Adam, AdamW
from .clipping import clip_grad_norm_
from .optimizer import Optimizer
from .stochastic import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "clip_grad_norm_", "lr_scheduler"]
