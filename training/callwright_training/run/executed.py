"""Do completions of held-out records run? What the stage ``evaluate`` adds where it may run them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from callwright_plugins.judges.known_calls import KnownCalls
from callwright_training.evaluation.execution import check_canaries
from callwright_training.execution.environment import Environment
from callwright_training.execution.right_api import api_called
from callwright_training.execution.runner import Runner
from callwright_training.execution.verdict import Script
from callwright_training.feedback.samples import Sample, askable, catalogue_imports, pair_of
from callwright_training.run.stages import Run


def add_executed(run: Run, rows: Sequence[dict[str, Any]], versions: str, store: Path) -> None:
    """Run every labelled completion, with the runner's leniencies; ``row["executed"]`` says how it ended.

    ``executability``: it ran to its end. ``executability_and_domain``: and it calls the API that the record
    names, or another one of its domain: code that runs and does something else does not count.

    Args:
        run: Whose rows they are.
        rows: Lines of ``labels.jsonl``.
        versions: The prepared environment: ``2024`` or ``current``.
        store: Folder where verdicts are kept.

    Raises:
        SandboxError: The environment is not prepared, the sandbox is not to be had, or it is wrong about
            scripts whose verdict is known.
    """
    environment = Environment.find(versions)
    check_canaries(environment, "namespaces", store, None)
    form = run.file.feedback.form
    records = {record.id: record for record in askable(run.records, form, run.catalogue)}
    imports, known = catalogue_imports(run.catalogue, run.records), KnownCalls(run.catalogue)
    samples = [Sample(**row["sample"]) for row in rows]
    pairs = [pair_of(sample, records[sample.record], form, imports) for sample in samples]
    with Runner(environment, store=store / "verdicts-lenient.jsonl") as runner:
        scripts = [Script(str(index), pair.code) for index, pair in enumerate(pairs)]
        verdicts = {verdict.id: verdict for verdict in runner.run(scripts)}
    for index, (row, pair) in enumerate(zip(rows, pairs, strict=True)):
        ran = verdicts[str(index)].ok
        fitting = pair.reference is not None and api_called(pair.code, pair.reference, known) != "other"
        row["executed"] = {"executability": ran, "executability_and_domain": ran and fitting}
