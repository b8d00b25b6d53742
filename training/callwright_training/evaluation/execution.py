"""Executability of answers, set beside that of the references: what the sandbox says of their scripts.

- ``executability_strict``: the script runs to its end as it is; there is no GPU, no network and no input
  file.
- ``executability_lenient``: the same with the runner's leniencies (fixtures for missing inputs, CPU for GPU);
  each is in the answer's notes.
- ``executability_references``: the references' own lenient rate on the same questions. They run in less than
  half of the cases, so no absolute figure says much. ``executability_relative``: the answers' lenient rate
  over it.
- ``executability_and_api``: runs (lenient) *and* ``api_match``: code that runs but does something else does
  not count.

- ``static_ok``: the static tier finds no reason why the script must fail, without running it. Where scripts
  run too, the tier's precision and recall for "will fail" (lenient) are part of the summary.

Source: the executability rate of arXiv 2406.20060, section 4: a script counts when it ends without an error
and without human edits. An answer without a script does not run. Verdicts are kept by content and
environment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import get_args

from callwright_training.errors import SandboxError
from callwright_training.evaluation.results import Result
from callwright_training.evaluation.summary import percent
from callwright_training.execution.canaries import check
from callwright_training.execution.environment import Environment
from callwright_training.execution.runner import Mode, Runner
from callwright_training.execution.sandbox import SandboxMode
from callwright_training.execution.static import StaticTier, compare
from callwright_training.execution.verdict import Script, Verdict
from callwright_training.metrics import Measured

NAME = "execution"
STATIC = "static"


def run_scripts(
    results: Sequence[Result],
    *,
    versions: str,
    sandbox: SandboxMode,
    workers: int | None,
    store: Path | None,
    ray: str | None = None,
    advance: Callable[[int], None] = lambda count: None,
) -> None:
    """Run every answer's script strictly and leniently, every reference's leniently, and note the verdicts.

    Args:
        results: What to run; scores and notes are added to them.
        versions: The prepared environment: ``2024`` or ``current``.
        sandbox: ``namespaces``, or ``rlimits`` where the machine forbids those.
        workers: Sandboxes at the same time; as many as there are processors where ``None``.
        store: Folder where verdicts are kept.
        ray: Address of a Ray cluster whose machines run the scripts.
        advance: Told how many more scripts are done; there are three per result at most.

    Raises:
        SandboxError: The environment is not prepared, the sandbox is not to be had, or it is wrong about
            scripts whose verdict is known.
    """
    environment = Environment.find(versions)
    check_canaries(environment, sandbox, store, ray)
    answers = [Script(str(index), result.code) for index, result in enumerate(results)]
    references = {result.record: Script(result.record, result.reference_code) for result in results}
    verdicts: dict[Mode, dict[str, Verdict]] = {}
    for mode in get_args(Mode):
        scripts = [*answers, *references.values()] if mode == "lenient" else answers
        file = store / f"verdicts-{mode}.jsonl" if store else None
        with Runner(environment, mode, sandbox=sandbox, workers=workers, store=file, ray=ray) as runner:
            verdicts[mode] = dict(_counted(runner.run(scripts), advance))
    for index, result in enumerate(results):
        reference = verdicts["lenient"][result.record]
        _note(result, verdicts["strict"][str(index)], verdicts["lenient"][str(index)], reference)


def check_statically(results: Sequence[Result], versions: str) -> dict[str, float | int]:
    """Ask the static tier about every answer's script.

    Args:
        results: What to look at; scores and notes are added to them.
        versions: The prepared environment: ``2024`` or ``current``.

    Returns:
        How well the tier foretells what the runner found, where it ran: precision and recall in percent, and
        ``n``.

    Raises:
        SandboxError: The environment is not prepared.
    """
    tier = StaticTier(Environment.find(versions))
    foretold, ran = [], []
    for index, result in enumerate(results):
        verdict = tier.verdict(Script(str(index), result.code))
        result.measured = [name for name in result.measured if name != STATIC]
        notes = {} if verdict.ok else {"static_ok": _why(verdict)}
        result.add(STATIC, Measured(scores={"static_ok": float(verdict.ok)}, notes=notes))
        if (lenient := result.scores.get("executability_lenient")) is not None:
            foretold.append(verdict)
            ran.append(Verdict(verdict.id, ok=lenient == 1, mode="lenient"))
    if not ran:
        return {}
    found = compare(foretold, ran)
    return {"precision": percent(found.precision), "recall": percent(found.recall), "n": len(ran)}


def check_canaries(
    environment: Environment, sandbox: SandboxMode, store: Path | None, ray: str | None
) -> None:
    """No figure is worth anything where scripts with a known verdict get another one.

    What was checked once with this environment is noted in the store and not checked again.

    Raises:
        SandboxError: Some script got another verdict, or the sandbox is not to be had.
    """
    checked = store / f"canaries-{sandbox}-{environment.digest}" if store else None
    if checked is not None and checked.exists():
        return
    report = check(environment, sandbox, ray)
    if report.wrong:
        name, expected, found = report.wrong[0]
        raise SandboxError(
            f"{len(report.wrong)} of {report.total} scripts with a known verdict got another one, such as "
            f"{name}: {found}, not {expected}; see `rlaif-train environment check`"
        )
    if checked is not None:
        checked.write_text(f"{report.right} of {report.total} canaries as they should be\n", encoding="utf-8")


def _counted(verdicts: Iterable[Verdict], advance: Callable[[int], None]) -> Iterable[tuple[str, Verdict]]:
    for verdict in verdicts:
        advance(1)
        yield verdict.id, verdict


def _note(result: Result, strict: Verdict, lenient: Verdict, reference: Verdict) -> None:
    right = result.scores.get("api_match")
    result.measured = [name for name in result.measured if name != NAME]
    notes = {"executability_strict": _why(strict), "executability_lenient": _why(lenient)}
    scores = {
        "executability_strict": float(strict.ok),
        "executability_lenient": float(lenient.ok),
        "executability_references": float(reference.ok),
        "executability_and_api": None if right is None else float(lenient.ok and right == 1),
    }
    result.add(NAME, Measured(scores=scores, notes={name: note for name, note in notes.items() if note}))


def _why(verdict: Verdict) -> str:
    """The failure in one line, or how a script that ran was helped."""
    if verdict.ok:
        return f"ran with {', '.join(verdict.leniencies)}" if verdict.leniencies else ""
    place = f" in line {verdict.line}" if verdict.line else ""
    what = " ".join(f"{verdict.error} {verdict.message}".split())
    return f"{verdict.failure}{place}: {what}"[:400]
