"""A file written under one engine loads and runs under another: nothing in it belongs to an engine."""

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest

import qframe

ENGINES = qframe.backends.quantized.supported_engines
PAIRS = [*itertools.permutations(ENGINES, 2), ("reference", "reference")]

MODELS = """
import sys
import numpy as np
import qframe
from qframe import nn, quantization as tq


def static(seed):
    qframe.manual_seed(seed)
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 5)).eval()
    model = tq.QuantWrapper(tq.fuse_modules(model, ["0", "1"]))
    model.qconfig = tq.get_default_qconfig("fbgemm")
    batches = np.random.default_rng(seed).normal(size=(2, 2, 3, 8, 8)).astype("float32")
    return tq.quantize(model, lambda m, *xs: [m(x) for x in xs], list(batches))


def dynamic(seed):
    qframe.manual_seed(seed)
    model = nn.Sequential(nn.Flatten(), nn.Linear(192, 16), nn.ReLU(), nn.Linear(16, 5)).eval()
    return tq.quantize_dynamic(model, dtype=qframe.float16 if seed % 2 else qframe.qint8)


x = np.random.default_rng(9).normal(size=(2, 3, 8, 8)).astype("float32")
print(qframe.backends.quantized.engine)
"""
SAVE = """
model = {kind}({seed})
np.save(sys.argv[1] + ".npy", model(x))
qframe.save(model, sys.argv[1])
"""
LOAD = """
model = {kind}({seed} + 2)
model(x)  # packed by this engine, other weights
qframe.load_into(model, sys.argv[1])
expected = np.load(sys.argv[1] + ".npy")
np.testing.assert_allclose(model(x), expected, rtol=0, atol={tolerance})
"""


def run(engine, code, path):
    environment = {**os.environ, "QFRAME_ENGINE": engine}
    done = subprocess.run(
        [sys.executable, "-c", MODELS + code, str(path)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == engine


@pytest.mark.parametrize(("writer", "reader"), PAIRS)
@pytest.mark.parametrize(("kind", "seed"), [("static", 0), ("dynamic", 0), ("dynamic", 1)])
def test_another_engine_gives_the_same_output(writer, reader, kind, seed, tmp_path):
    run(writer, SAVE.format(kind=kind, seed=seed), tmp_path / "model")
    tolerance = 1e-5 * seed  # sums with float16 weights may be taken in any order
    run(reader, LOAD.format(kind=kind, seed=seed, tolerance=tolerance), tmp_path / "model")


def test_the_file_does_not_depend_on_the_engine(tmp_path):
    layer = qframe.nn.quantized.Linear(16, 4)
    for engine in ENGINES:
        with qframe.use_engine(engine):
            layer(qframe.QTensor.per_tensor(np.zeros((1, 16), np.uint8), 1.0, 0))
            qframe.save(layer, tmp_path / engine)
    assert len({(tmp_path / engine).read_bytes() for engine in ENGINES}) == 1
