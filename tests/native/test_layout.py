"""Channels-first images brought to channels-last memory, at every instruction set."""

from __future__ import annotations

import numpy as np
import pytest

from qframe.native import NativeLibrary
from qframe.native.buffers import channels_last

from .guarded import guarded


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 15, 16, 17, 31, 64, 100])
@pytest.mark.parametrize("size", [(1,), (7,), (4, 4), (5, 13), (56, 3), (2, 9, 5), (200, 210)])
def test_pixels_are_those_of_the_transposed_image(
    native: NativeLibrary, channels: int, size: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(channels)
    image = guarded(rng.integers(0, 256, (2, channels, *size), dtype=np.uint8))
    last = channels_last(native, image)
    assert last.flags.c_contiguous
    np.testing.assert_array_equal(last, np.moveaxis(image, 1, -1))


def test_images_that_lie_right_are_not_copied(native: NativeLibrary) -> None:
    image = np.zeros((2, 5, 6, 3), np.uint8).transpose(0, 3, 1, 2)
    assert np.shares_memory(channels_last(native, image), image)


def test_other_strides_are_copied(native: NativeLibrary) -> None:
    image = np.arange(2 * 6 * 8 * 10, dtype=np.uint8).reshape(2, 6, 8, 10)[:, ::2, ::-1, 1::3]
    np.testing.assert_array_equal(channels_last(native, image), np.moveaxis(image, 1, -1))
