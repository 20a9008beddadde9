"""Targets: which workload has which, and when a value keeps to its bound."""

from __future__ import annotations

import pytest

from benchmarks.targets import RATIOS, SHARES, Judgement, allowed_ratio, is_large
from benchmarks.workloads import BY_NAME


@pytest.mark.parametrize(
    ("name", "ratio"),
    [
        ("linear 1x1024x1024", 0.8),
        ("linear 1x16x16", 0.4),
        ("linear 16x768x768", None),
        ("linear 128x768x3072", 1.0),
        ("dynamic 16x768x768", 0.9),
        ("dynamic 256x1024x1024", 1.0),
        ("conv 2048-512 k1 @7", 1.0),
        ("depthwise 960 k3 @7", 0.6),
        ("add 1M", 0.4),
        ("max pool 3x3 s2 1M", 1.0),
        ("bilinear x2 1M", 0.1),
        ("LSTM 512x512 T32", 0.7),
        ("MobileNetV2", 0.7),
        ("training step, digits N64", 3.0),
    ],
)
def test_allowed_ratio(name: str, ratio: float | None) -> None:
    assert allowed_ratio(BY_NAME[name]) == ratio


def test_every_target_is_of_some_workload() -> None:
    assert all(any(name.startswith(beginning) for name in BY_NAME) for beginning in RATIOS)
    assert set(SHARES) <= set(BY_NAME)


def test_large_are_linear_layers_and_convolutions_above_ten_million_products() -> None:
    assert is_large(BY_NAME["conv 256-64 k1 @56"])
    assert not is_large(BY_NAME["linear 16x768x768"])
    assert not is_large(BY_NAME["depthwise 96 k3 s2 @112"])
    assert not is_large(BY_NAME["LSTM 512x512 T32"])


@pytest.mark.parametrize(
    ("value", "bound", "at_least", "verdict"),
    [
        (0.9, 1.0, False, "met"),
        (1.0, 1.0, False, "met"),
        (1.1, 1.0, False, "**missed**"),
        (1.6, 1.7, True, "**missed**"),
        (1.7, 1.7, True, "met"),
        (None, 1.0, False, ""),
        (1.0, None, False, ""),
    ],
)
def test_verdict(value: float | None, bound: float | None, at_least: bool, verdict: str) -> None:
    assert Judgement("it", value, bound, at_least).verdict == verdict


def test_judgement_reads_as_a_sentence() -> None:
    assert str(Judgement("add: ratio", 0.5, 0.4)) == "add: ratio 0.50, at most 0.40 is wanted"
