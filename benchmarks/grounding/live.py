"""Live answers about what exists, from a child of the interpreter that the libraries are installed for."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import TracebackType

Question = dict[str, object]


class LiveJudge:
    """A child process that imports libraries and looks.

    Args:
        python: The interpreter.
    """

    def __init__(self, python: Path) -> None:
        self._process = subprocess.Popen(
            [str(python), str(Path(__file__).with_name("judge.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> LiveJudge:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()

    def __call__(self, questions: list[Question]) -> list[bool | None]:
        """Whether each name exists; ``None`` where that cannot be judged."""
        assert self._process.stdin is not None
        answers: list[bool | None] = []
        for question in questions:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            answers.append(self._answer())
        return answers

    def _answer(self) -> bool | None:
        """The next answer; what libraries print while they are imported is passed over."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.strip() in ("true", "false", "null"):
                answer: bool | None = json.loads(line)
                return answer
        raise RuntimeError("The judge has ended.")
