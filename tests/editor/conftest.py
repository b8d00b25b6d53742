"""What the editor's tests need: Node, npm packages, a real VS Code, Chromium. Cached outside the repository.

Where one cannot be had the tests are skipped with the reason; in CI they fail instead.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from callwright_server.bundle import Bundle

ROOT = Path(__file__).parents[2] / "editor-extension"
CACHE = platformdirs.user_cache_path("callwright")
VSCODE = ("4.139.1", "24.19.0")
OLDEST_VSCODE = ("4.100.3", "22.20.0")
"""Versions of code-server, which carries VS Code, and of Node. The oldest is what `engines` names."""
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def missing(what: str, error: object) -> None:
    """Fail in CI, skip elsewhere."""
    reason = f"{what} cannot be had: {error}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def set_up_vscode(versions: tuple[str, str]) -> Path:
    """The folder with VS Code and Node, made once."""
    directory = CACHE / f"vscode-{versions[0]}"
    command = [ROOT / "scripts/setup-vscode.sh", directory, *versions]
    try:
        subprocess.run(command, check=True, timeout=900)
    except (subprocess.SubprocessError, OSError) as error:
        missing(f"VS Code {versions[0]}", error)
    return directory


@pytest.fixture(scope="session")
def node() -> dict[str, str]:
    """An environment whose PATH has Node 24, with the extension's packages installed."""
    directory = set_up_vscode(VSCODE)
    path = f"{directory / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "VSCODE_DIR": str(directory)}
    installed = ROOT / "node_modules/.package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < (ROOT / "package-lock.json").stat().st_mtime:
        command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        try:
            subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=True, timeout=600)
        except (subprocess.SubprocessError, OSError) as error:
            missing("npm packages", error)
    return environment


@pytest.fixture(scope="session")
def chromium() -> str:
    """Chromium from the system or, on Debian as root, by apt."""
    found = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        try:
            subprocess.run(["apt-get", "update", "-qq"], check=True, timeout=300)
            install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
            subprocess.run(install, check=True, timeout=600)
            found = shutil.which("chromium")
        except subprocess.SubprocessError as error:
            missing("Chromium", error)
    if found is None:
        missing("Chromium", "it is not on PATH")
    return str(found)


@pytest.fixture(scope="session")
def vscode(node: dict[str, str], chromium: str, tiny_bundle: Bundle) -> dict[str, str]:
    """An environment in which the editor's runners start a real VS Code on the tiny bundle."""
    settings = {
        "callwright.bundle": str(tiny_bundle.path),
        "callwright.grounding.enabled": False,
        # A busy machine must not make the server give up.
        "callwright.pace.timeBudget": 60_000,
    }
    return {
        **node,
        "CHROMIUM": chromium,
        "CALLWRIGHT_SERVER": str(Path(sys.executable).with_name("callwright")),
        "CALLWRIGHT_TEST_SETTINGS": json.dumps(settings),
    }


@pytest.fixture(scope="session")
def oldest_vscode() -> dict[str, str]:
    """An environment with the oldest VS Code that the extension says it runs in."""
    manifest = json.loads((ROOT / "package.json").read_text())
    minor = OLDEST_VSCODE[0].split(".")[1]
    assert manifest["engines"]["vscode"] == f"^1.{minor}.0"
    return {"VSCODE_DIR": str(set_up_vscode(OLDEST_VSCODE))}


@pytest.fixture(scope="session")
def vsix(node: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged extension."""
    file = tmp_path_factory.mktemp("vsix") / "callwright.vsix"
    command = ["node", "node_modules/@vscode/vsce/vsce", "package", "--no-dependencies", "--out", str(file)]
    subprocess.run(
        command, cwd=ROOT, env={**os.environ, **node}, check=True, capture_output=True, timeout=300
    )
    return file
