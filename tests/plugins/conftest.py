"""The plugins here are tested where they are installed: see tests/test_custom_ops.py."""

collect_ignore = ["nibbles"]
