"""Lenient mode: what a script is given that a person running it would have had. Each help is put on record.

Files that it reads and nobody sent along; answers of web servers; well-known data sets; a GPU (it runs on
the CPU instead); patience (few steps of image generation). Models are not among them: those come from the
hub or not at all.
"""

from __future__ import annotations

import ast
import io
import os
import re
import sys
from collections.abc import Callable
from typing import Any

from callwright_training.execution.inside import samples

Note = Callable[[str], None]

_OUTPUT_CALL = re.compile(r"save|write|to_csv|export|dump|imsave|mkdir")
_PLAIN_PATH = re.compile(r"[\w\-./ <>\[\]]+")
_CUDA = re.compile(r"cuda(:\d+)?|mps")
_HUB_HOST = "127.0.0.1"
_STEPS = 3
_PIPELINES = (
    "DDPMPipeline",
    "DDIMPipeline",
    "PNDMPipeline",
    "ScoreSdeVePipeline",
    "StableDiffusionPipeline",
    "StableDiffusionControlNetPipeline",
    "StableDiffusionInpaintPipeline",
    "StableDiffusionImg2ImgPipeline",
)


def help_along(tree: ast.Module, note: Note) -> ast.Module:
    """Lay out what the script will look for; returns the script, rewritten where it asks for a GPU."""
    tree = _Nearer(_outputs(tree)).visit(tree)
    _lay_out_files(tree, note)
    _answer_requests(note)
    modules = {name.split(".")[0] for name in _imported(tree)}
    if "datasets" in modules:
        _answer_datasets(note)
    if "diffusers" in modules:
        _shorten_diffusion(note)
        _keep_on_cpu(note)
    if any(
        isinstance(node, ast.keyword) and node.arg in {"use_auth_token", "token"} for node in ast.walk(tree)
    ):
        os.environ["HF_TOKEN"] = "hf_0123456789"  # noqa: S105 - the hub of the sandbox asks for none
        note("token: logged in to the hub")
    if "input" in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}:
        sys.stdin = io.StringIO("\n".join(["Hello, how are you?"] * 3 + ["quit", "exit", "bye"]) + "\n")
        note("input: lines typed by a person")
    rewriter = _ToCpu()
    tree = ast.fix_missing_locations(rewriter.visit(tree))
    for change in sorted(rewriter.changes):
        note(f"device: {change}")
    return tree


def _imported(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def _lay_out_files(tree: ast.Module, note: Note) -> None:
    written = _outputs(tree)
    for path in sorted(written):
        _make_folder(os.path.dirname(path), note)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            kind = samples.kind_of(node.value)
            if kind and node.value not in written:
                _lay_out(node.value, kind, note)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "Image.open" and node.args:
            name = node.args[0]
            if (
                isinstance(name, ast.Constant)
                and isinstance(name.value, str)
                and not samples.kind_of(name.value)
            ):
                _lay_out(name.value, "image", note)


def _outputs(tree: ast.Module) -> set[str]:
    """Strings that are only ever handed to something that writes."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _OUTPUT_CALL.search(ast.unparse(node.func)):
            for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                for inner in ast.walk(argument):
                    if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                        found.add(inner.value)
    return found


def _lay_out(name: str, kind: str, note: Note) -> None:
    unusable = "://" in name or name.startswith("/") or ".." in name or len(name) > 120
    if unusable or not _PLAIN_PATH.fullmatch(name) or os.path.exists(name):
        return
    folder = os.path.dirname(name)
    if folder:
        os.makedirs(folder, exist_ok=True)
    with open(name, "wb") as handle:
        handle.write(samples.make(kind, name))
    note(f"file: {name}")


def _make_folder(name: str, note: Note) -> None:
    """Make a folder that the script will write to; of several levels it would have to make it itself."""
    if re.fullmatch(r"(\./)?\w[\w\-]*", name) and not os.path.exists(name):
        os.mkdir(name)
        note(f"folder: {name}")


class _Nearer(ast.NodeTransformer):
    """``/path/to/a.wav`` becomes ``path/to/a.wav`` where ``/path`` does not exist: that one we can make."""

    def __init__(self, written: set[str]) -> None:
        self.written = written

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        name = node.value
        if not isinstance(name, str) or name in self.written or not re.fullmatch(r"(/[\w\-]+)+\.\w+", name):
            return node
        if not samples.kind_of(name) or os.path.exists("/" + name.split("/")[1]):
            return node
        return ast.copy_location(ast.Constant(name.lstrip("/")), node)


def _answer_requests(note: Note) -> None:
    if "requests" in sys.modules:
        _answer_by_requests(sys.modules["requests"], note)
    if "httpx" in sys.modules:
        _answer_by_httpx(sys.modules["httpx"], note)
    _answer_by_urllib(note)


def _answer(url: str, note: Note) -> tuple[bytes, str]:
    kind = samples.kind_of(url.split("?")[0])
    if "huggingface.co" in url and kind not in {"image", "sound"}:
        raise ConnectionError(f"offline: {url}")  # the hub is elsewhere; its files are never made up
    if not kind:
        kind = "image" if re.search(r"imag|photo|picsum|unsplash|coco", url) else "page"
    note(f"network: {url[:150]}")
    return samples.make(kind, url.split("?")[0]), samples.MEDIA_TYPES.get(kind, "text/plain")


def _answer_by_requests(requests: Any, note: Note) -> None:
    real = requests.Session.send

    def send(self: Any, request: Any, **options: Any) -> Any:
        if _HUB_HOST in request.url:
            return real(self, request, **options)
        try:
            body, media = _answer(request.url, note)
        except ConnectionError as error:
            raise requests.exceptions.ConnectionError(str(error), request=request) from error
        response = requests.models.Response()
        response.status_code, response._content, response.raw = 200, body, io.BytesIO(body)
        response.headers["content-type"] = media
        response.url, response.request = request.url, request
        return response

    requests.Session.send = send


def _answer_by_httpx(httpx: Any, note: Note) -> None:
    real = httpx.Client.send

    def send(self: Any, request: Any, **options: Any) -> Any:
        url = str(request.url)
        if _HUB_HOST in url:
            return real(self, request, **options)
        try:
            body, media = _answer(url, note)
        except ConnectionError as error:
            raise httpx.ConnectError(str(error)) from error
        return httpx.Response(200, content=body, headers={"content-type": media}, request=request)

    httpx.Client.send = send


def _answer_by_urllib(note: Note) -> None:
    import urllib.request

    def read(request: Any) -> bytes:
        return _answer(request if isinstance(request, str) else request.full_url, note)[0]

    def urlopen(request: Any, *_: Any, **__: Any) -> Any:
        return _Reply(read(request))

    def urlretrieve(url: str, filename: str | None = None, *_: Any, **__: Any) -> tuple[str, dict[str, str]]:
        name = filename or "download" + os.path.splitext(url)[1]
        with open(name, "wb") as handle:
            handle.write(read(url))
        return name, {}

    urllib.request.urlopen = urlopen  # type: ignore[assignment]
    urllib.request.urlretrieve = urlretrieve  # type: ignore[assignment]


class _Reply(io.BytesIO):
    status = 200
    headers: dict[str, str] = {}  # noqa: RUF012

    def getcode(self) -> int:
        return 200

    def info(self) -> dict[str, str]:
        return {}


def _shorten_diffusion(note: Note) -> None:
    """Few steps instead of a thousand, once the real signature has accepted the call."""
    import functools
    import inspect

    import diffusers

    def shorten(kind: Any) -> None:
        real = kind.__call__
        signature = inspect.signature(real)

        @functools.wraps(real)
        def call(self: Any, *positional: Any, **named: Any) -> Any:
            bound = signature.bind(self, *positional, **named)
            bound.arguments["num_inference_steps"] = _STEPS
            note(f"patience: {_STEPS} steps of generation")
            return real(*bound.args, **bound.kwargs)

        kind.__call__ = call

    for name in _PIPELINES:
        if hasattr(diffusers, name):
            shorten(getattr(diffusers, name))


def _keep_on_cpu(note: Note) -> None:
    """Ways to move a pipeline to a GPU piece by piece leave it where it is."""
    import diffusers

    def stay(self: Any, *_: Any, **__: Any) -> None:
        note("device: offloading is left out")

    for name in ("enable_model_cpu_offload", "enable_sequential_cpu_offload"):
        setattr(diffusers.DiffusionPipeline, name, stay)
    diffusers.DiffusionPipeline.enable_xformers_memory_efficient_attention = stay


_KNOWN_DATA = re.compile(
    r"librispeech|superb|cats|arctic|common_voice|ade20k|huggingface|hf-internal|demo|mozilla|nielsr|matthijs|anton-l|"
    r"voxpopuli|samples|minds14|fleurs|cifar|mnist|beans|food101|imagenet",
    re.IGNORECASE,
)
_SPEECH = re.compile(r"speech|audio|superb|voice|libri|minds14|fleurs|esc50|gtzan|arctic|asr", re.IGNORECASE)
_PICTURES = re.compile(r"image|cats|photo|ade20k|fixtures|cifar|mnist|beans|food|coco", re.IGNORECASE)


def _answer_datasets(note: Note) -> None:
    import datasets

    real = datasets.load_dataset

    def load_dataset(path: str, name: Any = None, *rest: Any, split: Any = None, **options: Any) -> Any:
        if (
            ("/" in str(path) and not _KNOWN_DATA.search(str(path)))
            or os.path.exists(str(path))
            or "data_files" in options
        ):
            return real(path, name, *rest, split=split, **options)
        note(f"dataset: {path}")
        rows = _rows(datasets, f"{path} {name or ''}")
        if split is not None:
            return rows
        return datasets.DatasetDict(dict.fromkeys(("train", "validation", "test"), rows))

    datasets.load_dataset = load_dataset


def _rows(datasets: Any, name: str) -> Any:
    if "xvector" in name:
        rows = {"filename": [str(i) for i in range(7931)], "xvector": [[0.01] * 512] * 7931}
        return datasets.Dataset.from_dict(rows)
    count = 4
    if _SPEECH.search(name):
        with open("sample.wav", "wb") as handle:
            handle.write(samples.sound())
        text = {key: ["hello world"] * count for key in ("text", "sentence", "transcription")}
        rows = {
            "audio": ["sample.wav"] * count,
            "file": ["sample.wav"] * count,
            "label": [0, 1, 0, 1],
            **text,
        }
        rows |= {"id": [str(i) for i in range(count)], "path": ["sample.wav"] * count}
        return datasets.Dataset.from_dict(rows).cast_column("audio", datasets.Audio(sampling_rate=16000))
    if _PICTURES.search(name):
        with open("sample.png", "wb") as handle:
            handle.write(samples.image())
        rows = {"image": ["sample.png"] * count, "img": ["sample.png"] * count, "label": [0, 1, 0, 1]}
        table = datasets.Dataset.from_dict({**rows, "file": ["sample.png"] * count})
        return table.cast_column("image", datasets.Image()).cast_column("img", datasets.Image())
    words = (
        "text",
        "sentence",
        "document",
        "article",
        "summary",
        "question",
        "context",
        "premise",
        "hypothesis",
    )
    return datasets.Dataset.from_dict(
        {"label": [0, 1, 0, 1], **{word: ["hello world"] * count for word in words}}
    )


class _ToCpu(ast.NodeTransformer):
    """A script is not wrong because we have no GPU: devices become the CPU, half precision full."""

    def __init__(self) -> None:
        self.changes: set[str] = set()

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, str) and _CUDA.fullmatch(node.value):
            self.changes.add(f"{node.value} is cpu")
            return ast.copy_location(ast.Constant("cpu"), node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        of_torch = isinstance(node.value, ast.Name) and node.value.id == "torch"
        if node.attr == "cuda" and isinstance(node.ctx, ast.Load) and not of_torch:
            self._rename(node, "cpu")
        elif node.attr in {"float16", "half", "bfloat16"} and of_torch:
            self._rename(node, "float32")
        elif node.attr == "half":
            self._rename(node, "float")
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        for keyword in node.keywords:
            value = keyword.value
            number: Any = value.value if isinstance(value, ast.Constant) else None
            if (
                keyword.arg == "device"
                and isinstance(number, int)
                and not isinstance(number, bool)
                and number >= 0
            ):
                keyword.value = self._constant(-1, value, f"device={number}")
            elif keyword.arg in {"device_map", "variant"} and number is not None:
                keyword.value = self._constant(None, value, f"{keyword.arg}={number}")
            elif keyword.arg in {"load_in_8bit", "load_in_4bit"} and number:
                keyword.value = self._constant(False, value, str(keyword.arg))
        return node

    def _rename(self, node: ast.Attribute, name: str) -> None:
        self.changes.add(f"{node.attr} is {name}")
        node.attr = name

    def _constant(self, value: Any, node: ast.expr, what: str) -> ast.Constant:
        self.changes.add(f"{what} is {value}")
        return ast.copy_location(ast.Constant(value), node)
