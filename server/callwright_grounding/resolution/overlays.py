"""What libraries do that no reading of one file shows; each rule with the reason why it holds."""

from __future__ import annotations

MEMBERS_ONLY = {
    # `Module.__getattr__` finds parameters, buffers and submodules: names that its classes assign somewhere.
    "torch.nn.modules.module.Module",
}
"""Classes whose ``__getattr__`` only finds names that some class of the distribution assigns."""

COLUMNS = {
    # `NDFrame.__getattr__` finds columns and index labels, which are data: they can be read, but not called.
    "pandas.core.generic.NDFrame",
}
"""Classes whose ``__getattr__`` finds data that is never callable."""

CALLS_FORWARD = {"torch.nn.modules.module.Module": "forward"}
"""Classes whose ``__call__`` hands its arguments to another method and returns what that returns."""

HARMLESS_CLASS_DECORATORS = frozenset({
    "add_end_docstrings", "add_start_docstrings", "auto_docstring", "dataclass", "dataclass_transform", "deprecated",
    "disjoint_base", "experimental", "export", "final", "public", "requires", "runtime_checkable", "set_module",
    "strict", "total_ordering", "type_check_only", "unique", "compatibility",
})  # fmt: skip
"""Class decorators that add no public attribute."""

DATACLASS_DECORATORS = frozenset({"dataclass"})

HARMLESS_METACLASSES = frozenset({"ABCMeta", "EnumMeta", "EnumType", "type", "ProtocolMeta", "_ProtocolMeta"})
"""Metaclasses that add no attribute to the instances of their classes."""

FACTORIES: dict[str, str] = {
    # The class depends on the repository that is loaded; what is returned is at least this one.
    "transformers.models.auto.auto_factory._BaseAutoModelClass.from_pretrained": "transformers.PreTrainedModel",
    "transformers.models.auto.auto_factory._BaseAutoModelClass.from_config": "transformers.PreTrainedModel",
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
"""Functions, by the class they stand in, that return an instance of some subclass of the class on the right."""

CLOSED_BY_EXCEPTION = {
    # Values of any key are attributes; but these classes are answers of known calls, and only read.
    "transformers.tokenization_utils_base.BatchEncoding",
    "transformers.feature_extraction_utils.BatchFeature",
}
"""Classes that stay open on purpose, listed so that nobody closes them."""

DATA_ATTRIBUTES = frozenset({"transformers.configuration_utils.PreTrainedConfig"})
"""Classes whose instances carry whatever was in a file: attributes are never judged."""
