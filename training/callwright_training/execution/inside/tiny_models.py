"""One tiny model with random weights per model type, with every file that a real repository has."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from callwright_training.execution.inside import tiny_tokenizers
from callwright_training.execution.inside.architectures import VARIANTS, shrink

_CLASSES = {
    "speecht5": "SpeechT5ForTextToSpeech",
    "vilt": "ViltForQuestionAnswering",
    "clip": "CLIPModel",
    "swin2sr": "Swin2SRForImageSuperResolution",
    "dpt": "DPTForDepthEstimation",
    "glpn": "GLPNForDepthEstimation",
    "segformer": "SegformerForSemanticSegmentation",
    "detr": "DetrForObjectDetection",
    "yolos": "YolosForObjectDetection",
    "pix2struct": "Pix2StructForConditionalGeneration",
    "blip": "BlipForConditionalGeneration",
    "blip-2": "Blip2ForConditionalGeneration",
    "owlvit": "OwlViTForObjectDetection",
    "git": "GitForCausalLM",
    "hifigan": "SpeechT5HifiGan",
    "upernet": "UperNetForSemanticSegmentation",
    "dpr": "DPRQuestionEncoder",
}
_AUTO = (
    "MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING",
    "MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING",
    "MODEL_FOR_CTC_MAPPING",
    "MODEL_FOR_PRETRAINING_MAPPING",
    "MODEL_FOR_CAUSAL_LM_MAPPING",
    "MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING",
    "MODEL_MAPPING",
)
_IMAGES = {
    "vit": "ViT",
    "vit_mae": "ViT",
    "vit-hybrid": "ViTHybrid",
    "deit": "DeiT",
    "beit": "Beit",
    "dpt": "DPT",
    "glpn": "GLPN",
    "segformer": "Segformer",
    "detr": "Detr",
    "yolos": "Yolos",
    "conditional_detr": "ConditionalDetr",
    "deformable_detr": "DeformableDetr",
    "table-transformer": "Detr",
    "deta": "Deta",
    "clip": "CLIP",
    "xclip": "VideoMAE",
    "chinese_clip": "ChineseCLIP",
    "owlvit": "OwlViT",
    "clipseg": "ViT",
    "videomae": "VideoMAE",
    "timesformer": "VideoMAE",
    "convnext": "ConvNext",
    "convnextv2": "ConvNext",
    "regnet": "ConvNext",
    "resnet": "ConvNext",
    "upernet": "Segformer",
    "swin": "ViT",
    "swinv2": "ViT",
    "swin2sr": "Swin2SR",
    "blip": "Blip",
    "blip-2": "Blip",
    "git": "CLIP",
    "vilt": "Vilt",
    "pix2struct": "Pix2Struct",
    "maskformer": "MaskFormer",
    "mask2former": "Mask2Former",
    "oneformer": "OneFormer",
    "vision-encoder-decoder": "ViT",
    "layoutlmv3": "LayoutLMv3",
    "layoutlmv2": "LayoutLMv2",
    "mobilenet_v1": "MobileNetV1",
    "mobilenet_v2": "MobileNetV2",
    "mobilevit": "MobileViT",
    "levit": "Levit",
    "align": "EfficientNet",
    "donut": "Donut",
}
PROCESSORS = {
    "clip": "CLIPProcessor",
    "xclip": "XCLIPProcessor",
    "chinese_clip": "ChineseCLIPProcessor",
    "owlvit": "OwlViTProcessor",
    "blip": "BlipProcessor",
    "blip-2": "Blip2Processor",
    "git": "GitProcessor",
    "vilt": "ViltProcessor",
    "pix2struct": "Pix2StructProcessor",
    "clipseg": "CLIPSegProcessor",
    "layoutlmv3": "LayoutLMv3Processor",
    "oneformer": "OneFormerProcessor",
    "wav2vec2": "Wav2Vec2Processor",
    "hubert": "Wav2Vec2Processor",
    "wavlm": "Wav2Vec2Processor",
    "wav2vec2-conformer": "Wav2Vec2Processor",
    "whisper": "WhisperProcessor",
    "speecht5": "SpeechT5Processor",
    "speech_to_text": "Speech2TextProcessor",
    "vision-encoder-decoder": "TrOCRProcessor",
    "align": "AlignProcessor",
    "donut": "DonutProcessor",
}
_SOUNDS = {
    "whisper": "WhisperFeatureExtractor",
    "speecht5": "SpeechT5FeatureExtractor",
    "speech_to_text": "Speech2TextFeatureExtractor",
    "audio-spectrogram-transformer": "ASTFeatureExtractor",
    **dict.fromkeys(tiny_tokenizers.LETTERS, "Wav2Vec2FeatureExtractor"),
}
_EDGES = frozenset(
    {
        "detr",
        "yolos",
        "conditional_detr",
        "deformable_detr",
        "table-transformer",
        "deta",
        "maskformer",
        "mask2former",
        "oneformer",
    }
)
_CROPPED = frozenset(
    {
        "clip",
        "git",
        "convnext",
        "videomae",
        "timesformer",
        "xclip",
        "mobilenet_v1",
        "mobilenet_v2",
        "mobilevit",
        "regnet",
        "resnet",
        "convnextv2",
    }
)
_NO_SIZE = frozenset(
    {
        "glpn",
        "swin2sr",
        "pix2struct",
        "levit",
    }
)
_SIDE = 64
_EXACT_END = frozenset(
    {"whisper", "speecht5", "speech_to_text", "vision-encoder-decoder", "git", "blip", "blip-2"}
)
_LANGUAGE_CODES = 256  # the tokenizer numbers them beyond its own length
# Heads that depend on the number of labels, which each repository sets for itself.
_HEADS = re.compile(
    r"(^|\.)(classifier|qa_outputs|class_labels_classifier|score|cls_classifier|distillation_classifier)\b|"
    r"column_output|output_weights$|output_bias$|column_"
)
_DROPPED = ("transformers_version", "torch_dtype", "dtype", "id2label", "label2id", "_name_or_path")


def build(model_type: str, folder: Path, vocabularies: Path) -> None:
    """Write the model's files into a new folder, or none of them.

    Raises:
        Exception: Whatever the library raises where it cannot build this type so small.
    """
    import torch

    work = folder.with_suffix(".part")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    torch.manual_seed(0)
    variant = model_type
    model_type, words = VARIANTS.get(variant, (variant, variant))
    processor = PROCESSORS.get(variant, "")
    tokenizer = tiny_tokenizers.write(vocabularies, work, words, processor, model_type)
    model = _model(_config(variant if variant == "donut" else model_type, tokenizer), model_type)
    model.config.architectures = [type(model).__name__]
    _set_generation(model, model_type, tokenizer)
    for parameter in model.parameters():
        parameter.data = parameter.data.contiguous()
    model.save_pretrained(work, safe_serialization=False)
    _drop_heads(work)
    _write_preprocessor(work, variant if variant in _IMAGES else model_type, processor)
    for path in work.rglob("*"):
        path.chmod(
            0o755 if path.is_dir() else 0o644
        )  # safetensors writes for its owner only; the hub is another user
    work.rename(folder)


def _config(model_type: str, tokenizer: Any) -> Any:
    import transformers

    if model_type == "vision-encoder-decoder":
        return _encoder_decoder_config(tokenizer)
    if model_type == "donut":
        return _donut_config(tokenizer)
    if model_type == "hifigan":
        return transformers.SpeechT5HifiGanConfig(upsample_initial_channel=32)
    kind = transformers.CONFIG_MAPPING[model_type]
    values = shrink(json.loads(kind().to_json_string(use_diff=False)), model_type)
    for name in _DROPPED:
        values.pop(name, None)
    if tokenizer is not None:
        _fit_vocabulary(values, model_type, tokenizer)
    return kind(**values)


def _encoder_decoder_config(tokenizer: Any) -> Any:
    import transformers

    encoder = transformers.ViTConfig(**shrink(transformers.ViTConfig().to_dict(), "vit"))
    decoder = shrink(transformers.GPT2Config().to_dict(), "gpt2")
    _fit_vocabulary(decoder, "gpt2", tokenizer)
    config = transformers.VisionEncoderDecoderConfig.from_encoder_decoder_configs(
        encoder, transformers.GPT2Config(**decoder)
    )
    config.decoder_start_token_id = tokenizer.bos_token_id
    config.pad_token_id = tokenizer.pad_token_id
    config.eos_token_id = tokenizer.eos_token_id
    return config


def _donut_config(tokenizer: Any) -> Any:
    import transformers

    encoder = transformers.DonutSwinConfig(
        image_size=[64, 64], embed_dim=24, depths=[1, 1, 1, 1], num_heads=[3, 3, 3, 3], window_size=2
    )
    decoder = shrink(transformers.MBartConfig(is_decoder=True, add_cross_attention=True).to_dict(), "mbart")
    _fit_vocabulary(decoder, "mbart", tokenizer)
    config = transformers.VisionEncoderDecoderConfig.from_encoder_decoder_configs(
        encoder, transformers.MBartConfig(**decoder)
    )
    config.decoder_start_token_id = tokenizer.bos_token_id
    config.pad_token_id = tokenizer.pad_token_id
    config.eos_token_id = tokenizer.eos_token_id
    return config


def _fit_vocabulary(values: dict[str, Any], model_type: str, tokenizer: Any) -> None:
    """Make the model's vocabulary the tokenizer's, so that whatever it generates can be decoded."""
    for name in ("vocab_size", "decoder_vocab_size"):
        if name in values:
            values[name] = len(tokenizer) + (_LANGUAGE_CODES if model_type == "m2m_100" else 0)
    ids = {
        "pad": tokenizer.pad_token_id,
        "eos": tokenizer.eos_token_id if tokenizer.eos_token_id is not None else tokenizer.sep_token_id,
        "bos": tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.cls_token_id,
    }
    for name, number in ids.items():
        if f"{name}_token_id" in values and (
            number is not None or (values[f"{name}_token_id"] or 0) >= len(tokenizer)
        ):
            values[f"{name}_token_id"] = number
    for name in ("sep_token_id", "mask_token_id", "forced_bos_token_id", "forced_eos_token_id"):
        if isinstance(values.get(name), int) and values[name] >= len(tokenizer):
            values[name] = getattr(tokenizer, name, None) if "forced" not in name else tokenizer.eos_token_id
    starts = {"t5", "mt5", "marian", "pegasus", "pix2struct"}
    if model_type in starts:
        values["decoder_start_token_id"] = tokenizer.pad_token_id
    elif isinstance(values.get("decoder_start_token_id"), int):
        values["decoder_start_token_id"] = min(2, len(tokenizer) - 1)
    if model_type == "whisper":
        values["decoder_start_token_id"] = tokenizer.convert_tokens_to_ids("<|startoftranscript|>")
        values |= {"suppress_tokens": [], "begin_suppress_tokens": [], "max_target_positions": 448}
    for name, value in values.items():
        if isinstance(value, dict) and name in {"text_config", "decoder", "text"}:
            _fit_vocabulary(value, model_type, tokenizer)


def _model(config: Any, model_type: str) -> Any:
    import transformers
    from transformers.models.auto import modeling_auto

    if model_type == "vision-encoder-decoder":
        return transformers.VisionEncoderDecoderModel(config)
    if model_type in _CLASSES:
        return getattr(transformers, _CLASSES[model_type])(config)
    names = ("MODEL_FOR_QUESTION_ANSWERING_MAPPING", *_AUTO) if model_type == "tapas" else _AUTO
    for name in names:
        mapping = getattr(modeling_auto, name, {})
        if type(config) in mapping:
            found = mapping[type(config)]
            return (found[0] if isinstance(found, tuple) else found)(config)
    raise ValueError(f"no model class for {model_type}")


def _set_generation(model: Any, model_type: str, tokenizer: Any) -> None:
    """A few new tokens are enough to see that generation works."""
    settings = getattr(model, "generation_config", None)
    if settings is None or not model.can_generate():
        return
    settings.max_length = 20
    for name in ("decoder_start_token_id", "pad_token_id", "eos_token_id", "bos_token_id"):
        setattr(settings, name, getattr(model.config, name, None))
    if model_type not in _EXACT_END and isinstance(settings.eos_token_id, int):
        # Weights are random: with one token in four as the end, generation ends as a trained model's does.
        config = getattr(model.config, "text_config", model.config)
        ends = range(settings.eos_token_id % 4 or 4, getattr(config, "vocab_size", 0) or 0, 4)
        settings.eos_token_id = [settings.eos_token_id, *ends]
    if model_type == "whisper":
        number = tokenizer.convert_tokens_to_ids
        settings.lang_to_id = {f"<|{name}|>": number(f"<|{name}|>") for name in tiny_tokenizers._LANGUAGES}
        settings.task_to_id = {name: number(f"<|{name}|>") for name in ("transcribe", "translate")}
        settings.no_timestamps_token_id = number("<|notimestamps|>")
        settings.is_multilingual = True
        settings.forced_decoder_ids = None
        settings.max_length = 30
        settings.suppress_tokens, settings.begin_suppress_tokens = [], []
        settings.alignment_heads = [[0, 0], [1, 0]]


def _drop_heads(folder: Path) -> None:
    """Leave out the weights whose shape a repository's own labels decide, in whichever format they are."""
    import safetensors.torch
    import torch

    old, new = folder / "pytorch_model.bin", folder / "model.safetensors"
    if old.exists():
        weights = torch.load(old, weights_only=True)
        kept = {name: value.clone() for name, value in weights.items() if not _HEADS.search(name)}
        torch.save(kept, old)
        # What the hub's bot has given every well-known repository: without it, libraries ask for it in vain.
        safetensors.torch.save_file(kept, new, metadata={"format": "pt"})
    elif new.exists():
        weights = safetensors.torch.load_file(new)
        kept = {name: value for name, value in weights.items() if not _HEADS.search(name)}
        safetensors.torch.save_file(kept, new, metadata={"format": "pt"})


def _write_preprocessor(folder: Path, model_type: str, processor: str) -> None:
    settings: dict[str, Any] = {}
    if model_type in _IMAGES:
        settings["image_processor_type"] = f"{_IMAGES[model_type]}ImageProcessor"
        settings["feature_extractor_type"] = f"{_IMAGES[model_type]}FeatureExtractor"
        settings |= _sizes(model_type)
    if model_type in _SOUNDS:
        settings |= {"feature_extractor_type": _SOUNDS[model_type], "sampling_rate": 16000}
        if model_type in tiny_tokenizers.LETTERS:
            settings |= {"do_normalize": True, "feature_size": 1, "return_attention_mask": True}
    if model_type == "oneformer":
        settings |= {
            "repo_path": "shi-labs/oneformer_demo",
            "class_info_file": "coco_panoptic.json",
            "num_text": 134,
        }
    if processor:
        settings["processor_class"] = processor
    if settings:
        (folder / "preprocessor_config.json").write_text(json.dumps(settings), encoding="utf-8")


def _sizes(model_type: str) -> dict[str, Any]:
    square = {"height": _SIDE, "width": _SIDE}
    if model_type in _EDGES:
        return {"size": {"shortest_edge": 2 * _SIDE, "longest_edge": 4 * _SIDE}}
    if model_type in _CROPPED:
        return {"size": {"shortest_edge": _SIDE}, "crop_size": square}
    if model_type == "pix2struct":
        return {"max_patches": 256}
    if model_type == "vilt":
        return {"size": {"shortest_edge": _SIDE}}
    if model_type in _NO_SIZE:
        return {}
    sizes: dict[str, Any] = {"size": square, "crop_size": square}
    return sizes | ({"apply_ocr": True} if model_type.startswith("layoutlmv") else {})
