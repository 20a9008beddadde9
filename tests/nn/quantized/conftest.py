"""What the tests of quantized modules share: ready-made observers, exact expectations, a second engine."""

import inspect
from collections import namedtuple

import numpy as np
import pytest

from qframe import ops
from qframe.dtypes import qint8, quint8
from qframe.engines import API, Engine, dispatcher, registry
from qframe.plugin import hookimpl
from qframe.qschemes import per_channel_symmetric, per_tensor_symmetric
from qframe.qtensor import QTensor

QConfig = namedtuple("QConfig", "activation weight")


class Told:
    """An observer that says what it was told, and remembers what it saw."""

    def __init__(self, scale, zero_point, dtype=quint8, qscheme=per_tensor_symmetric, ch_axis=0):
        self.answer = scale, zero_point
        self.dtype, self.qscheme, self.ch_axis = dtype, qscheme, ch_axis
        self.seen = []

    def __call__(self, x):
        self.seen.append(x)
        return x

    def calculate_qparams(self):
        return tuple(np.asarray(part) for part in self.answer)


class Relay:
    """A plugin whose engine runs the reference's kernels and counts how often it packs."""

    def __init__(self, name, **settings):
        self.engine = Engine(name, api=API, priority=1, **settings)
        self.packed = []

    @hookimpl
    def qframe_engines(self):
        return self.engine

    @hookimpl
    def qframe_kernel(self, engine, op):
        if engine != self.engine.name:
            return None
        kernel = dispatcher.kernel(op, "reference")
        if not op.endswith(("_pack", "_pack_fp16")):
            return kernel

        def packing(*args):
            self.packed.append(op)
            return kernel(*args)

        packing.__signature__ = inspect.signature(kernel)
        return packing


@pytest.fixture(scope="session")
def told():
    """The class of observers that say what they are told."""
    return Told


@pytest.fixture(autouse=True)
def _on_reference():
    with registry.use_engine("reference"):
        yield


@pytest.fixture
def relay():
    """A second engine, called relay."""
    plugin = Relay("relay")
    assert registry.register(plugin, "relay-plugin").error is None
    yield plugin
    registry.unregister("relay-plugin")


@pytest.fixture
def careful():
    """An engine that wants 7-bit activations, called careful."""
    plugin = Relay("careful", reduce_range=True)
    assert registry.register(plugin, "careful-plugin").error is None
    yield plugin
    registry.unregister("careful-plugin")


@pytest.fixture(scope="session")
def qconfig():
    """Make a qconfig whose weight observer gives one scale, or one for each channel of ``scale``."""

    def make(scale=0.5, zero_point=0, dtype=qint8, ch_axis=0):
        qscheme = per_channel_symmetric if np.ndim(scale) else per_tensor_symmetric
        return QConfig(None, lambda: Told(scale, zero_point, dtype, qscheme, ch_axis))

    return make


@pytest.fixture(scope="session")
def prepared(qconfig):
    """Give a float module a qconfig and a calibrated output observer, as prepare does."""

    def make(module, scale=0.25, zero_point=10, dtype=quint8, weight=None):
        object.__setattr__(module, "qconfig", weight or qconfig())
        object.__setattr__(module, "activation_post_process", Told(scale, zero_point, dtype))
        return module

    return make


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def activation(rng):
    """Make a random quint8 tensor of a shape, scale 0.5 and zero point 100."""

    def make(*shape, scale=0.5, zero_point=100, dtype=quint8):
        codes = rng.integers(dtype.minimum, dtype.maximum, shape, endpoint=True).astype(dtype.numpy)
        return QTensor.per_tensor(codes, scale, zero_point, dtype)

    return make


@pytest.fixture
def qweight(rng):
    """Make a random qint8 weight, per channel where ``scale`` is a list.  Scales are powers of two."""

    def make(*shape, scale=0.125):
        codes = rng.integers(-128, 127, shape, endpoint=True).astype(np.int8)
        if np.ndim(scale):
            return QTensor.per_channel(codes, scale, np.zeros(len(scale), dtype=np.int64), 0)
        return QTensor.per_tensor(codes, scale, 0)

    return make


@pytest.fixture(scope="session")
def codes_of():
    """Quantize float64 values exactly: right for integer kernels whose scales are powers of two."""

    def compute(real, scale, zero_point, low=0, high=255):
        return np.clip(np.rint(np.asarray(real, np.float64) / scale) + zero_point, low, high)

    return compute


@pytest.fixture(scope="session")
def same():
    """Assert that two quantized tensors agree in codes, qparams and dtype."""

    def check(a, b):
        assert a.equal(b), f"{a!r}\n{b!r}"

    return check


@pytest.fixture(scope="session")
def quantize():
    """Quantize floats per tensor."""

    def make(x, scale=1.0, zero_point=0, dtype=quint8):
        return ops.quantize_per_tensor(np.asarray(x, np.float32), scale, zero_point, dtype)

    return make
