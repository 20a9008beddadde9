"""The samples of every op are rich enough: whatever a kernel may get wrong, some sample shows it."""

import inspect
from unittest import mock

import numpy as np
import pytest

from qframe.engines import OPS
from qframe.testing import SAMPLES, cases
from qframe.testing.suite import PROTOCOLS

from . import anywhere
from .anywhere import spoiled, tensors_in
from .engines import fake_engine, outcomes, reference

AGREES = "test_agrees_with_reference"

#: Ops that move or compare codes, or take their mean off: the zero point of the input does not matter.
ON_CODES = {"clamp", "lookup", "max_pool2d", "interpolate_nearest", "layer_norm", "group_norm"}
#: Families whose results are no stacks of rows that do not depend on each other.
NO_ROWS = {"observe", "recurrent"}


def functions(op):
    """Return the contract of an op, or the protocols of what it packs."""
    return PROTOCOLS[op] if OPS[op].packs else [OPS[op].contract]


def keywords(op):
    """Return name and default of every keyword-only argument."""
    parameters = [p for f in functions(op) for p in inspect.signature(f).parameters.values()]
    return sorted({(p.name, p.default) for p in parameters if p.kind is p.KEYWORD_ONLY}, key=str)


def is_asked_for_qparams(op):
    return OPS[op].qparams == "given" and any("scale" in str(inspect.signature(f)) for f in functions(op))


def takes_tensors(op):
    return any(tensors_in(call.args) for case in cases(SAMPLES, op) for call in case.sample.calls)


def rounds(op):
    """Return whether the reference rounds to integers in any sample."""
    with mock.patch.object(np, "rint", wraps=np.rint) as rint:
        for case in cases(SAMPLES, op):
            case.sample.copy().run(reference(op))
    return rint.called


ALL = list(SAMPLES)
ASKED = [op for op in ALL if is_asked_for_qparams(op)]
ON_TENSORS = [op for op in ALL if takes_tensors(op)]
PACKING = [op for op in ALL if OPS[op].packs]
STACKS = [op for op in ALL if OPS[op].family not in NO_ROWS]


def mistakes(*mistakes):
    return pytest.mark.parametrize("mistake", mistakes, ids=lambda mistake: mistake.__name__)


def assert_caught(law, op, kernel, **engine):
    with fake_engine({op: kernel}, **engine) as suite:
        failed, _, _ = outcomes(suite, law, op, until_failure=True)
    assert failed


def assert_noticed(law, op, change, **engine):
    assert_caught(law, op, spoiled(op, reference(op), change), **engine)


@pytest.mark.parametrize("op", ALL)
@mistakes(anywhere.off_by_one, anywhere.wrong_tail)
def test_wrong_elements(op, mistake):
    assert_noticed(AGREES, op, mistake)


@pytest.mark.parametrize("op", ALL)
def test_rounding_half_up(op):
    if not rounds(op):
        pytest.skip(f"{op} never rounds")
    assert_noticed(AGREES, op, anywhere.rounding_half_up)


@pytest.mark.parametrize("op", ON_TENSORS)
def test_codes_of_the_wrong_sign(op):
    assert_noticed(AGREES, op, anywhere.another_sign)


@pytest.mark.parametrize("op", [op for op in ON_TENSORS if op not in ON_CODES])
def test_forgotten_zero_points(op):
    assert_noticed(AGREES, op, anywhere.forgotten_zero_point)


@pytest.mark.parametrize("end", ["minimum", "maximum"])
@pytest.mark.parametrize(
    ("op", "where"), [*((op, "output") for op in ASKED), *((op, "input") for op in ON_TENSORS)]
)
def test_zero_points_at_the_ends(op, where, end):
    assert_noticed(AGREES, op, anywhere.wrong_at(end, where))


@pytest.mark.parametrize(
    ("op", "name", "default"), [(op, *keyword) for op in ALL for keyword in keywords(op)]
)
def test_ignored_keywords(op, name, default):
    assert_noticed(AGREES, op, anywhere.without(name, default))


@pytest.mark.parametrize("op", ASKED)
def test_scales_rounded_to_float32(op):
    assert_noticed("test_output_qparams_and_dtype", op, anywhere.scale_in_float32)


@pytest.mark.parametrize("op", ALL)
@pytest.mark.parametrize(
    ("change", "law"),
    [
        (anywhere.ignoring_strides, "test_any_strides"),
        (anywhere.writing, "test_inputs_stay_unchanged"),
        (anywhere.needing_writable, "test_read_only_inputs"),
    ],
)
def test_bad_manners_with_arguments(op, change, law):
    assert_noticed(law, op, change)


@pytest.mark.parametrize("op", STACKS)
@pytest.mark.parametrize(
    ("change", "law"),
    [
        (anywhere.refusing_emptiness, "test_empty_batch"),
        (anywhere.first_row_off, "test_position_does_not_matter"),
    ],
)
def test_rows(op, change, law):
    assert_noticed(law, op, change)


@pytest.mark.parametrize("op", ALL)
@pytest.mark.parametrize(
    ("change", "law"),
    [(anywhere.RightOnce, "test_same_again"), (anywhere.Race, "test_concurrent_calls")],
)
def test_dependence_on_other_calls(op, change, law):
    assert_noticed(law, op, change())


@pytest.mark.parametrize("op", [op for op in ALL if op != "min_max"])  # whose results are numbers
def test_results_in_one_buffer(op):
    assert_noticed("test_results_own_their_memory", op, anywhere.OneBuffer())


@pytest.mark.parametrize("op", ALL)
def test_dependence_on_the_number_of_threads(op):
    change = anywhere.Threaded()
    assert_noticed("test_thread_counts", op, change, set_num_threads=change.set_num_threads)


@pytest.mark.parametrize("op", PACKING)
def test_stale_and_late_packing(op):
    assert_caught("test_packing_remembers_nothing", op, anywhere.packed_once(reference(op)))
    assert_caught("test_packed_weights_are_self_contained", op, anywhere.packing_late(reference(op)))
