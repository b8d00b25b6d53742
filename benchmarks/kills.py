"""Kills a run of `tiny.toml` at random moments and compares its weights with an undisturbed run's.

    python benchmarks/kills.py --kills 20 --seed 0 --out /tmp/kills

Prints one line for each kill (after how many seconds, and in which stage), and at the end whether the final
weights, byte by byte, are those of the undisturbed run. Exit code 1 where they are not.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from callwright_training.run.hashing import hash_paths

STAGES = ("sft", "feedback", "reward", "ppo", "export", "evaluate")
RESULTS = {
    "sft": "model",
    "feedback": "labels.jsonl",
    "reward": "reward.safetensors",
    "ppo": "model",
    "export": "bundle/model.onnx",
}


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("out/kills"))
    told = parser.parse_args()
    whole, killed = told.out / "whole", told.out / "killed"
    shutil.rmtree(told.out, ignore_errors=True)
    begun = time.monotonic()
    start(whole).wait()
    seconds = time.monotonic() - begun
    wanted = weights(whole)
    print(f"undisturbed: {seconds:.0f} s", flush=True)
    chance, places, rounds = random.Random(told.seed), Counter[str](), 0
    while sum(places.values()) < told.kills:
        process, began = start(killed), time.monotonic()
        # Later than the start of Python and torch, most often; some earlier, too.
        moment = chance.uniform(0.1, 0.7) * seconds
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            place = stage_of(killed)
            process.kill()
            process.wait()
            places[place] += 1
            print(
                f"kill {sum(places.values()):2}: after {time.monotonic() - began:5.1f} s, {place}", flush=True
            )
            continue
        rounds += 1
        if not same(wanted, weights(killed)):
            return 1
        shutil.rmtree(killed)
    start(killed).wait()
    if not same(wanted, weights(killed)):
        return 1
    spread = ", ".join(f"{stage} {places[stage]}" for stage in STAGES if places[stage])
    print(f"{told.kills} kills in {rounds + 1} runs ({spread}): the same weights, bit by bit")
    return 0


def start(out: Path) -> subprocess.Popen[bytes]:
    """The command itself, in a process of its own."""
    command = [Path(sys.executable).with_name("rlaif-train"), "run", "tiny.toml", "--out", out]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def stage_of(out: Path) -> str:
    """The first stage that is not done."""
    return next((stage for stage in STAGES if not (out / stage / "done.json").is_file()), "report")


def weights(out: Path) -> dict[str, str]:
    """Hash of each stage's result."""
    return {stage: hash_paths([out / stage / name]) for stage, name in RESULTS.items()}


def same(wanted: dict[str, str], found: dict[str, str]) -> bool:
    """Whether all are equal; says which are not."""
    wrong = [stage for stage in wanted if wanted[stage] != found[stage]]
    if wrong:
        print(f"other results than undisturbed: {', '.join(wrong)}")
    return not wrong


if __name__ == "__main__":
    sys.exit(main())
