"""Saving and loading: state in safetensors files, without pickle (see docs/saving.md)."""

from .state_files import load, load_into, save

__all__ = ["load", "load_into", "save"]
