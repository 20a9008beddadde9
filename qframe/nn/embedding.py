"""The embedding layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError
from ..ops.checks import describe
from . import init
from .functional_checks import Array, check_counts
from .module import Module


class Embedding(Module):
    """A row of a table for each index (mirrors ``torch.nn.Embedding``).

    Args:
        num_embeddings: rows of the table.
        embedding_dim: length of a row.
        padding_idx: a row that begins as zeros; negative numbers count from the end.
        max_norm, norm_type, scale_grad_by_freq, sparse: only their defaults.

    Attributes:
        weight: shape (num_embeddings, embedding_dim), drawn from the normal distribution.

    Raises:
        ArgumentError: arguments that do not fit, or an index outside of the table.
        DTypeError: an input that holds no integers.
        NotImplementedError: a norm, gradient scaling or sparse gradients are asked for.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> None:
        super().__init__()
        asked = {"max_norm": max_norm, "scale_grad_by_freq": scale_grad_by_freq, "sparse": sparse}
        for name, value in asked.items():
            if value is not None and value is not False:
                raise NotImplementedError(f"Embedding: {name}={value!r} is not supported")
        check_counts("Embedding", num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ArgumentError(
                f"Embedding: padding_idx={padding_idx} is no row of {num_embeddings}",
                fix=f"Give a number from {-num_embeddings} to {num_embeddings - 1}",
            )
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        self.register_parameter("weight", np.empty((num_embeddings, embedding_dim), np.float32))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all rows anew, but for the padding's, which become zeros."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight[self.padding_idx] = 0

    def forward(self, input: Any) -> Array:
        """Return float32 of shape (..., embedding_dim) for integers of shape (...)."""
        indices = input if isinstance(input, np.ndarray) else None
        if indices is None or indices.dtype.kind not in "iu":
            raise DTypeError(
                f"Embedding: the input is {describe(input)}; it needs an array of integers",
                fix="Use .astype('int64')",
            )
        if indices.size and not 0 <= indices.min() <= indices.max() < self.num_embeddings:
            raise ArgumentError(
                f"Embedding: the input holds indices from {indices.min()} to {indices.max()}, "
                f"but the table has {self.num_embeddings} rows",
                fix=f"Give indices from 0 to {self.num_embeddings - 1}",
            )
        return np.asarray(self.weight[indices])

    def extra_repr(self) -> str:
        """Return the arguments."""
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        return text if self.padding_idx is None else f"{text}, padding_idx={self.padding_idx}"
