"""The source text of an installed library, and what a checkpoint's id may look like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_CLASS = re.compile(r"^class (\w+)", re.M)
_ALL = re.compile(r"^__all__ = \[(.*?)\]", re.S | re.M)
_WORD = re.compile(r"[\"'](\w+)[\"']")
_INTRO = re.compile(
    r"custom_intro=r?\"\"\"(?P<intro>.*?)\"\"\"\s*,?\s*\)\s*(?:@\w+(?:\([^)]*\))?\s*)*class (?P<name>\w+)",
    re.S,
)
_DOCSTRING = re.compile(
    r"^class (?P<name>\w+)[^\n]*:\n(?:    \w[^\n]*\n|\n)*    r?\"\"\"(?P<intro>.*?)\"\"\"", re.S | re.M
)
_ID = re.compile(r"[A-Za-z0-9][\w-]*(?:\.[\w-]+)*/[A-Za-z0-9][\w.-]*")
_PLACEHOLDER = re.compile(
    r"your|username|user/|path/|/path|^my[-_]|/my[-_]|dummy|internal|tiny-random|placeholder|example|namespace|"
    r"^org/|^organization|^some|^repo|^model|^local|foo|xxx|test[-_]|[-_]test|output_dir|^\.|temp/|^meta-(?!llama/)",
    re.I,
)
_NO_HELP = re.compile(r"deprecated|inherits from|Loads or creates|configuration class|Check the superclass")


@dataclass(frozen=True)
class Library:
    """One installed package, read as text."""

    package: str
    """Name to import."""
    version: str
    folder: Path

    @property
    def source(self) -> str:
        """Where its entries say that they come from: ``transformers 5.23.0``."""
        return f"{self.package} {self.version}"

    @cached_property
    def files(self) -> dict[str, str]:
        """Text of its Python files by path below the package, in the paths' order."""
        paths = (path for path in sorted(self.folder.rglob("*.py")) if "tests" not in path.parts)
        return {path.relative_to(self.folder).as_posix(): _text(path) for path in paths}

    @cached_property
    def classes(self) -> frozenset[str]:
        """Names of its public classes: those that some ``__all__`` or its front page lists."""
        blocks = (block for text in self.files.values() for block in _ALL.findall(text))
        listed = {name for block in blocks for name in _WORD.findall(block)}
        listed |= set(_WORD.findall(self.files.get("__init__.py", "")))
        return frozenset(
            name for text in self.files.values() for name in _CLASS.findall(text) if name in listed
        )

    @cached_property
    def introductions(self) -> dict[str, str]:
        """The first sentence that the documentation says of a class, where it says one."""
        found: dict[str, str] = {}
        for text in self.files.values():
            for match in [*_INTRO.finditer(text), *_DOCSTRING.finditer(text)]:
                found.setdefault(match["name"], first_sentence(match["intro"]))
        return found


def find_library(package: str, folders: Iterable[Path]) -> Library | None:
    """The package in the first of the folders that has it, with the version its metadata names."""
    for folder in folders:
        if (folder / package).is_dir():
            return Library(package, _version(folder, package), folder / package)
    return None


def is_checkpoint(text: str) -> bool:
    """Whether this is a hub id of the form ``organisation/name`` that is not there to be filled in."""
    return bool(_ID.fullmatch(text)) and not _PLACEHOLDER.search(text)


def first_sentence(text: str) -> str:
    """The first sentence of a documentation text, without links and markup; empty where there is none."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    plain = " ".join(re.sub(r"[`*]", "", plain).split())
    sentence = re.split(r"(?<=[a-z)])\.\s|\s(?:Args|Parameters|Example|Examples|Return|Returns):", plain)[
        0
    ].strip()
    return "" if len(sentence) > 300 or _NO_HELP.search(sentence) else sentence.rstrip(".:")


def words_of(checkpoint: str) -> str:
    """An id's own name as words: ``distilbert base uncased finetuned sst 2 english``."""
    return " ".join(re.split(r"[-_./]+", checkpoint.rpartition("/")[2]))


def family_of(name: str) -> str:
    """The model family that a class name begins with: ``Bert`` of ``BertForMaskedLM``."""
    return re.sub(
        r"(?:For[A-Z]\w*|LMHeadModel|DoubleHeadsModel|Model(?:With\w+)?|Pipeline|Config)$", "", name
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _version(folder: Path, package: str) -> str:
    names = (package, package.replace("_", "-"))
    found = [path for name in names for path in sorted(folder.glob(f"{name}-*.dist-info"))]
    return found[0].name.removesuffix(".dist-info").rpartition("-")[2] if found else "of unknown version"


def statements(text: str) -> Iterator[list[str]]:
    """The example code in a file: of each documented example, its statements in order."""
    block: list[str] = []
    for line in text.splitlines():
        code = line.strip()
        if code.startswith(">>> ") or code == ">>>":
            block.append(code[4:])
        elif code.startswith("...") and block:
            block[-1] += "\n" + code[4:]
        elif '"""' in code or "```" in code:
            if block:
                yield block
            block = []
    if block:
        yield block
