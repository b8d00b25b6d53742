"""What exists, over the wire: masks, diagnostics pulled and pushed, fixes, hover, and the index they need."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
from lsprotocol import types

from callwright_server.lsp.diagnostics import PAUSE

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

FILE = "import toys\ncube = toys.Cube(1, color='red')\n"
WRONG = f"{FILE}'😀'; cube.scaled(2)\ntoys.volumes(cube)\n"
TASK = "# Natural language fill-mask\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def grounded(
    make_editor, tiny_bundle, toys: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator:
    """A server that has just indexed a tiny environment, for a client that takes what is pushed."""
    home = tmp_path_factory.mktemp("home")
    editor = make_editor()
    editor.settings = {
        "bundle": str(tiny_bundle.path),
        "grounding": {"python": str(toys)},
        "inline": {"minimumConfidence": 0.0},
        "pace": {"timeBudget": 60_000},
    }
    await editor.start(editor.settings, CALLWRIGHT_HOME=str(home))
    await editor.ready()
    uri = editor.open(WRONG)
    await editor.until(lambda: editor.pushed, 240)
    editor.index = home / "index"
    editor.wrong = uri
    yield editor
    assert await editor.stop() == 0


def pull(editor, uri: str, before: str | None = None):
    document = types.TextDocumentIdentifier(uri)
    return editor.client.text_document_diagnostic_async(
        types.DocumentDiagnosticParams(document, previous_result_id=before)
    )


def latest(editor, uri: str) -> Sequence[types.Diagnostic] | None:
    """What was pushed last for a document; what was pushed for others meanwhile does not matter."""
    return next((item.diagnostics for item in reversed(editor.pushed) if item.uri == uri), None)


async def test_a_missing_index_is_built_once_and_what_it_shows_is_pushed(grounded):
    assert any(file.name.startswith("toys-1.0") for file in grounded.index.iterdir())
    pushed = next(item for item in grounded.pushed if item.uri == grounded.wrong)
    assert [item.message.partition(";")[0] for item in pushed.diagnostics] == [
        "Cube has no attribute 'scaled'",
        "toys has no attribute 'volumes'",
    ]
    assert {item.source for item in pushed.diagnostics} == {"callwright"}
    assert {item.code for item in pushed.diagnostics} == {"attribute"}


async def test_pulled_diagnostics_count_as_the_client_counts(grounded):
    report = await pull(grounded, grounded.wrong)
    first = report.items[0]
    assert (first.range.start, first.range.end) == (types.Position(2, 11), types.Position(2, 17))
    assert first.severity is types.DiagnosticSeverity.Error
    again = await pull(grounded, grounded.wrong, report.result_id)
    assert again.kind == "unchanged"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
async def test_a_fix_puts_the_nearest_name_in(grounded, accept, newline):
    source = WRONG.replace("\n", newline)
    uri = grounded.open(source)
    [diagnostic, _] = (await pull(grounded, uri)).items
    context = types.CodeActionContext([diagnostic])
    params = types.CodeActionParams(types.TextDocumentIdentifier(uri), diagnostic.range, context)
    [action] = await grounded.client.text_document_code_action_async(params)
    [edit] = action.edit.changes[uri]
    assert action.kind == types.CodeActionKind.QuickFix
    assert "cube.scale(2)" in accept(source, edit.range, edit.new_text)


async def test_what_is_mended_is_taken_back(grounded):
    uri = grounded.open(f"{FILE}cube.scaled(2)\n")
    await grounded.until(lambda: latest(grounded, uri))
    grounded.change(uri, types.Range(types.Position(2, 10), types.Position(2, 11)), "")
    await grounded.until(lambda: not latest(grounded, uri))
    assert not (await pull(grounded, uri)).items


async def test_a_change_meanwhile_is_checked_instead(grounded):
    for _ in range(10):  # a check may end before the change is heard of
        uri = grounded.open(f"{FILE}x = 1\n" + "y = cube.side\n" * 2000)
        running = asyncio.ensure_future(pull(grounded, uri))
        await asyncio.sleep(0)  # it is sent
        grounded.change(uri, types.Range(types.Position(2, 0), types.Position(2, 5)), "toys.spheres")
        if found := (await running).items:
            break
    # Where the check was quicker every time, the next one has to know of the change.
    [only] = found or (await pull(grounded, uri)).items
    assert "spheres" in only.message


async def test_a_pull_is_answered_once_the_typing_rests(grounded):
    uri = grounded.open(f"{FILE}cube.scaled(2)\n")
    began = time.monotonic()
    grounded.change(uri, types.Range(types.Position(2, 10), types.Position(2, 11)), "")
    assert not (await pull(grounded, uri)).items
    assert time.monotonic() - began >= PAUSE


async def test_a_buffer_that_does_not_parse_has_none(grounded):
    assert not (await pull(grounded, grounded.open(f"{FILE}cube.scaled(\n"))).items


async def test_a_file_that_is_no_python_has_none(grounded):
    assert not (await pull(grounded, grounded.open(WRONG, language="toml"))).items


@pytest.mark.parametrize("head", ["y = toys.", "y = toys.vol", "z = cube.sc"])
async def test_no_ghost_names_what_does_not_exist(grounded, head):
    """The tiny model knows nothing: what it may not write it would write, and then nothing is shown."""
    for text in await grounded.ghosts(f"{FILE}{head}‸", invoked=True):
        assert not (await pull(grounded, grounded.open(text))).items
    assert grounded.silence or grounded.statuses[-1].latencyMs


@pytest.mark.parametrize(
    "mark", ["pipe‸line('fill-mask', model='org/base-uncased')", "load('org/base-un‸cased')"]
)
async def test_hover_explains_a_call_and_its_id(grounded, mark, place):
    source = f"from transformers import pipeline\nx = '😀', {mark}\n"
    uri = grounded.open(source)
    params = types.HoverParams(types.TextDocumentIdentifier(uri), place(source))
    found = await grounded.client.text_document_hover_async(params)
    assert found.contents.kind is types.MarkupKind.Markdown
    assert "Natural Language Processing Fill-Mask" in found.contents.value
    assert found.range.start.character in (10, 16)


async def test_hover_says_nothing_where_there_is_nothing(grounded):
    params = types.HoverParams(types.TextDocumentIdentifier(grounded.open(FILE)), types.Position(0, 8))
    assert await grounded.client.text_document_hover_async(params) is None


async def test_off_by_setting(grounded, toys: Path):
    def said(found: bool) -> bool:
        return any(item.uri == grounded.wrong and bool(item.diagnostics) is found for item in grounded.pushed)

    grounded.pushed.clear()
    grounded.configure({**grounded.settings, "grounding": {"python": str(toys), "diagnostics": False}})
    await grounded.until(lambda: said(False))
    assert not (await pull(grounded, grounded.wrong)).items
    grounded.configure(grounded.settings)
    await grounded.until(lambda: said(True))


async def test_a_client_that_pulls_is_told_to_and_gets_nothing_pushed(
    make_editor, bundle_path: Path, toys: Path, grounded
):
    editor = make_editor()
    asked: list[object] = []
    editor.client.feature("workspace/diagnostic/refresh")(lambda params: editor._hear(asked, params))
    editor.can = types.ClientCapabilities(
        text_document=types.TextDocumentClientCapabilities(diagnostic=types.DiagnosticClientCapabilities()),
        workspace=types.WorkspaceClientCapabilities(
            diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
        ),
    )
    home = str(grounded.index.parent)
    await editor.start({"bundle": str(bundle_path), "grounding": {"python": str(toys)}}, CALLWRIGHT_HOME=home)
    uri = editor.open(WRONG)
    while not (await pull(editor, uri)).items:
        asked.clear()
        await editor.until(lambda: asked)
    editor.change(uri, types.Range(types.Position(0, 0), types.Position(0, 0)), "\n")
    await asyncio.sleep(2 * PAUSE)
    assert (await pull(editor, uri)).items
    assert not editor.pushed
    assert await editor.stop() == 0


async def test_an_interpreter_that_is_none_changes_nothing(make_editor, bundle_path: Path, tmp_path: Path):
    editor = make_editor()
    settings = {"bundle": str(bundle_path), "grounding": {"python": str(tmp_path)}}
    await editor.start(settings, CALLWRIGHT_HOME=str(tmp_path))
    await editor.ready()
    source = f"from transformers import pipeline\n{TASK}‸"
    assert await editor.ghosts(source)
    assert not (await pull(editor, editor.open(WRONG))).items
    assert await editor.stop() == 0


async def test_members_come_marked_and_in_front(grounded):
    items = (await grounded.menu(f"{FILE}y = cube.‸")).items
    assert {item.label for item in items} == {"★ scale", "★ side"}
    assert all(item.filter_text == item.text_edit.new_text and item.sort_text < "0" for item in items)
