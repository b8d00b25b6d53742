"""Run: all stages of a run file, each in its folder, skipping what is done."""
