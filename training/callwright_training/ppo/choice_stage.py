"""The stage ``ppo`` where the form is ``choice``: what the judge says of calls becomes a bias of each.

M_RL is M_SFT's folder with that bias in its retriever; encoders and language model stay as they were. Whether
a call runs is the call's own doing, so that a bias learns it from few questions and says the same of it
whatever is asked. It moves a call among those of its own domain only: which kind of call is asked for is what
M_SFT has learned from the records, and an encoder trained on the same rewards unlearned some of it
(docs/log.md).
"""

from __future__ import annotations

import copy
import shutil
from typing import TYPE_CHECKING

from callwright_server.bundle import RETRIEVER
from callwright_server.choice.bias import CallBias
from callwright_server.choice.chooser import ScoredEntry
from callwright_training.choice.served import open_chooser, retriever_of, shortlisted
from callwright_training.errors import StageError
from callwright_training.feedback.samples import prompt_of
from callwright_training.ppo import processes, shortlists
from callwright_training.ppo.choice_loop import Choosers, train_choice
from callwright_training.ppo.choosing import Biased, Biases, Choosing
from callwright_training.ppo.models import without_dropout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from callwright_training.ppo.stage import PPORequest, Step
    from callwright_training.records import Record

    Lists = Sequence[Sequence[ScoredEntry]]


def run_choice(request: PPORequest, step: Step) -> str | None:
    """Train and write M_RL's folder; returns why it stopped early, if it did.

    Raises:
        StageError: There is no tuned retriever, or nobody to say what a choice earns.
    """
    bias, stopped = learn_bias(request, step)
    if processes.join()[0] == 0:
        _write(request, bias)
    return stopped


def learn_bias(request: PPORequest, step: Step) -> tuple[CallBias, str | None]:
    """Train; returns what was learned, and why it stopped early, if it did.

    Raises:
        StageError: There is no tuned retriever, or nobody to say what a choice earns.
    """
    records, candidates = request.records, request.settings.choice_candidates
    chooser = open_chooser(request.adapter, request.catalogue, candidates, biased=False)
    lists = shortlisted(chooser, records)
    step("asking the judge about every choice", 0.0)
    calls = [entry.text for entry in request.catalogue.entries]
    policy = Biases(calls, CallBias.load(retriever_of(request.adapter)))
    asked = shortlists.shortlists(records, lists, _rewards(request, records, lists))
    choosing = Choosing(shortlists=asked, shares=Biased())
    roles = Choosers(policy=policy, reference=copy.deepcopy(policy), choosing=choosing)
    stopped = train_choice(roles, request.settings, request.seed, request.out, step)
    return policy.learned(), stopped


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


def _write(request: PPORequest, bias: CallBias) -> None:
    """M_SFT's folder, with the bias in its retriever; it appears as a whole."""
    place, partial = request.out / "model", request.out / "model.partial"
    assert request.adapter is not None  # noqa: S101 - `retriever_of` has refused it
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(request.adapter, partial)
    bias.save(partial / RETRIEVER)
    shutil.rmtree(place, ignore_errors=True)
    partial.rename(place)
