"""Measurements: what follows from times, and their file."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.measurements import Results, load, load_to_extend
from benchmarks.tables import Table

from .made_up import measurement, results


def test_best_engine_of_pytorch_is_the_fastest() -> None:
    one = measurement(seconds={"qframe": 1.0, "torch-x86": 3.0, "torch-onednn": 2.0, "openvino": 0.5})
    assert one.best_torch() == "torch-onednn"
    assert one.ratio("torch-onednn") == 0.5
    assert one.ratio("openvino") == 2.0


def test_without_a_rival_or_qframe_there_is_no_ratio() -> None:
    assert measurement(seconds={"qframe": 1.0}).best_torch() is None
    assert measurement(seconds={"qframe": 1.0}).ratio(None) is None
    assert measurement(seconds={"torch-x86": 1.0}).ratio("torch-x86") is None


def test_speed_counts_a_product_and_its_sum() -> None:
    one = measurement()
    assert one.gops() == pytest.approx(2 * 128 * 768 * 3072 / 0.002 / 1e9)
    assert measurement("add 1M").gops() is None


def test_share_is_of_the_highest_peak_under_the_same_condition() -> None:
    one = measurement(peak=200.0)
    others = measurement("add 1M", peak=400.0), measurement("add 1M", threads=2, peak=800.0)
    assert results(one, *others).share(one) == pytest.approx(301.99 / 400, rel=1e-4)
    without = measurement(peak=None)
    assert results(without).share(without) is None


def test_later_measurement_takes_the_place_of_an_earlier_one_of_the_same() -> None:
    first, second, other = measurement(), measurement(peak=401.0), measurement(threads=2)
    found = results(first, other, second)
    assert found.chosen("native", 1) == {first.workload: second}
    assert found.chosen("native", 2) == {first.workload: other}
    assert found.chosen("avx2", 1) == {}


def test_chosen_keeps_the_order_of_the_workloads() -> None:
    names = "linear 1x16x16", "linear 128x768x3072"
    assert list(results(*map(measurement, names)).chosen("native", 1)) == [names[1], names[0]]


def test_results_come_back_from_their_file(tmp_path: Path) -> None:
    file = tmp_path / "new" / "results.json"
    before = results(measurement(), measurement(busy=True, notes={"torch-x86": "failed: µ"}))
    before.tables = {"calls": [Table("title", ["a", "b"], [["1", "2"]])]}
    before.save(file)
    after = load(file)
    assert after.measurements == before.measurements
    assert (after.machine, after.titles, after.tables) == (before.machine, before.titles, before.tables)


def test_times_are_stored_to_four_digits_a_line_for_each_measurement(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    results(measurement(seconds={"qframe": 0.00123456}), measurement(threads=2)).save(file)
    lines = [line for line in file.read_text().splitlines() if "seconds" in line]
    assert len(lines) == 2
    assert '"qframe": 0.001235' in lines[0]


def test_results_of_another_machine_are_not_extended(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    assert load_to_extend(file).measurements == {}
    Results().save(file)
    assert load_to_extend(file).measurements == {}
    results(measurement()).save(file)
    with pytest.raises(ValueError, match="another machine"):
        load_to_extend(file)
