"""An op, a dtype and a qscheme of a plugin, from float model to file and back, on every engine."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
from qframe_nibbles import per_tensor_power_of_two, quint4, square
from qframe_nibbles.modules import QuantizedSquare, Square, mapping, qconfig, white_list

import qframe
from qframe import nn
from qframe import quantization as tq

ENGINES = qframe.backends.quantized.supported_engines

pytestmark = pytest.mark.filterwarnings("ignore::qframe.errors.FallbackWarning")


def batches():
    return np.random.default_rng(1).normal(size=(3, 8, 6)).astype("float32")


def float_model():
    qframe.manual_seed(0)
    return nn.Sequential(tq.QuantStub(), nn.Linear(6, 5), Square(), tq.DeQuantStub()).eval()


def converted():
    rules = {"": tq.default_qconfig, Square: qconfig}
    prepared = tq.prepare(float_model(), white_list=white_list, qconfig_dict=rules)
    for batch in batches():
        prepared(batch)
    return tq.convert(prepared, mapping=mapping)


def test_the_qscheme_decides_in_every_observer():
    for kind in (tq.MinMaxObserver, tq.MovingAverageMinMaxObserver, tq.HistogramObserver):
        observer = kind(dtype=quint4, qscheme=per_tensor_power_of_two)
        observer(batches())
        scale, zero_point = observer.calculate_qparams()
        assert np.log2(scale[0]) == np.rint(np.log2(scale[0]))
        assert 0 <= zero_point[0] <= 15


def test_a_model_is_quantized_with_the_dtype():
    model = converted()
    assert isinstance(model[2], QuantizedSquare)
    codes = model[2](model[1](model[0](batches().reshape(24, 6))))
    assert codes.dtype is quint4
    assert 8 <= codes.int_repr().max() <= 15  # the least power of two that covers the range
    assert np.log2(codes.q_scale()) == np.rint(np.log2(codes.q_scale()))
    error = np.abs(model(batches()[0]) - float_model()(batches()[0]))
    assert error.mean() < codes.q_scale()


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_gives_the_same_numbers(engine):
    model = converted()
    with qframe.use_engine("reference"):
        expected = model(batches()[0])
    with qframe.use_engine(engine):
        assert np.array_equal(model(batches()[0]), expected)


@pytest.mark.parametrize("engine", ENGINES)
def test_ops_of_the_core_take_the_dtype_or_leave_it_to_the_reference(engine):
    def results():
        x = qframe.quantize_per_tensor(batches(), 0.25, 7, quint4)
        image = x.reshape(3, 1, 8, 6)
        yield x
        yield qframe.relu(x)
        yield qframe.cat([x, x])
        yield qframe.mean(x, (1,))
        yield nn.quantized.QFunctional().add(x, x)
        yield nn.quantized.functional.max_pool2d(image, 2)
        yield nn.quantized.functional.adaptive_avg_pool2d(image, (2, 2))
        yield square(x, 0.5, 0, quint4)

    with qframe.use_engine("reference"):
        expected = list(results())
    with qframe.use_engine(engine):
        for result, wanted in zip(results(), expected, strict=True):
            assert result.dtype is quint4
            assert result.equal(wanted)
            assert 0 <= result.int_repr().min() <= result.int_repr().max() <= 15
            assert np.array_equal(qframe.dequantize(result), wanted.dequantize())


def test_the_contract_speaks_before_any_engine():
    x = qframe.quantize_per_tensor(batches(), 0.25, 7, quint4)
    with pytest.raises(qframe.errors.ArgumentError, match="zero_point 16 is no code of qframe.quint4"):
        square(x, 1.0, 16, quint4)
    with pytest.raises(qframe.errors.DTypeError, match="square got array"):
        square(batches(), 1.0, 0, quint4)


def test_a_model_is_saved_and_loaded(tmp_path):
    model, path = converted(), tmp_path / "model.safetensors"
    qframe.save(model, path)
    other = converted()
    other[2].scale[0] = 99
    qframe.load_into(other, path)
    assert np.array_equal(other(batches()[0]), model(batches()[0]))


def test_tensors_dtypes_and_qschemes_are_saved_by_name(tmp_path):
    path = tmp_path / "state.safetensors"
    x = qframe.quantize_per_tensor(batches(), 0.25, 7, quint4)
    qframe.save({"x": x, "dtype": quint4, "qscheme": per_tensor_power_of_two}, path)
    state = qframe.load(path)
    assert state["x"].equal(x)
    assert state["dtype"] is quint4
    assert state["qscheme"] is per_tensor_power_of_two
    load = f"import qframe; print(*qframe.load({str(path)!r}).values())"
    elsewhere = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True)
    assert "dtype=qframe.quint4" in elsewhere.stdout, elsewhere.stderr
    assert elsewhere.stdout.endswith("qframe.quint4 qframe.per_tensor_power_of_two\n")


def test_where_the_plugin_is_missing_the_file_says_so(tmp_path, monkeypatch):
    path = tmp_path / "state.safetensors"
    qframe.save({"x": qframe.quantize_per_tensor(batches(), 0.25, 7, quint4)}, path)
    monkeypatch.setenv("QFRAME_PLUGINS", "")
    load = [sys.executable, "-c", f"import qframe; qframe.load({str(path)!r})"]
    elsewhere = subprocess.run(load, capture_output=True, text=True)
    assert "there is no quantized dtype 'quint4'" in elsewhere.stderr
    assert "Install the plugin that has it" in elsewhere.stderr


@pytest.mark.parametrize("thing", [quint4, per_tensor_power_of_two], ids=repr)
def test_they_stay_themselves_when_copied(thing):
    assert copy.deepcopy(thing) is thing
    assert pickle.loads(pickle.dumps(thing)) is thing


def test_a_model_travels_to_other_processes():
    model = converted()
    copied = pickle.loads(pickle.dumps(model))
    assert np.array_equal(copied(batches()[0]), model(batches()[0]))
    assert np.array_equal(copy.deepcopy(model)(batches()[0]), model(batches()[0]))
