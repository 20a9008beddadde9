"""Which qconfig each module gets: planned for the whole tree first, stored only when all is well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

from ..nn.fake_quantized import FakeQuantized
from ..nn.intrinsic.fused import FusedSequential
from ..nn.module import Module
from .mappings import DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST
from .placement import UNSET, Placement
from .rules import Rules, check_rules

Types = Set[type[Module]]


def plan_qconfigs(root: Module, rules: Rules, white_list: Types) -> list[Placement]:
    """Decide about every module at every path of the tree, and change nothing.

    Later wins: the parent's qconfig, the rule for the exact type, the rule for the path, the module's own
    attribute (None included).  A module with two paths keeps what was stored at the first.
    """
    return list(_visit(root, "", UNSET, None, rules, white_list, {}))


def _visit(
    module: Module,
    path: str,
    inherited: Any,
    inside: str | None,
    rules: Rules,
    listed: Types,
    seen: dict[int, Any],
) -> Iterator[Placement]:
    qconfig = rules.get(path, rules.get(type(module), inherited))
    qconfig = seen.get(id(module), getattr(module, "qconfig", qconfig))
    placement = Placement(path, module, qconfig, type(module) in listed, inside)
    yield placement
    if placement.listed and qconfig is not UNSET:
        seen[id(module)] = qconfig
    if placement.active and isinstance(module, (FusedSequential, FakeQuantized)):
        inside = path
    for name, child in module._modules.items():
        if child is not None:
            yield from _visit(child, f"{path}.{name}" if path else name, qconfig, inside, rules, listed, seen)


def store_qconfigs(placements: list[Placement]) -> None:
    """Set the attribute ``qconfig`` where the plan says so."""
    for placement in placements:
        if placement.listed and placement.qconfig is not UNSET:
            placement.module.qconfig = placement.qconfig


def propagate_qconfig_(
    module: Module, qconfig_dict: Mapping[Any, Any] | None = None, white_list: Types | None = None
) -> None:
    """Give each module of the tree the qconfig that it is to be quantized with, as attribute ``qconfig``.

    Mirrors ``torch.quantization.propagate_qconfig_``.  Weakest first: the qconfig of the module around it, a
    rule for its exact type, a rule for its path (``""`` is the root, and so the default for all), its own
    attribute.  None switches quantization off.

    Args:
        qconfig_dict: rules by type and by path.
        white_list: types that get the attribute; the others only pass it on.  None:
            ``DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST``.

    Raises:
        ConfigurationError: a rule matches nothing or has no effect, or a value is no qconfig.  Nothing was
            changed.
    """
    listed = DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST if white_list is None else white_list
    rules = dict(qconfig_dict or {})
    placements = plan_qconfigs(module, rules, listed)
    check_rules(placements, rules, listed)
    store_qconfigs(placements)
