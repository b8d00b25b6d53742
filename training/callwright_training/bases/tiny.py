"""Random models of 0.2 million parameters with a real tokenizer, made in about a second; for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callwright_training.bases.base import Base

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

PAD, END = "<|pad|>", "<|end|>"
_VOCABULARY = 512
_POSITIONS = 1024
_WIDTH = 64

_TEXTS = (
    "from transformers import pipeline, AutoModel, AutoTokenizer\n",
    "import torch\nfrom sentence_transformers import SentenceTransformer\n",
    "model = AutoModelForSequenceClassification.from_pretrained('org/small-model')\n",
    "classifier = pipeline('text-classification', model='org/base-uncased')\n",
    "pipe = pipeline('image-classification', model='org/large-patch16-224')\n",
    "detector = pipeline(task='object-detection', model='org/resnet-50')\n",
    "# Translate an English sentence into French, and find the people in a picture\n",
    "def load(path):\n    with open(path) as file:\n        return file.read()\n",
    "###Instruction: I need an API that can classify the emotions of a text.\n###Output: <<<domain>>>: ",
    "<<<api_call>>>: <<<api_provider>>>: <<<explanation>>>: <<<code>>>: ",
)


def tiny_base(name: str, seed: int = 0) -> Base:
    """``tiny`` (Llama) or ``tiny-gpt2``, the same for the same seed."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = _llama() if name == "tiny" else _gpt2()
    return Base(name, model.eval(), _tokenizer())


def _llama() -> PreTrainedModel:
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=_VOCABULARY,
            hidden_size=_WIDTH,
            intermediate_size=2 * _WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=_POSITIONS,
            tie_word_embeddings=True,
            **_special_ids(),
        )
    )


def _gpt2() -> PreTrainedModel:
    from transformers import GPT2Config, GPT2LMHeadModel

    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=_VOCABULARY,
            n_positions=_POSITIONS,
            n_embd=_WIDTH,
            n_layer=2,
            n_head=4,
            attn_pdrop=0.0,
            embd_pdrop=0.0,
            resid_pdrop=0.0,
            **_special_ids(),
        )
    )


def _special_ids() -> dict[str, int]:
    return {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 1}


def _tokenizer() -> PreTrainedTokenizerFast:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=_VOCABULARY,
        special_tokens=[PAD, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=1,
        show_progress=False,
    )
    tokenizer.train_from_iterator(_TEXTS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=PAD, eos_token=END, bos_token=END)
