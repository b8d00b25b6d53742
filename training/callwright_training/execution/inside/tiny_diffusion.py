"""Tiny pipelines of the diffusion library: unconditional, text to image, and parts that scripts swap in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

KINDS = (
    "diffusion-unconditional",
    "diffusion-text",
    "diffusion-control",
    "diffusion-vae",
    "diffusion-inpaint",
)
_UNCONDITIONAL = re.compile(
    r"ddpm|ncsn|butterfl|unconditional|vangogh|ddim|celeba|church|-cat|sd-class|aurora|ffhq|minecraft|universe|diffusion-practice",
    re.IGNORECASE,
)


def kind_of(repository: str, domain: str) -> str:
    """Which of :data:`KINDS` a repository is."""
    low = repository.lower()
    if "controlnet" in low or "control_" in low:
        return "diffusion-control"
    if "vae" in low:
        return "diffusion-vae"
    if "inpaint" in low:
        return "diffusion-inpaint"
    return (
        "diffusion-unconditional"
        if _UNCONDITIONAL.search(low) or "Unconditional" in domain
        else "diffusion-text"
    )


def build(models: Path, clip: Path) -> None:
    """Write every kind below ``models``; ``clip`` is a tiny CLIP with its tokenizer."""
    _unconditional(models / KINDS[0])
    for kind, channels in ((KINDS[1], 4), (KINDS[4], 9)):
        _text(models / kind, clip, channels)
    _control(models / KINDS[2])
    _vae().save_pretrained(models / KINDS[3], safe_serialization=False)


def _unconditional(folder: Path) -> None:
    from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel

    unet = UNet2DModel(
        sample_size=8,
        layers_per_block=1,
        norm_num_groups=4,
        block_out_channels=(8, 16),
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
    )
    DDPMPipeline(unet, DDPMScheduler(num_train_timesteps=1000)).save_pretrained(
        folder, safe_serialization=False
    )


def _text(folder: Path, clip: Path, channels: int) -> None:
    import transformers
    from diffusers import (
        PNDMScheduler,
        StableDiffusionInpaintPipeline,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )

    unet = UNet2DConditionModel(
        sample_size=8,
        in_channels=channels,
        out_channels=4,
        layers_per_block=1,
        block_out_channels=(32, 64),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32,
    )
    tokenizer = transformers.CLIPTokenizer.from_pretrained(clip)
    config = transformers.CLIPTextConfig(
        bos_token_id=5,
        eos_token_id=6,
        hidden_size=32,
        intermediate_size=37,
        num_attention_heads=4,
        num_hidden_layers=2,
        vocab_size=len(tokenizer),
    )
    kind = StableDiffusionPipeline if channels == 4 else StableDiffusionInpaintPipeline
    pipeline = kind(
        vae=_vae(),
        text_encoder=transformers.CLIPTextModel(config),
        tokenizer=tokenizer,
        unet=unet,
        scheduler=PNDMScheduler(skip_prk_steps=True),
        safety_checker=None,
        feature_extractor=transformers.CLIPImageProcessor(
            size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
        ),
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder, safe_serialization=False)


def _vae() -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=[32, 64],
        down_block_types=["DownEncoderBlock2D"] * 2,
        up_block_types=["UpDecoderBlock2D"] * 2,
        latent_channels=4,
    )


def _control(folder: Path) -> None:
    from diffusers import ControlNetModel

    ControlNetModel(
        in_channels=4,
        layers_per_block=1,
        block_out_channels=(32, 64),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        cross_attention_dim=32,
        conditioning_embedding_out_channels=(16, 32),
    ).save_pretrained(folder, safe_serialization=False)
