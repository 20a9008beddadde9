"""What runs a network: qframe, PyTorch, onnxruntime or OpenVINO, each imported only where it is asked for.

A peer is a function that takes the folder with the prepared files, the network's name and the number of
threads, and returns a :class:`Runner`.  It raises ImportError where its library is missing.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .architectures import NETWORKS
from .eager import Framework, build, fusable

Peer = Callable[[Path, str, int], "Runner"]


class Runner(NamedTuple):
    """A network that is ready to run.

    Attributes:
        title: library, version and what else matters.
        run: computes the scores of the image.
        real: the scores of the float network, where this library computes them itself.
    """

    title: str
    run: Callable[[], np.ndarray]
    real: np.ndarray | None = None


def stored(folder: Path, name: str) -> dict[str, Any]:
    """Return the arrays of one prepared file."""
    with np.load(folder / f"{name}.npz", allow_pickle=False) as arrays:
        return dict(arrays)


def qframe_peer(folder: Path, network: str, threads: int) -> Runner:
    """qframe on the engine that is chosen automatically, or the one of ``QFRAME_ENGINE``."""
    import qframe
    from qframe.engines import registry

    from .quantized import imported

    qframe.set_num_threads(threads)
    model = imported(NETWORKS[network](), stored(folder, f"{network}-quantized"))
    image, engine = stored(folder, "images")["image"], registry.descriptor()
    return Runner(f"qframe {qframe.__version__}, {engine.name} ({engine.summary})", lambda: model(image))


def torch_peer(engine: str, folder: Path, network: str, threads: int) -> Runner:
    """PyTorch's eager static quantization on one of its engines.

    PyTorch fuses no ReLU6, which would cost it a pass over the data; ReLU stands in, as in torchvision.
    """
    torch: Any = importlib.import_module("torch")
    quantization: Any = importlib.import_module("torch.ao.quantization")
    torch.set_num_threads(threads)
    if engine not in torch.backends.quantized.supported_engines:
        raise ImportError(f"this PyTorch has no engine {engine}")
    torch.backends.quantized.engine = engine
    architecture, files = NETWORKS[network](), stored(folder, "images")
    model = build(architecture, Framework(torch.nn, quantization, torch.flatten), relu6=False)
    weights = stored(folder, f"{network}-float")
    model.load_state_dict({name: torch.from_numpy(np.asarray(value)) for name, value in weights.items()})
    image = torch.from_numpy(files["image"])
    with torch.inference_mode():
        real = model(image).numpy()
        model = quantization.fuse_modules(model, fusable(architecture))
        model.qconfig = torch_qconfig(torch, quantization)
        quantization.prepare(model, inplace=True)
        for calibration in files["calibration"]:
            model(torch.from_numpy(calibration[np.newaxis]))
        quantization.convert(model, inplace=True)

    def run() -> np.ndarray:
        with torch.inference_mode():
            return model(image).numpy()

    return Runner(f"PyTorch {torch.__version__}, {engine}", run, real)


def torch_qconfig(torch: Any, quantization: Any) -> Any:
    """Return the qconfig that qframe's model has."""
    weight = {"dtype": torch.qint8, "qscheme": torch.per_channel_symmetric}
    return quantization.QConfig(
        activation=quantization.MinMaxObserver.with_args(reduce_range=True),
        weight=quantization.PerChannelMinMaxObserver.with_args(**weight),
    )


def onnx_file(folder: Path, network: str) -> str:
    """Return the name of the ONNX file, written by the first that asks."""
    from .onnx_file import write

    file = folder / f"{network}.onnx"
    if not file.exists():
        draft = file.with_suffix(f".{os.getpid()}")
        write(NETWORKS[network](), stored(folder, f"{network}-quantized"), str(draft))
        draft.rename(file)
    return str(file)


def onnxruntime_peer(folder: Path, network: str, threads: int) -> Runner:
    """Run onnxruntime on the CPU, with all its graph optimizations."""
    ort: Any = importlib.import_module("onnxruntime")
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    # Its threads wait by spinning, which would take the cores from whoever is measured next.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = ort.InferenceSession(onnx_file(folder, network), options, providers=["CPUExecutionProvider"])
    feed = {"image": stored(folder, "images")["image"]}
    return Runner(f"onnxruntime {ort.__version__}", lambda: session.run(None, feed)[0])


def openvino_peer(folder: Path, network: str, threads: int) -> Runner:
    """Run OpenVINO on the CPU, compiled for the shortest time of one image."""
    openvino: Any = importlib.import_module("openvino")
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
    compiled = openvino.Core().compile_model(onnx_file(folder, network), "CPU", settings)
    request, image = compiled.create_infer_request(), stored(folder, "images")["image"]
    version = openvino.__version__.split("-")[0]
    return Runner(f"OpenVINO {version}", lambda: request.infer({0: image}, share_inputs=True)[0])


def torch_engine(engine: str) -> Peer:
    """Return the peer that is PyTorch on ``engine``."""
    return lambda folder, network, threads: torch_peer(engine, folder, network, threads)


TORCH_ENGINES = ("x86", "fbgemm", "onednn", "qnnpack")
PEERS: dict[str, Peer] = {
    "qframe": qframe_peer,
    **{f"torch-{engine}": torch_engine(engine) for engine in TORCH_ENGINES},
    "onnxruntime": onnxruntime_peer,
    "openvino": openvino_peer,
}
#: What must be installed where a peer runs.
NEEDS = {
    "torch": "torch numpy --extra-index-url https://download.pytorch.org/whl/cpu",
    "onnxruntime": "onnx onnxruntime numpy",
    "openvino": "onnx openvino numpy",
    "qframe": "qframe",
}
