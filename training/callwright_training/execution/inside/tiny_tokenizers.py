"""Tokenizers of a few hundred tokens in the file formats of each model type, trained on our own sentences."""

from __future__ import annotations

import contextlib
import json
import pydoc_data.topics
import shutil
from pathlib import Path
from typing import Any

WORDPIECE = frozenset(
    {
        "bert",
        "distilbert",
        "tapas",
        "electra",
        "mpnet",
        "vilt",
        "blip",
        "git",
        "layoutlm",
        "layoutlmv2",
        "convbert",
        "chinese_clip",
        "align",
        "prophetnet",
        "dpr",
        "realm",
        "retribert",
    }
)
UNIGRAM = frozenset(
    {
        "t5",
        "mt5",
        "pegasus",
        "pix2struct",
        "bigbird_pegasus",
    }
)
SENTENCEPIECE = frozenset(
    {
        "mbart",
        "m2m_100",
        "xlm-roberta",
        "camembert",
        "speech_to_text",
        "albert",
        "deberta-v2",
        "speecht5",
        "llama",
        "xlnet",
        "xglm",
        "nllb",
        "donut",
    }
)
LETTERS = frozenset(
    {
        "wav2vec2",
        "hubert",
        "wavlm",
        "unispeech",
        "unispeech-sat",
        "wav2vec2-conformer",
        "data2vec-audio",
    }
)
NONE = frozenset(
    {
        "vit",
        "vit_mae",
        "vit-hybrid",
        "deit",
        "beit",
        "dpt",
        "glpn",
        "segformer",
        "detr",
        "conditional_detr",
        "deformable_detr",
        "deta",
        "table-transformer",
        "yolos",
        "swin",
        "swinv2",
        "swin2sr",
        "convnext",
        "convnextv2",
        "regnet",
        "resnet",
        "mobilenet_v1",
        "mobilenet_v2",
        "mobilevit",
        "levit",
        "videomae",
        "timesformer",
        "maskformer",
        "mask2former",
        "upernet",
        "graphormer",
        "decision_transformer",
        "time_series_transformer",
        "hifigan",
        "audio-spectrogram-transformer",
    }
)
SLOW_ONLY = frozenset(
    {
        "marian",
        "m2m_100",
        "speech_to_text",
        "speecht5",
        "xlm",
        "prophetnet",
        "tapas",
        "bigbird_pegasus",
        "blenderbot-small",
        "tapex",
    }
)
_CLASSES = {
    "mbart": "MBart50Tokenizer",
    "pegasus": "PegasusTokenizer",
    "bigbird_pegasus": "PegasusTokenizer",
    "t5": "T5Tokenizer",
    "mt5": "T5Tokenizer",
    "pix2struct": "T5Tokenizer",
    "chinese_clip": "BertTokenizer",
    "align": "BertTokenizer",
    "blip": "BertTokenizer",
    "git": "BertTokenizer",
    "vilt": "BertTokenizer",
    "dpr": "BertTokenizer",
    "clip": "CLIPTokenizer",
    "owlvit": "CLIPTokenizer",
    "clipseg": "CLIPTokenizer",
    "oneformer": "CLIPTokenizer",
    "xclip": "CLIPTokenizer",
    "opt": "GPT2Tokenizer",
    "blip-2": "GPT2Tokenizer",
    "gpt_bigcode": "GPT2Tokenizer",
    "gptj": "GPT2Tokenizer",
    "gpt_neo": "GPT2Tokenizer",
    "codegen": "CodeGenTokenizer",
    "bloom": "BloomTokenizerFast",
    "gpt_neox": "GPTNeoXTokenizerFast",
    "vision-encoder-decoder": "RobertaTokenizer",
    "data2vec-text": "RobertaTokenizer",
    "blenderbot-small": "BlenderbotSmallTokenizer",
    "roberta": "RobertaTokenizer",
    "tapex": "TapexTokenizer",
    "nllb": "NllbTokenizer",
    "donut": "XLMRobertaTokenizer",
}
_SIZE = 3000
_LENGTHS = {"clip": 77, "clipseg": 77, "xclip": 77, "oneformer": 77, "owlvit": 16, "vilt": 40}
_LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "nl", "ru", "zh", "ja", "ko", "ar", "hi", "tr", "pl", "uk"]
_TWO_INPUTS = frozenset({"git", "blip", "align"})
_SENTENCES = """
The quick brown fox jumps over the lazy dog . Hello world , this is my test sentence about Paris , London
and Berlin . I love this movie ! What do you think ? Translate English to French : summarize question answer
context classify positive negative neutral . My name is Sarah and I live in New York City . The capital of
France is Paris . def hello ( name ) : return print ( f "hi" ) # a small function in 2023
What is the total price of the invoice ?
"""


def train(folder: Path) -> None:
    """Train the few vocabularies that all tokenizers are made of."""
    folder.mkdir(parents=True, exist_ok=True)
    letters = ["".join(chr(code) for code in range(33, 127))] * 5 + list(
        "abcdefghijklmnopqrstuvwxyz0123456789"
    )
    corpus = folder / "corpus.txt"
    english = "\n".join(pydoc_data.topics.topics.values()).splitlines()  # the one large text that Python has
    corpus.write_text(
        "\n".join([*_SENTENCES.strip().splitlines() * 30, *english, *letters]), encoding="utf-8"
    )
    _train_bytes(folder, corpus)
    _train_words(folder, corpus)
    with contextlib.suppress(ImportError):  # without sentencepiece, no scripts run that need it
        _train_pieces(folder, corpus)
    symbols = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ'"]
    (folder / "letters.json").write_text(json.dumps({s: i for i, s in enumerate(symbols)}), encoding="utf-8")


def _train_bytes(folder: Path, corpus: Path) -> None:
    from tokenizers import ByteLevelBPETokenizer

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "<|endoftext|>", "<|startoftext|>"]
    tokenizer = ByteLevelBPETokenizer()
    tokenizer.train(
        [str(corpus)], vocab_size=_SIZE, min_frequency=1, special_tokens=special, show_progress=False
    )
    tokenizer.save_model(str(folder))


def _train_words(folder: Path, corpus: Path) -> None:
    from tokenizers import BertWordPieceTokenizer

    tokenizer = BertWordPieceTokenizer()
    tokenizer.train([str(corpus)], vocab_size=_SIZE, min_frequency=1, show_progress=False)
    tokenizer.save_model(str(folder))
    words = (folder / "vocab.txt").read_text(encoding="utf-8").split()
    words += [word for word in ("[EMPTY]", "[X_SEP]", "[unused0]", "[unused1]") if word not in words]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    mpnet = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *words]
    (folder / "mpnet.txt").write_text("\n".join(mpnet) + "\n", encoding="utf-8")


def _train_pieces(folder: Path, corpus: Path) -> None:
    import sentencepiece

    common: dict[str, Any] = {
        "input": str(corpus),
        "vocab_size": _SIZE,
        "hard_vocab_limit": False,
        "character_coverage": 1.0,
        "minloglevel": 2,
    }
    trainer = sentencepiece.SentencePieceTrainer
    trainer.train(model_prefix=str(folder / "unigram"), unk_id=2, pad_id=0, eos_id=1, bos_id=-1, **common)
    trainer.train(model_prefix=str(folder / "pieces"), **common)
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "unigram.model"))
    vocabulary = {model.id_to_piece(number): number for number in range(model.get_piece_size())}
    (folder / "marian.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "pieces.model"))
    pieces = [model.id_to_piece(number) for number in range(model.get_piece_size())]
    ordered = dict.fromkeys(["<s>", "<pad>", "</s>", "<unk>", *pieces])
    (folder / "m2m.json").write_text(
        json.dumps({piece: i for i, piece in enumerate(ordered)}), encoding="utf-8"
    )


def write(source: Path, target: Path, model_type: str, processor: str = "", owner: str = "") -> Any:
    """Write the tokenizer files of a kind; returns the tokenizer, ``None`` where the type has none.

    ``owner`` is the model type that gets them, where that is not the kind's own name.
    """
    if model_type in NONE:
        return None
    for name, path in _files(source, model_type).items():
        shutil.copy(path, target / name)
    settings: dict[str, Any] = {"model_max_length": _LENGTHS.get(model_type, 512)}
    if model_type in _TWO_INPUTS:
        settings["model_input_names"] = ["input_ids", "attention_mask"]
    if model_type in _CLASSES:
        settings["tokenizer_class"] = _CLASSES[model_type]
    elif model_type in LETTERS:
        settings["tokenizer_class"] = "Wav2Vec2CTCTokenizer"
    if model_type == "marian":
        settings |= {"source_lang": "en", "target_lang": "fr"}
    (target / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    (target / "config.json").write_text(json.dumps({"model_type": owner or model_type}), encoding="utf-8")
    tokenizer = _load(target, model_type)
    _complete(tokenizer, model_type)
    tokenizer.save_pretrained(target)
    if processor:
        path = target / "tokenizer_config.json"
        saved = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**saved, "processor_class": processor}), encoding="utf-8")
    return tokenizer


def _files(source: Path, model_type: str) -> dict[str, Path]:
    if model_type in WORDPIECE:
        name = "prophetnet.tokenizer" if model_type == "prophetnet" else "vocab.txt"
        return {name: source / ("mpnet.txt" if model_type == "mpnet" else "vocab.txt")}
    if model_type in UNIGRAM:
        return {"spiece.model": source / "unigram.model"}
    if model_type == "marian":
        model = source / "unigram.model"
        return {"source.spm": model, "target.spm": model, "vocab.json": source / "marian.json"}
    if model_type in SENTENCEPIECE:
        names = ("sentencepiece.bpe.model", "spiece.model", "spm.model", "spm_char.model", "tokenizer.model")
        files = dict.fromkeys(names, source / "pieces.model")
        return files | (
            {"vocab.json": source / "m2m.json"} if model_type in {"m2m_100", "speech_to_text"} else {}
        )
    if model_type in LETTERS:
        return {"vocab.json": source / "letters.json"}
    return {"vocab.json": source / "vocab.json", "merges.txt": source / "merges.txt"}


def _load(folder: Path, model_type: str) -> Any:
    import transformers

    if model_type in {"bloom", "gpt_neox"}:
        plain = transformers.GPT2TokenizerFast(str(folder / "vocab.json"), str(folder / "merges.txt"))
        plain.save_pretrained(folder)
        path = folder / "tokenizer_config.json"
        saved = json.loads(path.read_text(encoding="utf-8")) | {"tokenizer_class": _CLASSES[model_type]}
        path.write_text(json.dumps(saved), encoding="utf-8")
    return transformers.AutoTokenizer.from_pretrained(folder, use_fast=model_type not in SLOW_ONLY)


def _complete(tokenizer: Any, model_type: str) -> None:
    """Add the special tokens that a model type's scripts rely on."""
    if model_type == "whisper":
        names = [
            "startoftranscript",
            *_LANGUAGES,
            "translate",
            "transcribe",
            "startoflm",
            "startofprev",
            "nocaptions",
        ]
        times = [f"{step * 0.02:.2f}" for step in range(1501)]
        tokenizer.add_special_tokens(
            {"additional_special_tokens": [f"<|{name}|>" for name in [*names, "notimestamps"]]}
        )
        tokenizer.add_tokens([f"<|{time}|>" for time in times])
    if tokenizer.pad_token is None and model_type not in {
        "gpt2",
        "gptj",
        "gpt_neo",
        "gpt_neox",
        "codegen",
        "llama",
    }:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
