"""Tuning the encoder: the right document must stand out among all of the catalogue.

The softmax runs over the documents of the batch, encoded afresh, and over the whole catalogue as it was
encoded at the start of the epoch. A second term asks for the right domain's share of the same softmax. The
tuned part is a LoRA adapter. The same settings, records and threads give the same weights.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callwright_training.choice.corpus import Corpus, Question
from callwright_training.choice.encoders import EncoderBase, encode_texts, forward
from callwright_training.choice.settings import Choice

if TYPE_CHECKING:
    from torch import Tensor

Report = Callable[[str, float], None]
_WARM_UP = 10
_NEVER = -1e4


def tune_encoder(
    base: EncoderBase,
    corpus: Corpus,
    questions: Sequence[Question],
    further: Sequence[Question],
    settings: Choice,
    seed: int,
    report: Report,
) -> Any:
    """Tune a copy of the base; a peft model is returned.

    Args:
        base: The untouched encoder.
        corpus: The catalogue.
        questions: What the corpus answers.
        further: Practice on other documents; some are drawn for each epoch.
        settings: The settings.
        seed: Decides initial weights and order.
        report: Told what happens and the share that is done.
    """
    import torch

    torch.manual_seed(seed)
    model = _adapted(base, settings)
    run = _Run(model, base, corpus, settings)
    chance = random.Random(seed)
    for epoch in range(settings.retriever_epochs):
        extra = chance.sample(list(further), min(settings.retriever_further, len(further)))
        items = [*questions, *extra]
        chance.shuffle(items)
        run.epoch(epoch, items, report)
    return model.eval()


def save_encoder(model: Any, base: EncoderBase, folder: Path) -> None:
    """Write the adapter, 16 bits a weight; it names its base by name, never by a folder of this machine."""
    import json

    import torch
    from safetensors.torch import load_file, save_file

    model.peft_config["default"].base_model_name_or_path = base.name
    model.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)
    config = folder / "adapter_config.json"
    values = json.loads(config.read_text(encoding="utf-8"))
    values["target_modules"] = sorted(values["target_modules"])
    config.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    weights = folder / "adapter_model.safetensors"
    tensors = {name: tensor.to(torch.bfloat16) for name, tensor in load_file(weights).items()}
    save_file(tensors, weights, metadata={"format": "pt"})
    weights.chmod(0o644)


def _adapted(base: EncoderBase, settings: Choice) -> Any:
    import copy

    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=settings.retriever_rank,
        lora_alpha=2 * settings.retriever_rank,
        target_modules=["query", "key", "value", "dense"],
    )
    return get_peft_model(copy.deepcopy(base.model), config).train()


class _Run:
    """The state of one training."""

    def __init__(self, model: Any, base: EncoderBase, corpus: Corpus, settings: Choice) -> None:
        import torch

        self.model, self.tokenizer, self.corpus, self.settings = model, base.tokenizer, corpus, settings
        calls = {call: index for index, call in enumerate(dict.fromkeys(d.call for d in corpus.documents))}
        names = {name: index for index, name in enumerate(dict.fromkeys(corpus.domains))}
        self.calls = torch.tensor([calls[document.call] for document in corpus.documents])
        self.domains = torch.tensor([names[name] for name in corpus.domains])
        self.other = len(names)
        self.trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.optimizer = torch.optim.AdamW(
            self.trained, lr=settings.retriever_learning_rate, weight_decay=0.01
        )
        self.step = 0

    def epoch(self, number: int, items: Sequence[Question], report: Report) -> None:
        import torch

        self.model.eval()
        bank = torch.from_numpy(encode_texts(self.model, self.tokenizer, self.corpus.texts, half=True))
        self.model.train()
        size = self.settings.retriever_batch_size
        batches = [items[start : start + size] for start in range(0, len(items), size)]
        losses: list[float] = []
        for index, batch in enumerate(batches):
            done = (number + index / len(batches)) / self.settings.retriever_epochs
            report(f"epoch {number + 1}, loss {sum(losses[-8:]) / max(len(losses[-8:]), 1):.3f}", done)
            self._rate(done)
            losses.append(self._learn(batch, bank))

    def _rate(self, done: float) -> None:
        rise = min(1.0, (self.step + 1) / _WARM_UP)
        rate = self.settings.retriever_learning_rate * rise * 0.5 * (1 + math.cos(math.pi * done))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.step += 1

    def _learn(self, batch: Sequence[Question], bank: Tensor) -> float:
        import torch

        loss = self._loss(batch, bank)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return float(loss.detach())

    def _loss(self, batch: Sequence[Question], bank: Tensor) -> Tensor:
        """Cross-entropy of the right documents, and what the domain's share adds to it."""
        import torch
        from torch.nn.functional import cross_entropy

        fresh = list(dict.fromkeys(item.document for item in batch))
        places = {document: index for index, document in enumerate(fresh)}
        rows = {item.document: item.row for item in batch}
        live = torch.tensor([rows[document] for document in fresh])
        asked = forward(self.model, self.tokenizer, [item.text for item in batch], half=True)
        read = forward(self.model, self.tokenizer, [document.text for document in fresh], half=True)
        scores = self.settings.retriever_scale * (asked @ torch.cat([read, bank]).T)
        gold = torch.tensor([item.row for item in batch])
        scores = scores.masked_fill(self._repeated(gold, live, len(fresh)), _NEVER)
        loss = cross_entropy(scores, torch.tensor([places[item.document] for item in batch]))
        known = gold >= 0
        if not self.settings.retriever_domain_weight or not known.any():
            return loss
        share = self._domain_share(scores[known], gold[known], live)
        return loss - self.settings.retriever_domain_weight * (share + 1e-6).log().mean()

    def _repeated(self, gold: Tensor, live: Tensor, fresh: int) -> Tensor:
        """What of the bank must not count: rows that were encoded afresh, and others with the same call."""
        import torch

        repeated = torch.zeros(len(gold), fresh + len(self.calls), dtype=torch.bool)
        repeated[:, fresh:][:, live[live >= 0]] = True
        known = gold >= 0
        repeated[known, fresh:] |= self.calls[gold[known]][:, None] == self.calls[None]
        return repeated

    def _domain_share(self, scores: Tensor, gold: Tensor, live: Tensor) -> Tensor:
        """The right domain's share of each question's softmax."""
        import torch

        own = torch.where(live >= 0, self.domains[live.clamp_min(0)], torch.tensor(self.other))
        groups = torch.cat([own, self.domains])
        shares = torch.zeros(len(scores), self.other + 1).index_add(1, groups, scores.softmax(-1))
        return shares.gather(1, self.domains[gold][:, None])
