"""The suite can fail: engines that are wrong in one respect, each with the test that must notice."""

import pytest

from qframe.engines import OPS, registry
from qframe.testing import SAMPLES, EngineSuite

from . import fakes
from .fakes import fake_engine, outcomes

AGREES = "test_agrees_with_reference"
WRONG = [
    ("quantize_per_tensor", fakes.quantize_rounding_half_up, AGREES),
    ("quantize_per_tensor", fakes.quantize_dividing, AGREES),
    ("quantize_per_channel", fakes.per_channel_along_the_last_axis, AGREES),
    ("conv2d_pack", fakes.conv_padding_with_code_zero, AGREES),
    ("mul", fakes.mul_clamping_before_the_zero_point, AGREES),
    ("add", fakes.add_ignoring_the_clamp, AGREES),
    ("add", fakes.add_ignoring_the_clamp, "test_output_qparams_and_dtype"),
    ("mean", fakes.mean_of_one_more, AGREES),
    ("lookup", fakes.lookup_without_the_offset_of_signed_codes, AGREES),
    ("lookup", fakes.lookup_with_the_scale_in_float32, "test_output_qparams_and_dtype"),
    ("lookup", fakes.lookup_always_unsigned, "test_output_qparams_and_dtype"),
    ("linear_pack", fakes.linear_with_reversed_channel_scales, AGREES),
    ("linear_pack", fakes.linear_that_packs_late, "test_packed_weights_are_self_contained"),
    ("lstm_pack", fakes.lstm_with_a_scale_for_each_step, AGREES),
    ("lstm_pack", fakes.lstm_with_the_librarys_functions, AGREES),
    ("lstm_pack_fp16", fakes.lstm_that_quantizes_its_input, AGREES),
    ("gru_pack", fakes.gru_that_resets_before_the_product, AGREES),
    ("rnn_pack", fakes.rnn_reversing_each_batch, AGREES),
    ("clamp", fakes.clamp_in_place, "test_inputs_stay_unchanged"),
    ("clamp", fakes.clamp_returning_its_input, "test_results_own_their_memory"),
    ("add", fakes.ScratchAdd(), "test_results_own_their_memory"),
    ("clamp", fakes.clamp_writing_through_a_pointer, "test_read_only_inputs"),
    ("clamp", fakes.clamp_in_memory_order, "test_any_strides"),
    ("clamp", fakes.clamp_refusing_emptiness, "test_empty_batch"),
    ("add", fakes.add_with_another_tail, "test_position_does_not_matter"),
    ("add", fakes.ScratchAdd(), "test_same_again"),
    ("add", fakes.ScratchAdd(), "test_concurrent_calls"),
    ("add", fakes.add_with_another_default, "test_signature"),
    ("add", fakes.add_with_swapped_arguments, "test_signature"),
]


@pytest.mark.parametrize(
    ("op", "kernel", "law"),
    WRONG,
    ids=[f"{getattr(k, '__name__', type(k).__name__)}-{law}" for _, k, law in WRONG],
)
def test_wrong_engine_is_caught(op, kernel, law):
    with fake_engine({op: kernel}) as suite:
        failed, _, _ = outcomes(suite, law, op)
    assert failed


@pytest.mark.parametrize(("op", "law"), sorted({(op, law) for op, _, law in WRONG}))
def test_right_engine_passes_the_same_tests(op, law):
    with fake_engine({op: registry.kernel("reference", op)}) as suite:
        failed, skipped, passed = outcomes(suite, law, op)
    assert passed
    assert not failed
    assert not skipped


def test_saturating_pairs_are_caught_by_their_own_test():
    class Metafunc:
        fixturenames = ("products",)
        every = ()

        def parametrize(self, name, values, ids):
            self.every = values

    metafunc = Metafunc()
    EngineSuite().pytest_generate_tests(metafunc)
    with fake_engine({"linear_pack": fakes.linear_adding_pairs_in_int16}) as suite:
        for products in metafunc.every:
            with pytest.raises(AssertionError, match="saturated or wrapped"):
                suite.test_products_never_saturate(products)


def test_missing_op_is_skipped_with_the_reason():
    with fake_engine({}) as suite:
        failed, skipped, passed = outcomes(suite, AGREES, "add")
    assert set(skipped) == {f"engine '{fakes.NAME}' does not provide op 'add'"}
    assert not failed
    assert not passed


def test_declined_samples_are_skipped_with_the_reason():
    def only_8_bits(a, b, scale, zero_point, *, clamp=None):
        return (
            NotImplemented
            if a.dtype.bits > 8
            else fakes.reference("add")(a, b, scale, zero_point, clamp=clamp)
        )

    with fake_engine({"add": only_8_bits}) as suite:
        failed, skipped, passed = outcomes(suite, AGREES, "add")
    assert skipped == [f"engine '{fakes.NAME}' declines op 'add' for some samples"]
    assert passed
    assert not failed


def test_declined_packing_is_skipped():
    with fake_engine({"linear_pack": lambda weight, bias: NotImplemented}) as suite:
        failed, skipped, passed = outcomes(suite, AGREES, "linear_pack")
    assert skipped
    assert not failed
    assert not passed


def test_tolerance_allows_that_many_steps():
    for tolerance, fails in ((0, True), (1, False)):
        with fake_engine({"add": fakes.add_off_by_one}, tolerance=tolerance) as suite:
            failed, _, _ = outcomes(suite, AGREES, "add")
        assert bool(failed) is fails


def test_an_op_without_samples_is_reported():
    fewer = {op: maker for op, maker in SAMPLES.items() if op != "cat"}
    suite = type("TestFake", (EngineSuite,), {"engine": "reference", "samples": fewer})()
    with pytest.raises(AssertionError, match="ops without samples: cat; add them"):
        suite.test_every_op_has_samples()
    assert "cat" in OPS


def test_an_unknown_engine_fails_once_and_skips_the_rest():
    suite = type("TestFake", (EngineSuite,), {"engine": "no-such-engine"})()
    with pytest.raises(RuntimeError, match="no installed plugin provides it"):
        suite.test_engine_is_usable()
    failed, skipped, passed = outcomes(suite, AGREES, "add")
    assert set(skipped) == {"engine 'no-such-engine' cannot be used"}
    assert not failed
    assert not passed


def test_a_holder_that_keeps_a_stale_packed_form_is_caught(monkeypatch):
    monkeypatch.setattr("qframe.ops.packed.Packed.form", _form_packed_once)
    with fake_engine({"linear_pack": fakes.linear_with_reversed_channel_scales}) as suite:
        failed, _, _ = outcomes(suite, "test_repack_after_an_engine_switch", "linear_pack")
    assert failed


def _form_packed_once(holder):
    """Pack for the reference, whatever engine is in use."""
    with registry.use_engine("reference"):
        return holder._pack()
