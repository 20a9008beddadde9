"""prepare_qat, quantize_qat and convert: what is replaced, what is trained, and what is said in time."""

import copy
import warnings

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe import quantization as q
from qframe.autograd import value_and_grad
from qframe.errors import (
    CalibrationError,
    ConfigurationError,
    NonFiniteLoss,
    QuantizationWarning,
    UnsupportedArgument,
)
from qframe.nn.intrinsic import qat as niqat
from qframe.nn.intrinsic import quantized as nniq

from .models import assert_unchanged, images, observed_paths, snapshot
from .training_models import QCONFIGS, Everything, Net, rounding, silently, train, trained

KINDS = {
    "cbr": (niqat.ConvBnReLU2d, nniq.ConvReLU2d),
    "cb": (niqat.ConvBn2d, nn.quantized.Conv2d),
    "cr": (niqat.ConvReLU2d, nniq.ConvReLU2d),
    "conv": (nn.qat.Conv2d, nn.quantized.Conv2d),
    "lr": (niqat.LinearReLU, nniq.LinearReLU),
    "fc": (nn.qat.Linear, nn.quantized.Linear),
}


def fused(kind=Everything, qconfig=q.default_qat_qconfig):
    model = q.fuse_modules(kind().train(), [list(group) for group in kind.fuse])
    model.qconfig = qconfig
    return model


# -- prepare_qat -------------------------------------------------------------------------------------


def test_layers_become_those_that_round():
    model = fused()
    before = snapshot(model)
    prepared = silently(q.prepare_qat, model)
    for path, (kind, _) in KINDS.items():
        assert type(prepared.get_submodule(path)) is kind
    assert_unchanged(model, before)
    assert all(module.training for module in prepared.modules())


def test_other_modules_that_are_quantized_are_rounded_at_their_output():
    prepared = q.prepare_qat(fused())
    fakes = [path for path in observed_paths(prepared) if not path.endswith("weight_fake_quant")]
    assert fakes == ["quant", "cbr", "cb", "cr", "conv", "plus", "times", "lr", "fc"]
    for path in fakes:
        assert type(prepared.get_submodule(path).activation_post_process) is q.FakeQuantize


def test_in_place_keeps_the_parameters():
    model = fused()
    weight, bias = model.cbr[0].weight, model.cbr[1].bias
    assert q.prepare_qat(model, inplace=True) is model
    assert model.cbr.weight is weight
    assert model.cbr.bn.bias is bias


def test_preparing_again_changes_nothing():
    prepared = q.prepare_qat(fused())
    again = silently(q.prepare_qat, prepared)
    assert repr(again) == repr(prepared)
    assert [len(m._forward_hooks) for m in again.modules()] == [
        len(m._forward_hooks) for m in prepared.modules()
    ]


def test_a_root_that_is_replaced_is_returned():
    linear = nn.Linear(3, 2)
    linear.qconfig = q.default_qat_qconfig
    prepared = q.prepare_qat(linear)
    assert type(prepared) is nn.qat.Linear
    value_and_grad(prepared, lambda x: prepared(x).sum())(np.ones((2, 3), np.float32))
    assert type(silently(q.convert, prepared.eval(), compare=False)) is nn.quantized.Linear


def test_modules_without_qconfig_stay_float():
    model = fused()
    model.conv.qconfig = model.lr.qconfig = None
    prepared = q.prepare_qat(model)
    assert type(prepared.conv) is nn.Conv2d
    assert type(prepared.lr) is nn.intrinsic.LinearReLU


def test_a_mapping_of_ones_own_replaces_the_default():
    with pytest.warns(QuantizationWarning, match=r"'conv' \(Conv2d\) has no form for training"):
        prepared = q.prepare_qat(fused(), mapping={nn.Linear: nn.qat.Linear})
    assert type(prepared.fc) is nn.qat.Linear
    assert type(prepared.conv) is nn.Conv2d
    assert type(prepared.conv.activation_post_process) is q.FakeQuantize


def test_hooks_of_the_user_move_along():
    seen = []
    model = fused()
    model.fc.register_forward_hook(lambda module, arguments, output: seen.append(type(module)))
    model.fc.register_forward_pre_hook(lambda module, arguments: seen.append("before"))
    prepared = q.prepare_qat(model)
    prepared(images(shape=(4, 3, 6, 6)))
    assert seen == ["before", nn.qat.Linear]


def test_plain_preparing_takes_a_fused_batch_norm_in_parts():
    model = fused(qconfig=q.default_qconfig).eval()
    prepared = q.prepare(model)
    prepared(images())
    converted = q.convert(prepared)
    assert [type(m) for m in converted.cb.children()] == [nn.quantized.Conv2d, nn.quantized.BatchNorm2d]


# -- training ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("qconfig", QCONFIGS)
def test_training_lowers_the_loss_and_observes(qconfig):
    model = rounding(qconfig)
    losses = silently(train, model, 12)
    assert losses[-1] < losses[0]
    for module in model.modules():
        if isinstance(module, q.FakeQuantize):
            assert module.has_data
            assert module.scale[0] != 1


def test_every_parameter_has_a_gradient():
    model = rounding()
    _, gradients = value_and_grad(model, lambda x: (model(x) ** 2).mean())(images())
    assert set(gradients) == {path for path, _ in model.named_parameters()}
    assert (
        sum(gradient.any() for gradient in gradients.values()) >= len(gradients) - 2
    )  # of biases before norms


def test_without_rounding_the_model_is_the_float_model():
    model = fused()
    prepared = q.prepare_qat(model)
    prepared.apply(q.disable_fake_quant)
    np.testing.assert_allclose(prepared(images()), model(images()), rtol=1e-4, atol=1e-5)


def test_state_round_trip():
    model = trained()
    model.apply(q.disable_observer)
    other = rounding(seed=5).eval()
    other.load_state_dict(model.state_dict())
    np.testing.assert_array_equal(other(images()), model(images()))
    codes = [silently(q.convert, m, compare=False)(images()) for m in (model, other)]
    np.testing.assert_array_equal(*codes)


def test_a_copy_trains_on_its_own():
    model = trained()
    weight = model.fc.weight.copy()
    twin = copy.deepcopy(model).train()
    train(twin, 2)
    np.testing.assert_array_equal(model.fc.weight, weight)
    assert not np.array_equal(twin.fc.weight, weight)


# -- convert -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("qconfig", QCONFIGS)
def test_everything_is_converted(qconfig):
    model = trained(qconfig)
    converted = silently(q.convert, model)
    for path, (_, kind) in KINDS.items():
        assert type(converted.get_submodule(path)) is kind
    assert not any(isinstance(m, q.ObserverBase) or hasattr(m, "qconfig") for m in converted.modules())
    assert converted.cr.max_value == 6
    assert converted.lr.max_value is None
    assert converted(images()).shape == (2, 5)


def test_the_weight_has_the_qparams_that_it_was_rounded_with():
    model = trained()
    weight = silently(q.convert, model).fc.weight()
    np.testing.assert_array_equal(np.float32(weight.q_per_channel_scales()), model.fc.weight_fake_quant.scale)
    rounded = model.fc.weight_fake_quant.disable_observer()(model.fc.weight)
    np.testing.assert_allclose(weight.dequantize(), rounded, rtol=1e-6)


def test_four_bits_stay_four_bits():
    converted = silently(q.convert, trained("four_bits"))
    for path in KINDS:
        codes = converted.get_submodule(path).weight().int_repr()
        assert -8 <= codes.min() < codes.max() <= 7


def test_the_model_is_as_before():
    model = trained()
    before = snapshot(model)
    q.convert(model)
    assert_unchanged(model, before)


def test_in_place():
    model = trained()
    expected = q.convert(model)(images())
    assert q.convert(model, inplace=True) is model
    np.testing.assert_array_equal(model(images()), expected)


# -- quantize_qat ------------------------------------------------------------------------------------


def test_quantize_qat_trains_and_converts():
    model = fused().eval()
    calls = []

    def run(prepared, steps, seed):
        assert prepared.training
        calls.append((type(prepared.fc), steps, seed))
        train(prepared, steps, seed)

    converted = silently(q.quantize_qat, model, run, (3, 1))
    assert calls == [(nn.qat.Linear, 3, 1)]
    assert type(converted.fc) is nn.quantized.Linear
    assert type(model.fc) is nn.Linear
    assert not model.training


def test_quantize_qat_in_place():
    model = fused()
    assert q.quantize_qat(model, train, 2, inplace=True) is model
    assert type(model.fc) is nn.quantized.Linear


def test_quantize_qat_that_never_ran():
    with pytest.raises(CalibrationError, match="without having run the model"):
        q.quantize_qat(fused(), lambda model: None, ())


# -- guards ------------------------------------------------------------------------------------------


def test_a_model_in_evaluation_mode_is_refused():
    model = fused().eval()
    before = snapshot(model)
    with pytest.raises(
        ConfigurationError, match=r"in evaluation mode: .*'cbr.1', 'cb.1'.*Call model.train\(\)"
    ):
        q.prepare_qat(model, inplace=True)
    assert_unchanged(model, before)


def test_batch_norms_in_training_mode_are_refused_by_convert():
    model = trained()
    model.cb.train()
    with pytest.raises(
        ConfigurationError, match=r"training mode: 'cb.bn' \(BatchNorm2d\)\. .*Call model.eval"
    ):
        q.convert(model)
    frozen = model.train().apply(niqat.freeze_bn_stats)
    assert type(q.convert(frozen, compare=False).cb) is nn.quantized.Conv2d


def test_observers_that_were_never_enabled():
    model = rounding()
    model.fc.activation_post_process.disable_observer()
    model.conv.activation_post_process.disable_observer()
    with pytest.warns(QuantizationWarning, match="rounded with scale 1.*'conv.activation.*', 'fc.activation"):
        model(images())
    silently(model, images())  # once is enough
    model.eval()
    with pytest.raises(
        CalibrationError, match=r"observers never enabled: 'conv' \(Conv2d\), 'fc' \(Linear\)"
    ):
        q.convert(model)


def test_scales_for_channels_that_were_never_observed():
    model = rounding()
    model.apply(q.disable_observer)
    with pytest.raises(ConfigurationError, match="'cbr.weight_fake_quant'.*no scales for 4 channels"):
        model(images())


def test_a_model_that_never_ran_is_refused_by_convert():
    with pytest.raises(CalibrationError, match="never called: 'quant'"):
        q.convert(rounding().eval())


def test_statistics_that_are_not_finite_are_refused_by_convert():
    model = trained()
    model.cbr.bn.running_var[1] = np.nan
    with pytest.raises(CalibrationError, match=r"NaN or infinity: 'cbr' \(ConvBnReLU2d\)"):
        q.convert(model)


def test_a_loss_that_is_not_finite_names_the_place():
    model = rounding()
    train(model, 2)
    model.cr.weight[0, 0, 0, 0] = np.nan
    with pytest.raises(NonFiniteLoss, match="the parameter 'cr.weight' holds such values"):
        train(model, 1)


def test_weights_that_grow_without_bound_name_the_module():
    model = rounding()
    model.fc.weight[...] = 1e38 * np.resize([1, -1], model.fc.weight.shape)
    with pytest.raises(NonFiniteLoss, match="an observer met NaN, infinity or too wide a range: module 'fc"):
        train(model, 1)


def test_batches_with_nan_are_named():
    model = rounding()
    step = value_and_grad(model, lambda x: model(x).mean())
    with pytest.raises(NonFiniteLoss, match="the argument 0 of the loss function"):
        step(np.full((2, 3, 6, 6), np.nan, np.float32))


def test_a_batch_norm_with_weight_zero_cannot_be_folded():
    model = fused()
    model.cbr[1].weight[2] = 0
    with pytest.raises(ConfigurationError, match="weight 0 cannot be folded while training: 'cbr'"):
        q.prepare_qat(model)


def test_fused_modules_without_a_form_for_training():
    model = nn.Sequential(nn.Conv1d(3, 4, 1), nn.BatchNorm1d(4), nn.ReLU())
    model = q.fuse_modules(model, ["0", "1", "2"])
    model.qconfig = q.default_qat_qconfig
    with pytest.raises(
        UnsupportedArgument, match=r"not implemented: '0' \(ConvBnReLU1d\)\. Fuse them in eval"
    ):
        q.prepare_qat(model)
    assert issubclass(UnsupportedArgument, NotImplementedError)


def test_observers_that_round_nothing():
    with pytest.warns(
        QuantizationWarning, match="'fc'.*weight observer MinMaxObserver, which rounds nothing"
    ):
        q.prepare_qat(fused(qconfig=q.default_qconfig))


def test_weights_that_are_rounded_by_convert_only():
    model = nn.Sequential(nn.Conv1d(3, 4, 1))
    model.qconfig = q.default_qat_qconfig
    with pytest.warns(QuantizationWarning, match=r"'0' \(Conv1d\) has no form for training: its weight"):
        prepared = q.prepare_qat(model)
    prepared(np.ones((1, 3, 4), np.float32))
    assert type(q.convert(prepared.eval(), compare=False)[0]) is nn.quantized.Conv1d


def test_output_codes_that_are_clamped_early():
    activation = q.default_fake_quant.with_args(quant_max=127, reduce_range=False)
    with pytest.warns(
        QuantizationWarning, match=r"clamps its output to the codes 0\.\.127, integers use 0\.\.255"
    ):
        q.prepare_qat(fused(qconfig=q.QConfig(activation, q.default_weight_fake_quant)))


@pytest.mark.parametrize("qconfig", [q.default_weight_only_qconfig, q.default_activation_only_qconfig])
def test_half_a_qconfig_trains_but_is_not_converted(qconfig):
    model = silently(q.prepare_qat, fused(qconfig=qconfig))
    losses = train(model, 8)
    assert losses[-1] < losses[0]
    with pytest.raises(ConfigurationError):
        q.convert(model.eval())


def test_a_module_that_is_used_twice_is_reported_once():
    class Twice(Net):
        fuse = Net.fuse

        def forward(self, x):
            return super().forward(x) + self.dequant(
                self.fc(self.flatten(self.pool(self.side(self.conv(self.quant(x))))))
            )

    model = Twice().train()
    model.qconfig = q.default_qat_qconfig
    prepared = q.prepare_qat(model)
    with pytest.warns(QuantizationWarning) as told:
        prepared(images())
    assert [str(warning.message).split(". ")[0] for warning in told] == [
        "one forward uses modules more than once: 'quant' (2 times), 'conv' (2 times), 'side' (2 times), "
        "'fc' (2 times)"
    ]


def test_an_engine_without_scales_for_channels_is_told(monkeypatch):
    from qframe.engines import registry

    descriptor = registry.descriptor()
    monkeypatch.setattr(
        registry, "descriptor", lambda: descriptor.__class__(**{**vars(descriptor), "per_channel": False})
    )
    with pytest.raises(ConfigurationError, match="'conv'.*takes weights with one scale"):
        q.prepare_qat(fused(qconfig=q.get_default_qat_qconfig("fbgemm")))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        q.prepare_qat(fused(qconfig=q.get_default_qat_qconfig("qnnpack")))


def test_default_qat_qconfig_of_an_engine():
    for name, reduce_range, per_channel in (("fbgemm", True, True), ("qnnpack", False, False)):
        activation, weight = (build() for build in q.get_default_qat_qconfig(name))
        assert activation.activation_post_process.reduce_range is reduce_range
        assert (activation.quant_min, activation.quant_max) == (0, 255)
        assert type(activation.activation_post_process) is q.MovingAverageMinMaxObserver
        assert weight.qscheme.per_channel is per_channel
        assert weight.dtype is qframe.qint8
    with pytest.raises(ConfigurationError, match="no default qconfig for engine 'npu'"):
        q.get_default_qat_qconfig("npu")
