"""quantize, quantize_dynamic and default_eval_fn."""

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe import quantization as q

from .models import MyLinear, Net, assert_unchanged, images, kinds, noise, ready, set_weights, snapshot


def run(model, *batches):
    for batch in batches:
        model(batch)


# -- static ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [tuple, list])
def test_run_args_in_a_tuple_or_list_are_spread(kind):
    seen = []

    def record(model, *arguments):
        seen.append(arguments)
        run(model, *arguments)

    first, second = images(0), images(1)
    q.quantize(ready(), record, kind([first, second]))
    assert [a is b for a, b in zip(seen[0], (first, second), strict=True)] == [True, True]


def test_anything_else_is_one_argument():
    def calibrate(model, batch):
        model(batch)

    assert type(q.quantize(ready(), calibrate, images()).fc) is nn.quantized.Linear


def test_quantize_is_prepare_calibrate_convert():
    model = ready()
    prepared = q.prepare(model)
    run(prepared, images(0), images(1))
    expected = q.convert(prepared)
    actual = q.quantize(model, run, [images(0), images(1)])
    assert repr(actual) == repr(expected)
    np.testing.assert_array_equal(actual(images(3)), expected(images(3)))


def test_quantize_sets_evaluation_mode_on_its_copy():
    model = ready().train()
    modes = []
    before = snapshot(model)
    converted = q.quantize(model, lambda m, x: modes.append(m.training) or m(x), images())
    assert modes == [False]
    assert not converted.training
    assert_unchanged(model, before)


def test_quantize_leaves_no_qconfigs():
    converted = q.quantize(ready(), run, [images()])
    assert not any("qconfig" in vars(module) for module in converted.modules())


def test_quantize_inplace_returns_the_model():
    model = ready()
    assert q.quantize(model, run, [images()], inplace=True) is model
    assert type(model.fc) is nn.quantized.Linear


def test_default_eval_fn_calibrates():
    data = [(images(0), 1), (images(1), 2)]
    model = ready()
    expected = q.quantize(model, run, [images(0), images(1)])
    actual = q.quantize(model, q.default_eval_fn, [data])
    np.testing.assert_array_equal(actual(images(3)), expected(images(3)))
    assert q.default_eval_fn(model, data) is None


@pytest.mark.parametrize("arguments", [(), [[]], (iter(()),)])
def test_empty_calibration_data_is_refused(arguments):
    def calibrate(model, data=()):
        run(model, *data)

    model = ready()
    before = snapshot(model)
    with pytest.raises(
        qframe.errors.CalibrationError, match="without having run the model.*consumed only once"
    ):
        q.quantize(model, calibrate, arguments)
    assert_unchanged(model, before)


def test_bad_qconfigs_leave_the_model_unchanged_even_inplace():
    model = ready(q.default_dynamic_qconfig).train()
    before = snapshot(model)
    with pytest.raises(qframe.errors.ConfigurationError, match="QConfigDynamic"):
        q.quantize(model, run, [images()], inplace=True)
    assert_unchanged(model, before)


def test_errors_of_run_fn_come_through():
    with pytest.raises(ZeroDivisionError):
        q.quantize(ready(), lambda model, x: 1 / 0, images())


class Stand(nn.Module):
    @classmethod
    def from_float(cls, mod):
        return cls()

    def forward(self, x):
        return x


def test_types_of_a_mapping_of_ones_own_are_observed():
    model = nn.Sequential(MyLinear(2, 2)).eval()
    model.qconfig = q.default_qconfig
    mapping = {**q.DEFAULT_MODULE_MAPPING, MyLinear: Stand}
    assert type(q.quantize(model, run, [np.ones((1, 2), np.float32)], mapping)[0]) is Stand


# -- dynamic ---------------------------------------------------------------------------------------------


def test_linear_layers_are_quantized_by_default():
    model = Net()
    converted = q.quantize_dynamic(model)
    changed = {path for path, kind in kinds(converted).items() if kinds(model)[path] != kind} | {
        path for path, m in converted.named_modules() if isinstance(m, nn.quantized.dynamic.Linear)
    }
    assert changed == {"fc"}
    assert converted.fc.dtype is qframe.qint8
    model.eval()
    assert 0 < noise(converted(images()), model(images())) < 0.05


def test_float16_weights():
    converted = q.quantize_dynamic(Net(), dtype=qframe.float16)
    assert converted.fc.dtype is qframe.float16


def test_the_root_is_replaced():
    assert type(q.quantize_dynamic(nn.Linear(2, 3))) is nn.quantized.dynamic.Linear


@pytest.mark.parametrize("spec", [{nn.Linear}, {"fc"}, ["fc"], {"fc": q.default_dynamic_qconfig}, {""}])
def test_what_to_quantize_can_be_said_by_type_and_by_path(spec):
    assert type(q.quantize_dynamic(Net(), spec).fc) is nn.quantized.dynamic.Linear


def test_a_dict_of_qconfigs_wins_over_dtype():
    converted = q.quantize_dynamic(Net(), {"fc": q.float16_dynamic_qconfig}, dtype=qframe.qint8)
    assert converted.fc.dtype is qframe.float16


def test_none_switches_off():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    converted = q.quantize_dynamic(model, {nn.Linear: q.default_dynamic_qconfig, "1": None})
    assert [type(m) for m in converted] == [nn.quantized.dynamic.Linear, nn.Linear]


def test_linear_layers_inside_fused_containers_are_quantized():
    model = q.fuse_modules(set_weights(nn.Sequential(nn.Linear(2, 2), nn.ReLU())), ["0", "1"])
    converted = q.quantize_dynamic(model)
    assert type(converted[0]) is nn.intrinsic.LinearReLU
    assert type(converted[0][0]) is nn.quantized.dynamic.Linear
    x = np.float32([[1, -2]])
    assert noise(converted(x), model(x)) < 0.05


def test_evaluation_mode_and_no_qconfigs_afterwards():
    converted = q.quantize_dynamic(Net())
    assert not any(module.training or "qconfig" in vars(module) for module in converted.modules())


def test_copy_or_inplace():
    model = Net()
    before = snapshot(model)
    q.quantize_dynamic(model)
    assert_unchanged(model, before)
    assert q.quantize_dynamic(model, inplace=True) is model
    assert type(model.fc) is nn.quantized.dynamic.Linear


def test_a_mapping_of_ones_own_decides_the_defaults():
    converted = q.quantize_dynamic(nn.Sequential(MyLinear(2, 2), nn.Linear(2, 2)), mapping={MyLinear: Stand})
    assert [type(m) for m in converted] == [Stand, nn.Linear]


REFUSED = [
    (
        {nn.Embedding},
        "rule Embedding has no effect: neither 'table' (Embedding) nor anything in it can be quantized",
    ),
    ({"table"}, "rule 'table' has no effect"),
    ({nn.Conv2d}, "rule Conv2d matches no module: the model holds Embedding, Linear"),
    ({"lin"}, "rule 'lin' matches no module: did you mean 'linear'?"),
    ({"linear": "int8"}, "rule 'linear' gives 'int8', which is no QConfig"),
    ({"linear": q.default_qconfig}, "'linear' (Linear) has a QConfig, which is for prepare and quantize"),
]


@pytest.mark.parametrize(("spec", "text"), REFUSED)
def test_rules_that_cannot_be_honoured_are_refused(spec, text):
    model = nn.Sequential({"table": nn.Embedding(2, 2), "linear": nn.Linear(2, 2)})
    before = snapshot(model)
    with pytest.raises(qframe.errors.ConfigurationError) as caught:
        q.quantize_dynamic(model, spec, inplace=True)
    assert text in str(caught.value)
    assert_unchanged(model, before)


def recurrent_model():
    layers = {"table": nn.Embedding(5, 2), "lstm": nn.LSTM(2, 3, 2), "gru": nn.GRU(2, 3, bias=False)}
    cells = {"lstm_cell": nn.LSTMCell(2, 3), "gru_cell": nn.GRUCell(2, 3), "rnn_cell": nn.RNNCell(2, 3)}
    return nn.ModuleDict({**layers, **cells, "linear": nn.Linear(3, 2)})


@pytest.mark.parametrize("dtype", [qframe.qint8, qframe.float16])
def test_recurrent_layers_and_cells_are_quantized_by_default(dtype):
    converted = q.quantize_dynamic(recurrent_model(), dtype=dtype)
    dynamic = nn.quantized.dynamic
    assert {path: type(module) for path, module in converted.items()} == {
        "table": nn.Embedding,
        "lstm": dynamic.LSTM,
        "gru": dynamic.GRU,
        "lstm_cell": dynamic.LSTMCell,
        "gru_cell": dynamic.GRUCell,
        "rnn_cell": dynamic.RNNCell,
        "linear": dynamic.Linear,
    }
    assert all(module.dtype is dtype for path, module in converted.items() if path != "table")


def test_recurrent_weights_per_channel():
    converted = q.quantize_dynamic(recurrent_model(), {nn.LSTM: q.per_channel_dynamic_qconfig})
    assert {w.qscheme() for w in converted["lstm"].get_weight().values()} == {qframe.per_channel_affine}
    assert type(converted["gru"]) is nn.GRU


def test_what_has_a_dynamic_form_only_stays_float_in_static_quantization():
    model = recurrent_model().eval()
    model.qconfig = q.default_qconfig
    prepared = q.prepare(model)
    observed = [
        path for path, module in prepared.named_modules() if "activation_post_process" in module._modules
    ]
    assert observed == ["linear"]
    prepared["linear"](np.ones((1, 3), np.float32))
    converted = q.convert(prepared)
    assert type(converted["lstm"]) is nn.LSTM
    assert type(converted["linear"]) is nn.quantized.Linear
    with pytest.raises(qframe.errors.ConfigurationError, match="rule LSTM has no effect"):
        q.prepare(recurrent_model().eval(), qconfig_dict={nn.LSTM: q.default_qconfig})
    static = q.quantize(model, lambda m, x: m["linear"](x), [np.ones((1, 3), np.float32)])
    assert type(static["lstm"]) is nn.LSTM


@pytest.mark.parametrize("dtype", [qframe.quint8, qframe.qint32, "qint8", None])
@pytest.mark.parametrize("spec", [None, {"fc"}])
def test_other_dtypes_have_no_default(dtype, spec):
    with pytest.raises(ValueError, match="no default qconfig for dtype"):
        q.quantize_dynamic(Net(), spec, dtype=dtype)


@pytest.mark.parametrize("spec", ["fc", nn.Linear])
def test_a_single_rule_goes_into_braces(spec):
    with pytest.raises(qframe.errors.ConfigurationError, match="must be a set or a dict"):
        q.quantize_dynamic(Net(), spec)


def test_nothing_to_quantize_is_reported_with_subclasses():
    with pytest.warns(qframe.errors.QuantizationWarning) as caught:
        q.quantize_dynamic(nn.Sequential(MyLinear(2, 2)))
    texts = " ".join(str(warning.message) for warning in caught)
    assert "'0' (MyLinear, from Linear)" in texts
    assert "nothing was converted" in texts
