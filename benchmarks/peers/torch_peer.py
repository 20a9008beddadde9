"""PyTorch's eager quantization on one of its engines."""

from __future__ import annotations

import importlib
from functools import partial
from typing import Any

import numpy as np

from ..network_models.architectures import NETWORKS
from ..network_models.eager import Framework, build, fusable
from ..workloads import Workload
from . import Array, Prepared, Setting
from .torch_ops import KINDS
from .training import torch_step


class Torch:
    """Operations and networks of PyTorch, in inference mode, and training.

    Raises:
        ImportError: no PyTorch, or one without this engine.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.torch: Any = importlib.import_module("torch")
        self.quantization: Any = importlib.import_module("torch.ao.quantization")
        if setting.variant not in self.torch.backends.quantized.supported_engines:
            raise ImportError(f"this PyTorch has no engine {setting.variant}")
        self.torch.backends.quantized.engine = setting.variant
        self.torch.set_num_threads(setting.threads)
        # On for the life of the process, so that no call pays for switching it on.
        self.inference_mode = self.torch.inference_mode()
        self.inference_mode.__enter__()
        self.title = f"PyTorch {self.torch.__version__}, {setting.variant}"

    def prepare(self, workload: Workload) -> Prepared:
        """Return the workload ready to run."""
        if workload.kind == "network":
            return self.network(*workload.sizes)
        if workload.kind == "training":
            return torch_step(self.torch, *workload.sizes)
        return Prepared(KINDS[workload.kind](self.torch, *workload.sizes), real_numbers)

    def network(self, key: str) -> Prepared:
        """Return the network, calibrated and statically quantized by PyTorch itself.

        PyTorch fuses no ReLU6, which would cost it a pass over the data; ReLU stands in, as in torchvision.
        """
        architecture, files = NETWORKS[key](), self.setting.stored("images")
        framework = Framework(self.torch.nn, self.quantization, self.torch.flatten)
        model = build(architecture, framework, relu6=False)
        weights = self.setting.stored(f"{key}-float")
        model.load_state_dict(
            {name: self.torch.from_numpy(np.asarray(value)) for name, value in weights.items()}
        )
        image = self.torch.from_numpy(files["image"])
        real: Array = model(image).numpy()
        model = self.quantized(model, fusable(architecture, relu6=True), files["calibration"])
        return Prepared(partial(model, image), real=real)

    def quantized(self, model: Any, fused: list[list[str]], calibration: Array) -> Any:
        """Return the model fused, calibrated and converted."""
        model = self.quantization.fuse_modules(model, fused)
        model.qconfig = self.qconfig()
        self.quantization.prepare(model, inplace=True)
        for image in calibration:
            model(self.torch.from_numpy(image[np.newaxis]))
        return self.quantization.convert(model, inplace=True)

    def qconfig(self) -> Any:
        """Return the qconfig that qframe's model has."""
        weight = {"dtype": self.torch.qint8, "qscheme": self.torch.per_channel_symmetric}
        return self.quantization.QConfig(
            activation=self.quantization.MinMaxObserver.with_args(reduce_range=True),
            weight=self.quantization.PerChannelMinMaxObserver.with_args(**weight),
        )


def real_numbers(result: Any) -> Array:
    """Return a result's real numbers; of a recurrent layer's, those of its output."""
    if isinstance(result, tuple):
        result = result[0]
    numbers: Array = (result.dequantize() if result.is_quantized else result).numpy()
    return numbers


peer = Torch
