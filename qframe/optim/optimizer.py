"""What optimizers share: groups of parameters, their state, and which gradient belongs to which array."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ..autograd.gradients import Gradients
from ..errors import ArgumentError, DTypeError, StateDictError

Array = np.ndarray[Any, Any]
Group = dict[str, Any]


class Optimizer:
    """Base class of optimizers (mirrors ``torch.optim.Optimizer``).  Subclasses update one parameter.

    The arrays are changed in place, so that the model has the new values.

    Args:
        params: arrays, as ``model.parameters()`` yields them, or dicts with some under ``"params"`` and
            options of their own.
        defaults: the options of groups that do not name them.

    Attributes:
        param_groups: a dict for each group: its arrays under ``"params"``, and its options.
        state: by the parameter's number, over all groups, what the optimizer keeps for it.

    Raises:
        DTypeError: what is no float array.
        ArgumentError: no parameters, one twice, one that cannot be written, or an unknown option.
    """

    def __init__(self, params: Iterable[Any], defaults: Group) -> None:
        self.defaults = defaults
        self.param_groups = [self._group(entry) for entry in _entries(params)]
        self.state: dict[int, dict[str, Any]] = {}
        self._check_parameters()

    def _group(self, entry: Group) -> Group:
        unknown = sorted(set(entry) - {"params", *self.defaults})
        if unknown or "params" not in entry:
            raise ArgumentError(
                f"{type(self).__name__}: a group with the entries {', '.join(map(str, entry))}",
                fix=f"Give 'params' and any of {', '.join(self.defaults)}",
            )
        arrays = entry["params"]
        group = {**self.defaults, **entry}
        group["params"] = [arrays] if isinstance(arrays, np.ndarray) else list(arrays)
        self._check_options(group)
        return group

    def _check_options(self, group: Group) -> None:
        """Raise ArgumentError unless the options of a group make sense."""
        for name in ("lr", "weight_decay", "momentum", "eps"):
            if name in group and not group[name] >= 0:
                raise ArgumentError(
                    f"{type(self).__name__}: {name}={group[name]!r} is negative", fix="Give at least 0"
                )

    def _check_parameters(self) -> None:
        seen: set[int] = set()
        for number, array, _ in self._numbered():
            if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
                raise DTypeError(
                    f"{type(self).__name__}: parameter {number} is a {type(array).__name__}",
                    fix="Give model.parameters(), without names",
                )
            if not array.flags.writeable:
                raise ArgumentError(
                    f"{type(self).__name__}: parameter {number} of shape {array.shape} cannot be written",
                    fix="Copy the model (copy.deepcopy) if it comes from a file; make optimizers outside of "
                    "losses",
                )
            if id(array) in seen:
                raise ArgumentError(
                    f"{type(self).__name__}: parameter {number} of shape {array.shape} is given twice",
                    fix="Give each parameter to one group",
                )
            seen.add(id(array))
        if not seen:
            raise ArgumentError(
                f"{type(self).__name__} got no parameters",
                fix="Give model.parameters(); a generator that was used up before is empty",
            )

    def _numbered(self) -> Iterator[tuple[int, Array, Group]]:
        """Yield the number, array and group of each parameter."""
        number = 0
        for group in self.param_groups:
            for array in group["params"]:
                yield number, array, group
                number += 1

    def step(self, gradients: Gradients) -> None:
        """Take a step with the gradients of these parameters; those without a gradient stay.

        Raises:
            DTypeError: no :class:`~qframe.autograd.Gradients`.
            ArgumentError: they do not belong to these parameters.  Nothing was changed.
        """
        by_array = self._by_array(gradients)
        for number, array, group in self._numbered():
            gradient = by_array.get(id(array))
            if gradient is not None:
                self._update(array, gradient, self.state.setdefault(number, {}), group)

    def _by_array(self, gradients: Gradients) -> dict[int, Array]:
        if not isinstance(gradients, Gradients):
            raise DTypeError(
                f"{type(self).__name__}.step got a {type(gradients).__name__}",
                fix="Give the second result of value_and_grad(model, loss_fn)(...)",
            )
        known = {id(array) for array in gradients.parameters.values()}
        strangers = [array for _, array, _ in self._numbered() if id(array) not in known]
        if strangers:
            raise ArgumentError(
                f"{len(strangers)} parameters of the optimizer (the first of shape {strangers[0].shape}) are "
                "not those of the model that was differentiated",
                fix="Make the optimizer after everything that replaces modules or arrays (fuse_modules, "
                "prepare_qat, copies, loading), from the same model",
            )
        return {id(gradients.parameters[path]): gradient for path, gradient in gradients.items()}

    def _update(self, parameter: Array, gradient: Array, state: dict[str, Any], group: Group) -> None:
        """Change ``parameter`` in place, and ``state``; leave ``gradient`` as it is."""
        raise NotImplementedError(f"{type(self).__name__} does not define _update()")

    def add_param_group(self, param_group: Group) -> None:
        """Add a group, as in the constructor.

        Raises:
            As the constructor; the group was not added.
        """
        group = self._group(param_group)
        self.param_groups.append(group)
        try:
            self._check_parameters()
        except (ArgumentError, DTypeError):
            self.param_groups.pop()
            raise

    def state_dict(self) -> dict[str, Any]:
        """Return the state of each parameter, by number, and the groups with numbers under ``"params"``.

        Numbers of states are strings, so that :func:`qframe.save` can store it.  Arrays are the optimizer's
        own, not copies.
        """
        numbers = iter(range(sum(len(group["params"]) for group in self.param_groups)))
        groups = [
            {**group, "params": [next(numbers) for _ in group["params"]]} for group in self.param_groups
        ]
        state = {str(number): entries for number, entries in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over a copy of what :meth:`state_dict` returned.

        Raises:
            StateDictError: other numbers of groups or parameters, or state of another shape.  Nothing was
                changed.
        """
        groups = list(state_dict["param_groups"])
        own, other = ([len(group["params"]) for group in every] for every in (self.param_groups, groups))
        if own != other:
            raise StateDictError(
                f"the state is of groups with {other} parameters, the optimizer has {own}",
                fix="Make the optimizer from the same model and groups",
            )
        state = {int(number): _copied(entries) for number, entries in state_dict["state"].items()}
        arrays = {number: array for number, array, _ in self._numbered()}
        for number, entries in state.items():
            _check_entries(number, entries, arrays.get(number))
        for group, loaded in zip(self.param_groups, groups, strict=True):
            group.update({name: value for name, value in loaded.items() if name != "params"})
        self.state = state

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])


def _entries(params: Iterable[Any]) -> list[Group]:
    if isinstance(params, np.ndarray):
        raise DTypeError("an optimizer got a single array", fix="Give a list of arrays: [array]")
    entries = list(params)
    if entries and all(isinstance(entry, dict) for entry in entries):
        return entries
    return [{"params": entries}]


def _copied(entries: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in entries.items()}


def _check_entries(number: int, entries: Mapping[str, Any], parameter: Array | None) -> None:
    for name, value in entries.items():
        if parameter is None or (isinstance(value, np.ndarray) and value.shape not in ((), parameter.shape)):
            shape = None if parameter is None else parameter.shape
            raise StateDictError(
                f"the state {name!r} of parameter {number} does not fit its shape {shape}",
                fix="Make the optimizer from the same model and groups",
            )
