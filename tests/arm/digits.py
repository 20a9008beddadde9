"""The quantized digits models on every engine and instruction set of a machine.

    python -m tests.arm.digits FOLDER

reads what ``store`` has left in a folder and prints, as JSON, a SHA-256 of each model's numbers on each.
It runs on emulated machines, too, so that it imports nothing of the demo but its models.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import numpy as np

import qframe
from qframe import nn, quantization
from qframe.engines import registry
from tests.native.selection import selected

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
IMAGES = "images.npy"


def static(model: nn.Module, images: np.ndarray) -> nn.Module:
    """Return a model in 8 bits, calibrated on some images."""
    fused = quantization.fuse_modules(model, [list(names) for names in model.fusable])
    fused.qconfig = quantization.get_default_qconfig("fbgemm")
    prepared = quantization.prepare(fused)
    for start in range(0, len(images), 32):
        prepared(images[start : start + 32])
    return quantization.convert(prepared)


def dynamic(model: nn.Module, images: np.ndarray) -> nn.Module:
    """Return a model with 8-bit weights, which quantizes activations on the fly."""
    return quantization.quantize_dynamic(model)


#: How each model is quantized, by the name of its file; NumPy's float convolutions differ between machines.
MODELS: dict[str, tuple[str, Callable[[nn.Module, np.ndarray], nn.Module]]] = {
    "static cnn": ("cnn", static),
    "static mlp": ("mlp", static),
    "dynamic mlp": ("mlp", dynamic),
}


def store(folder: Path, calibration: np.ndarray, images: np.ndarray) -> None:
    """Quantize the models here and now; what is stored is what all machines compute with."""
    np.save(folder / IMAGES, images)
    for name, model in build(calibration).items():
        qframe.save(model, folder / f"{name}.safetensors")


def build(images: np.ndarray) -> dict[str, nn.Module]:
    """Return the models, quantized."""
    sys.path.insert(0, str(EXAMPLES))
    try:
        load_models = import_module("digits_models").load_models
    finally:
        sys.path.remove(str(EXAMPLES))
    return {name: quantize(load_models()[model], images) for name, (model, quantize) in MODELS.items()}


def digests(folder: Path) -> dict[str, dict[str, str]]:
    """Return, by engine and instruction set, then by model, a digest of its numbers."""
    found = {}
    for name in registry.usable_engines():
        with qframe.use_engine(name):
            for isa in instruction_sets(name):
                found[f"{name} {isa}"] = on_this_engine(folder)
    return found


def instruction_sets(name: str) -> Iterator[str]:
    """Select each instruction set that an engine has on this machine, and yield its name."""
    if name == "reference":
        yield "NumPy"
        return
    engine = import_module(f"qframe_{name}").engine
    for isa in engine.available():
        with selected(engine, isa):
            yield isa


def on_this_engine(folder: Path) -> dict[str, str]:
    """Return a digest of each model's numbers on the engine in use."""
    images = np.load(folder / IMAGES)
    models = build(images[:2])  # whose ranges and weights the files replace
    return {name: digest(model, folder / f"{name}.safetensors", images) for name, model in models.items()}


def digest(model: nn.Module, state: Path, images: np.ndarray) -> str:
    """Load a model's state and return the SHA-256 of what it makes of the images."""
    qframe.load_into(model, state)
    numbers = np.ascontiguousarray(model(images), dtype="<f4")
    return hashlib.sha256(numbers.tobytes()).hexdigest()


if __name__ == "__main__":
    print(json.dumps(digests(Path(sys.argv[1])), indent=1))
