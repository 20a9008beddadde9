"""Putting rounding into a model, so that it learns to live with it."""

from __future__ import annotations

from copy import deepcopy

from ..nn.activation import ReLU, ReLU6
from ..nn.module import Module
from .insert import check_model, checked_plan, observe_outputs
from .mappings import DEFAULT_QAT_MODULE_MAPPING, DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST, DYNAMIC_ONLY
from .propagate import store_qconfigs
from .qat_requirements import check_mode, check_trainable, warn_of_gaps
from .swap import Swaps, swap_all
from .watch import watch_calls

#: Their integers have the scale of the input, which is rounded already: a finer one would be trained in vain.
_KEEPING_QPARAMS = (ReLU, ReLU6)


def prepare_qat(model: Module, mapping: Swaps | None = None, inplace: bool = False) -> Module:
    """Return the model ready for quantization-aware training.

    Linear and Conv2d, alone or fused, become their forms in ``nn.qat`` and ``nn.intrinsic.qat``, with the
    same parameters.  Other modules that will be quantized get a FakeQuantize on their output, but for a ReLU
    that was not fused: its integers keep the scale of its input.  Which, and how, is said by attributes
    ``qconfig``; see :func:`get_default_qat_qconfig`.  Train the result, then call ``eval()`` and
    :func:`convert`.  Mirrors ``torch.quantization.prepare_qat``.

    Warns (QuantizationWarning) as :func:`prepare`, and of modules that are not rounded in training as they
    will be in integers.

    Args:
        model: in training mode, already fused.
        mapping: from float types to those for training, in place of ``DEFAULT_QAT_MODULE_MAPPING``.
        inplace: change ``model`` itself; otherwise a copy.  A root that is replaced is only returned.

    Raises:
        ConfigurationError: the model is in evaluation mode; a qconfig asks for what its module or the engine
            in use cannot do; a batch norm to fold has a weight of zero.
        UnsupportedArgument: (also a NotImplementedError) a fused container without a form for training.

    The model is unchanged when an error is raised.  Optimizers are made after this call: copies of
    parameters are new arrays.
    """
    check_model(model)
    check_mode(model)
    forms = DEFAULT_QAT_MODULE_MAPPING if mapping is None else mapping
    model = model if inplace else deepcopy(model)
    white_list = (DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST - DYNAMIC_ONLY) | set(forms)
    placements = checked_plan(model, white_list, forms=forms)
    check_trainable(placements, forms)
    warn_of_gaps(placements, forms)
    store_qconfigs(placements)
    prepared, _ = swap_all(model, forms)
    observe_outputs(prepared, but=_KEEPING_QPARAMS)
    watch_calls(prepared, keeps_batch=True)
    return prepared
