"""The one place where the version stands; the plugins repeat it and a test compares."""

__version__ = "0.1.0"
