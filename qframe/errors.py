"""Every exception and warning that qframe raises.

An error says *what* is wrong and with which values, *where* (the path of the
module in the model, filled in while the exception travels through
:meth:`qframe.nn.Module.__call__`) and how to mend it (*fix*).  Each class also
derives from the built-in exception that a caller would expect to catch.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class QFrameError(Exception):
    """Base of all qframe errors.

    Args:
        what: one sentence with the offending values, without a final period.
        fix: what the reader can do about it, or None where nothing can be advised.

    Attributes:
        what, fix: as given.
        where: dotted path of the module in whose ``forward`` it happened, or None
            outside a module.
    """

    def __init__(self, what: str, *, fix: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix
        self.where: str | None = None
        self._innermost: Any = None
        self._kind: str | None = None  # of the innermost module; unlike that, it travels with the error

    def enter(self, module: Any) -> None:
        """Record that the error left ``module``; the innermost module calls first."""
        if self._kind is None:
            self._innermost, self._kind = module, type(module).__name__
        for path, child in module.named_modules():
            if child is self._innermost:
                self.where = path
                return

    def __str__(self) -> str:
        text = self.what
        if self._kind is not None:
            place = f"module '{self.where}'" if self.where else "the outermost module"
            text = f"in {place} ({self._kind}): {text}"
        return f"{text}. {self.fix}" if self.fix else text

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.what, self.fix, self.where, self._kind)


def _rebuild(
    kind: type[QFrameError], what: str, fix: str | None, where: str | None, module_kind: str | None
) -> QFrameError:
    error = kind(what, fix=fix)
    error.where, error._kind = where, module_kind
    return error


class ArgumentError(QFrameError, ValueError):
    """An argument has a value, shape or length that the function cannot take."""


class UnsupportedArgument(ArgumentError, NotImplementedError):
    """An argument that the float function takes but the quantized one does not."""


class DTypeError(QFrameError, TypeError):
    """Float data where quantized data is needed, the reverse, or the wrong dtype."""


class QSchemeError(QFrameError, TypeError):
    """A per-tensor operation got a per-channel tensor, or the reverse."""


class EngineError(QFrameError, RuntimeError):
    """An engine that was asked for cannot be used."""


class UnsupportedOp(EngineError, NotImplementedError):
    """No engine in the fallback chain provides an op, or strict mode forbids falling back."""


class CalibrationError(QFrameError, RuntimeError):
    """Calibration saw no data, or data that cannot be calibrated with (NaN, infinity)."""


class ConfigurationError(QFrameError, ValueError):
    """A qconfig, mapping or rule that cannot be honoured."""


class GradientError(QFrameError, RuntimeError):
    """Something cannot be differentiated, or its gradient is wrong."""


class NonFiniteLoss(GradientError, ArithmeticError):
    """A loss that is differentiated is NaN or infinite."""


class StateDictError(QFrameError, RuntimeError):
    """A state_dict does not fit the module: missing or unexpected keys, wrong shapes."""


class FileFormatError(QFrameError, ValueError):
    """A file is damaged, of a newer or another format, or holds what cannot be read."""


class FileAccessError(QFrameError, OSError):
    """A file or folder cannot be read or written; ``errno`` is the operating system's."""


class MissingFileError(FileAccessError, FileNotFoundError):
    """A file, or the folder that it is to be written to, does not exist."""


def near_names(name: str, known: Iterable[str], most: int = 3, likeness: float = 0.6) -> list[str]:
    """Return those of the ``known`` names that a mistyped ``name`` may have meant, the nearest first."""
    import difflib  # lazily: only errors need it

    return difflib.get_close_matches(name, list(known), most, likeness)


class QFrameWarning(UserWarning):
    """Base of all qframe warnings."""


class EngineWarning(QFrameWarning):
    """A plugin or one of its engines cannot be used; the others go on."""


class FallbackWarning(EngineWarning):
    """An op that the engine does not provide runs on its fallback engine."""


class FusionWarning(QFrameWarning):
    """A sequence of modules was left unfused."""


class QuantizationWarning(QFrameWarning):
    """Something about a model or qconfig that most likely is not what was meant."""


class TrainingWarning(QFrameWarning):
    """Something about a training that most likely is not what was meant."""
