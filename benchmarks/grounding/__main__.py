"""Measures grounding: ``make bench-grounding``.

Split by distribution: rules were made while looking at torch, transformers, numpy, pandas and requests;
receivers and names are reported on other distributions' source, and on APIBench's scripts where they are
at hand. Existence is judged by importing the libraries in a child process, never by our own index.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from callwright_grounding.checking import Checker
from callwright_grounding.checking.checker import decode
from callwright_grounding.checking.judge import Reporter
from callwright_grounding.checking.walker import Walker
from callwright_grounding.environment import Environment, describe_interpreter, find_interpreter
from callwright_grounding.environment.reader import FileReader
from callwright_grounding.resolution.members import is_closed, member_names
from callwright_grounding.resolution.resolver import Resolver
from callwright_grounding.resolution.values import Class, Function, Module, Value

TUNED_ON = ("torch", "transformers", "numpy", "pandas", "requests")
REPORTED_ON = ("accelerate", "huggingface_hub", "datasets", "peft", "trl")
JUDGED_MODULES = (
    "numpy", "numpy.linalg", "numpy.random", "pandas", "pandas.api.types", "requests", "torch", "torch.nn",
    "torch.nn.functional", "torch.optim", "torch.utils.data", "transformers",
)  # fmt: skip
HELD_OUT_MODULES = (
    "accelerate", "click", "collections", "datasets", "httpx", "huggingface_hub", "itertools", "json",
    "os", "pathlib", "peft", "pydantic", "scipy.linalg", "scipy.stats", "sklearn.linear_model",
    "sklearn.metrics", "tokenizers",
)  # fmt: skip
JUDGED_CLASSES = (
    "torch.Tensor", "torch.nn.Module", "numpy.ndarray", "pandas.DataFrame", "pandas.Series",
    "requests.Response", "requests.Session", "transformers.PreTrainedModel",
    "transformers.PreTrainedTokenizerBase", "transformers.Trainer",
)  # fmt: skip


def measure_reads(resolver: Resolver, sources: Iterator[tuple[Path, str]], limit: int) -> dict[str, object]:
    """Attribute reads in some files."""
    total = known = allowed = files = 0
    excluded: list[str] = []
    for path, source in sources:
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue
        counts = _file_reads(resolver, path, source, tree)
        total, known, allowed = total + counts[0], known + counts[1], allowed + counts[2]
        excluded += [f"{path}:{line}" for line in counts[3]]
        files += 1
        if total >= limit:
            break
    return {
        "files": files,
        "attribute reads": total,
        "receiver known %": round(100 * known / max(1, total), 1),
        "author's name allowed, % of known": round(100 * allowed / max(1, known), 2),
        "excluded": excluded[:20],
    }


def _file_reads(
    resolver: Resolver, path: Path, source: str, tree: ast.Module
) -> tuple[int, int, int, list[str]]:
    from callwright_grounding.checking.checker import module_name

    module, is_package = module_name(path, resolver.environment.layout)
    reader = FileReader(
        source.encode(), module, is_package=is_package, stub=False, version=resolver.environment.version
    )
    summary = reader.read(tree)
    resolver.forget(module)
    resolver.local[module], resolver.context = summary, module
    walker = ReadCounter(resolver, Reporter(resolver, source, set(reader.stored)), reader)
    try:
        walker.walk(tree)
    finally:
        del resolver.local[module]
        resolver.forget(module)
    return walker.total, walker.known, walker.allowed, walker.excluded


class ReadCounter(Walker):
    """Counts attribute reads: is the receiver known, and may the author's own name be written?"""

    def __init__(self, resolver: Resolver, judge: Reporter, reader: FileReader) -> None:
        super().__init__(resolver, judge, reader)
        self.total = self.known = self.allowed = 0
        self.excluded: list[str] = []
        self._pending_reads: dict[int, ast.Attribute] = {}

    def infer_attribute(self, node: ast.Attribute) -> Value | None:
        """Count one read."""
        if isinstance(node.ctx, ast.Load) and not self.file_judge.silent:
            self._pending_reads[id(node.value)] = node
        return super().infer_attribute(node)

    def infer(self, node: ast.expr) -> Value | None:
        """Look at a receiver's value, once it is worked out."""
        read = self._pending_reads.pop(id(node), None)
        value = super().infer(node)
        if read is not None:
            self._count(read, value)
        return value

    def _count(self, node: ast.Attribute, value: Value | None) -> None:
        self.total += 1
        if value is None:
            return
        self.known += 1
        fits = node.attr.startswith("_") or not is_closed(self.resolver, value)
        if fits or node.attr in member_names(self.resolver, value):
            self.allowed += 1
        else:
            self.excluded.append(f"{node.lineno}: {ast.unparse(node)[:80]}")


def library_sources(
    interpreter_roots: tuple[Path, ...], names: tuple[str, ...]
) -> Iterator[tuple[Path, str]]:
    """Source files of some installed packages, in a fixed random order."""
    files = [
        path
        for root in interpreter_roots
        for name in names
        if (root / name).is_dir()
        for path in sorted((root / name).rglob("*.py"))
        if not {"tests", "test"} & set(path.parts)
    ]
    random.Random(7).shuffle(files)
    for path in files:
        yield path, decode(path.read_bytes())


def script_sources(data: Path) -> Iterator[tuple[Path, str]]:
    """APIBench's example scripts: the code of its Hugging Face questions."""
    path = data / "gorilla" / "api" / "huggingface_api.jsonl"
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        code = json.loads(line).get("example_code") or ""
        text = "\n".join(code) if isinstance(code, list) else str(code)
        yield Path(f"script_{number}.py"), text


def offered_names(resolver: Resolver, paths: tuple[str, ...]) -> list[dict[str, object]]:
    """Names that masks offer on some modules and classes, and keywords of their callables."""
    questions: list[dict[str, object]] = []
    for path in paths:
        value = resolver.path(path)
        if not isinstance(value, Module | Class) or not is_closed(resolver, value):
            continue
        names = [name for name in member_names(resolver, value) if not name.startswith("_")]
        lazy = isinstance(value, Module)
        questions += [
            {"kind": "attribute", "owner": path, "name": name, "imports_submodules": False} for name in names
        ]
        if lazy:
            questions += _keyword_questions(resolver, value, path, names)
    random.Random(11).shuffle(questions)
    return questions


def _keyword_questions(
    resolver: Resolver, value: Module, path: str, names: list[str]
) -> list[dict[str, object]]:
    from callwright_grounding.resolution.signatures import keywords

    questions: list[dict[str, object]] = []
    for name in names[:400]:
        found = resolver.attribute(value, name).value
        if isinstance(found, Function | Class):
            known = keywords(resolver, found)
            if not known.open:
                owner = f"{path}.{name}"
                questions += [{"kind": "keyword", "owner": owner, "name": word} for word in known.names[:3]]
    return questions


def judged(python: Path, questions: list[dict[str, object]]) -> list[bool | None]:
    """Live answers, from a child of the interpreter."""
    judge = Path(__file__).with_name("judge.py")
    text = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([str(python), str(judge)], input=text, capture_output=True, text=True, check=False)
    return [json.loads(line) for line in done.stdout.splitlines() if line in ("true", "false", "null")]


def measure_existence(
    resolver: Resolver, python: Path, count: int, paths: tuple[str, ...]
) -> dict[str, object]:
    """Of offered names, how many do not exist."""
    questions = offered_names(resolver, paths)[: count * 2]
    answers = judged(python, questions)
    pairs = [(q, a) for q, a in zip(questions, answers, strict=False) if a is not None][:count]
    wrong = [f"{q['kind']} {q['owner']}.{q['name']}" for q, a in pairs if not a]
    return {"names judged": len(pairs), "of them do not exist": len(wrong), "which": wrong[:20]}


def measure_check(environment: Environment, names: tuple[str, ...], lines: int) -> dict[str, object]:
    """False errors and speed on libraries' own source, which is taken to be right."""
    checker = Checker(environment)
    results: dict[str, object] = {}
    for name in names:
        seen = errors = 0
        started: float | None = None
        timed = 0
        for path, source in library_sources(
            environment.interpreter.roots if environment.interpreter else (), (name,)
        ):
            findings = checker.check(source, path)
            count = source.count("\n")
            seen += count
            errors += sum(finding.severity == "error" for finding in findings)
            if seen >= lines // 2:  # the first half fills the caches
                started = started if started is not None else time.process_time()
                timed += count
            if seen >= lines:
                break
        spent = time.process_time() - started if started is not None else 0.0
        results[name] = {
            "lines": seen,
            "errors per 10,000 lines": round(10_000 * errors / max(1, seen), 2),
            "lines a second (CPU)": round(timed / spent) if spent else None,
        }
    return results


def measure_masks(
    resolver: Resolver, tokenizer: Path, sources: Iterator[tuple[Path, str]], sites: int
) -> dict[str, object]:
    """CPU time of resolving a place, and of each mask while the author's own line is written."""
    from tokenizers import Tokenizer

    from callwright_grounding.cursor import Position
    from callwright_grounding.masks import GroundedLine, Masks, Vocabulary

    masks = Masks(Vocabulary(Tokenizer.from_file(str(tokenizer))))
    masks.vocabulary.warm_up()
    opened: list[float] = []
    steps: list[float] = []
    closed = 0
    for path, source in sources:
        dots = [match.end() for match in re.finditer(r"\w\.(?=[a-z]\w+\()", source)]
        for offset in random.Random(3).sample(dots, min(2, len(dots))):
            started = time.process_time()
            position = Position(resolver, source, offset, path=path)
            closed += position.wanted().closed
            opened.append(time.process_time() - started)
            line = GroundedLine(position, masks)
            tokens = masks.vocabulary.encode(source[offset : source.find("\n", offset)])[:12]
            for count in range(len(tokens)):
                started = time.process_time()
                line.allowed(tokens[:count])
                steps.append(time.process_time() - started)
        if len(opened) >= sites:
            break
    return {
        "sites": len(opened),
        "closed %": round(100 * closed / max(1, len(opened))),
        "resolving a place, ms (median, p95)": _spread(opened),
        "mask of a token, ms (median, p95)": _spread(steps),
    }


def _spread(seconds: list[float]) -> list[float]:
    ordered = sorted(seconds) or [0.0]
    return [round(1000 * ordered[int(len(ordered) * part)], 2) for part in (0.5, 0.95)]


def measure_load(python: Path) -> dict[str, object]:
    """CPU and memory of a fresh process that opens the index and looks into the five libraries."""
    code = (
        "import time, resource, sys; start = time.process_time();"
        "from pathlib import Path;"
        "from callwright_grounding.environment import Environment, describe_interpreter;"
        "environment = Environment(describe_interpreter(Path(sys.argv[1])));"
        f"[environment.summary(name) for name in {TUNED_ON!r}];"
        "print(time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(python)], capture_output=True, text=True, check=True
    )
    seconds, megabytes = done.stdout.split()
    return {"load, CPU seconds": round(float(seconds), 2), "resident MB": round(float(megabytes))}


def main() -> None:
    """Measure, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--reads", type=int, default=20_000)
    parser.add_argument("--names", type=int, default=1_000)
    parser.add_argument("--lines", type=int, default=60_000)
    parser.add_argument("--only", choices=["index", "reads", "names", "check", "masks"], action="append")
    parser.add_argument(
        "--tokenizer", type=Path, help="A bundle's tokenizer.json; masks are measured with it."
    )
    options = parser.parse_args()
    wanted = options.only or ["index", "reads", "names", "check"]
    python = find_interpreter(options.python)
    environment = Environment(describe_interpreter(python))
    resolver = Resolver(environment)
    roots = environment.interpreter.roots if environment.interpreter else ()
    data = Path(os.environ.get("CALLWRIGHT_DATA", Path(__file__).parents[3] / "shared" / "data"))
    report: dict[str, object] = {}
    if "index" in wanted:
        report["index"] = measure_load(python)
    if "reads" in wanted:
        report["reads in library source"] = measure_reads(
            resolver, library_sources(roots, REPORTED_ON), options.reads
        )
        report["reads in scripts"] = measure_reads(resolver, script_sources(data), options.reads)
    if "names" in wanted:
        seen = (*JUDGED_MODULES, *JUDGED_CLASSES)
        report["offered names, libraries rules were made on"] = measure_existence(
            resolver, python, options.names, seen
        )
        held_out = measure_existence(resolver, python, options.names, HELD_OUT_MODULES)
        report["offered names, other libraries"] = held_out
    if "check" in wanted:
        report["check"] = measure_check(environment, ("transformers", *REPORTED_ON[:2]), options.lines)
    if options.tokenizer is not None:
        sources = library_sources(roots, REPORTED_ON)
        report["masks"] = measure_masks(resolver, options.tokenizer, sources, 120)
    report["this process, resident MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(report, indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
