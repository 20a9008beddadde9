"""qframe on the engine that is chosen automatically, or on the one of ``QFRAME_ENGINE``."""

from __future__ import annotations

from typing import Any

import qframe
from qframe.engines import registry

from ..network_models.architectures import NETWORKS
from ..network_models.quantized import imported
from ..workloads import Workload
from . import Array, Prepared, Setting
from .qframe_ops import KINDS
from .training import qframe_step


class QFrame:
    """Operations, networks and training of qframe."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        qframe.set_num_threads(setting.threads)
        engine = registry.descriptor()
        self.title = f"qframe {qframe.__version__}, {engine.name} ({engine.summary})"

    def prepare(self, workload: Workload) -> Prepared:
        """Return the workload ready to run."""
        if workload.kind == "network":
            return self.network(*workload.sizes)
        if workload.kind == "training":
            return qframe_step(*workload.sizes)
        return Prepared(KINDS[workload.kind](*workload.sizes), real_numbers)

    def network(self, key: str) -> Prepared:
        """Return the quantized network, the same integers as the ONNX file's."""
        model = imported(NETWORKS[key](), self.setting.stored(f"{key}-quantized"))
        files = self.setting.stored("images")
        image = files["image"]
        return Prepared(lambda: model(image), real=self.setting.stored(f"{key}-scores")["scores"])


def real_numbers(result: Any) -> Array:
    """Return a result's real numbers; of a recurrent layer's, those of its output."""
    if isinstance(result, tuple):
        result = result[0]
    numbers: Array = result.dequantize() if isinstance(result, qframe.QTensor) else result
    return numbers


peer = QFrame
