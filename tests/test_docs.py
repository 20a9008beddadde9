"""What the documents say is what happens: examples run, names exist, variables are read somewhere."""

import dataclasses
import re
import warnings
from pathlib import Path

import pytest

import qframe
from qframe import native, plugin
from qframe.engines import OPS
from qframe.testing import EngineSuite

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
GUIDES = [
    *DOCUMENTS,
    ROOT / "CONTRIBUTING.md",
    *ROOT.glob("plugins/*/README.md"),
    *ROOT.glob("examples/*/README.md"),
]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
#: A block that is a part of a file, whose path stands behind the language.
EXCERPT = re.compile(r"^```\w+ (\S+)\n(.*?)^```", re.DOTALL | re.MULTILINE)

WITH_EXAMPLES = [path for path in DOCUMENTS if BLOCK.search(path.read_text())]
EXCERPTS = [(path.name, *found) for path in DOCUMENTS for found in EXCERPT.findall(path.read_text())]


@pytest.fixture(autouse=True)
def ops_of_examples_go_again():
    before = dict(OPS)
    yield
    for name in OPS.keys() - before:
        del OPS[name]


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda p: p.name)
def test_examples_run(path):
    """In the order of the document; each may use what those before it have defined."""
    namespace = {"__name__": "example"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number, source in enumerate(BLOCK.findall(path.read_text())):
            exec(compile(source, f"{path.name}[{number}]", "exec"), namespace)


@pytest.mark.parametrize(("document", "path", "text"), EXCERPTS)
def test_excerpts_are_what_the_file_says(document, path, text):
    assert text in (ROOT / path).read_text(), f"{document} quotes {path}"


def test_the_tutorial_quotes_every_kind_of_file_of_the_template():
    quoted = {path for document, path, _ in EXCERPTS if document == "tutorial.md"}
    assert {Path(path).suffix for path in quoted} == {".toml", ".py", ".c"}
    assert len(quoted) >= 6


@pytest.mark.parametrize("path", GUIDES, ids=lambda p: str(p.relative_to(ROOT)))
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


def words_in(*documents):
    """Everything between back quotes."""
    return {word for name in documents for word in re.findall(r"`([^`\n]+)`", (ROOT / name).read_text())}


def test_every_test_of_the_conformance_suite_is_explained():
    table = re.findall(r"^\| `(test_\w+)` \|", (ROOT / "docs/plugins/testing.md").read_text(), re.MULTILINE)
    assert sorted(table) == sorted(name for name in dir(EngineSuite) if name.startswith("test_"))


def test_every_name_for_plugin_authors_is_listed():
    words = words_in("docs/plugins/hooks.md")
    assert set(plugin.__all__) <= words
    assert {field.name for field in dataclasses.fields(plugin.Engine)} <= words


def test_every_name_of_the_native_layer_is_listed():
    assert set(native.__all__) <= words_in("docs/plugins/native.md")


def test_every_packing_op_and_every_header_is_listed():
    text = " ".join(words_in("docs/plugins/packing.md"))
    assert [name for name, op in OPS.items() if op.packs and not re.search(rf"\b{name}\b", text)] == []
    headers = {f"qframe/{path.name}" for path in Path(qframe.get_include(), "qframe").glob("*.h")}
    assert headers <= words_in("docs/plugins/packing.md")


def test_every_op_has_a_line_in_the_numerics():
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
