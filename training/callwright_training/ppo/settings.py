"""What may be said under ``[ppo]``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from callwright_plugins.validation import FROZEN

Share = Annotated[float, Field(ge=0, le=1)]


class PPOSettings(BaseModel):
    """How hard the tuned model chases reward, and how far it may drift."""

    model_config = FROZEN

    seeds: PositiveInt = 1
    """Runs with different seeds, of which the first is exported and all are measured; a run file's."""
    algorithm: Literal["ppo", "grpo"] = "ppo"
    """`ppo` is this package's own loop; `grpo` hands the same reward to TRL's GRPOTrainer."""
    reward: Literal["model", "judge", "static", "execution"] = "model"
    """`model` is M_reward's logit, `judge` what feedback's judge gives, as a share of its highest score. The
    others grade each program, the right API times whether it runs: by the static tier, or really run in the
    sandbox."""
    reward_environment: str = "2024"
    """Library versions for a direct reward, prepared by `rlaif-train environment prepare`."""
    reward_scale: PositiveFloat = 4.0
    """What a perfect program is worth by a direct reward or the judge; weigh it against `kl_coefficient`."""
    reward_from: Share = 0.0
    """Share of the highest score from which a completion earns its score, by a direct reward or the judge.
    Below it earns nothing, so that what only looks right does not pay; 0 pays every part."""
    answered: Share = 0.0
    """Take prompts only from records whose own answer earns this share of the judge's highest score: what
    cannot be answered well teaches nothing. Needs `reward = "judge"`; 0 takes all."""
    undecided: bool = False
    """Take prompts only from records of which feedback accepted some samples and refused others: what always
    or never succeeds teaches nothing (dynamic sampling, arXiv 2503.14476)."""
    steps: PositiveInt = 100
    """Updates. Each samples one batch of completions, scores it and learns from it."""
    batch_size: PositiveInt = 32
    """Completions of one update, over all processes."""
    samples: PositiveInt = 1
    """Completions of each prompt in one update; divides `batch_size`. From 2 on each is compared with the
    others of its prompt, so that a hard prompt is not held against it (leave-one-out, arXiv 2402.14740)."""
    rows_at_once: PositiveInt = 8
    """Completions that go through the models at once, in reading and in learning: fewer need less memory and
    less padding. Changes the result by rounding only."""
    epochs: PositiveInt = 2
    """How often each batch is learned from."""
    minibatches: PositiveInt = 4
    """Optimizer steps of one such pass; divides `batch_size`."""
    max_tokens: PositiveInt = 64
    """The longest completion, in tokens."""
    temperature: PositiveFloat = 1.0
    """Divides the logits, in sampling and in learning alike."""
    learning_rate: PositiveFloat = 1e-5
    """Highest learning rate."""
    schedule: Literal["linear", "constant"] = "linear"
    """Whether the learning rate falls linearly to zero or stays."""
    max_gradient_norm: PositiveFloat | None = 1.0
    """Longer gradients are cut to this length; none leaves them."""
    kl_coefficient: NonNegativeFloat = 0.05
    """Reward lost per nat of drift from M_SFT. 0 lets it forget how to write code."""
    kl_estimator: Literal["k1", "k3"] = "k1"
    """Estimator of the drift (joschu.net/blog/kl-approx.html): k1 is plain, k3 never negative."""
    kl_target: PositiveFloat | None = None
    """Nats per completion that the coefficient is steered to (Ziegler 2019); none keeps the coefficient."""
    kl_horizon: PositiveFloat = 2000.0
    """Completions over which a wrong coefficient is mended; only with `kl_target`."""
    stop_at_kl: PositiveFloat | None = None
    """Training stops before an update whose completions have drifted further than this, in nats."""
    discount: Share = 1.0
    """Discount of later rewards (gamma)."""
    smoothing: Share = 0.95
    """Lambda of generalised advantage estimation: 0 trusts the values, 1 the rewards."""
    clip: PositiveFloat = 0.2
    """How far the probability ratio may move in one update."""
    value_clip: PositiveFloat = 0.2
    """How far a value may move in one update."""
    value_weight: NonNegativeFloat = 0.1
    """What the value's loss counts beside the policy's."""
    value: Literal["head", "model"] = "head"
    """A value head on the policy's own states, or a model of its own that starts from M_reward, as in TRL."""
    whiten_rewards: bool = False
    """Scale rewards to unit variance before advantages are computed."""
    missing_end_penalty: NonNegativeFloat = 1.0
    """Taken from the reward of a completion that hits `max_tokens` without an end."""
    choices: NonNegativeInt = 0
    """Questions of each update that are answered by choosing in the retrieved shortlist, as the server does,
    beside the completions; `minibatches` divides it. 0 trains free text only."""
    choice_reward: Literal["judge", "model"] = "judge"
    """What a choice earns: the judge's score as a share of the highest times `choice_worth`, or M_reward's
    logit of the call."""
    choice_worth: PositiveFloat = 4.0
    """What the best score of the judge is worth."""
    choice_candidates: Annotated[int, Field(ge=2)] = 8
    """Entries of a shortlist."""
    choice_scale: PositiveFloat = 10.0
    """What the mean log-likelihood of the question counts in the choice, where M_SFT's weights do not say."""
    choice_weight: NonNegativeFloat = 1.0
    """What the choices' loss counts beside the completions'."""
    choice_encoder: str = "all-minilm-l6-v2"
    """The untouched encoder of the retriever."""
    lora_rank: NonNegativeInt = 16
    """Rank of a new adapter; M_SFT's own is tuned on where it has one. 0 tunes every weight."""
    bf16: bool = False
    """Compute in bfloat16: faster, a little less exact."""
    save_steps: PositiveInt = 10
    """A checkpoint is kept every so many updates."""

    @model_validator(mode="after")
    def _judge_knows_answers(self) -> Self:
        if self.answered and self.reward != "judge":
            raise ValueError("answered needs reward = 'judge', which tells what a record's answer earns")
        return self

    @property
    def asks_reward_model(self) -> bool:
        """Whether M_reward decides any of the result."""
        choice = self.choices > 0 and self.choice_reward == "model"
        return self.reward == "model" or self.value == "model" or choice
