"""A qconfig that module or engine cannot honour is reported for all modules before anything changes."""

import copy

import pytest

import qframe
from qframe import nn
from qframe import quantization as q
from qframe.engines import registry

from ..engines.fakes import FakePlugin, engine
from .models import Net, assert_unchanged, images, ready, snapshot

WEIGHT, ACTIVATION = q.default_weight_observer, q.default_observer


@pytest.fixture
def use_engine():
    """Switch to an engine that is only described."""

    def switch(**changes):
        changes = {"fallback": "reference", **changes}
        registry.register(FakePlugin(engine("npu", **changes)), "npu")
        registry.set_engine("npu")

    before = registry.current()
    yield switch
    registry.set_engine(before)
    registry.unregister("npu")


def refused(function, *lines):
    with pytest.raises(qframe.errors.ConfigurationError) as caught:
        function()
    text = str(caught.value)
    for line in lines:
        assert line in text
    return text


def test_per_channel_weights_where_the_engine_takes_one_scale(use_engine):
    use_engine(per_channel=False)
    model = ready(q.get_default_qconfig("fbgemm"))
    before = snapshot(model)
    text = refused(lambda: q.prepare(model, inplace=True), "engine 'npu' takes weights with one scale")
    for path in ("'conv' (ConvReLU2d)", "'side' (Conv2d)", "'fc' (Linear)"):
        assert f"{path} has a per-channel weight observer" in text
    assert "get_default_qconfig('npu')" in text
    assert_unchanged(model, before)
    model.qconfig = q.get_default_qconfig("npu")
    assert q.prepare(model) is not model


@pytest.mark.parametrize(
    ("weight", "text"),
    [
        (ACTIVATION, "needs qframe.qint8 weights, its weight observer is for qframe.quint8"),
        (q.NoopObserver, "needs qframe.qint8 weights, its weight observer is for qframe.float16"),
        (q.default_per_channel_weight_observer.with_args(ch_axis=1), "along axis 1"),
    ],
)
def test_weight_observers_that_do_not_suit(weight, text):
    model = ready(q.QConfig(activation=ACTIVATION, weight=weight))
    before = snapshot(model)
    message = refused(lambda: q.prepare(model, inplace=True), text)
    assert message.startswith("qconfigs that cannot be honoured (3):")
    assert_unchanged(model, before)


@pytest.mark.parametrize(
    ("activation", "text"),
    [
        (q.MinMaxObserver.with_args(dtype=qframe.qint8), "puts out qframe.quint8"),
        (q.PerChannelMinMaxObserver, "activations have one scale"),
        (q.MinMaxObserver.with_args(dtype=qframe.qint32), "whose observers cannot be built"),
    ],
)
def test_activation_observers_that_do_not_suit(activation, text):
    refused(lambda: q.prepare(ready(q.QConfig(activation=activation, weight=WEIGHT))), text, "'fc' (Linear)")


def test_signed_activations_suit_what_has_no_weight():
    model = nn.Sequential(q.QuantStub(), q.DeQuantStub()).eval()
    model.qconfig = q.QConfig(activation=q.MinMaxObserver.with_args(dtype=qframe.qint8), weight=WEIGHT)
    prepared = q.prepare(model)
    prepared(images())
    assert q.convert(prepared)[0].dtype is qframe.qint8


def test_dtypes_of_third_parties_are_left_to_their_modules():
    from qframe import dtypes

    int4 = dtypes._by_name.get("test_req_int4") or qframe.register_dtype(
        dtypes.DType("test_req_int4", dtypes.qint8.numpy, -8, 7)
    )
    qconfig = q.QConfig(activation=ACTIVATION, weight=q.MinMaxObserver.with_args(dtype=int4))
    assert q.get_observer_dict(q.prepare(ready(qconfig)), {}) is None


def test_dynamic_qconfig_in_static_quantization():
    refused(lambda: q.prepare(ready(q.default_dynamic_qconfig)), "has a QConfigDynamic", "takes a QConfig")


def test_static_qconfig_in_dynamic_quantization():
    model = Net()
    refused(
        lambda: q.quantize_dynamic(model, {nn.Linear: q.default_qconfig}),
        "'fc' (Linear) has a QConfig, which is for prepare and quantize",
    )


def test_float16_where_the_engine_has_none(use_engine):
    use_engine(fallback=None)
    model = Net()
    before = snapshot(model)
    refused(
        lambda: q.quantize_dynamic(model, dtype=qframe.float16, inplace=True),
        "'fc' (Linear) asks for float16 weights, which engine 'npu' does not have",
    )
    assert_unchanged(model, before)


def test_float16_recurrent_layers_where_the_engine_has_none(use_engine):
    use_engine(fallback=None)
    model = nn.ModuleDict({"lstm": nn.LSTM(2, 3), "cell": nn.GRUCell(2, 3)})
    refused(
        lambda: q.quantize_dynamic(model, dtype=qframe.float16),
        "'lstm' (LSTM) asks for float16 weights, which engine 'npu' does not have",
        "'cell' (GRUCell) asks for float16 weights",
    )


def test_dynamic_per_channel_where_the_engine_takes_one_scale(use_engine):
    use_engine(per_channel=False)
    refused(
        lambda: q.quantize_dynamic(Net(), {nn.Linear: q.per_channel_dynamic_qconfig}),
        "engine 'npu' takes weights with one scale",
    )


@pytest.mark.parametrize("weight", [q.MinMaxObserver, nn.Identity])
def test_dynamic_weight_observers_that_do_not_suit(weight):
    qconfig = q.QConfigDynamic(weight=weight)
    refused(lambda: q.quantize_dynamic(Net(), {nn.Linear: qconfig}), "keeps weights as qint8 or float16")


def test_dynamic_weight_observers_that_cannot_be_built():
    qconfig = q.QConfigDynamic(weight=q.MinMaxObserver.with_args(dtype=qframe.qint32))
    refused(lambda: q.quantize_dynamic(Net(), {nn.Linear: qconfig}), "whose weight observer cannot be built")


def test_only_what_will_be_quantized_is_checked():
    model = ready(q.QConfig(activation=ACTIVATION, weight=ACTIVATION))
    for name in ("conv", "side", "fc"):
        getattr(model, name).qconfig = copy.copy(q.default_qconfig)
    q.prepare(model)
