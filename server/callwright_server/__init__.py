"""The engine and the language server: from a keystroke to a suggestion.

Holds the bundle format, the prompt format, decoding on ONNX Runtime and, apart from all that, the LSP layer.
Never imports torch, transformers or trl.
"""

__version__ = "0.1.0"
