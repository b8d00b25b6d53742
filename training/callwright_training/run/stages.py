"""The stages: what each is made from, what it makes, and how. Order and skipping are in ``pipeline.py``."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from callwright_grounding.catalogue import Catalogue
from callwright_plugins.judge import Judge
from callwright_plugins.manager import Plugins
from callwright_server.bundle import RETRIEVER
from callwright_training.records import Record, Split
from callwright_training.run.run_file import RunFile
from callwright_training.run.taken_over import take_adapter, take_feedback, take_reward

Step = Callable[[str, float], None]


@dataclass(frozen=True)
class Run:
    """A run file in its place."""

    file: RunFile
    out: Path
    records: tuple[Record, ...]
    catalogue: Catalogue
    plugins: Plugins
    source: bytes = b""
    """The run file as it is."""

    def folder(self, stage: str) -> Path:
        """Where a stage keeps its results."""
        return self.out / stage

    @cached_property
    def split(self) -> Split:
        """What is trained on and what is held out, in every stage the same."""
        from callwright_training.sft.train import split_of

        return split_of(self.file.sft, self.records)

    def tuned(self) -> tuple[str, Path | None]:
        """M_SFT: its base and adapter, or its own folder where every weight was tuned."""
        if self.file.sft.full:
            return str(self.folder("sft") / "model"), None
        return self.file.sft.base, self.folder("sft") / "adapter"

    def ppo_folder(self, number: int) -> Path:
        """Where the PPO run with this seed, counted from the run's own, keeps its results."""
        return self.folder("ppo") / "seeds" / str(number) if number else self.folder("ppo")

    def reinforced(self, number: int = 0) -> tuple[str, Path | None]:
        """M_RL of one of the seeds, in the same way."""
        model = self.ppo_folder(number) / "model"
        if (model / "adapter_config.json").is_file():
            return self.tuned()[0], model
        return str(model), None


@dataclass(frozen=True)
class Stage:
    """One stage."""

    name: str
    settings: Callable[[Run], Any]
    """Plain values that decide its result."""
    inputs: Callable[[Run], list[Path]]
    """Files and folders of earlier stages that it is made from."""
    outputs: tuple[str, ...]
    """What later stages read of it."""
    work: Callable[[Run, Step], dict[str, Any]]
    own_bar: bool = False
    """Whether it shows its progress itself."""


def _sft(run: Run, step: Step) -> dict[str, Any]:
    from dataclasses import asdict

    from callwright_training.choice.tuning import tune_retriever_beside
    from callwright_training.sft.train import Stopped, tune

    if run.file.adapter is not None:
        return take_adapter(Path(run.file.adapter), run.folder("sft") / "adapter")
    try:
        figures = asdict(tune(run.file.sft, run.records, run.folder("sft")))
        if run.file.choice is not None:
            told = run.file.sft, run.file.choice
            tune_retriever_beside(run.folder("sft"), run.records, run.catalogue, *told)
        return figures
    except Stopped as stopped:
        raise KeyboardInterrupt from stopped


def _feedback(run: Run, step: Step) -> dict[str, Any]:
    from callwright_training.feedback.stage import FeedbackRequest, run_feedback

    if run.file.labels is not None:
        return take_feedback(Path(run.file.labels), run.folder("feedback"))
    base, adapter = run.tuned()
    request = FeedbackRequest(
        base=base,
        adapter=adapter,
        records=run.split.train,
        catalogue=run.catalogue,
        plugins=run.plugins,
        settings=run.file.feedback,
        seed=run.file.seed,
        out=run.folder("feedback"),
        answers=run.out / "answers",
    )
    return run_feedback(request, step)


def _reward(run: Run, step: Step) -> dict[str, Any]:
    from callwright_training.reward.stage import RewardRequest, train_reward

    if run.file.labels is not None:
        return take_reward(Path(run.file.labels), run.folder("reward"))
    base, adapter = run.tuned()
    request = RewardRequest(
        base=base,
        adapter=adapter,
        labels=run.folder("feedback") / "labels.jsonl",
        settings=run.file.reward,
        seed=run.file.seed,
        out=run.folder("reward"),
    )
    return train_reward(request, step)


def _ppo(run: Run, step: Step) -> dict[str, Any]:
    from callwright_training.ppo.stage import PPORequest, finished, run_ppo

    base, adapter = run.tuned()
    count = run.file.ppo.seeds
    summaries = []
    for number in range(count):
        request = PPORequest(
            base=base,
            adapter=adapter,
            reward=run.folder("reward"),
            labels=run.folder("feedback") / "labels.jsonl",
            records=run.split.train,
            form=run.file.feedback.form,
            settings=run.file.ppo,
            seed=run.file.seed + number,
            out=run.ppo_folder(number),
            catalogue=run.catalogue,
            judge=lambda: (_judge(run), run.plugins.question_set(run.file.feedback.questions)),
        )

        def tell(what: str, done: float, number: int = number) -> None:
            step(f"seed {number + 1} of {count}, {what}" if count > 1 else what, (number + done) / count)

        summaries.append(finished(request.out) or run_ppo(request, tell))
    return summaries[0] | ({"seeds": summaries} if count > 1 else {})


def _judge(run: Run) -> Judge:
    from callwright_training.feedback.judged import open_judge

    answers = run.out / "answers"
    answers.mkdir(exist_ok=True)
    return open_judge(run.file.feedback, run.plugins, run.catalogue, answers)


def _export(run: Run, step: Step) -> dict[str, Any]:
    from callwright_training.choice.bundle_files import retriever_files
    from callwright_training.export import CatalogueSource, ExportRequest, export_bundle

    base, adapter = run.reinforced()
    settings = run.file.export
    chooses = adapter is not None and (adapter / RETRIEVER).is_dir()
    catalogue = CatalogueSource(
        words=f"run {run.file.name}", fingerprint=run.catalogue.version, load=lambda: run.catalogue
    )
    request = ExportRequest(
        base=base,
        adapter=adapter,
        catalogue=catalogue,
        out=run.folder("export") / "bundle",
        name=settings.name or run.file.name,
        quantization=settings.quantization,
        least_agreement=settings.least_agreement,
        extras=(retriever_files(adapter),) if chooses else (),
    )
    bundle = export_bundle(request, step)
    parity = bundle.manifest.parity
    return {"bundle": "bundle", "size": bundle.size, "agreement": parity.agreement, "mean_kl": parity.mean_kl}


def _evaluate(run: Run, step: Step) -> dict[str, Any]:
    from callwright_training.run.before_after import evaluate_run

    return evaluate_run(run, step)


def _read(run: Run) -> dict[str, Any]:
    """What a judge sees beside the samples."""
    return {"catalogue": run.catalogue.version, "records": [record.id for record in run.split.train]}


STAGES = (
    Stage(
        "sft",
        lambda run: [run.file.sft.model_dump(), run.file.adapter is not None, _retriever(run)],
        lambda run: [Path(run.file.adapter)] if run.file.adapter else [],
        ("adapter", "model"),
        _sft,
        True,
    ),
    Stage(
        "feedback",
        lambda run: [_decisive(run), run.file.seed, _read(run), _questions(run), run.file.labels],
        lambda run: [run.folder("sft") / "adapter", run.folder("sft") / "model"],
        ("labels.jsonl", "summary.json"),
        _feedback,
    ),
    Stage(
        "reward",
        lambda run: [run.file.reward.model_dump(), run.file.seed, run.file.labels],
        lambda run: [run.folder("feedback") / "labels.jsonl"],
        ("reward.safetensors", "reward.json", "quality.json"),
        _reward,
    ),
    Stage(
        "ppo",
        lambda run: [
            run.file.ppo.model_dump(),
            run.file.seed,
            run.file.feedback.form,
            _read(run),
            [_decisive(run), _questions(run)] if _asks_judge(run.file) else None,
        ],
        lambda run: [
            run.folder("sft") / "adapter",
            run.folder("sft") / "model",
            *([run.folder("reward") / "reward.safetensors"] if run.file.ppo.asks_reward_model else ()),
            *([run.folder("feedback") / "labels.jsonl"] if run.file.ppo.undecided else ()),
        ],
        ("model", "summary.json", "seeds"),
        _ppo,
    ),
    Stage(
        "export",
        lambda run: [run.file.export.model_dump(), run.file.name, run.catalogue.version],
        lambda run: [run.folder("sft") / "adapter", run.folder("ppo") / "model"],
        ("bundle",),
        _export,
    ),
    Stage(
        "evaluate",
        lambda run: [run.file.evaluate.model_dump(), _decisive(run), _questions(run)],
        lambda run: [
            *(run.ppo_folder(number) / "model" for number in range(run.file.ppo.seeds)),
            run.folder("feedback") / "summary.json",
            run.folder("export") / "bundle",
        ],
        ("summary.json",),
        _evaluate,
        True,
    ),
)


def _retriever(run: Run) -> list[Any]:
    """What the retriever is tuned by; nothing where there is none, or where one is taken over."""
    if run.file.choice is None or run.file.adapter is not None:
        return []
    return [run.file.choice.model_dump(), run.catalogue.version]


def _decisive(run: Run) -> dict[str, Any]:
    """Feedback's settings without those that cannot change its result."""
    return run.file.feedback.model_dump(exclude={"workers", "ray"})


def _asks_judge(file: RunFile) -> bool:
    return file.ppo.reward == "judge" or file.ppo.choices > 0


def _questions(run: Run) -> Any:
    return json.loads(run.plugins.question_set(run.file.feedback.questions).model_dump_json())
