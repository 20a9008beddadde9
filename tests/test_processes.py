"""Tensors, modules and whole models are copied, and sent to other processes, without their packed form."""

import copy
import multiprocessing
import pickle
import sys

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe import quantization as tq
from qframe.dtypes import float16
from qframe.nn import quantized as nnq
from qframe.ops.packed import Packed
from qframe.qtensor import QTensor

METHODS = [
    pytest.param(
        method,
        marks=pytest.mark.skipif(
            method == "fork" and sys.platform == "darwin", reason="system libraries do not survive a fork"
        ),
    )
    for method in ("spawn", "fork")
    if method in multiprocessing.get_all_start_methods()
]
IMAGES = np.random.default_rng(0).normal(size=(4, 3, 8, 8)).astype(np.float32)

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def tensors():
    codes = np.random.default_rng(1).integers(0, 255, (4, 6), endpoint=True)
    return {
        "quint8": QTensor.per_tensor(codes.astype(np.uint8), 0.1, 3),
        "qint8 per channel": QTensor.per_channel(
            codes.astype(np.uint8).view(np.int8), [0.1, 0.2, 0.3, 0.4], [0, 1, -2, 3], 0
        ),
        "qint32 per channel": QTensor.per_channel(codes.astype(np.int32), np.full(6, 1e-5), np.arange(6), 1),
        "a view": QTensor.per_tensor(codes.astype(np.uint8), 0.1, 3).permute(1, 0)[::2],
        "expanded": QTensor.per_tensor(codes[:1].astype(np.uint8), 0.1, 3).expand(3, -1),
        "no dimensions": QTensor.per_tensor(np.array(3, np.int8), 0.1, 3),
    }


def static_model():
    qframe.manual_seed(0)
    body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 5)).eval()
    model = tq.QuantWrapper(tq.fuse_modules(body, ["0", "1"]))
    model.qconfig = tq.get_default_qconfig("fbgemm")
    return model


def prepared_model():
    prepared = tq.prepare(static_model())
    prepared(IMAGES)
    return prepared


def modules():
    """Name: a module that maps IMAGES to an array."""
    qframe.manual_seed(0)
    float_part = nn.Sequential(nn.Flatten(), nn.Linear(192, 16), nn.ReLU(), nn.Linear(16, 5)).eval()
    return {
        "prepared": prepared_model(),
        "static": tq.convert(prepared_model()),
        "dynamic": tq.quantize_dynamic(float_part),
        "float16": tq.quantize_dynamic(float_part, dtype=float16),
    }


def packed_forms(module):
    """How many weights of ``module`` are packed."""
    holders = [part for m in module.modules() for part in vars(m).values() if isinstance(part, Packed)]
    return sum(holder._form is not None for holder in holders)


def run(module):
    """What other processes do: they get the module unpacked, and run it twice."""
    packed, output = packed_forms(module), module(IMAGES)
    np.testing.assert_array_equal(module(IMAGES), output)
    return packed, output, module


def requantized(tensor):
    return tensor, tensor.dequantize(), qframe.dequantize(tensor)


@pytest.fixture(scope="module", params=METHODS)
def pool(request):
    """A pool of processes; the forked ones start after this process has run the engine's threads."""
    modules()["static"](IMAGES)
    with multiprocessing.get_context(request.param).Pool(2) as processes:
        yield processes


class TestProcesses:
    def test_tensors(self, pool):
        originals = tensors()
        for name, (tensor, real, by_engine) in zip(
            originals, pool.map(requantized, originals.values()), strict=True
        ):
            assert tensor.equal(originals[name]), name
            np.testing.assert_array_equal(real, originals[name].dequantize())
            np.testing.assert_array_equal(by_engine, real)

    @pytest.mark.parametrize("name", modules())
    def test_models(self, pool, name):
        model = modules()[name]
        expected = model(IMAGES)
        assert packed_forms(model) == (0 if name == "prepared" else 2)
        for packed, output, returned in pool.map(run, [model] * 3):
            assert packed == 0
            np.testing.assert_array_equal(output, expected)
            np.testing.assert_array_equal(returned(IMAGES), expected)

    def test_errors_come_back_with_their_place(self, pool):
        model = modules()["static"]
        with pytest.raises(qframe.errors.QFrameError, match="in module 'module.0'"):
            pool.apply(model, (IMAGES[:, :1],))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
class TestCopies:
    @pytest.mark.parametrize("name", modules())
    def test_models(self, copied, name):
        model = modules()[name]
        expected = model(IMAGES)
        other = copied(model)
        assert packed_forms(other) == 0
        np.testing.assert_array_equal(other(IMAGES), expected)
        for key, value in other.state_dict().items():
            mine = model.state_dict()[key]
            parts = [part.int_repr() if isinstance(part, QTensor) else part for part in (value, mine)]
            assert not np.shares_memory(*parts), key

    @pytest.mark.parametrize("name", tensors())
    def test_tensors(self, copied, name):
        tensor = tensors()[name]
        other = copied(tensor)
        assert other.equal(tensor)
        assert other.dtype is tensor.dtype
        assert not np.shares_memory(other.int_repr(), tensor.int_repr())
        if tensor.qscheme().per_channel:
            assert not np.shares_memory(other.q_per_channel_scales(), tensor.q_per_channel_scales())
        other.copy_(0.0)  # a copy is never read-only
        assert tensor.equal(tensors()[name])

    def test_what_was_shared_stays_shared(self, copied):
        tensor = tensors()["quint8"]
        one, other = copied([tensor, tensor])
        assert one is other
        layer = nnq.Linear(3, 3)
        model = copied(nn.Sequential(layer, layer))
        assert model[0] is model[1]

    def test_a_loaded_state_needs_its_file_no_more(self, copied, tmp_path):
        layer = nnq.Linear(6, 4)
        qframe.save(layer, tmp_path / "layer")
        state = copied(qframe.load(tmp_path / "layer"))
        (tmp_path / "layer").write_bytes(b"")
        assert state["weight"].equal(layer.weight())


def test_a_subclass_stays_one():
    class Marked(QTensor):
        __slots__ = ()

    tensor = Marked.per_tensor(np.zeros(3, np.int8), 0.5, 1)
    for other in (copy.copy(tensor), copy.deepcopy(tensor), tensor.clone(), tensor[1:], tensor.repeat(2)):
        assert type(other) is Marked
    assert tensor.copy_(QTensor.per_tensor(np.ones(3, np.int8), 0.25, 1)).q_scale() == 0.25
