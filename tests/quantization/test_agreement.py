"""After convert, integers are what was trained: within one step, module by module, on every engine."""

import warnings

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe import quantization as q
from qframe.errors import ConfigurationError, FallbackWarning, QuantizationWarning
from qframe.quantization.agreement import differences, rehearse

from .models import images
from .training_models import QCONFIGS, Everything, rounding, silently, train, trained

ENGINES = qframe.backends.quantized.supported_engines
BATCH = (images(8, (32, 3, 6, 6)),)


@pytest.fixture(params=ENGINES)
def engine(request):
    with qframe.use_engine(request.param), warnings.catch_warnings():
        warnings.simplefilter("ignore", FallbackWarning)
        yield request.param


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("qconfig", QCONFIGS)
def test_integers_are_within_one_step_of_what_was_rounded(qconfig):
    model = trained(qconfig)
    found = differences(q.convert(model), rehearse(model, BATCH))
    assert {difference.path for difference in found} == {
        *("quant", "cbr", "cb", "cr", "conv", "plus", "times", "lr", "fc")
    }
    assert max(difference.steps for difference in found) <= 1
    assert max(difference.share for difference in found) == 0


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("qconfig", QCONFIGS)
def test_outputs_of_the_whole_model_are_near(qconfig):
    model = trained(qconfig)
    converted = q.convert(model)
    model.apply(q.disable_observer)
    steps = np.abs(converted(*BATCH) - model(*BATCH)) / converted.fc.scale
    assert steps.max() <= 2.01
    assert np.mean(steps > 0.5) < 0.1


def test_all_engines_give_the_same_integers():
    converted = q.convert(trained())
    outputs = []
    for name in ENGINES:
        with qframe.use_engine(name), warnings.catch_warnings():
            warnings.simplefilter("ignore", FallbackWarning)
            outputs.append(converted(*BATCH))
    for output in outputs[1:]:
        np.testing.assert_array_equal(output, outputs[0])


def test_convert_compares_with_the_last_batch_and_names_the_worst_module():
    model = trained()
    model.lr.activation_post_process.quant_max = 20  # most of its outputs are clamped while training
    with pytest.warns(
        QuantizationWarning, match=r"integers of 'lr' \(QuantizedLinearReLU\) differ by up to \d"
    ):
        q.convert(model)
    silently(q.convert, model, compare=False)


def test_the_batch_can_be_given():
    model = trained()
    model.lr.activation_post_process.quant_max = model.lr.activation_post_process.zero_point[0]
    with pytest.warns(QuantizationWarning, match="'lr'"):
        q.convert(model, compare=BATCH)
    with pytest.raises(ConfigurationError, match=r"Give compare=\(batch,\)"):
        q.convert(model, compare=BATCH[0])


def test_differences_do_not_add_up():
    """Behind a module that is far off, the others get the inputs that they were trained with."""
    model = trained()
    model.cbr.activation_post_process.quant_max = 10
    found = differences(q.convert(model, compare=False), rehearse(model, BATCH))
    assert found[0].path == "cbr"
    assert found[0].steps > 1
    assert max(difference.steps for difference in found[1:]) <= 1


def test_averages_are_rounded_in_integers_only():
    model = rounding(kind=Averaging)
    model(*BATCH)
    model.eval()
    found = {d.path: d.steps for d in differences(q.convert(model, compare=False), rehearse(model, BATCH))}
    assert found["quant"] == 0
    assert found["conv"] > 1
    assert found["fc"] <= 1
    with pytest.warns(QuantizationWarning, match="'conv'.*such as averages"):
        q.convert(model)


class Averaging(nn.Module):
    """A convolution that sees averages, which are rounded in integers and not in training."""

    fuse = ()

    def __init__(self):
        super().__init__()
        self.quant, self.pool, self.conv = q.QuantStub(), nn.AvgPool2d(3, 1), nn.Conv2d(3, 40, 4)
        self.flatten, self.fc, self.dequant = nn.Flatten(), nn.Linear(40, 5), q.DeQuantStub()

    def forward(self, x):
        return self.dequant(self.fc(self.flatten(self.conv(self.pool(self.quant(x))))))


def test_comparing_leaves_the_model_alone():
    model = trained()
    state = {key: np.array(value) for key, value in model.state_dict().items()}
    calls = [m.calls for m in model.modules() if isinstance(m, q.ObserverBase)]
    q.convert(model, compare=(0.5 * BATCH[0],))
    for key, value in model.state_dict().items():
        np.testing.assert_array_equal(value, state[key])
    assert calls == [m.calls for m in model.modules() if isinstance(m, q.ObserverBase)]


def test_modules_that_do_not_round_are_not_compared():
    model = trained()
    model.apply(q.disable_fake_quant)
    assert rehearse(model, BATCH) is None
    assert silently(q.convert, model)(*BATCH).shape == (32, 5)


def test_without_a_batch_nothing_is_compared():
    model = rounding().eval()
    model.load_state_dict(trained().state_dict())
    assert rehearse(model, True) is None
    silently(q.convert, model)


def test_calibrated_models_are_not_compared():
    model = q.fuse_modules(Everything().eval(), [list(group) for group in Everything.fuse])
    model.qconfig = q.default_qconfig
    prepared = q.prepare(model)
    prepared(*BATCH)
    assert rehearse(prepared, BATCH) is None


def test_a_model_that_is_converted_in_part_is_still_returned():
    model = trained()
    with pytest.warns(QuantizationWarning, match=r"was not compared with what was trained: it raises .*'cr'"):
        converted = q.convert(model, {**q.DEFAULT_MODULE_MAPPING, nn.intrinsic.qat.ConvReLU2d: Stand})
    assert type(converted.cr) is Stand


class Stand(nn.Module):
    """A quantized module of somebody's own that fails."""

    @classmethod
    def from_float(cls, mod):
        return cls()

    def forward(self, x):
        raise ConfigurationError("not yet")


def test_the_last_batch_is_remembered_not_all_of_them():
    model = rounding()
    train(model, 3)
    watch = q.watch.find_watch(model)
    np.testing.assert_array_equal(watch.batch[0], images(2, (16, 3, 6, 6)))
