"""Bundles that are missing, damaged, replaced; the end of the connection."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

import pytest

from callwright_server.bundle import MODEL

TASK = "from transformers import pipeline\n# Natural language fill-mask\n"
CALL = "pipe = pipeline('fill-mask', model='org/base-uncased')"


async def answers(editor):
    return await editor.ghosts(f"{TASK}‸") == [TASK + CALL]


async def test_a_missing_bundle_is_said_once_and_used_when_it_comes(start_editor, bundle_path, tmp_path):
    editor = await start_editor({}, CALLWRIGHT_HOME=str(tmp_path))
    await editor.until(lambda: editor.messages)
    assert not await answers(editor)
    assert not await answers(editor)
    assert editor.statuses[-1].state == "error"
    assert "rlaif-train export --default" in editor.silence
    shutil.copytree(bundle_path, tmp_path / "bundles" / "default")
    await editor.ready()
    assert await answers(editor)
    assert len(editor.messages) == 1
    assert await editor.stop() == 0


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "damage",
    ["altered", *(pytest.param(damage, marks=SLOW) for damage in ("truncated", "missing", "nonsense"))],
)
async def test_a_damaged_bundle_is_named_and_used_when_mended(start_editor, bundle_path, tmp_path, damage):
    bundle = shutil.copytree(bundle_path, tmp_path / "mine")
    model = bundle / MODEL
    whole = model.read_bytes()
    broken = {
        "truncated": whole[:-9],
        "altered": whole[:-1] + bytes([whole[-1] ^ 1]),
        "nonsense": b"nonsense",
    }
    model.unlink()
    if damage != "missing":
        model.write_bytes(broken[damage])
    editor = await start_editor({"bundle": str(bundle)})
    await editor.until(lambda: editor.messages)
    assert str(model) in editor.messages[0]
    assert not await answers(editor)
    model.write_bytes(whole)
    await editor.ready()
    assert await answers(editor)
    assert await editor.stop() == 0


@pytest.mark.slow
async def test_requests_before_the_model_is_there_are_answered_at_once(start_editor, bundle_path):
    editor = await start_editor({"bundle": str(bundle_path)})
    began = time.monotonic()
    await editor.ghosts(f"{TASK}‸")
    loaded = any(status.state == "ready" for status in editor.statuses)
    assert not loaded or time.monotonic() - began < 1
    await editor.ready()
    assert await answers(editor)
    assert await editor.stop() == 0


@pytest.mark.slow
async def test_settings_may_name_another_bundle(start_editor, bundle_path, tmp_path):
    editor = await start_editor({"bundle": str(tmp_path / "nowhere")})
    await editor.until(lambda: editor.messages)
    assert "nowhere" in editor.messages[0]
    editor.configure({"callwright": {"bundle": str(bundle_path)}})
    await editor.ready()
    assert await answers(editor)
    assert await editor.stop() == 0


async def test_the_server_ends_with_its_client(start_editor, bundle_path):
    editor = await start_editor({"bundle": str(bundle_path)})
    editor.server.stdin.close()
    await asyncio.wait_for(editor.server.wait(), 20)


@pytest.mark.slow
async def test_users_code_is_not_logged(start_editor, bundle_path: Path):
    editor = await start_editor({"bundle": str(bundle_path), "logLevel": "debug"})
    await editor.ready()
    await editor.ghosts("my_secret_name = ‸")
    await editor.stop()
    assert b"my_secret" not in await editor.server.stderr.read()
