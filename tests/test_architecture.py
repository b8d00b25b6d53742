"""The arrows of docs/architecture.md, and what is absent on purpose."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOMES = {
    "callwright_grounding": ROOT / "server",
    "callwright_plugins": ROOT / "plugins",
    "callwright_server": ROOT / "server",
    "callwright_training": ROOT / "training",
}
ORDER = list(HOMES)
"""Each may import those before it, never those after it."""

ABSENT_BELOW_TRAINING = ("torch", "transformers", "trl", "peft", "accelerate", "datasets")
LSP = ("pygls", "lsprotocol")


def modules() -> Iterator[tuple[str, Path]]:
    for package, home in HOMES.items():
        for path in sorted((home / package).rglob("*.py")):
            parts = path.relative_to(home).with_suffix("").parts
            yield ".".join(parts), path


MODULES = dict(modules())


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Absolute names of what a module imports, also inside functions, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith("import_module")
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value), node.lineno


def offences(module: str, path: Path) -> Iterator[str]:
    package = module.partition(".")[0]
    for name, line in imports(path):
        root = name.partition(".")[0]
        where = f"{path.relative_to(ROOT)}:{line}: imports {name}"
        if root in ORDER and ORDER.index(root) > ORDER.index(package):
            yield f"{where}, against the arrows"
        if package != "callwright_training" and root in ABSENT_BELOW_TRAINING:
            yield f"{where}, which belongs to training"
        if root in LSP and not module.startswith("callwright_server.lsp"):
            yield f"{where}; only callwright_server.lsp knows the protocol"
        if package == "callwright_grounding" and root == "onnxruntime":
            yield f"{where}; grounding knows no model"
        if module.startswith("callwright_server.engine") and name.startswith(
            ("callwright_server.suggest", "callwright_server.lsp", "callwright_server.settings")
        ):
            yield f"{where}; the engine knows no document and no editor"
        if module.startswith("callwright_server.suggest") and name.startswith("callwright_server.lsp"):
            yield f"{where}; suggesting knows no editor"


@pytest.mark.parametrize("module", MODULES)
def test_arrows(module: str) -> None:
    assert list(offences(module, MODULES[module])) == []


def test_the_test_itself_bites(tmp_path: Path) -> None:
    wrong = ROOT / "tests" / "never_written.py"
    source = "import torch\nimport pygls.workspace\ndef f():\n    from callwright_training import cli\n"
    file = tmp_path / "wrong.py"
    file.write_text(source)
    found = [name.partition(".")[0] for name, _ in imports(file)]
    assert found == ["torch", "pygls", "callwright_training"]
    assert not wrong.exists()


def test_top_level_folders_are_no_packages() -> None:
    for folder in ("server", "training", "plugins", "tests"):
        assert not (ROOT / folder / "__init__.py").exists()


@pytest.mark.parametrize("command", ["callwright_server.cli", "callwright_training.cli"])
def test_nothing_heavy_is_imported_for_the_help_page(command: str) -> None:
    heavy = ("torch", "transformers", "onnxruntime", "numpy", "pydantic", "rich", "pygls", "tokenizers")
    code = (
        f"import sys, {command} as cli\n"
        "sys.argv = ['x', '--help']\n"
        "try: cli.main()\n"
        f"finally: print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_suggesting_needs_no_torch_and_no_editor() -> None:
    code = (
        "import sys, callwright_server.suggest.opening\n"
        "print([name for name in ('torch', 'transformers', 'pygls', 'lsprotocol') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
