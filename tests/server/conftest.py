"""A language server as editors see it: a process, a pipe, a buffer with a cursor."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_server.bundle import Bundle
from callwright_server.suggest.document import Document
from callwright_server.suggest.installed import Installed, look, open_environment
from callwright_server.suggest.lexical import LexicalChooser
from callwright_server.suggest.shelf import Shelf
from callwright_server.suggest.suggester import Suggester

MARK = "‸"


def unmark(source: str) -> tuple[str, int]:
    """Text and offset of a source with a cursor mark."""
    assert source.count(MARK) == 1
    offset = source.index(MARK)
    return source.replace(MARK, ""), offset


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def place_of(source: str) -> types.Position:
    """The client's position of the mark."""
    lines = source[: source.index(MARK)].replace("\r\n", "\n").split("\n")
    return types.Position(len(lines) - 1, utf16(lines[-1]))


def without_index(settings: object) -> object:
    """Settings with grounding off unless they speak of it: indexing all of the tests' packages takes long."""
    if not isinstance(settings, dict) or "grounding" in settings:
        return settings
    inner = settings.get("callwright")
    if isinstance(inner, dict):
        return {**settings, "callwright": without_index(inner)}
    return {**settings, "grounding": {"enabled": False}}


class Editor:
    """Opens marked sources and asks for suggestions at the mark."""

    def __init__(self) -> None:
        self.client = LanguageClient("tests", "1")
        self.messages: list[str] = []
        self.statuses: list[Any] = []
        self.progress: list[Any] = []
        self.bundle = ""
        self.capabilities: types.ServerCapabilities | None = None
        self.can: types.ClientCapabilities | None = None
        self.folders: list[Path] = []
        self.pushed: list[types.PublishDiagnosticsParams] = []
        self._heard = asyncio.Event()
        self._opened = 0
        self.client.feature("textDocument/publishDiagnostics")(lambda params: self._hear(self.pushed, params))
        self.client.feature("window/showMessage")(lambda params: self._hear(self.messages, params.message))
        self.client.feature("callwright/status")(lambda params: self._hear(self.statuses, params))
        self.client.feature("$/progress")(lambda params: self._hear(self.progress, params.value))
        self.client.feature("window/workDoneProgress/create")(lambda params: None)

    def _hear(self, where: list[Any], what: Any) -> None:
        where.append(what)
        self._heard.set()

    async def start(self, options: object = None, **environment: str) -> types.InitializeResult:
        import os

        await self.client.start_io(
            sys.executable, "-m", "callwright_server", "serve", env={**os.environ, **environment}
        )
        window = types.WindowClientCapabilities(work_done_progress=True)
        result = await self.client.initialize_async(
            types.InitializeParams(
                capabilities=self.can or types.ClientCapabilities(window=window),
                initialization_options=without_index(options),
                workspace_folders=[types.WorkspaceFolder(folder.as_uri(), "") for folder in self.folders],
            )
        )
        self.client.initialized(types.InitializedParams())
        return result

    @property
    def server(self) -> asyncio.subprocess.Process:
        assert self.client._server is not None
        return self.client._server

    async def until(self, holds: Callable[[], object], seconds: float = 120) -> None:
        """Wait until something that the server says makes a condition true."""
        deadline = time.monotonic() + seconds
        while not holds():
            self._heard.clear()
            await asyncio.wait_for(self._heard.wait(), deadline - time.monotonic())

    async def ready(self) -> None:
        await self.until(lambda: self.statuses and self.statuses[-1].state == "ready")

    @property
    def silence(self) -> str:
        return str(self.statuses[-1].silence)

    def open(self, source: str, language: str = "python", uri: str = "") -> str:
        self._opened += 1
        uri = uri or f"file:///tests/{self._opened}.py"
        item = types.TextDocumentItem(uri, language, 1, source.replace(MARK, ""))
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, span: types.Range, text: str) -> None:
        change = types.TextDocumentContentChangePartial(span, text)
        document = types.VersionedTextDocumentIdentifier(2, uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def inline(
        self, uri: str, position: types.Position, *, invoked: bool = False
    ) -> types.InlineCompletionParams:
        kind = types.InlineCompletionTriggerKind
        context = types.InlineCompletionContext(kind.Invoked if invoked else kind.Automatic)
        return types.InlineCompletionParams(context, types.TextDocumentIdentifier(uri), position)

    async def ghosts(self, source: str, *, invoked: bool = False, language: str = "python") -> list[str]:
        """The whole document after accepting each text that is offered at the mark."""
        uri = self.open(source, language)
        return await self.ghosts_at(uri, source, invoked=invoked)

    async def ghosts_at(self, uri: str, source: str, *, invoked: bool = False) -> list[str]:
        params = self.inline(uri, place_of(source), invoked=invoked)
        items = await self.client.text_document_inline_completion_async(params)
        text = source.replace(MARK, "")
        return [accepted(text, item.range, item.insert_text) for item in items]

    async def menu(self, source: str, uri: str = "") -> types.CompletionList:
        uri = uri or self.open(source)
        params = types.CompletionParams(types.TextDocumentIdentifier(uri), place_of(source))
        return await self.client.text_document_completion_async(params)

    def configure(self, settings: object) -> None:
        self.client.workspace_did_change_configuration(
            types.DidChangeConfigurationParams(without_index(settings))
        )

    async def stop(self) -> int:
        if self.server.returncode is None:
            await self.client.shutdown_async(None)
            self.client.exit(None)
        return await asyncio.wait_for(self.server.wait(), 10)


def accepted(text: str, span: types.Range, insert: str) -> str:
    """The text with an edit in it, as a client that counts UTF-16 units applies it."""
    lines = text.split("\n")

    def offset(place: types.Position) -> int:
        before = lines[place.line].encode("utf-16-le")[: 2 * place.character].decode("utf-16-le")
        return sum(len(line) + 1 for line in lines[: place.line]) + len(before)

    return text[: offset(span.start)] + insert + text[offset(span.end) :]


@pytest.fixture(scope="session")
def make_editor() -> type[Editor]:
    """An editor that is still to be started."""
    return Editor


@pytest.fixture(scope="session")
def accept() -> Callable[[str, types.Range, str], str]:
    return accepted


@pytest.fixture(scope="session")
def place() -> Callable[[str], types.Position]:
    return place_of


@pytest.fixture
def start_editor() -> Callable[..., Awaitable[Editor]]:
    """Starts a server of the test's own; for what cannot share one."""

    async def start(options: object = None, **environment: str) -> Editor:
        editor = Editor()
        await editor.start(options, **environment)
        return editor

    return start


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def editor(tiny_bundle: Bundle) -> AsyncIterator[Editor]:
    """One server on the tiny bundle for all tests of a module."""
    editor = Editor()
    editor.bundle = str(tiny_bundle.path)
    editor.capabilities = (await editor.start({"bundle": editor.bundle})).capabilities
    await editor.ready()
    yield editor
    assert await editor.stop() == 0


HUB = "torch.hub.load(repo_or_dir='org/vision', model='resnet', pretrained=True)"
CALLS = [
    ("Text Classification", "pipeline('text-classification', model='org/reviews')", "sentiment of reviews"),
    ("Text Classification", "pipeline('text-classification', model='org/spam')", "spam in mail"),
    ("Object Detection", "pipeline('object-detection', model='org/boxes')", "objects in an image"),
    ("Fill-Mask", "AutoModel.from_pretrained('org/base')", "fill a blank in a sentence"),
    ("Fill-Mask", "AutoModel.from_pretrained('other/large')", "fill a blank in a French sentence"),
    ("Sentence Similarity", "SentenceTransformer('org/sentences')", "embed sentences for search"),
    ("Image Classification", HUB, "kind of an image"),
    ("Image Classification", "hub.load('https://example.org/net/1')", "plants in a photo"),
    ("Broken", "AutoModel.from_pretrained(MODEL_ID)", "a call that would not run"),
]  # fmt: skip
IMPORTS = {
    "pipeline": "from transformers import pipeline",
    "AutoModel": "from transformers import AutoModel",
    "SentenceTransformer": "from sentence_transformers import SentenceTransformer",
    "torch": "import torch",
    "hub": "import tensorflow_hub as hub",
}


@pytest.fixture(scope="session")
def entries() -> list[CatalogueEntry]:
    return [
        CatalogueEntry(
            name=call.split("'")[-2] if "'" in call else call,
            call=call,
            domain=domain,
            description=description,
            imports=(IMPORTS[call.partition(".")[0].partition("(")[0]],),
        )
        for domain, call, description in CALLS
    ]


@pytest.fixture(scope="session")
def shelf(entries: Iterable[CatalogueEntry]) -> Shelf:
    return Shelf(Catalogue(entries))


@pytest.fixture
def suggester(shelf: Shelf) -> Suggester:
    """Chooses among nine calls by words; no model."""
    return Suggester(shelf=shelf, chooser=LexicalChooser(shelf.entries))


@pytest.fixture
def completed(suggester: Suggester) -> Callable[[str], list[str]]:
    """The documents that accepting each shown suggestion at the mark would give."""

    def complete(source: str) -> list[str]:
        text, offset = unmark(source)
        answer = suggester.suggest(Document(text), offset, stop=lambda: False)
        assert answer.shown or answer.reason
        return [text[: item.start] + item.text + text[item.end :] for item in answer.shown]

    return complete


@pytest.fixture
def bundle_path(tiny_bundle: Bundle) -> Path:
    return tiny_bundle.path


TOYS = """
__all__ = ["Cube", "volume"]
class Cube:
    def __init__(self, side: float, *, color: str = "red"):
        self.side = side
    def scale(self, factor: float) -> "Cube":
        return Cube(self.side * factor)
def volume(cube: Cube) -> float:
    return cube.side ** 3
"""


@pytest.fixture(scope="session")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment's folder in which one small distribution is installed."""
    folder = tmp_path_factory.mktemp("toys") / "env"
    site = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    information = site / "toys-1.0.dist-info"
    information.mkdir(parents=True)
    (site / "toys.py").write_text(TOYS)
    (information / "METADATA").write_text("Name: toys\nVersion: 1.0\n")
    (information / "RECORD").write_text(f"toys.py,sha256=x,{len(TOYS)}\n")
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}.0"
    (folder / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).parent}\nversion = {version}\n")
    return folder


@pytest.fixture(scope="module")
def toys_installed(toys: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """What the small environment has. No index: so little is read from its files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALLWRIGHT_HOME", str(tmp_path_factory.mktemp("home")))
        interpreter, whole = look(str(toys), [])
        assert not whole
        return Installed(open_environment(interpreter, []))
