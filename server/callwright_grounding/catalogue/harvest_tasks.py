"""What a class or a pipeline task is for: its domain in Gorilla's words, and a phrase in a user's words."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NLP = "Natural Language Processing"


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that models do."""

    domain: str
    phrase: str
    """Begins a description: ``Classify a text by sentiment or topic``."""


FILL_MASK = Task(f"{_NLP} Fill-Mask", "Fill in the masked or missing word of a sentence")
GENERATE = Task(f"{_NLP} Text Generation", "Generate text, continue a prompt or chat")
TEXT_TO_TEXT = Task(
    f"{_NLP} Text2Text Generation", "Rewrite, translate or summarize a text (sequence to sequence)"
)
CLASSIFY_TEXT = Task(f"{_NLP} Text Classification", "Classify a text, for example by sentiment or topic")
CLASSIFY_TOKENS = Task(
    f"{_NLP} Token Classification", "Find named entities such as people and places in a text"
)
ANSWER = Task(f"{_NLP} Question Answering", "Answer a question from a given text")
ANSWER_TABLE = Task(f"{_NLP} Table Question Answering", "Answer a question from a table")
ZERO_SHOT = Task(
    f"{_NLP} Zero-Shot Classification", "Classify a text into labels given at run time, untrained"
)
SUMMARIZE = Task(f"{_NLP} Summarization", "Summarize a long text")
TRANSLATE = Task(f"{_NLP} Translation", "Translate a text into another language")
SIMILARITY = Task(f"{_NLP} Sentence Similarity", "Compare sentences by meaning, for search and clustering")
FEATURES = Task(f"{_NLP} Feature Extraction", "Turn text into embeddings (feature vectors)")
ANY_FEATURES = Task(
    "Multimodal Feature Extraction", "Turn images, audio or text into embeddings (feature vectors)"
)
ANSWER_DOCUMENT = Task(
    "Multimodal Document Question Answer", "Answer a question about a scanned document or invoice"
)
ANSWER_IMAGE = Task("Multimodal Visual Question Answering", "Answer a question about an image")
CAPTION = Task("Multimodal Image-to-Text", "Describe an image in words, or chat about images")
PAINT = Task("Multimodal Text-to-Image", "Generate an image from a text prompt")
FILM = Task("Multimodal Text-to-Video", "Generate a video from a text prompt or an image")
CLASSIFY_IMAGE = Task("Computer Vision Image Classification", "Classify an image: tell what is in it")
ZERO_SHOT_IMAGE = Task(
    "Computer Vision Zero-Shot Image Classification",
    "Classify an image into labels given at run time, untrained",
)
DETECT = Task("Computer Vision Object Detection", "Detect objects in an image, with boxes")
SEGMENT = Task("Computer Vision Image Segmentation", "Segment an image: outline objects and regions")
DEPTH = Task("Computer Vision Depth Estimation", "Estimate the depth of a scene from one image")
CLASSIFY_VIDEO = Task("Computer Vision Video Classification", "Classify a video: recognise the action in it")
EDIT_IMAGE = Task(
    "Computer Vision Image-to-Image", "Change an image: upscale, restore, inpaint or restyle it"
)
DREAM_IMAGE = Task("Computer Vision Unconditional Image Generation", "Generate images without a prompt")
TRANSCRIBE = Task("Audio Automatic Speech Recognition", "Transcribe speech in a recording to text")
CLASSIFY_AUDIO = Task("Audio Audio Classification", "Classify a sound, a voice or a spoken command")
SPEAK = Task("Audio Text-to-Speech", "Turn text into speech or music")

PIPELINE_TASKS = {
    "audio-classification": CLASSIFY_AUDIO,
    "automatic-speech-recognition": TRANSCRIBE,
    "depth-estimation": DEPTH,
    "document-question-answering": ANSWER_DOCUMENT,
    "feature-extraction": FEATURES,
    "fill-mask": FILL_MASK,
    "image-classification": CLASSIFY_IMAGE,
    "image-feature-extraction": ANY_FEATURES,
    "image-segmentation": SEGMENT,
    "image-text-to-text": CAPTION,
    "image-to-image": EDIT_IMAGE,
    "image-to-text": CAPTION,
    "mask-generation": SEGMENT,
    "object-detection": DETECT,
    "question-answering": ANSWER,
    "summarization": SUMMARIZE,
    "table-question-answering": ANSWER_TABLE,
    "text-classification": CLASSIFY_TEXT,
    "text-generation": GENERATE,
    "text-to-audio": SPEAK,
    "text2text-generation": TEXT_TO_TEXT,
    "token-classification": CLASSIFY_TOKENS,
    "translation": TRANSLATE,
    "video-classification": CLASSIFY_VIDEO,
    "visual-question-answering": ANSWER_IMAGE,
    "zero-shot-audio-classification": CLASSIFY_AUDIO,
    "zero-shot-classification": ZERO_SHOT,
    "zero-shot-image-classification": ZERO_SHOT_IMAGE,
    "zero-shot-object-detection": DETECT,
}

# transformers' registries ``MODEL_FOR_…_MAPPING_NAMES``: what a family's published checkpoint is best used
# for comes first, since a family that detects objects can as a rule classify images too.
MAPPINGS: dict[str, tuple[str, Task]] = {
    "ZERO_SHOT_OBJECT_DETECTION": ("AutoModelForZeroShotObjectDetection", DETECT),
    "OBJECT_DETECTION": ("AutoModelForObjectDetection", DETECT),
    "UNIVERSAL_SEGMENTATION": ("AutoModelForUniversalSegmentation", SEGMENT),
    "SEMANTIC_SEGMENTATION": ("AutoModelForSemanticSegmentation", SEGMENT),
    "IMAGE_SEGMENTATION": ("AutoModelForImageSegmentation", SEGMENT),
    "MASK_GENERATION": ("AutoModelForMaskGeneration", SEGMENT),
    "DEPTH_ESTIMATION": ("AutoModelForDepthEstimation", DEPTH),
    "VIDEO_CLASSIFICATION": ("AutoModelForVideoClassification", CLASSIFY_VIDEO),
    "IMAGE_TO_IMAGE": ("AutoModelForImageToImage", EDIT_IMAGE),
    "ZERO_SHOT_IMAGE_CLASSIFICATION": ("AutoModelForZeroShotImageClassification", ZERO_SHOT_IMAGE),
    "SPEECH_SEQ_2_SEQ": ("AutoModelForSpeechSeq2Seq", TRANSCRIBE),
    "CTC": ("AutoModelForCTC", TRANSCRIBE),
    "TEXT_TO_SPECTROGRAM": ("AutoModelForTextToSpectrogram", SPEAK),
    "TEXT_TO_WAVEFORM": ("AutoModelForTextToWaveform", SPEAK),
    "AUDIO_CLASSIFICATION": ("AutoModelForAudioClassification", CLASSIFY_AUDIO),
    "TABLE_QUESTION_ANSWERING": ("AutoModelForTableQuestionAnswering", ANSWER_TABLE),
    "IMAGE_TEXT_TO_TEXT": ("AutoModelForImageTextToText", CAPTION),
    "SEQ_TO_SEQ_CAUSAL_LM": ("AutoModelForSeq2SeqLM", TEXT_TO_TEXT),
    "IMAGE_CLASSIFICATION": ("AutoModelForImageClassification", CLASSIFY_IMAGE),
    "MASKED_LM": ("AutoModelForMaskedLM", FILL_MASK),
    "CAUSAL_LM": ("AutoModelForCausalLM", GENERATE),
}

# By the end of a class name, the first that fits; ``ForConditionalGeneration`` is decided by the registries.
_CLASS_TASKS = (
    (r"ForMaskedLM$|ForPreTraining$", FILL_MASK),
    (r"ForCausalLM$|LMHeadModel$", GENERATE),
    (r"ForSeq2SeqLM$", TEXT_TO_TEXT),
    (r"ForSequenceClassification$", CLASSIFY_TEXT),
    (r"ForTokenClassification$", CLASSIFY_TOKENS),
    (r"(?:Tapas|TableQuestionAnswering)\w*$", ANSWER_TABLE),
    (r"(?:LayoutLM|Document)\w*QuestionAnswering$", ANSWER_DOCUMENT),
    (r"(?:Vilt|Blip|Visual)\w*QuestionAnswering$", ANSWER_IMAGE),
    (r"ForQuestionAnswering$", ANSWER),
    (r"ZeroShotImageClassification$", ZERO_SHOT_IMAGE),
    (r"ForImageClassification(?:WithTeacher)?$", CLASSIFY_IMAGE),
    (r"ForVideoClassification$", CLASSIFY_VIDEO),
    (r"ForObjectDetection$|ZeroShotObjectDetection$", DETECT),
    (r"Segmentation$|ForMaskGeneration$|^Sam\w*Model$", SEGMENT),
    (r"ForDepthEstimation$", DEPTH),
    (r"ForImageToImage$|SuperResolution$", EDIT_IMAGE),
    (r"ForCTC$|SpeechSeq2Seq$", TRANSCRIBE),
    (r"ForAudioClassification$|ForXVector$|ForAudioFrameClassification$", CLASSIFY_AUDIO),
    (r"ForTextToSpeech$|TextToWaveform$|TextToSpectrogram$|^(?:Bark|Vits|Musicgen)\w*$", SPEAK),
    (r"^SentenceTransformer$|^CrossEncoder$", SIMILARITY),
    (r"^SparseEncoder$", FEATURES),
)
_PIPELINE_CLASS_TASKS = (
    (r"Depth|Marigold", DEPTH),
    (
        r"Img2Img|Inpaint|Upscal|ControlNet|Edit|Variation|Pix2Pix|Refiner|SuperRes|Fill|Kontext|Redux",
        EDIT_IMAGE,
    ),
    (r"Video|I2V|V2V|T2V|Wan|LTX|Latte|Mochi|AnimateDiff|World|SkyReels|Helios", FILM),
    (r"Audio|Music|Dance|AceStep", SPEAK),
    (r"DDPM|DDIM|Unconditional|Consistency|Karras|DiTPipeline", DREAM_IMAGE),
    (r"ShapE|LLaDA|Gemma|Proteina", None),
    (r"Pipeline$", PAINT),
)

# A checkpoint's own name often says what it was tuned for.
_REFINEMENTS = (
    (TEXT_TO_TEXT, r"cnn|xsum|summar|pegasus|arxiv|pubmed|samsum|billsum", SUMMARIZE),
    (TEXT_TO_TEXT, r"opus-mt|translat|wmt|nllb|m2m|madlad|mbart|_en[-_]|[-_]en[-_]", TRANSLATE),
    (CLASSIFY_TEXT, r"nli\b", ZERO_SHOT),
    (FILL_MASK, r"squad", ANSWER),
)


def refined(task: Task, checkpoint: str) -> Task:
    """The task that a checkpoint's name tells, where it tells more than its class: ``opus-mt`` translates."""
    name = checkpoint.rpartition("/")[2].lower()
    return next((to for of, words, to in _REFINEMENTS if of is task and re.search(words, name)), task)


def class_task(name: str) -> Task | None:
    """What a model class is for, by its name; ``None`` where the name does not say."""
    return next((task for pattern, task in _CLASS_TASKS if re.search(pattern, name)), None)


def pipeline_class_task(name: str) -> Task | None:
    """What one of diffusers' pipeline classes is for, by its name."""
    return next((task for pattern, task in _PIPELINE_CLASS_TASKS if re.search(pattern, name)), None)
