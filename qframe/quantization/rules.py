"""Checks that every rule of a qconfig_dict is understood, matches something and changes something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from ..errors import ConfigurationError, near_names
from ..nn.containers import Sequential
from ..nn.module import Module
from .hints import base_in, place, subclass_hint
from .placement import Placement
from .qconfig import QConfig, QConfigDynamic

Rules = Mapping[Any, Any]


def check_rules(placements: Sequence[Placement], rules: Rules, supported: Set[type[Module]]) -> None:
    """Raise with all that is wrong with ``rules`` and with the modules' own qconfigs.

    Args:
        supported: the types that a qconfig makes a difference to.

    Raises:
        ConfigurationError: a key is neither path nor type, a value no qconfig, or a rule matches nothing or
            only modules that it does not change.
    """
    problems = [*_own_problems(placements, rules)]
    for key, value in rules.items():
        problem = _rule_problem(key, value, placements, supported)
        if problem:
            problems.append(f"rule {key_text(key)} {problem}")
    raise_all("the qconfig rules cannot be honoured", problems)


def raise_all(
    what: str, problems: Sequence[str], fix: str = "Nothing was changed: correct them and try again"
) -> None:
    """Raise ConfigurationError that lists the problems, if there are any."""
    if problems:
        raise ConfigurationError("\n  ".join([f"{what} ({len(problems)}):", *problems]), fix=fix)


def _own_problems(placements: Sequence[Placement], rules: Rules) -> Iterator[str]:
    for placement in placements:
        own = getattr(placement.module, "qconfig", None)
        if not is_qconfig(own):
            yield (
                f"{place(placement.path)} has qconfig = {own!r:.60}, which is no QConfig: "
                "use one of qframe.quantization, such as get_default_qconfig(), or None"
            )


def _rule_problem(
    key: Any, value: Any, placements: Sequence[Placement], supported: Set[type[Module]]
) -> str | None:
    if not is_qconfig(value):
        return f"gives {value!r:.60}, which is no QConfig: use one of qframe.quantization, or None"
    if isinstance(key, str):
        matched = [p for p in placements if p.path == key]
        if not matched:
            return f"matches no module{_near_paths(key, placements)}"
    elif isinstance(key, type):
        matched = [p for p in placements if type(p.module) is key]
        if not matched:
            return f"matches no module{_near_types(key, placements)}"
    else:
        return "is neither the path of a module nor a type"
    if value is None or any(_changes(p, placements, supported) for p in matched):
        return None
    return _no_effect(matched, supported)


def _changes(match: Placement, placements: Sequence[Placement], supported: Set[type[Module]]) -> bool:
    """Return whether the module or one below it is of a supported type, and no part of a fused one."""
    if match.inside is not None:
        return False
    below = f"{match.path}." if match.path else ""
    return any(
        type(p.module) in supported and type(p.module) is not Sequential and p.inside is None
        for p in placements
        if p is match or p.path.startswith(below)
    )


def _no_effect(matched: Sequence[Placement], supported: Set[type[Module]]) -> str:
    first = matched[0]
    if first.inside is not None:
        return (
            f"has no effect: {place(first.path)} is a part of the fused module {place(first.inside)}, "
            "whose qconfig counts: name that one instead"
        )
    base = base_in(first.module, supported)
    if base is not None:
        return "has no effect: " + subclass_hint([(first.path, type(first.module), base)])
    names = ", ".join(sorted(kind.__name__ for kind in supported if kind is not Sequential))
    return (
        f"has no effect: neither {place(first.path)} ({type(first.module).__name__}) nor anything in it "
        f"can be quantized in this way; what can: {names}"
    )


def _near_paths(key: str, placements: Sequence[Placement]) -> str:
    paths = [p.path for p in placements if p.path]
    near = near_names(key, paths, likeness=0.5)
    if near:
        return f": did you mean {' or '.join(map(repr, near))}?"
    return (
        f": the paths are {', '.join(map(repr, paths[:8]))}{' ...' if len(paths) > 8 else ''}"
        if paths
        else ""
    )


def _near_types(key: type, placements: Sequence[Placement]) -> str:
    subclasses = [p for p in placements if isinstance(p.module, key)]
    if not subclasses:
        return ": the model holds " + ", ".join(sorted({type(p.module).__name__ for p in placements}))
    first = subclasses[0]
    name = type(first.module).__name__
    return (
        f" exactly, only subclasses, such as {name} at {place(first.path)}: a subclass may compute something "
        f"else. Give a rule for {name}, and mapping={{{name}: ...}} with a quantized class for it"
    )


def is_qconfig(value: Any) -> bool:
    """Return whether ``value`` may stand where a qconfig is asked for; None may."""
    return value is None or isinstance(value, (QConfig, QConfigDynamic))


def key_text(key: Any) -> str:
    """Return how a rule's key is called in messages."""
    return key.__name__ if isinstance(key, type) else repr(key)
