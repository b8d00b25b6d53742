"""What the server keeps of its suggestions, over the wire."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lsprotocol import types

TASK = "# Natural language fill-mask\n"


async def execute(editor, command: str, *arguments: object) -> object:
    params = types.ExecuteCommandParams(command, list(arguments))
    return await editor.client.workspace_execute_command_async(params)


async def take(editor) -> str:
    """Accept one suggestion; the page of statistics after that."""
    uri = editor.open(TASK)
    await editor.ready()
    end = types.Position(1, 0)
    [item, *_] = await editor.client.text_document_inline_completion_async(editor.inline(uri, end))
    editor.change(uri, item.range, item.insert_text)
    return str(await execute(editor, "callwright.outcomes.statistics"))


@pytest.mark.slow
async def test_an_accepted_call_is_counted_exported_and_erased(
    start_editor, bundle_path: Path, tmp_path: Path
) -> None:
    editor = await start_editor({"bundle": str(bundle_path)}, CALLWRIGHT_HOME=str(tmp_path))
    page = await take(editor)
    assert "accepted: 1 (100%)" in page
    assert await execute(editor, "callwright.outcomes.export", str(tmp_path / "records.jsonl")) == 1
    record = json.loads((tmp_path / "records.jsonl").read_text())
    assert record["instruction"] == "Natural language fill-mask"
    assert await execute(editor, "callwright.outcomes.erase") == 1
    assert not (tmp_path / "outcomes.sqlite").exists()
    assert await editor.stop() == 0


@pytest.mark.slow
async def test_nothing_is_kept_when_the_setting_says_so(
    start_editor, bundle_path: Path, tmp_path: Path
) -> None:
    settings = {"bundle": str(bundle_path), "recordOutcomes": False}
    editor = await start_editor(settings, CALLWRIGHT_HOME=str(tmp_path))
    assert "Nothing has been recorded" in await take(editor)
    assert await editor.stop() == 0
