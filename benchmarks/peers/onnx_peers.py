"""onnxruntime and OpenVINO, which run the networks from an ONNX file with quantized operations."""

from __future__ import annotations

import importlib
import os
from typing import Any

from ..network_models.architectures import NETWORKS
from ..network_models.onnx_file import write
from ..workloads import Workload
from . import Array, NotBuilt, Peer, Prepared, Setting


class OnnxPeer:
    """What both share: the file, the image and the scores of the float network.

    Raises:
        ImportError: ``onnx``, which writes the file, or the library itself is missing.
    """

    def __init__(self, setting: Setting, library: str) -> None:
        self.setting = setting
        self.library: Any = importlib.import_module(library)
        importlib.import_module("onnx")

    def prepare(self, workload: Workload) -> Prepared:
        """Return the network ready to run."""
        if workload.kind != "network":
            raise NotBuilt(f"{self.setting.variant} is compared by networks alone")
        (key,) = workload.sizes
        real = self.setting.stored(f"{key}-scores")["scores"]
        return self.session(self.file(key), self.setting.stored("images")["image"])._replace(real=real)

    def file(self, key: str) -> str:
        """Return the name of the ONNX file, written by the first that asks."""
        file = self.setting.folder / f"{key}.onnx"
        if not file.exists():
            draft = file.with_suffix(f".{os.getpid()}")
            write(NETWORKS[key](), self.setting.stored(f"{key}-quantized"), str(draft))
            draft.rename(file)
        return str(file)

    def session(self, file: str, image: Array) -> Prepared:
        """Return the network of a file, ready to run."""
        raise NotImplementedError


class OnnxRuntime(OnnxPeer):
    """onnxruntime on the CPU, with all its graph optimizations."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting, "onnxruntime")
        self.title = f"onnxruntime {self.library.__version__}"

    def session(self, file: str, image: Array) -> Prepared:
        """Open the file with so many threads."""
        options = self.library.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self.setting.threads, 1
        # Its threads wait by spinning, which would take the cores from whoever is measured next.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        session = self.library.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        return Prepared(lambda: session.run(None, {"image": image})[0])


class OpenVino(OnnxPeer):
    """OpenVINO on the CPU, compiled for the shortest time of one image."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting, "openvino")
        self.title = f"OpenVINO {self.library.__version__.split('-')[0]}"

    def session(self, file: str, image: Array) -> Prepared:
        """Compile the file for so many threads."""
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": self.setting.threads,
            "NUM_STREAMS": 1,
        }
        request = self.library.Core().compile_model(file, "CPU", settings).create_infer_request()
        return Prepared(lambda: request.infer({0: image}, share_inputs=True)[0])


def peer(setting: Setting) -> Peer:
    """Return the library that the variant names."""
    return OnnxRuntime(setting) if setting.variant == "onnxruntime" else OpenVino(setting)
