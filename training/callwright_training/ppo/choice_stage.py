"""The stage ``ppo`` where the form is ``choice``: the tuned retriever learns from what its choices earn.

M_RL is M_SFT's folder with another retriever in it: what is written freely stays as it was.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from callwright_server.bundle import RETRIEVER
from callwright_server.choice.chooser import ScoredEntry
from callwright_server.choice.fusion import ChoiceSettings, RetrievalFeature
from callwright_training.choice.encoders import EncoderBase, load_encoder, native_half, with_adapter
from callwright_training.choice.retriever_training import save_encoder
from callwright_training.choice.served import encoder_name, open_chooser, retriever_of, shortlisted
from callwright_training.errors import StageError
from callwright_training.feedback.samples import prompt_of
from callwright_training.ppo import processes, shortlists
from callwright_training.ppo.choice_loop import Choosers, train_choice
from callwright_training.ppo.choosing import Choosing, Cosines, Shortlist
from callwright_training.ppo.models import without_dropout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from callwright_training.ppo.stage import PPORequest, Step
    from callwright_training.records import Record

    Lists = Sequence[Sequence[ScoredEntry]]

_LEARNED: RetrievalFeature = "tuned_similarity"


def run_choice(request: PPORequest, step: Step) -> str | None:
    """Train and write M_RL's folder; returns why it stopped early, if it did.

    Raises:
        StageError: There is no tuned retriever, or nobody to say what a choice earns.
    """
    settings, out = request.settings, request.out
    folder = retriever_of(request.adapter)
    base, served = load_encoder(encoder_name(folder)), ChoiceSettings.load(folder)
    lists = _chosen(request, request.adapter)
    step("asking the judge about every choice", 0.0)
    scale = served.retrieval[_LEARNED] * served.choice["retrieval"]
    choosing = Choosing(
        shortlists=_shortlists(request, lists, scale),
        shares=Cosines(base.tokenizer, scale, half=settings.bf16 and native_half()),
    )
    policy = _trainable(base, folder)
    roles = Choosers(policy=policy, reference=with_adapter(base, folder), choosing=choosing)
    stopped = train_choice(roles, settings, request.seed, out, step)
    if processes.join()[0] == 0:
        _write(request, base, policy, lists)
    return stopped


def _chosen(request: PPORequest, adapter: Path | None) -> Lists:
    """Every record's shortlist."""
    chooser = open_chooser(adapter, request.catalogue, request.settings.choice_candidates)
    return shortlisted(chooser, request.records)


def _shortlists(request: PPORequest, lists: Lists, scale: float) -> list[Shortlist]:
    """The shortlists with what their entries earn and are thought of beside the encoder."""
    records = request.records
    found = shortlists.shortlists(records, lists, _rewards(request, records, lists))
    return [
        shortlists.without(one, scale, [entry.features[_LEARNED] for entry in listed])
        for one, listed in zip(found, lists, strict=True)
    ]


def _rewards(request: PPORequest, records: Sequence[Record], lists: Lists) -> list[list[float]]:
    settings = request.settings
    if settings.reward == "judge" and request.judge is not None:
        judge, questions = request.judge()
        shares = shortlists.judged(judge, questions, records, lists, 1.0)
        least = settings.reward_from
        return [[settings.reward_scale * one if one >= least else 0.0 for one in row] for row in shares]
    if settings.reward != "model":
        raise StageError("ppo: form = 'choice' is rewarded by 'judge', in a run file, or by 'model'")
    from callwright_training.bases import load_base
    from callwright_training.ppo.rollout import score_by
    from callwright_training.reward.stage import load_reward

    tokenizer = load_base(request.base).tokenizer
    reward = without_dropout(load_reward(request.reward, load_base(request.base), request.adapter))
    score = score_by(reward, int(tokenizer.pad_token_id), int(tokenizer.eos_token_id))
    prompts = [tokenizer(prompt_of(record, request.form)).input_ids for record in records]
    return shortlists.scored(score, tokenizer, request.form, prompts, lists)


def _trainable(base: EncoderBase, folder: Path) -> Any:
    """The encoder with M_SFT's adapter, which is trained on; without dropout, as ratios ask for."""
    import copy

    from peft import PeftModel

    model = PeftModel.from_pretrained(copy.deepcopy(base.model), str(folder), is_trainable=True)
    return without_dropout(model)


def _write(request: PPORequest, base: EncoderBase, policy: Any, lists: Lists) -> None:
    """M_SFT's folder, with the policy for a retriever; it appears as a whole."""
    place, partial = request.out / "model", request.out / "model.partial"
    assert request.adapter is not None  # noqa: S101 - `retriever_of` has refused it
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(request.adapter, partial)
    save_encoder(policy, base, partial / RETRIEVER)
    _move_threshold(partial / RETRIEVER, lists, _chosen(request, partial))
    shutil.rmtree(place, ignore_errors=True)
    partial.rename(place)


def _move_threshold(folder: Path, before: Lists, after: Lists) -> None:
    """Show calls unasked as readily as before: to a softmax a shift of all scores is nothing."""

    def mean(lists: Lists) -> float:
        return fmean(listed[0].features["retrieval"] for listed in lists)

    settings = ChoiceSettings.load(folder)
    moved = settings.least_retrieval + mean(after) - mean(before)
    settings.model_copy(update={"least_retrieval": round(moved, 2)}).save(folder)
