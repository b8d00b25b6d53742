"""An environment with odd files that changes under the server: the log says so, and the server goes on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from lsprotocol import types

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

ODD = {
    "undecodable.py": b"name = '\xff\xfe'\n",
    "unparsable.py": b"def f(:\n",
    "deep.py": b"x = " + b"(" * 5000 + b")" * 5000,
    "recursive.py": b"""
class A(B): ...
class B(A):
    itself: "B"
    def own(self) -> "B": return self.own()
class C(C):
    def own(self): return C.own
def f(): return g()
def g(): return f()
x = y
y = x
""",
    "generated.py": b"".join(
        b"def function_%d(argument_%d, other=None):\n    return argument_%d\n" % (i, i, i)
        for i in range(16_000)
    ),
}
SOURCE = """import undecodable, unparsable, deep, recursive, generated, late
undecodable.name, unparsable.f(), deep.x
recursive.A().own().itself.own().any, recursive.C().own().any, recursive.f().any, recursive.x.any
generated.function_15999(1, other=2)
generated.function_16000(1)
late.before()
"""


def install(folder: Path, version: str, files: dict[str, bytes]) -> None:
    """Put a distribution of some modules into an environment, in the place of an older one."""
    site = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    name = next(iter(files)).removesuffix(".py")
    for old in site.glob(f"{name}-*.dist-info"):
        old.rename(folder / old.name)
    information = site / f"{name}-{version}.dist-info"
    information.mkdir(parents=True)
    for file, content in files.items():
        (site / file).write_bytes(content)
    (information / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
    record = "".join(f"{file},sha256=x,{len(content)}\n" for file, content in files.items())
    (information / "RECORD").write_text(record)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment's folder in which odd files are installed."""
    folder = tmp_path_factory.mktemp("odd") / "env"
    install(folder, "1.0", ODD)
    install(folder, "1.0", {"late.py": b"def before(): ...\n"})
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}.0"
    (folder / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).parent}\nversion = {version}\n")
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def odd(make_editor, tiny_bundle, environment: Path, tmp_path_factory) -> AsyncIterator:
    editor = make_editor()
    settings = {"bundle": str(tiny_bundle.path), "grounding": {"python": str(environment)}}
    await editor.start(settings, CALLWRIGHT_HOME=str(tmp_path_factory.mktemp("home")))
    await editor.ready()
    editor.uri = editor.open(SOURCE)
    await editor.until(lambda: editor.pushed, 240)
    yield editor
    assert await editor.stop() == 0


async def wrong(editor) -> list[tuple[int, str]]:
    params = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(editor.uri))
    items = (await editor.client.text_document_diagnostic_async(params)).items
    return [(item.range.start.line, str(item.code)) for item in items]


async def test_odd_files_are_open_and_the_log_says_so(odd):
    assert await wrong(odd) == [(4, "attribute")]
    logged = ""
    for module in ("undecodable", "unparsable", "deep"):
        while f"Module {module}: cannot be " not in logged:
            logged += (await asyncio.wait_for(odd.server.stderr.readline(), 120)).decode()
    assert (await odd.menu(f"{SOURCE}x = generated.function_1599‸")).items


async def test_an_upgrade_under_the_server_is_noticed(odd, environment: Path):
    install(environment, "2.0", {"late.py": b"def after(): ...\n"})
    for _ in range(120):  # the server looks at most every ten seconds, when something is saved
        odd.client.text_document_did_save(
            types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(odd.uri))
        )
        if len(found := await wrong(odd)) > 1:
            break
        await asyncio.sleep(1)
    assert found == [(4, "attribute"), (5, "attribute")]
