"""When a suggestion is shown unasked: thresholds fitted to code and questions that no model learned from."""
