"""Holders of packed weights: packed when needed, for the engine in use, and never copied or saved packed."""

import copy
import pickle

import numpy as np
import pytest

from qframe.engines import API, Engine, registry
from qframe.ops import PackedConv, PackedGRU, PackedLinear, PackedLinearFp16, PackedLSTM, PackedRNN
from qframe.ops.packed_recurrent import PackedRecurrent
from qframe.plugin import hookimpl
from qframe.qtensor import QTensor

from .tensors import activation, floats, per_channel, weight

X = activation(4, 3)
MAKERS = {
    "linear": lambda: PackedLinear(weight(2, 3), floats(2)),
    "linear-no-bias": lambda: PackedLinear(weight(2, 3)),
    "linear-per_channel": lambda: PackedLinear(per_channel(2, 3), floats(2)),
    "linear_fp16": lambda: PackedLinearFp16(floats(2, 3), floats(2)),
    "conv1d": lambda: PackedConv(weight(4, 1, 3), floats(4), (2,), (1,), (1,), 2),
    "conv2d": lambda: PackedConv(weight(4, 2, 3, 3), None, (1, 2), (1, 0), (1, 1)),
    "lstm": lambda: PackedLSTM(weight(8, 3), per_channel(8, 2), floats(8), floats(8)),
    "lstm-float16": lambda: PackedLSTM(floats(8, 3), floats(8, 2), floats(8)),
    "gru": lambda: PackedGRU(weight(6, 3), weight(6, 2), floats(6), floats(6)),
    "rnn": lambda: PackedRNN(weight(2, 3), weight(2, 2), None, floats(2), "relu"),
    "conv3d": lambda: PackedConv(per_channel(2, 1, 1, 2, 3), floats(2), (1, 1, 1), (0, 1, 2), (1, 1, 2)),
}
INPUTS = {
    "conv1d": activation(1, 2, 9),
    "conv2d": activation(1, 2, 5, 6),
    "conv3d": activation(1, 1, 3, 4, 5),
}


def run(name, holder):
    if name == "linear_fp16":
        return holder(floats(4, 3))
    if isinstance(holder, PackedRecurrent):
        return holder(floats(4, 3), (3, 1), [floats(3, 2) for _ in holder.kind.states])[0]
    return holder(INPUTS.get(name, X), 0.3, 9).int_repr()


class Counting:
    """An engine that packs with the reference and counts how often it is asked to."""

    def __init__(self, name):
        self.name, self.packed = name, 0

    @hookimpl
    def qframe_engines(self):
        return Engine(self.name, api=API, priority=-5, reduce_range=True)

    @hookimpl
    def qframe_kernel(self, engine, op):
        if engine != self.name or not op.endswith("_pack"):
            return None
        kernel = registry.kernel("reference", op)

        def counting(*args, **kwargs):
            self.packed += 1
            return kernel(*args, **kwargs)

        return counting


@pytest.fixture
def counting():
    plugin = Counting("counting")
    registry.register(plugin, "counting")
    yield plugin
    registry.unregister("counting")


@pytest.fixture(autouse=True)
def on_the_reference():
    with registry.use_engine("reference"):
        yield


@pytest.mark.parametrize("name", MAKERS)
def test_runs(name):
    holder = MAKERS[name]()
    assert holder.engine == "reference"
    assert run(name, holder).size


def test_packs_at_the_first_call_and_once(counting):
    holder = MAKERS["linear"]()
    with registry.use_engine("counting"):
        assert counting.packed == 0
        run("linear", holder)
        run("linear", holder)
        holder.dynamic(floats(1, 3))
    assert counting.packed == 1


def test_repacks_when_the_engine_changes_and_changes_back(counting):
    holder = MAKERS["linear"]()
    expected = run("linear", holder)
    with registry.use_engine("counting"):
        assert holder.engine == "counting"
        assert np.array_equal(run("linear", holder), expected)
    assert holder.engine == "reference"
    assert np.array_equal(run("linear", holder), expected)
    with registry.use_engine("counting"):
        run("linear", holder)
    assert counting.packed == 2


def test_packed_form_goes_stale_when_plugins_change(counting):
    holder = MAKERS["linear"]()
    with registry.use_engine("counting"):
        run("linear", holder)
        registry.register(Counting("newcomer"), "newcomer")
        try:
            run("linear", holder)
        finally:
            registry.unregister("newcomer")
        run("linear", holder)
    assert counting.packed == 3


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda h: pickle.loads(pickle.dumps(h))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_copies_drop_the_packed_form_and_compute_the_same(name, duplicate):
    holder = MAKERS[name]()
    expected = run(name, holder)
    twin = duplicate(holder)
    assert type(twin) is type(holder)
    assert twin._form is None
    assert np.array_equal(run(name, twin), expected)
    assert twin.form() is not holder.form()


@pytest.mark.parametrize("name", MAKERS)
def test_deep_copies_share_no_memory(name):
    holder = MAKERS[name]()
    twin = copy.deepcopy(holder)
    for own, copied in zip(_parts(holder), _parts(twin), strict=True):
        assert np.array_equal(own, copied)
        assert not np.shares_memory(own, copied)


def _parts(holder):
    """The arrays of weight and bias, of which some holders have several."""
    for part in holder._arguments():
        if isinstance(part, (QTensor, np.ndarray)):
            yield part.int_repr() if isinstance(part, QTensor) else part


def test_pickle_carries_geometry_and_qparams():
    holder = MAKERS["conv3d"]()
    twin = pickle.loads(pickle.dumps(holder))
    assert (twin.stride, twin.padding, twin.dilation, twin.groups) == ((1, 1, 1), (0, 1, 2), (1, 1, 2), 1)
    assert twin.weight.equal(holder.weight)
    assert np.array_equal(twin.bias, holder.bias)
    assert twin.pack_op == "conv3d_pack"


def test_dynamic_takes_reduce_range_from_the_engine_unless_told(counting):
    holder = PackedLinear(QTensor.per_tensor(np.arange(-60, 60, dtype=np.int8).reshape(8, 15), 0.1, 0))
    x = np.random.default_rng(0).standard_normal((5, 15)).astype(np.float32)
    full, reduced = holder.dynamic(x, reduce_range=False), holder.dynamic(x, reduce_range=True)
    assert not np.array_equal(full, reduced)
    assert np.array_equal(holder.dynamic(x), full)
    with registry.use_engine("counting"):
        assert np.array_equal(holder.dynamic(x), reduced)
        assert np.array_equal(holder.dynamic(x, reduce_range=False), full)


def test_dynamic_relu():
    holder = PackedLinear(weight(2, 3), np.array([-9, 9], dtype=np.float32))
    x = floats(4, 3)
    assert np.array_equal(holder.dynamic(x, relu=True), np.maximum(holder.dynamic(x), 0))
    assert (holder.dynamic(x) < 0).any()
