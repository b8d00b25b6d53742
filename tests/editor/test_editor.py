"""The VS Code extension: unit tests, the real extension host, the packaged extension in a real browser."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "editor-extension"


@pytest.fixture(scope="module")
def host_tests(node: dict[str, str]) -> None:
    """The extension and its tests, built."""
    run(node, "node", "esbuild.mjs")
    run(node, "node", "esbuild.mjs", "--tests")


def run(tools: dict[str, str], *command: str, **more: str) -> str:
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **tools, **more}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_units(node: dict[str, str], host_tests: None) -> None:
    assert "fail 0" in run(node, "node", "--test", "dist-test/unit.cjs")


@pytest.mark.slow
def test_types(node: dict[str, str]) -> None:
    run(node, "node", "node_modules/typescript/bin/tsc", "--noEmit")


@pytest.mark.slow
def test_the_package_is_small(vsix: Path) -> None:
    assert vsix.stat().st_size < 1_000_000


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_inside_the_extension_host(vscode: dict[str, str], host_tests: None) -> None:
    assert " 0 failed" in run(vscode, "node", "test/host/run.mjs")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_inside_the_oldest_extension_host(
    vscode: dict[str, str], oldest_vscode: dict[str, str], host_tests: None
) -> None:
    assert " 0 failed" in run(vscode, "node", "test/host/run.mjs", **oldest_vscode)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_with_eyes_and_keys(vscode: dict[str, str], vsix: Path, tmp_path: Path) -> None:
    output = run(vscode, "node", "--test", "test/ui/all.test.mjs", VSIX=str(vsix), SCREENSHOTS=str(tmp_path))
    assert "fail 0" in output


@pytest.mark.slow
def test_the_settings_are_the_servers_own(node: dict[str, str]) -> None:
    settings = subprocess.run(
        [sys.executable, "-m", "callwright_server", "settings", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    done = subprocess.run(
        ["node", "scripts/settings.mjs", "--check"],
        cwd=ROOT, env={**os.environ, **node}, input=settings.stdout, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
