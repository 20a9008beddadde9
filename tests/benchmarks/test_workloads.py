"""What is measured: the list is complete, and its arithmetic right."""

from __future__ import annotations

import pytest

from benchmarks import inputs, workloads
from benchmarks.network_models.architectures import NETWORKS, products
from benchmarks.peers import qframe_ops, torch_ops


def test_names_tell_workloads_apart() -> None:
    every = *workloads.OPERATIONS, *workloads.NETWORK_WORKLOADS, *workloads.TRAINING
    assert len(workloads.BY_NAME) == len(every)


@pytest.mark.parametrize("kinds", [qframe_ops.KINDS, torch_ops.KINDS], ids=["qframe", "torch"])
def test_every_kind_of_operation_is_prepared_by_both_libraries(kinds: dict[str, object]) -> None:
    assert {workload.kind for workload in workloads.OPERATIONS} == set(kinds)


@pytest.mark.parametrize(
    ("name", "products"),
    [
        ("linear 128x768x3072", 128 * 768 * 3072),
        ("dynamic 1x16x16", 256),
        ("conv 64-64 k3 @56", 56 * 56 * 64 * 64 * 9),
        ("conv 3-64 k7 s2 @224", 112 * 112 * 64 * 3 * 49),
        ("depthwise 96 k3 s2 @112", 56 * 56 * 96 * 9),
        ("LSTM 512x512 T32", 32 * 4 * 512 * 1024),
        ("add 1M", 0),
    ],
)
def test_products_are_those_of_the_definition(name: str, products: int) -> None:
    assert workloads.BY_NAME[name].products == products


@pytest.mark.parametrize(("network", "millions"), [("resnet50", 4089), ("mobilenetv2", 301)])
def test_networks_take_the_multiplications_that_are_known_of_them(network: str, millions: int) -> None:
    assert round(products(NETWORKS[network](), 224) / 1e6) == millions


def test_workloads_are_selected_by_parts_of_their_names() -> None:
    chosen = workloads.selected(workloads.OPERATIONS, ["k1 @7", "relu"])
    assert [workload.name for workload in chosen] == ["conv 2048-512 k1 @7", "relu 1M"]
    assert len(workloads.selected(workloads.OPERATIONS, [])) == len(workloads.OPERATIONS)


def test_million_is_a_million() -> None:
    x = inputs.floats(*workloads.MILLION)
    assert abs(x.size - 1e6) < 0.05e6
    assert x.dtype == "float32"
