"""A stand-in for the model hub on the sandbox's loopback; ``HF_ENDPOINT`` leads there, nothing is patched.

Serves what ``index.json`` lists, and answers for everything else as the real hub answers a caller without a
token. Leaves out datasets, spaces and every way to upload.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import socket
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

REVISIONS = frozenset({"main", "fp16", "float16", "bf16", "onnx", "v1.0", "v2.0", "2022.07", "2.1"})
"""Branches that the repositories are taken to have."""
_RESOLVE = re.compile(
    r"/(?P<repo>(?:datasets/)?[^/]+(?:/[^/]+)?)/(?:resolve|raw)/(?P<revision>[^/]+)/(?P<file>.+)"
)
_API = re.compile(
    r"/api/models/(?P<repo>[^/]+(?:/(?!revision/|tree/)[^/]+)?)(?:/(?P<what>revision|tree)/(?P<revision>[^/]+)(?:/.*)?)?"
)


@dataclass(frozen=True)
class Repository:
    """One repository of the stand-in."""

    name: str
    files: dict[str, str]
    """Name in the repository to path below the hub's folder."""
    task: str
    library: str

    @property
    def commit(self) -> str:
        """A commit id that depends on the name alone."""
        return hashlib.sha1(self.name.encode(), usedforsecurity=False).hexdigest()


def read_index(folder: Path) -> dict[str, Repository]:
    """The repositories that ``index.json`` lists, by id in lower case (the hub's ids ignore case)."""
    rows: dict[str, Any] = json.loads((folder / "index.json").read_text(encoding="utf-8"))["repositories"]
    made = (
        Repository(name, row["files"], row.get("task", ""), row.get("library", ""))
        for name, row in rows.items()
    )
    return {repository.name.lower(): repository for repository in made}


def listen(port: int) -> socket.socket:
    """The listening socket, taken before the server starts so that no caller comes too early."""
    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    listener.set_inheritable(False)
    return listener


def serve(listener: socket.socket, folder: Path, told: int | None = None) -> None:
    """Answer until killed.

    Args:
        listener: What :func:`listen` returned.
        folder: The hub's folder.
        told: Where to write the id of every repository a file of which was asked for, one a line.
    """
    address = listener.getsockname()[:2]
    server = _Server(address, _Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.server_address = address
    server.folder = folder
    server.repositories = read_index(folder)
    server.told = told
    server.serve_forever(poll_interval=60)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    folder: Path
    repositories: dict[str, Repository]
    told: int | None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    wbufsize = 1 << 20
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        """Answer with headers and body."""
        self._answer()

    def do_HEAD(self) -> None:
        """Answer with headers alone."""
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if match := _API.fullmatch(path):
            self._answer_api(match)
        elif match := _RESOLVE.fullmatch(path):
            self._answer_file(match)
        elif path.startswith(("/api/whoami", "/api/datasets", "/api/spaces", "/spaces/")):
            self._refuse(401, "RepoNotFound", "Invalid username or password.")
        else:
            self._refuse(404, "", "Not found")

    def _answer_api(self, match: re.Match[str]) -> None:
        repository = self._find(match["repo"], match["revision"])
        if repository is None:
            return
        if match["what"] == "revision":  # how a whole repository is fetched, whose files may be cached
            self._tell(repository)
        if match["what"] == "tree":
            body: Any = [self._tree_row(name, path) for name, path in sorted(repository.files.items())]
        else:
            body = _describe(repository)
        self._send(json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _answer_file(self, match: re.Match[str]) -> None:
        repository = self._find(match["repo"], match["revision"])
        if repository is None:
            return
        file = repository.files.get(match["file"])
        if file is None:
            self._refuse(404, "EntryNotFound", "Entry not found", repository)
            return
        self._tell(repository)
        body = _content(self.server.folder / file)
        self._send(
            body, {"ETag": f'"{_digest(self.server.folder / file)}"', "X-Repo-Commit": repository.commit}
        )

    def _tell(self, repository: Repository) -> None:
        if self.server.told is not None:
            os.write(self.server.told, repository.name.encode() + b"\n")

    def _find(self, name: str, revision: str | None) -> Repository | None:
        repository = self.server.repositories.get(name.lower())
        if repository is None:
            self._refuse(401, "RepoNotFound", "Invalid username or password.")
        elif revision is not None and revision not in REVISIONS | {repository.commit}:
            self._refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}", repository)
            return None
        return repository

    def _tree_row(self, name: str, file: str) -> dict[str, Any]:
        path = self.server.folder / file
        return {"type": "file", "path": name, "size": len(_content(path)), "oid": _digest(path)[:40]}

    def _refuse(self, status: int, code: str, message: str, repository: Repository | None = None) -> None:
        headers = {"Content-Type": "text/plain; charset=utf-8", "X-Error-Message": message}
        if code:
            headers["X-Error-Code"] = code
        if repository is not None:
            headers["X-Repo-Commit"] = repository.commit
        self._send(message.encode(), headers, status)

    def _send(self, body: bytes, headers: dict[str, str], status: int = 200) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _describe(repository: Repository) -> dict[str, Any]:
    return {
        "_id": repository.commit[:24],
        "id": repository.name,
        "modelId": repository.name,
        "author": repository.name.partition("/")[0],
        "sha": repository.commit,
        "lastModified": "2023-05-27T00:00:00.000Z",
        "createdAt": "2023-05-27T00:00:00.000Z",
        "private": False,
        "disabled": False,
        "gated": False,
        "downloads": 0,
        "likes": 0,
        "tags": [tag for tag in (repository.library, repository.task) if tag],
        "pipeline_tag": repository.task or None,
        "library_name": repository.library or None,
        "siblings": [{"rfilename": name} for name in sorted(repository.files)],
    }


@functools.lru_cache(maxsize=4096)
def _content(path: Path) -> bytes:
    return path.read_bytes()


@functools.lru_cache(maxsize=4096)
def _digest(path: Path) -> str:
    return hashlib.sha256(_content(path)).hexdigest()
