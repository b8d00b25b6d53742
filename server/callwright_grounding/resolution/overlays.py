"""What libraries do that no reading of one file shows; each rule with the reason why it holds."""

from __future__ import annotations

import re

MEMBERS_ONLY = frozenset({
    # `Module.__getattr__` finds parameters, buffers and submodules: names that its classes assign somewhere.
    "torch.nn.modules.module.Module",
    # Sets what the model's own classes declare.
    "transformers.modeling_utils.PreTrainedModel",
    "transformers.pipelines.base.Pipeline",
})  # fmt: skip
"""Classes whose computed attributes are names that some class of the distribution assigns or declares."""

NEVER_CALLED = frozenset({
    # `NDFrame.__getattr__` finds columns and index labels, which are data.
    "pandas.core.generic.NDFrame",
    "pandas.core.frame.DataFrame",
    "pandas.core.series.Series",
    # Special tokens, by names of any choosing, are strings.
    "transformers.tokenization_utils_base.PreTrainedTokenizerBase",
    # Keys of what a processor returns are data.
    "transformers.tokenization_utils_base.BatchEncoding",
    "transformers.feature_extraction_utils.BatchFeature",
})  # fmt: skip
"""Classes whose computed attributes are data: they may be read by any name, but not called."""

CALLS_FORWARD = {"torch.nn.modules.module.Module": "forward"}
"""Classes whose ``__call__`` hands its arguments to another method and returns what that returns."""

IDENTITIES = frozenset({"auto_class_update"})
"""Functions that return their first argument, with another docstring."""

HARMLESS_CLASS_DECORATORS = frozenset({
    "add_end_docstrings", "add_start_docstrings", "auto_docstring", "dataclass", "dataclass_transform",
    "deprecated", "disjoint_base", "experimental", "export", "final", "public", "requires",
    "runtime_checkable", "set_module", "strict", "total_ordering", "type_check_only", "unique",
    "compatibility",
})  # fmt: skip
"""Class decorators that add no public attribute."""

DATACLASS_DECORATORS = frozenset({"dataclass"})

HARMLESS_METACLASSES = frozenset({"ABCMeta", "EnumMeta", "EnumType", "type", "ProtocolMeta", "_ProtocolMeta"})
"""Metaclasses that add no attribute to the instances of their classes."""

FACTORIES: dict[str, str] = {
    # The class depends on the repository that is loaded; what is returned is at least this one.
    "transformers.models.auto.auto_factory._BaseAutoModelClass.from_pretrained": (
        "transformers.PreTrainedModel"
    ),
    "transformers.models.auto.auto_factory._BaseAutoModelClass.from_config": ("transformers.PreTrainedModel"),
    "transformers.models.auto.tokenization_auto.AutoTokenizer.from_pretrained": (
        "transformers.tokenization_utils_base.PreTrainedTokenizerBase"
    ),
    "transformers.models.auto.processing_auto.AutoProcessor.from_pretrained": "transformers.ProcessorMixin",
    "transformers.models.auto.feature_extraction_auto.AutoFeatureExtractor.from_pretrained": (
        "transformers.feature_extraction_utils.FeatureExtractionMixin"
    ),
    "transformers.models.auto.image_processing_auto.AutoImageProcessor.from_pretrained": (
        "transformers.image_processing_utils.BaseImageProcessor"
    ),
    "transformers.models.auto.configuration_auto.AutoConfig.from_pretrained": "transformers.PreTrainedConfig",
}
"""Functions, by their class, that return an instance of some subclass of the class on the right."""

RESULTS: dict[str, tuple[str, ...]] = {
    # A list of columns or a mask gives a frame, one label a series.
    "pandas.core.frame.DataFrame.__getitem__": ("pandas.core.frame.DataFrame", "pandas.core.series.Series"),
    "transformers.processing_utils.ProcessorMixin.__call__": (
        "transformers.feature_extraction_utils.BatchFeature",
    ),
}
"""Methods without an annotation that return an instance of one of these classes."""

HUB_LOAD = "torch.hub.load"
NOT_A_MODULE = re.compile(r"util|token|transforms?$|process|config|vocab|dataset|label", re.I)
"""What names of entries on Torch Hub have that are no network: ``nvidia_ssd_processing_utils``."""

LOADED_MODEL = "transformers.modeling_utils.PreTrainedModel"

ANY_OUTPUT = "transformers.utils.generic.ModelOutput"

_OUTPUTS = "transformers.modeling_outputs."
MODEL_OUTPUTS: dict[str, tuple[str, ...]] = {
    "AutoModel": (f"{_OUTPUTS}BaseModelOutputWithPooling", f"{_OUTPUTS}Seq2SeqModelOutput"),
    "AutoModelForAudioClassification": (f"{_OUTPUTS}SequenceClassifierOutput",),
    "AutoModelForCTC": (f"{_OUTPUTS}CausalLMOutput",),
    "AutoModelForCausalLM": (f"{_OUTPUTS}CausalLMOutputWithPast",),
    "AutoModelForDepthEstimation": (f"{_OUTPUTS}DepthEstimatorOutput",),
    "AutoModelForImageClassification": (f"{_OUTPUTS}ImageClassifierOutput",),
    "AutoModelForImageTextToText": (f"{_OUTPUTS}CausalLMOutputWithPast",),
    "AutoModelForMaskedLM": (f"{_OUTPUTS}MaskedLMOutput",),
    "AutoModelForMultipleChoice": (f"{_OUTPUTS}MultipleChoiceModelOutput",),
    "AutoModelForObjectDetection": ("transformers.models.detr.modeling_detr.DetrObjectDetectionOutput",),
    "AutoModelForPreTraining": (f"{_OUTPUTS}MaskedLMOutput",),
    "AutoModelForQuestionAnswering": (f"{_OUTPUTS}QuestionAnsweringModelOutput",),
    "AutoModelForSemanticSegmentation": (f"{_OUTPUTS}SemanticSegmenterOutput",),
    "AutoModelForSeq2SeqLM": (f"{_OUTPUTS}Seq2SeqLMOutput",),
    "AutoModelForSequenceClassification": (
        f"{_OUTPUTS}SequenceClassifierOutput", f"{_OUTPUTS}Seq2SeqSequenceClassifierOutput",
    ),
    "AutoModelForSpeechSeq2Seq": (f"{_OUTPUTS}Seq2SeqLMOutput",),
    "AutoModelForTokenClassification": (f"{_OUTPUTS}TokenClassifierOutput",),
    "AutoModelForVideoClassification": (f"{_OUTPUTS}ImageClassifierOutput",),
    "AutoModelForZeroShotImageClassification": ("transformers.models.clip.modeling_clip.CLIPOutput",),
    "AutoModelForZeroShotObjectDetection": (
        "transformers.models.owlvit.modeling_owlvit.OwlViTObjectDetectionOutput",
    ),
}  # fmt: skip
"""What the models of a task usually return; any of them may return another :data:`ANY_OUTPUT`."""

DATA_ATTRIBUTES = frozenset({"transformers.configuration_utils.PreTrainedConfig"})
"""Classes whose instances carry whatever was in a file: attributes are never judged."""

ONLY_IN_STUBS = frozenset({"arg0"})
"""What typeshed calls the first of some ``*args`` that must not be empty (``os.spawnlp``); no keyword."""

ALIASED_KEYWORDS = frozenset({"a", "axis", "keepdims", "x", "x1", "x2"})
"""NumPy's words, which torch's compiled functions take for their own (`python_arg_parser.cpp`)."""

MAKE_CLASSES = frozenset({
    "builtins.type", "collections.namedtuple", "enum.Enum", "enum.Flag", "enum.IntEnum", "enum.IntFlag",
    "enum.StrEnum", "typing.NamedTuple", "typing.NewType", "typing.TypedDict",
})  # fmt: skip
"""Classes that, when called themselves, make a new class."""

ADDED_AT_RUN_TIME = {
    # Accelerators register themselves (`torch._register_device_module`).
    "torch": re.compile(r"npu|hpu|mlu|musa|sdaa|neuron|xla|maia|privateuseone"),
    # Legacy tensor types, made by `torch/csrc/tensor/python_tensor.cpp` for every backend.
    "torch.cuda": re.compile(r"\w+Tensor"),
    "torch.xpu": re.compile(r"\w+Tensor"),
    "torch.sparse": re.compile(r"\w+Tensor"),
    "torch.cuda.sparse": re.compile(r"\w+Tensor"),
}
"""Modules that compiled code or other distributions add names to."""

PARTIAL_STUBS = ("distutils",)
"""Packages whose stubs in typeshed leave names out: what they lack may be there."""

NOT_THERE = {
    # `torch` copies names from `torch._C`, whose stubs declare more than the compiled module has.
    "torch": frozenset({
        "AliasInfo", "BatchNormBackend", "CapturedTraceback", "ClassDef", "ConvBackend", "Decl", "Def",
        "GreenContext", "IValue", "Ident", "JitType", "Module", "ResolutionCallback", "SourceRange", "Stack",
        "TensorBase", "TreeView", "csan", "gather_traceback", "get_num_thread", "symbolize_tracebacks",
        "unique_dim",
    }),
    "numpy": frozenset({"distutils", "error_message", "msg"}),
    "requests": frozenset({"pyopenssl"}),
}  # fmt: skip
"""Names that sources or stubs declare and that are not there at run time: accepted, never offered."""
