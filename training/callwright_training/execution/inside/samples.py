"""Small valid files of every kind that scripts read, made on the spot."""

from __future__ import annotations

import io
import json
import math
import os
import struct
import wave
from collections.abc import Callable

_KINDS = {
    "image": (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff"),
    "sound": (".wav", ".mp3", ".flac", ".ogg", ".m4a"),
    "table": (".csv",),
    "tabs": (".tsv",),
    "text": (".txt", ".md", ".java", ".py", ".html"),
    "json": (".json",),
    "lines": (".jsonl",),
    "array": (".npy",),
    "pickle": (".joblib", ".pkl", ".pickle"),
}
_FORMATS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".bmp": "BMP",
    ".gif": "GIF",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
MEDIA_TYPES = {"image": "image/png", "sound": "audio/wav", "json": "application/json", "page": "text/html"}


def kind_of(name: str) -> str:
    """What kind of file a name's ending speaks of, ``""`` for none we know."""
    ending = os.path.splitext(name.lower())[1]
    return next((kind for kind, endings in _KINDS.items() if ending in endings), "")


def make(kind: str, name: str = "") -> bytes:
    """The content of a file of this kind."""
    return _MAKERS[kind](os.path.splitext(name.lower())[1])


def image(ending: str = ".png", width: int = 96, height: int = 96) -> bytes:
    """A picture of two slopes of colour."""
    from PIL import Image

    picture = Image.merge(
        "RGB", [Image.linear_gradient("L").resize((width, height)).rotate(90 * i) for i in range(3)]
    )
    buffer = io.BytesIO()
    picture.save(buffer, _FORMATS.get(ending, "PNG"))
    return buffer.getvalue()


def sound(_: str = "", rate: int = 16000, seconds: float = 1.0) -> bytes:
    """A second of the concert pitch, 16 bit, one channel."""
    values = (int(8000 * math.sin(step * 440 * 2 * math.pi / rate)) for step in range(int(rate * seconds)))
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as handle:
        handle.setnchannels(1)
        handle.setsampwidth(2)
        handle.setframerate(rate)
        handle.writeframes(b"".join(struct.pack("<h", value) for value in values))
    return buffer.getvalue()


def _table(_: str) -> bytes:
    rows = (f"{i},hello world {i},{i},{i * 2},{i % 3},{i % 2}\n" for i in range(20))
    return ("id,text,a,b,c,target\n" + "".join(rows)).encode()


def _pickle(_: str) -> bytes:
    import joblib
    import numpy
    from sklearn.dummy import DummyClassifier

    buffer = io.BytesIO()
    joblib.dump(DummyClassifier().fit(numpy.zeros((4, 3)), [0, 1, 0, 1]), buffer)
    return buffer.getvalue()


def _array(_: str) -> bytes:
    import numpy

    buffer = io.BytesIO()
    numpy.save(buffer, numpy.full(512, 0.01, dtype="float32"))
    return buffer.getvalue()


_TEXT = b"Hello world. This is a short sample text.\n"
_JSON = {"features": ["a", "b", "c"], "columns": ["a", "b", "c"], "target": "target"}
_MAKERS: dict[str, Callable[[str], bytes]] = {
    "image": image,
    "sound": sound,
    "table": _table,
    "tabs": lambda _: b"id\ttext\n1\thello\n2\tworld\n",
    "text": lambda _: _TEXT,
    "json": lambda _: json.dumps(_JSON).encode(),
    "lines": lambda _: b'{"text": "hello"}\n',
    "array": _array,
    "pickle": _pickle,
    "page": lambda _: b"<html><body><p>Hello world. A sample page.</p></body></html>",
}
