"""A quantized model on the engine: the same numbers as on the reference, whatever runs where."""

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe import quantization as tq
from qframe.errors import FallbackWarning

pytestmark = pytest.mark.filterwarnings("ignore::qframe.errors.FallbackWarning")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(20, 37), nn.Linear(20, 37)
        self.sum = nn.quantized.FloatFunctional()

    def forward(self, x):
        return self.sum.add(self.first(x), self.second(x))


@pytest.fixture
def batches():
    return np.random.default_rng(0).normal(size=(4, 5, 20)).astype("float32")


def run_on(engine, model, x):
    with qframe.use_engine(engine):
        return model(x)


def test_a_static_model(batches):
    model = tq.QuantWrapper(Net()).eval()
    model.qconfig = tq.get_default_qconfig("fbgemm")
    int8 = tq.quantize(model, lambda m, *data: [m(x) for x in data], batches)
    expected = run_on("reference", int8, batches[0])
    assert np.array_equal(run_on("mynpu", int8, batches[0]), expected)


def test_a_dynamic_model(batches):
    int8 = tq.quantize_dynamic(nn.Sequential(nn.Linear(20, 37), nn.Linear(37, 3)).eval())
    expected = run_on("reference", int8, batches[0])
    assert np.array_equal(run_on("mynpu", int8, batches[0]), expected)


def test_the_rest_runs_on_the_reference_with_a_warning(batches):
    x = qframe.quantize_per_tensor(batches, 0.1, 128, qframe.quint8)
    with qframe.use_engine("mynpu"), pytest.warns(FallbackWarning, match="'mynpu' does not provide it"):
        qframe.relu(x)
