"""``rlaif-train``: from records to a bundle, by fine-tuning and reinforcement learning from AI feedback.

Each stage reads the folder of the stage before it and writes its own. Prompt and bundle format are the
server's; this package calls that code. torch and its kin are imported inside the command that needs them.
"""

import os

# Nothing leaves the machine unasked: the hub's client, which our libraries bring, would report their use.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
