"""The server as a process, spoken to by a real client; one for all tests here."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

pytestmark = pytest.mark.asyncio(loop_scope="module")

TASK = "# Natural language fill-mask\n"
FROM = "from transformers import pipeline\n"
CALL = "pipe = pipeline('fill-mask', model='org/base-uncased')"
FREE = {"minimumConfidence": 0.0, "maxTokens": 900}


async def test_it_says_what_it_can(editor):
    capabilities = editor.capabilities
    assert capabilities.inline_completion_provider
    assert capabilities.completion_provider.trigger_characters
    assert capabilities.text_document_sync.change is types.TextDocumentSyncKind.Incremental


async def test_loading_is_reported(editor):
    assert [editor.progress[0]["kind"], editor.progress[-1]["kind"]] == ["begin", "end"]
    assert editor.statuses[0].state == "loading"
    assert editor.statuses[-1].message.startswith("bundle ")


@pytest.mark.parametrize(
    ("source", "becomes"),
    [
        (f"{TASK}‸", f"{TASK}{FROM}{CALL}"),
        (
            f"{FROM}😀 = '𝔘'\n{TASK}p, q = '😀', pipeline('‸')",
            f"{FROM}😀 = '𝔘'\n{TASK}p, q = '😀', {CALL[7:]}",
        ),
        (f"{FROM}def f():\n\t{TASK}\t‸", f"{FROM}def f():\n\t{TASK}\t{CALL}"),
        (f"{FROM}{TASK}‸".replace("\n", "\r\n"), f"{FROM}{TASK}{CALL}".replace("\n", "\r\n")),
        (f"{FROM}\x0c\n{TASK}‸", f"{FROM}\x0c\n{TASK}{CALL}"),
    ],
)
async def test_ghost_text(editor, source, becomes):
    assert (await editor.ghosts(source))[0] == becomes
    assert editor.statuses[-1].latencyMs > 0


async def test_the_position_may_be_beyond_the_text(editor):
    uri = editor.open(f"{FROM}{TASK}")
    params = editor.inline(uri, types.Position(99, 99))
    [item, *_] = await editor.client.text_document_inline_completion_async(params)
    assert item.insert_text == CALL


async def test_silence_has_a_reason(editor):
    assert await editor.ghosts("x = 'in a string‸") == []
    assert "inside a string" in editor.silence


async def test_doubtful_candidates_come_only_when_asked_for(editor):
    vague = f"{FROM}# Classification of some kind of thing or other\n‸"
    assert await editor.ghosts(vague) == []
    assert "below the threshold" in editor.silence
    assert await editor.ghosts(vague, invoked=True)


async def test_the_menu(editor):
    found = await editor.menu(f'"""Doc."""\n{TASK}‸')
    item = found.items[0]
    assert item.label == CALL.removeprefix("pipe = ")
    assert item.label_details.description == "Callwright"
    assert item.detail == "Natural Language Processing Fill-Mask"
    assert "fill-mask" in item.documentation.value
    assert item.text_edit.new_text == item.filter_text == CALL
    [edit] = item.additional_text_edits
    assert (edit.range.start.line, edit.new_text) == (1, FROM)
    assert [item.sort_text for item in found.items] == sorted(item.sort_text for item in found.items)


async def test_the_menu_inside_a_string(editor):
    found = await editor.menu(f'{FROM}{TASK}p = pipeline("fi‸")')
    assert found.items[0].text_edit.new_text == '"fill-mask", model="org/base-uncased")'
    assert found.items[0].text_edit.range == types.Range(types.Position(2, 13), types.Position(2, 18))


async def test_changes_reach_the_server(editor):
    uri = editor.open(f"{FROM}# 😀 nothing\n")
    editor.change(uri, types.Range(types.Position(1, 2), types.Position(1, 12)), TASK[2:-1])
    assert await editor.ghosts_at(uri, f"{FROM}{TASK}‸") == [f"{FROM}{TASK}{CALL}"]


async def test_an_unknown_document_and_another_language_get_nothing(editor):
    params = editor.inline("file:///never/opened.py", types.Position(0, 0))
    assert await editor.client.text_document_inline_completion_async(params) == []
    assert await editor.ghosts(f"{TASK}‸", language="toml") == []


async def test_five_megabytes(editor):
    line = "value_of_something = compute(value, 'text', [1, 2, 3])\n"
    head = FROM + line * (5_000_000 // len(line))
    uri = editor.open(f"{head}{TASK}")
    lines = head.count("\n") + 1
    assert await editor.ghosts_at(uri, f"{head}{TASK}‸") == [f"{head}{TASK}{CALL}"]
    began = time.monotonic()
    for column, key in enumerate("pip"):
        at = types.Position(lines, column)
        editor.change(uri, types.Range(at, at), key)
    [found] = await editor.ghosts_at(uri, f"{head}{TASK}pip‸")
    assert found.endswith(CALL)
    assert time.monotonic() - began < 10  # a pass over the whole document for each would take minutes


async def test_cancelled_requests_free_the_model(editor):
    editor.configure({"bundle": editor.bundle, "inline": FREE})
    for attempt in range(8):  # other processes may take the cores for a while
        whole = await _seconds(editor.ghosts(f"whole_{attempt} = ‸"))
        if await _seconds(_cancel_six(editor, whole, f"{attempt}.")) < 4 * whole:
            return
    pytest.fail("cancelled requests take the model's time")


async def _seconds(work):
    began = time.monotonic()
    await work
    return time.monotonic() - began


async def _cancel_six(editor, whole, names):
    for number in range(6):
        params = editor.inline(editor.open(f"name_{number} = "), types.Position(0, 9))
        request = editor.client.protocol.send_request_async(
            types.TEXT_DOCUMENT_INLINE_COMPLETION, params, msg_id=f"cancelled {names}{number}"
        )
        running = asyncio.ensure_future(request)
        await asyncio.sleep(whole / 10)
        editor.client.cancel_request(types.CancelParams(f"cancelled {names}{number}"))
        with pytest.raises(JsonRpcException, match="cancel"):
            await running
    await editor.ghosts("last = ‸")


async def test_a_newer_request_ends_the_older_one(editor):
    editor.configure({"bundle": editor.bundle, "inline": FREE})
    uri = editor.open("one = \ntwo = \n")
    older = asyncio.ensure_future(
        editor.client.text_document_inline_completion_async(editor.inline(uri, types.Position(0, 6)))
    )
    await asyncio.sleep(0.05)
    newer = editor.client.text_document_inline_completion_async(editor.inline(uri, types.Position(1, 6)))
    assert await older == []
    await newer


async def test_the_time_budget_ends_a_request(editor):
    editor.configure({"bundle": editor.bundle, "inline": FREE, "pace": {"timeBudget": 20}})
    assert await editor.ghosts("budget = ‸") == []
    assert editor.silence == "there was no time"


async def test_wrong_settings_are_named_once_and_the_rest_is_used(editor):
    wrong = {"bundle": editor.bundle, "inline": {"maxTokens": "many", "imports": False}, "colour": "red"}
    editor.messages.clear()
    editor.configure({"callwright": wrong})
    editor.configure({"callwright": wrong})
    assert await editor.ghosts(f"{TASK}‸") == [f"{TASK}{CALL}"]
    assert len(editor.messages) == 2
    assert "callwright.inline.maxTokens" in editor.messages[0]
    assert "callwright.colour" in editor.messages[1]


async def test_switched_off(editor):
    editor.configure({"enabled": False})
    assert await editor.ghosts(f"{TASK}‸") == []
    assert editor.statuses[-1].state == "off"
    editor.configure({"bundle": editor.bundle})
    await editor.ready()
    assert await editor.ghosts(f"{FROM}{TASK}‸") == [f"{FROM}{TASK}{CALL}"]


async def test_only_when_asked_for(editor):
    editor.configure({"bundle": editor.bundle, "inline": {"automatic": False}})
    assert await editor.ghosts(f"{TASK}‸") == []
    assert await editor.ghosts(f"{TASK}‸", invoked=True)
    editor.configure({"bundle": editor.bundle})


async def test_our_own_messages(editor):
    uri = editor.open(f"{FROM}{TASK}")
    place = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": len(TASK) - 1}}
    [first, *_] = await editor.client.protocol.send_request_async("callwright/candidates", place)
    assert (first["call"], first["domain"]) == (CALL[7:], "Natural Language Processing Fill-Mask")
    assert first["text"] == f"\n{CALL}"
    command = types.ExecuteCommandParams("callwright.lastSuggestion")
    assert (await editor.client.workspace_execute_command_async(command))["api"] == CALL[7:]


async def test_a_script_begins_with_the_call_that_was_chosen(editor):
    uri = editor.open(f"{FROM}{TASK}")
    place = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": len(TASK) - 1}}

    async def script(call):
        params = {**place, "call": call, "workDoneToken": "script"}
        return await editor.client.protocol.send_request_async("callwright/script", params)

    [*_, last] = await editor.client.protocol.send_request_async("callwright/candidates", place)
    assert (await script(last["call"])).text.startswith(last["text"])
    assert await script("invented()") is None


async def test_the_server_tells_how_it_answered_and_no_text(editor):
    command = types.ExecuteCommandParams("callwright.timings")
    uri = editor.open(f"{FROM}{TASK}")
    for _ in range(2):
        await editor.ghosts_at(uri, f"{FROM}{TASK}‸")
    rows = await editor.client.workspace_execute_command_async(command)
    last = rows[-1]
    assert (last["kind"], last["how"], last["shown"]) == ("inline", "known", 1)
    assert last["took_ms"] >= 0
    assert all(set(row) == {"kind", "how", "shown", "took_ms"} for row in rows)


async def test_nonsense_does_not_end_the_server(editor):
    # pygls cannot answer what it cannot read; the server must survive it.
    editor.client.protocol.send_request("textDocument/inlineCompletion", {"position": 3})
    with pytest.raises(JsonRpcException):
        await editor.client.protocol.send_request_async("callwright/unheard-of", {})
    assert await editor.ghosts(f"{FROM}{TASK}‸") == [f"{FROM}{TASK}{CALL}"]


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
async def test_the_models_threads_give_way_to_the_editor_and_the_event_loop_does_not(editor):
    assert await editor.ghosts(f"{FROM}{TASK}‸")
    threads = [int(folder.name) for folder in Path(f"/proc/{editor.server.pid}/task").iterdir()]
    niceness = {thread: os.getpriority(os.PRIO_PROCESS, thread) for thread in threads}
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    assert niceness[editor.server.pid] == usual
    behind = [thread for thread in threads if niceness[thread] > usual]
    assert len(behind) >= 2, "one loads, the other suggests"
    assert {os.sched_getscheduler(thread) for thread in behind} == {os.SCHED_BATCH}


async def test_torch_is_not_in_the_process(editor):
    maps = Path(f"/proc/{editor.server.pid}/maps")
    if not maps.exists():
        pytest.skip("no /proc here")
    loaded = maps.read_text()
    assert "onnxruntime" in loaded
    assert "libtorch" not in loaded
