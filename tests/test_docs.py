"""What the documents say is what happens: examples run, names exist, variables are read somewhere."""

import re
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)

WITH_EXAMPLES = [path for path in DOCUMENTS if BLOCK.search(path.read_text())]


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda p: p.name)
def test_examples_run(path):
    """In the order of the document; each may use what those before it have defined."""
    namespace = {"__name__": "example"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number, source in enumerate(BLOCK.findall(path.read_text())):
            exec(compile(source, f"{path.name}[{number}]", "exec"), namespace)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", path.read_text()):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_every_environment_variable_is_documented_and_read():
    sources = [*(ROOT / "qframe").rglob("*.py"), *(ROOT / "plugins").glob("*/qframe_*/*.py")]
    code = "".join(path.read_text() for path in sources)
    read = set(re.findall(r"environ[^\n]*\"(QFRAME_[A-Z_]+)\"", code))
    documented = set(
        re.findall(r"^\| `(QFRAME_[A-Z_]+)`", (ROOT / "docs/engines.md").read_text(), re.MULTILINE)
    )
    assert read == documented


def test_every_op_has_a_line_in_the_numerics():
    from qframe.engines import OPS

    text = (ROOT / "docs/numerics.md").read_text()
    words = {
        "avg_pool2d": "averages",
        "avg_pool3d": "averages",
        "adaptive_avg_pool2d": "averages",
        "mean": "averages",
        "max_pool2d": "max pooling",
        "lookup": "256-entry table",
        "linear_pack_fp16": "float16 weights",
        "lstm_pack_fp16": "recurrent layers likewise",
        "gru_pack_fp16": "recurrent layers likewise",
        "rnn_pack_fp16": "recurrent layers likewise",
        "min_max": "qparams from a range",
        "min_max_per_channel": "qparams from a range",
        "histogram": "qparams from a range",
    }
    for name in OPS:
        stem = re.sub(r"(_per_tensor|_per_channel|[123]d_pack|_pack)$", "", name)
        word = words.get(name, "convolutions" if stem == "conv" else stem)
        assert word in text, f"docs/numerics.md says nothing of {name}"
