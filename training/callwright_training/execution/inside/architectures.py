"""Which architecture a repository has, and how small we make it: tables and their reading."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

# What a repository's name says of its model type; the longest keyword found counts.
KEYWORDS = {
    "albert": "albert",
    "align": "align",
    "ast-": "audio-spectrogram-transformer",
    "bart": "bart",
    "beit": "beit",
    "bert": "bert",
    "bigbird-pegasus": "bigbird_pegasus",
    "blenderbot": "blenderbot",
    "blenderbot_small": "blenderbot-small",
    "blip": "blip",
    "blip2": "blip-2",
    "bloom": "bloom",
    "byt5": "t5",
    "camembert": "camembert",
    "chinese-clip": "chinese_clip",
    "clip": "clip",
    "clipseg": "clipseg",
    "codebert": "roberta",
    "codegen": "codegen",
    "codet5": "t5-code",
    "conditional-detr": "conditional_detr",
    "conv-bert": "convbert",
    "convbert": "convbert",
    "convnext": "convnext",
    "convnextv2": "convnextv2",
    "data2vec": "data2vec-text",
    "data2vec-audio": "data2vec-audio",
    "deberta": "deberta",
    "deberta-v2": "deberta-v2",
    "deberta-v3": "deberta-v2",
    "decision-transformer": "decision_transformer",
    "deformable-detr": "deformable_detr",
    "deit": "deit",
    "deplot": "pix2struct",
    "deta": "deta",
    "detr": "detr",
    "detr-resnet": "detr",
    "dialogpt": "gpt2",
    "distilbert": "distilbert",
    "distilgpt": "gpt2",
    "distilroberta": "roberta",
    "donut": "donut",
    "dpt-": "dpt",
    "electra": "electra",
    "flan": "t5",
    "galactica": "opt",
    "git-": "git",
    "glpn": "glpn",
    "gpt": "gpt2",
    "gpt-j": "gptj",
    "gpt-neo": "gpt_neo",
    "gpt-neox": "gpt_neox",
    "gpt2": "gpt2",
    "graphormer": "graphormer",
    "hubert": "hubert",
    "layoutlm": "layoutlm",
    "layoutlmv2": "layoutlmv2",
    "layoutlmv3": "layoutlmv3",
    "layoutxlm": "layoutlmv2",
    "led-": "led",
    "levit": "levit",
    "lilt": "lilt",
    "llama": "llama",
    "longformer": "longformer",
    "m2m": "m2m_100",
    "mask2former": "mask2former",
    "maskformer": "maskformer",
    "matcha": "pix2struct",
    "mbart": "mbart",
    "mdeberta": "deberta-v2",
    "minilm": "bert",
    "mit-b": "segformer",
    "mobilenet_v1": "mobilenet_v1",
    "mobilenet_v2": "mobilenet_v2",
    "mobilevit": "mobilevit",
    "mpnet": "mpnet",
    "mt0": "mt5",
    "omnitab": "tapex",
    "mt5": "mt5",
    "nllb": "nllb",
    "oneformer": "oneformer",
    "opt-": "opt",
    "opus-mt": "marian",
    "opus-tatoeba": "marian",
    "owlvit": "owlvit",
    "pegasus": "pegasus",
    "pix2struct": "pix2struct",
    "prophetnet": "prophetnet",
    "pygmalion": "gptj",
    "pythia": "gpt_neox",
    "rebel": "bart",
    "regnet": "regnet",
    "resnet": "resnet",
    "roberta": "roberta",
    "s2t-": "speech_to_text",
    "segformer": "segformer",
    "simcse": "bert",
    "speecht5": "speecht5",
    "starcoder": "gpt_bigcode",
    "swin": "swin",
    "swin2sr": "swin2sr",
    "swinv2": "swinv2",
    "t5": "t5",
    "table-transformer": "table-transformer",
    "tapas": "tapas",
    "tapex": "tapex",
    "time-series": "time_series_transformer",
    "timesformer": "timesformer",
    "trocr": "vision-encoder-decoder",
    "umlsbert": "bert",
    "unispeech": "unispeech-sat",
    "unixcoder": "roberta",
    "upernet": "upernet",
    "upernet-convnext": "upernet",
    "vicuna": "llama",
    "videomae": "videomae",
    "vilt": "vilt",
    "vit": "vit",
    "vit-gpt2": "vision-encoder-decoder",
    "vit_mae": "vit_mae",
    "vit-mae": "vit_mae",
    "vit-hybrid": "vit-hybrid",
    "wav2vec": "wav2vec2",
    "wav2vec2": "wav2vec2",
    "wav2vec2-conformer": "wav2vec2-conformer",
    "wavlm": "wavlm",
    "whisper": "whisper",
    "x-clip": "xclip",
    "xclip": "xclip",
    "xlm-mlm": "xlm",
    "xlm-roberta": "xlm-roberta",
    "xlm_": "xlm-roberta",
    "xlmr": "xlm-roberta",
    "xlnet": "xlnet",
    "xls-r": "wav2vec2",
    "yolos": "yolos",
}
# What these repositories really are, where name and catalogue do not say it or mislead.
KNOWN = {
    "microsoft/speecht5_hifigan": "hifigan",
    "facebook/xm_transformer_600m-es_en-multi_domain": "",
    "google/tapas-base-finetuned-wtq": "tapas",
    "sentence-transformers/all-minilm-l6-v2": "bert",
    "sentence-transformers/paraphrase-multilingual-mpnet-base-v2": "xlm-roberta",
    "sentence-transformers/distiluse-base-multilingual-cased-v1": "distilbert",
    "sentence-transformers/distiluse-base-multilingual-cased-v2": "distilbert",
    "sentence-transformers/gtr-t5-base": "t5",
    "sentence-transformers/sentence-t5-base": "t5",
    "facebook/bart-large-mnli": "bart",
    "typeform/distilbert-base-uncased-mnli": "distilbert",
    "facebook/incoder-1b": "xglm",
    "facebook/xglm-564m": "xglm",
    "decapoda-research/llama-7b-hf": "llama",
    "bigcode/santacoder": "gpt2",
    "salesforce/codet5-base-multi-sum": "t5-code",
    "huggingface/time-series-transformer-tourism-monthly": "time_series_transformer",
    "facebook/mms-1b-all": "wav2vec2",
    "impira/layoutlm-document-qa": "layoutlm",
    "facebook/dragon-plus-query-encoder": "bert",
    "facebook/dragon-plus-context-encoder": "bert",
    "facebook/contriever": "bert",
    "facebook/contriever-msmarco": "bert",
    "facebook/dpr-question_encoder-single-nq-base": "dpr",
    "facebook/esm2_t6_8m_ur50d": "esm",
    "openai/shap-e": "",
}
# Model types that we make twice, with different tokenizers: the type itself, and the tokenizer's kind.
VARIANTS = {
    "t5-code": ("t5", "roberta"),
    "tapex": ("bart", "tapex"),
    "nllb": ("m2m_100", "nllb"),
    "donut": ("vision-encoder-decoder", "donut"),
}
# What a domain's models mostly are, the first match counts.
BY_DOMAIN = (
    ("Document Question Answer", "layoutlm"),
    ("Table Question Answering", "tapas"),
    ("Visual Question Answering", "vilt"),
    ("Question Answering", "bert"),
    ("Zero-Shot Image Classification", "clip"),
    ("Zero-Shot Classification", "bart"),
    ("Text Classification", "bert"),
    ("Token Classification", "bert"),
    ("Translation", "marian"),
    ("Summarization", "bart"),
    ("Conversational", "gpt2"),
    ("Text2Text Generation", "t5"),
    ("Text Generation", "gpt2"),
    ("Fill-Mask", "bert"),
    ("Sentence Similarity", "mpnet"),
    ("Depth Estimation", "dpt"),
    ("Image Classification", "vit"),
    ("Object Detection", "detr"),
    ("Image Segmentation", "segformer"),
    ("Video Classification", "videomae"),
    ("Automatic Speech Recognition", "wav2vec2"),
    ("Audio Classification", "wav2vec2"),
    ("Text-to-Speech", "speecht5"),
    ("Image-to-Text", "vision-encoder-decoder"),
    ("Graph Machine Learning", "graphormer"),
    ("Image-to-Image", "swin2sr"),
    ("Feature Extraction", "bert"),
)
# Libraries that bring their own file formats, which this hub does not have.
_OTHER_LIBRARIES = re.compile(
    r"fairseq|speechbrain|pyannote|espnet|flair|stable[_-]baselines|ultralytics|yolov5|asteroid|ml-?agents|keras|spacy|"
    r"nemo|paddle|tensorflowtts|open_clip",
    re.IGNORECASE,
)
DIFFUSION = re.compile(r"diffusers|Diffusion|DDPM|DDIM|ControlNet|ScoreSdeVe|AutoencoderKL|KarrasVe")
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.\-]*/[\w.\-]+")
_LOADED = re.compile(
    r"(?:from_pretrained\(|model\s*=\s*|tokenizer\s*=\s*|SentenceTransformer\(|CrossEncoder\(|model_name\s*=\s*|repo_id\s*=\s*|"
    r"REPO_ID\s*=\s*|checkpoint\s*=\s*|pipeline\(['\"][\w\-]+['\"]\s*,\s*)['\"]([A-Za-z0-9][\w.\-]*(?:/[A-Za-z0-9][\w.\-]+)?)['\"]"
)

# One small size for every name that configurations give to the same thing.
SMALL = {
    "hidden_size": 32,
    "d_model": 32,
    "n_embd": 32,
    "dim": 32,
    "embedding_size": 32,
    "intermediate_size": 64,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "d_ff": 64,
    "d_kv": 8,
    "d_inner": 64,
    "d_head": 8,
    "hidden_dim": 64,
    "ffn_dim": 64,
    "word_embed_proj_dim": 32,
    "num_hidden_layers": 2,
    "num_layers": 2,
    "n_layer": 2,
    "n_layers": 2,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "num_decoder_layers": 2,
    "num_encoder_layers": 2,
    "num_attention_heads": 4,
    "num_heads": 4,
    "n_head": 4,
    "n_heads": 4,
    "attention_heads": 4,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "projection_dim": 32,
    "image_size": 64,
    "patch_size": 16,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
    "text_embed_dim": 32,
    "emb_dim": 32,
    "decoder_num_hidden_layers": 2,
    "decoder_hidden_size": 32,
    "decoder_intermediate_size": 64,
    "decoder_num_attention_heads": 4,
    "encoder_hidden_size": 32,
    "num_frames": 8,
    "rotary_dim": 4,
    "proj_codevector_dim": 32,
    "codevector_dim": 32,
    "conv_depthwise_kernel_size": 31,
}
_RESNET = {
    "model_type": "resnet",
    "embedding_size": 16,
    "hidden_sizes": [16, 16, 32, 32],
    "depths": [1, 1, 1, 1],
    "out_features": ["stage4"],
    "layer_type": "basic",
}
_NO_TIMM = {
    "use_timm_backbone": False,
    "use_pretrained_backbone": False,
    "backbone": None,
    "backbone_kwargs": None,
}
_DETECTION = {**_NO_TIMM, "backbone_config": _RESNET, "num_queries": 10}
# What one model type needs besides.
SPECIAL: dict[str, dict[str, Any]] = {
    "swin": {"embed_dim": 24, "num_heads": [3, 3, 3, 3], "window_size": 2, "patch_size": 4},
    "swinv2": {"embed_dim": 24, "num_heads": [3, 3, 3, 3], "window_size": 4, "patch_size": 4},
    "swin2sr": {"embed_dim": 24, "depths": [2, 2], "num_heads": [2, 2], "window_size": 8, "patch_size": 1},
    "segformer": {
        "hidden_sizes": [16, 32, 32, 64],
        "num_attention_heads": [1, 2, 2, 4],
        "decoder_hidden_size": 32,
    },
    "glpn": {
        "hidden_sizes": [16, 32, 32, 64],
        "num_attention_heads": [1, 2, 2, 4],
        "decoder_hidden_size": 32,
    },
    "dpt": {
        "num_hidden_layers": 4,
        "backbone_out_indices": [0, 1, 2, 3],
        "neck_hidden_sizes": [16, 16, 32, 32],
        "fusion_hidden_size": 16,
    },
    "deberta": {"pooler_hidden_size": 32},
    "deberta-v2": {"pooler_hidden_size": 32},
    "beit": {"num_hidden_layers": 12, "use_relative_position_bias": False},
    "maskformer": {**_NO_TIMM},
    "mask2former": {**_NO_TIMM},
    "oneformer": {**_NO_TIMM},
    "detr": {**_DETECTION, "encoder_attention_heads": 8, "decoder_attention_heads": 8},
    "conditional_detr": _DETECTION,
    "table-transformer": _DETECTION,
    "deformable_detr": {
        **_DETECTION,
        "backbone_config": {**_RESNET, "out_features": ["stage2", "stage3", "stage4"]},
    },
    "deta": {
        "backbone_config": {**_RESNET, "out_features": ["stage2", "stage3", "stage4"]},
        "backbone": None,
        "backbone_kwargs": None,
        "use_timm_backbone": False,
        "num_queries": 10,
        "two_stage_num_proposals": 10,
    },
    "regnet": {"hidden_sizes": [16, 16, 32, 32], "groups_width": 16, "embedding_size": 16},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]], "num_layers": 2},
    "data2vec-audio": {"conv_pos_kernel_size": 19, "num_conv_pos_embeddings": 2},
    "blenderbot": {"max_position_embeddings": 1024},
    "longformer": {"attention_window": [16, 16]},
    "led": {"attention_window": [16, 16]},
    "yolos": {"image_size": [64, 64], "num_detection_tokens": 10},
    "hifigan": {"upsample_initial_channel": 32},
    "time_series_transformer": {
        "prediction_length": 24,
        "context_length": 24,
        "lags_sequence": [1, 2, 3, 4, 5, 6, 7],
    },
    "audio-spectrogram-transformer": {"max_length": 1024},
    "levit": {
        "hidden_sizes": [16, 32, 48],
        "num_attention_heads": [1, 2, 3],
        "depths": [1, 1, 1],
        "key_dim": [8, 8, 8],
        "mlp_ratio": [2, 2, 2],
        "attention_ratio": [2, 2, 2],
        "image_size": 224,
    },
    "speecht5": {
        "speaker_embedding_dim": 512,
        "hidden_size": 32,
        "speech_decoder_prenet_units": 32,
        "speech_decoder_postnet_units": 32,
        "max_speech_positions": 1876,
    },
    "upernet": {
        "backbone_config": {
            "model_type": "convnext",
            "hidden_sizes": [16, 16, 32, 32],
            "depths": [1, 1, 1, 1],
            "out_features": ["stage1", "stage2", "stage3", "stage4"],
        },
        "hidden_size": 32,
        "auxiliary_in_channels": 32,
        "auxiliary_channels": 16,
        "backbone": None,
        "use_pretrained_backbone": False,
    },
}


@dataclass(frozen=True)
class Guess:
    """What we take the repositories of one catalogue entry to be."""

    repositories: tuple[str, ...]
    """The entry's own repository first, then others that its code loads."""
    model_type: str
    """``""`` where we serve none, ``diffusion`` for the diffusion libraries' pipelines."""
    reason: str
    """``known``, ``name``, ``class``, ``domain``, ``diffusion``, ``library`` or ``none``."""


def guess(entry: dict[str, Any], class_types: dict[str, str]) -> Guess:
    """Find out an entry's repositories and their model type.

    Args:
        entry: ``name``, ``call``, ``domain``, ``framework`` and ``example`` of a catalogue entry.
        class_types: Model type of every model class of transformers.
    """
    text = f"{entry['call']}\n{entry['example']}".replace("\\'", "'").replace('\\"', '"')
    repositories = _repositories(entry, text)
    first = repositories[0] if repositories else entry["name"]
    if first.lower() in KNOWN:
        return Guess(repositories, KNOWN[first.lower()], "known")
    if (
        _OTHER_LIBRARIES.search(f"{entry['framework']} {text[:400]}")
        and "transformers" not in entry["framework"].lower()
    ):
        return Guess(repositories, "", "library")
    if DIFFUSION.search(text):
        return Guess(repositories, "diffusion", "diffusion")
    if model_type := type_by_name(first):
        return Guess(repositories, model_type, "name")
    for name in re.findall(r"\b([A-Z]\w+)\.from_pretrained", text):
        if name in class_types and not name.startswith("Auto"):
            return Guess(repositories, class_types[name], "class")
    if "SentenceTransformer" in text or "CrossEncoder" in text:
        return Guess(repositories, "bert", "domain")
    found = next((kind for ending, kind in BY_DOMAIN if entry["domain"].endswith(ending)), "")
    return Guess(repositories, found, "domain" if found else "none")


def type_by_name(repository: str) -> str:
    """The model type that a repository's name gives away, ``""`` where none."""
    low = repository.lower()
    return next((KEYWORDS[word] for word in sorted(KEYWORDS, key=len, reverse=True) if word in low), "")


def _repositories(entry: dict[str, Any], text: str) -> tuple[str, ...]:
    quoted = re.findall(r"['\"]([^'\"\s]+)['\"]", f"{entry['call']} {entry['name']}")
    named = [word for word in (entry["name"], *quoted) if _REPOSITORY.fullmatch(word)]
    plain = [word for word in quoted if re.fullmatch(r"[A-Za-z][\w.]*-[\w.\-]+", word)]
    alone = [entry["name"]] if re.fullmatch(r"[A-Za-z0-9][\w.\-]+", entry["name"]) else []
    found = dict.fromkeys([*named, *plain, *alone, *_LOADED.findall(text)])
    return tuple(name for name in found if name.count("/") <= 1)


def shrink(config: dict[str, Any], model_type: str) -> dict[str, Any]:
    """Make a configuration tiny, nested ones included."""
    for key, value in list(config.items()):
        if isinstance(value, dict) and key.endswith("config"):
            shrink(value, str(value.get("model_type", model_type)))
        elif key in SMALL and isinstance(value, int) and not isinstance(value, bool):
            config[key] = SMALL[key]
        elif key == "hidden_sizes" and isinstance(value, list | tuple):
            config[key] = [16 * 2 ** min(position, 2) for position in range(len(value))]
        elif key in {"depths", "conv_dim"} and isinstance(value, list | tuple):
            config[key] = [1 if key == "depths" else 32] * len(value)
    config.update(SPECIAL.get(model_type, {}))
    return config
