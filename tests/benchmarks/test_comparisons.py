"""The tables that compare, and what they say of the targets."""

from __future__ import annotations

from benchmarks import comparisons, judgements
from benchmarks.tables import Table

from .made_up import LARGE, measurement, results

CONV = "conv 64-64 k3 @56"


def only_row(table: Table) -> dict[str, str]:
    """The cells of a table with one line by their column; of columns of one name, the first."""
    (row,) = table.rows
    return dict(reversed(list(zip(table.columns, row, strict=True))))


def test_an_operation_is_compared_with_the_best_engine_and_the_peak() -> None:
    row = only_row(comparisons.operations(results(measurement()), threads=1))
    assert row["operation"] == LARGE
    assert (row["qframe ms"], row["PyTorch ms"], row["engine"]) == ("2.00", "4.00", "x86")
    assert (row["ratio"], row["allowed"], row[""]) == ("0.50", "1.00", "met")
    assert (row["GOPS"], row["of peak"]) == ("302", "75 % **missed**")


def test_targets_are_for_one_thread() -> None:
    row = only_row(comparisons.operations(results(measurement(threads=2)), threads=2))
    assert (row["allowed"], row[""], row["of peak"]) == ("", "", "75 %")


def test_a_training_step_is_judged_with_one_thread() -> None:
    name = "training step, digits N64"
    one = measurement(name, seconds={"qframe": 0.013, "torch-x86": 0.0065}, peak=None)
    two = measurement(name, seconds={"qframe": 0.013, "torch-x86": 0.005}, peak=None, threads=2)
    table = comparisons.training(results(one, two))
    assert table.rows[0] == [name, "1", "13.0", "6.50", "2.00", "3.00", "met"]
    assert table.rows[1] == [name, "2", "13.0", "5.00", "2.60", "", ""]


def test_another_instruction_set_has_columns_beside_the_first() -> None:
    limited = measurement(isa="avx2", seconds={"qframe": 0.003, "torch-x86": 0.006})
    table = comparisons.operations(results(measurement(), limited), threads=1)
    assert table.columns[-3:] == ["avx2: qframe ms", "PyTorch ms", "ratio"]
    assert table.rows[0][-3:] == ["3.00", "6.00", "0.50"]


def test_a_lone_instruction_set_has_the_full_columns() -> None:
    table = comparisons.operations(results(measurement(isa="avx2")), threads=1)
    assert table.title == "Operations, 1 thread, limited to avx2"
    assert only_row(table)["qframe ms"] == "2.00"


def test_what_qframe_lacks_is_said_in_place_of_its_time() -> None:
    lacking = measurement(seconds={"torch-x86": 0.004}, notes={"qframe": "not built: qframe.nn.X"})
    row = only_row(comparisons.operations(results(lacking), threads=1))
    assert (row["qframe ms"], row["PyTorch ms"], row["ratio"], row[""]) == ("not built", "4.00", "", "")
    assert f"{LARGE}: not built: qframe.nn.X" in judgements.summary(results(lacking))


def test_networks_are_compared_with_every_library() -> None:
    seconds = {"qframe": 0.03, "torch-x86": 0.02, "onnxruntime": 0.06}
    row = only_row(comparisons.networks(results(measurement("ResNet-50", seconds=seconds))))
    assert (row["ratio"], row[""], row["onnxruntime ms"], row["OpenVINO ms"]) == (
        "1.50",
        "**missed**",
        "60.0",
        "",
    )


def test_two_threads_are_compared_with_one() -> None:
    two = measurement(threads=2, seconds={"qframe": 0.001, "torch-x86": 0.003}, peak=760.0)
    row = only_row(comparisons.two_threads(results(measurement(), two)))
    assert (row["speed-up"], row["wanted"], row[""]) == ("2.00", "1.70", "met")
    assert (row["PyTorch's speed-up"], row["the peak's"]) == ("1.33 (x86)", "1.90")


def test_small_workloads_need_no_second_thread() -> None:
    small = [measurement("linear 1x16x16", threads=threads) for threads in (1, 2)]
    assert comparisons.two_threads(results(*small)).rows == []


def test_busy_core_shows_each_library_and_asks_it_of_qframe() -> None:
    one = measurement(busy=True, seconds={"qframe": 0.002, "torch-x86": 0.002})
    two = measurement(busy=True, threads=2, seconds={"qframe": 0.003, "torch-x86": 0.04})
    table = comparisons.busy_core(results(one, two))
    assert [row[1:] for row in table.rows] == [
        ["qframe", "2.00", "3.00", "1.50", "1.30", "**missed**"],
        ["PyTorch x86", "2.00", "40.0", "20.00", "", ""],
    ]


def test_busy_measurements_stay_out_of_the_other_tables() -> None:
    found = results(measurement(busy=True), measurement(busy=True, threads=2))
    assert comparisons.operations(found, threads=1).rows == []
    assert comparisons.two_threads(found).rows == []


def test_peak_is_shown_with_its_spread() -> None:
    peaks = [measurement(peak=400.0), measurement(CONV, peak=300.0), measurement("add 1M", peak=350.0)]
    assert comparisons.peaks(results(*peaks)).rows == [["native", "1", "350", "300", "400"]]


def test_reasons_are_named_once_with_all_their_workloads() -> None:
    failed = {"notes": {"torch-qnnpack": "failed: no"}}
    noted = [measurement(**failed), measurement(threads=2, **failed), measurement(CONV, **failed)]
    assert comparisons.notes(noted) == [f"torch-qnnpack: failed: no ({LARGE}, {CONV})"]


def test_summary_counts_targets_and_names_the_missed() -> None:
    first, *others = judgements.summary(results(measurement(), measurement("add 1M")))
    assert first == "1 of 3 targets are met."
    assert others == [
        f"{LARGE}: share of the peak 0.75, at least 0.80 is wanted",
        "add 1M: ratio to PyTorch 0.50, at most 0.40 is wanted",
    ]


def test_summary_says_when_other_programs_took_the_cores() -> None:
    quiet = [measurement("add 1M"), measurement("add 1M", threads=2, peak=790.0)]
    assert judgements.disturbance(results(*quiet)) == []
    (line,) = judgements.disturbance(results(quiet[0], measurement("add 1M", threads=2)))
    assert "at 2 threads, even the peak's loop mostly stayed below 50 %" in line
    often = [measurement("mul 1M", peak=100.0), measurement("relu 1M", peak=200.0), *quiet]
    (line,) = judgements.summary(results(*often))[-1:]
    assert "at 1 thread, even the peak's loop mostly stayed below 50 %" in line
