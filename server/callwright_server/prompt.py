"""The prompt: what the model reads, spelt once for the server and for training.

A prompt is a Python buffer, as an editor has it in front of the cursor::

    import torch                                        imports that the cut left out
    from transformers import pipeline

    def load():                                         code before the cursor
        # Candidates: pipeline('fill-mask'), ...        retrieved candidates, where there are any
        # Fill the blank in a French sentence           the task
        model = |                                       what has been typed of the line

The code is cut at the top, never at the cursor, and the place of the cut moves in large steps: while someone
types, one prompt is an exact prefix of the next, so that the engine's cached keys and values stay valid
(GPT-2's positions are absolute; a cut that moved with every letter would invalidate all of them).

A change that alters what is rendered for the same input needs a new :data:`PROMPT_VERSION`: a bundle made
for another version is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

PROMPT_VERSION = 1
"""Version of everything below; written into each bundle's manifest."""

CODE_BUDGET = 1600
"""Characters of code in front of the cursor that a prompt keeps at most (about 420 tokens)."""
IMPORT_BUDGET = 400
"""Characters of imports that are kept from above the cut."""

_CUT_STEP = CODE_BUDGET // 2
_IMPORT = re.compile(r"(?:import|from)\s+\S.*")
_COMMENT = re.compile(r"[ \t]*#(?!!)[ \t]*(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """The parts of one prompt; :meth:`render` joins them."""

    code: str = ""
    """Code above the task, whole lines; :meth:`render` cuts it."""
    task: str = ""
    """What the user wants, in words; empty where no comment says it."""
    candidates: tuple[str, ...] = ()
    """Calls that were retrieved for the task, the likeliest first; canonical text."""
    typed: str = ""
    """What stands on the cursor's line in front of the cursor, indentation included."""

    @classmethod
    def at(cls, before: str, candidates: Sequence[str] = ()) -> Prompt:
        r"""Take apart the text in front of a cursor.

        Args:
            before: The document up to the cursor; ``\r\n`` and ``\n`` both end lines.
            candidates: Retrieved calls to show above the task.
        """
        lines = before.replace("\r\n", "\n").split("\n")
        typed = lines.pop()
        first = len(lines)
        while first and _COMMENT.fullmatch(lines[first - 1]):
            first -= 1
        words = [_COMMENT.sub(r"\1", line) for line in lines[first:]]
        code = "".join(f"{line}\n" for line in lines[:first])
        return cls(code=code, task=_one_line(" ".join(words)), candidates=tuple(candidates), typed=typed)

    def render(self) -> str:
        """The text that the model continues."""
        indent = self.typed[: len(self.typed) - len(self.typed.lstrip())]
        comments = []
        if self.candidates:
            comments.append(f"{indent}# Candidates: {'; '.join(map(_one_line, self.candidates))}\n")
        if self.task:
            comments.append(f"{indent}# {_one_line(self.task)}\n")
        return _cut(self.code) + "".join(comments) + self.typed[-CODE_BUDGET:]


def call_example(
    instruction: str, call: str, *, code: str = "", candidates: Sequence[str] = ()
) -> tuple[str, str]:
    """The prompt and the target that teach the model to answer an instruction with one API call.

    Args:
        instruction: The record's instruction.
        call: The call in canonical spelling.
        code: Code above the task, such as the imports that the call needs; whole lines.
        candidates: Retrieved calls, where the model is to learn with them.

    Returns:
        ``(prompt, target)``; the target ends with a line break, which is where the server stops.
    """
    prompt = Prompt(code=_whole_lines(code), task=instruction, candidates=tuple(candidates))
    return prompt.render(), f"{call.strip()}\n"


def script_example(instruction: str, script: str, *, candidates: Sequence[str] = ()) -> tuple[str, str]:
    """The prompt and the target that teach the model to answer an instruction with a whole script."""
    return Prompt(task=instruction, candidates=tuple(candidates)).render(), script.strip("\n") + "\n"


def usage_example(
    instruction: str, call: str, *, target: str, imports: Sequence[str] = (), lines: str = ""
) -> tuple[str, str]:
    """The prompt and the target that teach the model to go on below a chosen call with lines that use it.

    Args:
        instruction: The record's instruction, which stands above as a comment.
        call: The chosen call in canonical spelling.
        target: The name that its result is bound to.
        imports: Import statements that the call needs.
        lines: What follows.
    """
    above = "".join(f"{line}\n" for line in (f"# {_one_line(instruction)}", *imports, f"{target} = {call}"))
    return Prompt(code=above).render(), lines


def gorilla_example(instruction: str, answer: str = "") -> tuple[str, str]:
    """The prompt and the target in Gorilla's own form (APIBench's ``code`` field)."""
    return f"###Instruction: {instruction.strip()}\n###Output: ", answer.strip() + "\n" if answer else ""


def _cut(code: str) -> str:
    """The end of the code, from a place that only moves in steps, below the imports that the cut left out."""
    excess = len(code) - CODE_BUDGET
    if excess <= 0:
        return code
    start = -(-excess // _CUT_STEP) * _CUT_STEP
    start = code.find("\n", start - 1) + 1
    kept = code[start:] if start else code[-_CUT_STEP:]
    return _imports(code[:start]) + kept


def _imports(code: str) -> str:
    """Single-line imports at the left margin, as many as fit."""
    head = ""
    for line in code.splitlines(keepends=True):
        if _IMPORT.match(line) and "(" not in line and len(head) + len(line) <= IMPORT_BUDGET:
            head += line
    return head


def _whole_lines(code: str) -> str:
    return code if not code or code.endswith("\n") else f"{code}\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())
