"""Packed sequences: what they hold, and the way there and back."""

import numpy as np
import pytest

from qframe.errors import ArgumentError, DTypeError
from qframe.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence
from qframe.qtensor import QTensor


def padded(lengths, steps=4, features=2):
    """(T, N, features): the step and the sequence's number in each element, and -1 behind its end."""
    x = np.full((steps, len(lengths), features), -1, np.float32)
    for number, length in enumerate(lengths):
        x[:length, number] = np.arange(length)[:, None] + 10 * number
    return x


def test_steps_stand_one_behind_the_other():
    packed = pack_padded_sequence(padded([3, 2, 2]), [3, 2, 2])
    assert packed.data[:, 0].tolist() == [0, 10, 20, 1, 11, 21, 2]
    assert packed.batch_sizes.tolist() == [3, 3, 1]
    assert packed.batch_sizes.dtype == np.int64
    assert packed.sorted_indices is None
    assert packed.unsorted_indices is None


def test_unsorted_sequences_are_sorted_and_remember_their_places():
    packed = pack_padded_sequence(padded([1, 3, 2]), np.array([1, 3, 2]), enforce_sorted=False)
    assert packed.data[:, 0].tolist() == [10, 20, 0, 11, 21, 12]
    assert packed.batch_sizes.tolist() == [3, 2, 1]
    assert packed.sorted_indices.tolist() == [1, 2, 0]
    assert packed.unsorted_indices.tolist() == [2, 0, 1]


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("lengths", [[4, 2, 1], [1, 4, 4, 2], [1]])
def test_there_and_back(batch_first, lengths):
    x = padded(lengths)
    packed = pack_padded_sequence(x.swapaxes(0, 1) if batch_first else x, lengths, batch_first, False)
    back, counts = pad_packed_sequence(packed, batch_first, -1.0, total_length=4)
    np.testing.assert_array_equal(back.swapaxes(0, 1) if batch_first else back, x)
    assert counts.tolist() == lengths
    assert counts.dtype == np.int64
    assert back.dtype == np.float32


def test_padding_is_zero_up_to_the_longest_by_default():
    back, _ = pad_packed_sequence(pack_padded_sequence(padded([2, 1]), [2, 1]))
    assert back[:, :, 0].tolist() == [[0, 10], [1, 0]]


def test_the_order_can_be_given_by_the_sorted_indices_alone():
    packed = pack_padded_sequence(padded([1, 3, 2]), [1, 3, 2], enforce_sorted=False)
    bare = PackedSequence(packed.data, packed.batch_sizes, packed.sorted_indices)
    for one, other in zip(pad_packed_sequence(bare), pad_packed_sequence(packed), strict=True):
        np.testing.assert_array_equal(one, other)


def test_packed_data_is_a_copy():
    x = padded([2, 2])
    packed = pack_padded_sequence(x, [2, 2])
    packed.data[...] = 5
    assert x.max() == 11


@pytest.mark.parametrize(
    ("lengths", "kind", "text"),
    [
        ([2, 3], ArgumentError, r"the lengths \[2, 3\] grow.*enforce_sorted=False"),
        ([3, 0], ArgumentError, r"lengths \[3, 0\] for 2 sequences of 4 steps"),
        ([5, 3], ArgumentError, r"lengths \[5, 3\] for 2 sequences of 4 steps"),
        ([3], ArgumentError, "Give one length from 1 to 4 for each sequence; check batch_first"),
        ([3.0, 2.0], DTypeError, "must be whole numbers"),
    ],
)
def test_lengths_that_do_not_fit(lengths, kind, text):
    with pytest.raises(kind, match=text):
        pack_padded_sequence(padded([3, 2]), lengths)


def test_other_misfits():
    with pytest.raises(ArgumentError, match=r"takes shape \(T, N, ...\), got \(4,\)"):
        pack_padded_sequence(np.zeros(4, np.float32), [4])
    with pytest.raises(DTypeError, match="needs a float32 array"):
        pack_padded_sequence(QTensor.per_tensor(np.zeros((4, 1, 2), np.uint8), 1.0, 0), [4])
    with pytest.raises(ArgumentError, match="total_length=2 is less than the longest sequence, which has 3"):
        pad_packed_sequence(pack_padded_sequence(padded([3]), [3]), total_length=2)
    with pytest.raises(DTypeError, match="it needs a PackedSequence"):
        pad_packed_sequence(padded([3]))
