"""From a document and a place in it to suggestions. Knows no LSP."""
