"""What a run would do, found out before it does it: bases, records, judge, settings; without network."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from callwright_training.bases.load import KNOWN_BASES
from callwright_training.errors import StageError
from callwright_training.feedback.judged import open_judge
from callwright_training.run.run_file import RunFile
from callwright_training.run.stages import Run


def check_run(run: Run) -> list[str]:
    """One line for each stage.

    Raises:
        UserError: A stage could not be done; the line says what to change.
    """
    file, split = run.file, run.split
    feedback, ppo = file.feedback, file.ppo
    _require_prompts_that_were_learned(file)
    _require_whole_parts(file)
    if not split.held_out:
        raise StageError("evaluate: no record is held out; set `held_out` under [sft] above 0")
    asked = min(feedback.limit or len(split.train), len(split.train))
    labels = round(asked * feedback.samples * (1 - file.reward.held_out))
    reward = {"model": "M_reward", "judge": "the judge"}.get(ppo.reward, f"the tier {ppo.reward}")
    acts = "questions" if feedback.form == "choice" else f"completions and {ppo.choices} choices"
    return [
        _start(run),
        f"feedback: {feedback.samples} samples ({feedback.form}) of up to {feedback.max_tokens} tokens"
        f" for {asked} records, judged by {_judge(run)}",
        f"reward: {file.reward.epochs} epoch(s) over about {labels} labels",
        f"ppo: {ppo.algorithm}, {ppo.seeds} seed(s) of {ppo.steps} updates of {ppo.batch_size} {acts},"
        f" rewarded by {reward}",
        f"export: {file.export.quantization}, with a catalogue of {len(run.catalogue)} calls",
        f"evaluate: {len(split.held_out)} held-out records, the likeliest completion and"
        f" {file.evaluate.samples} drawn ones of each model",
    ]


def _start(run: Run) -> str:
    sft = run.file.sft
    records = f"{len(run.split.train)} records"
    if run.file.adapter is not None:
        return f"sft: takes over {run.file.adapter}, on {_base(sft.base)}"
    what = "every weight" if sft.full else f"an adapter of rank {sft.lora_rank}"
    also = ", and a retriever" if run.file.choice is not None else ""
    return f"sft: {what} of {_base(sft.base)}, {sft.epochs} epoch(s) of {sft.target} over {records}{also}"


def _base(name: str) -> str:
    """What a base's name stands for, without loading it.

    Raises:
        StageError: It is a folder without a model.
    """
    if name in KNOWN_BASES:
        return f"{name} ({KNOWN_BASES[name]})"
    folder = Path(name)
    if not folder.is_dir():
        return f"{name} (from the hub, or from its cache)"
    if not (folder / "config.json").is_file() or not list(folder.glob("*.safetensors")):
        raise StageError(f"sft: {name} is a folder without config.json and safetensors; it is no base model")
    return f"{name} (a folder)"


def _judge(run: Run) -> str:
    """The judge, opened once: a missing key or an option that it does not take shows here."""
    feedback = run.file.feedback
    questions = run.plugins.question_set(feedback.questions)
    with tempfile.TemporaryDirectory() as scratch:
        judge = open_judge(feedback, run.plugins, run.catalogue, Path(scratch))
        asyncio.run(judge.close())
    return f"'{feedback.judge}' by {len(questions.questions)} questions ('{questions.name}')"


def _require_prompts_that_were_learned(file: RunFile) -> None:
    form = file.feedback.form
    if form == "choice":
        if file.adapter is None and file.choice is None:
            raise StageError("feedback: form = 'choice' needs a retriever; add [choice] to the run file")
        return
    wanted = {"usage", "script"} if form == "usage" else {form}
    if file.adapter is None and not wanted & file.sft.taught:
        raise StageError(
            f"feedback: form = '{file.feedback.form}', but by [sft] the model learns '{file.sft.target}' only"
        )


def _require_whole_parts(file: RunFile) -> None:
    for name, count in (("batch_size", file.ppo.batch_size), ("choices", file.ppo.choices)):
        if count % file.ppo.minibatches:
            raise StageError(
                f"ppo: {name} = {count} cannot be divided by minibatches = {file.ppo.minibatches}"
            )
