"""The suite can fail: kernels that are wrong in one respect, each with the test that must notice.

Every test of the suite has at least one here; test_every_op.py asks the same of every op.
"""

import pytest

from qframe.engines import registry
from qframe.testing import EngineSuite

from . import activation, arithmetic, conv, convert, linear, observe, recurrent, reduce
from .engines import fake_engine, outcomes

AGREES = "test_agrees_with_reference"
CONCURRENT = "test_concurrent_calls"
OWN_MEMORY = "test_results_own_their_memory"
QPARAMS = "test_output_qparams_and_dtype"
RACING = observe.MinMaxWithRacingThreads()

#: What is wrong, the op, its kernel, the test that catches it.
MUTANTS = [
    ("rounding half up", "quantize_per_tensor", convert.quantize_rounding_half_up, AGREES),
    ("rounding half up", "linear_pack", linear.LinearRoundingHalfUp, AGREES),
    ("rounding once, not twice", "quantize_per_tensor", convert.quantize_dividing, AGREES),
    ("rounding of the loop's tail", "add", arithmetic.add_with_another_tail, "test_position_does_not_matter"),
    ("forgotten zero point", "linear_pack", linear.LinearForgettingTheZeroPoint, AGREES),
    (
        "forgotten zero point of the weight",
        "linear_pack",
        linear.linear_forgetting_the_zero_point_of_the_weight,
        AGREES,
    ),
    ("off-by-one padding", "conv2d_pack", conv.ConvWithPaddingOffByOne, AGREES),
    ("padding with code 0", "conv2d_pack", conv.ConvPaddingWithCodeZero, AGREES),
    ("off-by-one count", "mean", reduce.mean_of_one_more, AGREES),
    ("per-channel axis swapped", "quantize_per_channel", convert.per_channel_along_the_last_axis, AGREES),
    ("channels reversed", "linear_pack", linear.linear_with_reversed_channel_scales, AGREES),
    ("saturating pair", "linear_pack", linear.LinearAddingPairsInInt16, "test_products_never_saturate"),
    ("saturating pair", "conv2d_pack", conv.ConvAddingPairsInInt16, "test_convolutions_never_saturate"),
    ("unsigned taken for signed", "linear_pack", linear.LinearReadingSignedActivations, AGREES),
    ("signed taken for unsigned", "lookup", activation.lookup_without_the_offset_of_signed_codes, AGREES),
    ("signed stored as unsigned", "lookup", activation.lookup_always_unsigned, QPARAMS),
    ("scale rounded to float32", "lookup", activation.lookup_with_the_scale_in_float32, QPARAMS),
    ("wrong clamp after relu", "linear_pack", linear.LinearClampingAtCodeZero, AGREES),
    ("clamp before the zero point", "mul", arithmetic.mul_clamping_before_the_zero_point, AGREES),
    ("clamp ignored", "add", arithmetic.add_ignoring_the_clamp, AGREES),
    ("clamp ignored", "add", arithmetic.add_ignoring_the_clamp, QPARAMS),
    ("stale pack", "linear_pack", linear.LinearPackedOnce(), "test_packing_remembers_nothing"),
    ("late pack", "linear_pack", linear.LinearThatPacksLate, "test_packed_weights_are_self_contained"),
    ("a scale for each step", "lstm_pack", recurrent.lstm_with_a_scale_for_each_step, AGREES),
    ("the library's exp and tanh", "lstm_pack", recurrent.lstm_with_the_librarys_functions, AGREES),
    ("quantized input", "lstm_pack_fp16", recurrent.lstm_that_quantizes_its_input, AGREES),
    ("reset before the product", "gru_pack", recurrent.gru_that_resets_before_the_product, AGREES),
    ("sequences reversed as one", "rnn_pack", recurrent.rnn_reversing_each_batch, AGREES),
    ("non-contiguous input", "clamp", activation.clamp_in_memory_order, "test_any_strides"),
    ("thread race", "min_max", RACING, "test_thread_counts"),
    ("scratch shared by callers", "add", arithmetic.AddThroughSharedScratch(), CONCURRENT),
    ("leftovers of the last call", "add", arithmetic.AddWithLeftovers(), "test_same_again"),
    ("result in a reused buffer", "add", arithmetic.AddIntoOneBuffer(), OWN_MEMORY),
    ("result is the input", "clamp", activation.clamp_returning_its_input, OWN_MEMORY),
    ("written input", "clamp", activation.clamp_in_place, "test_inputs_stay_unchanged"),
    ("writable input needed", "clamp", activation.clamp_writing_through_a_pointer, "test_read_only_inputs"),
    ("empty input refused", "clamp", activation.clamp_refusing_emptiness, "test_empty_batch"),
    ("another default", "add", arithmetic.add_with_another_default, "test_signature"),
    ("swapped arguments", "add", arithmetic.add_with_swapped_arguments, "test_signature"),
    ("another call of what is packed", "linear_pack", linear.LinearWithAnotherCall, "test_packed_signature"),
]


def engine(op, kernel):
    return fake_engine({op: kernel}, set_num_threads=getattr(kernel, "set_num_threads", None))


@pytest.mark.parametrize(
    ("op", "kernel", "law"),
    [row[1:] for row in MUTANTS],
    ids=[f"{row[0]}-{row[1]}-{row[3]}" for row in MUTANTS],
)
def test_wrong_kernel_is_caught(op, kernel, law):
    with engine(op, kernel) as suite:
        failed, _, _ = outcomes(suite, law, op)
    assert failed


@pytest.mark.parametrize(("op", "law"), sorted({(op, law) for _, op, _, law in MUTANTS}))
def test_right_kernel_passes_the_same_tests(op, law):
    with fake_engine({op: registry.kernel("reference", op)}, set_num_threads=lambda threads: None) as suite:
        failed, skipped, passed = outcomes(suite, law, op)
    assert passed
    assert not failed
    assert not skipped


def test_every_test_of_the_suite_has_its_mutant():
    laws = {name for name in dir(EngineSuite) if name.startswith("test_")}
    elsewhere = {
        "test_engine_is_usable": "tests/testing/test_suite.py",
        "test_every_op_has_samples": "tests/testing/test_suite.py",
        "test_repack_after_an_engine_switch": "below",
    }
    assert laws - {law for *_, law in MUTANTS} == set(elsewhere)


def test_a_thread_race_shows_with_more_than_one_thread_only():
    with engine("min_max", RACING) as suite:
        RACING.set_num_threads(1)
        failed, skipped, _ = outcomes(suite, AGREES, "min_max")
    assert not failed
    assert not skipped


def test_a_holder_that_keeps_a_stale_packed_form_is_caught(monkeypatch):
    monkeypatch.setattr("qframe.ops.packed.Packed.form", _form_packed_once)
    with fake_engine({"linear_pack": linear.linear_with_reversed_channel_scales}) as suite:
        failed, _, _ = outcomes(suite, "test_repack_after_an_engine_switch", "linear_pack")
    assert failed


def _form_packed_once(holder):
    """Pack for the reference, whatever engine is in use."""
    with registry.use_engine("reference"):
        return holder._pack()
