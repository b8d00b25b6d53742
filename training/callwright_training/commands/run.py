"""``rlaif-train run``: reads the options; the work is in ``callwright_training.run``."""

from __future__ import annotations

from pathlib import Path

import click

_STAGES = ("sft", "feedback", "reward", "ppo", "export", "evaluate")


@click.command()
@click.argument("run_file")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="The run's folder.  [default: out/NAME of the run file]",
)
@click.option(
    "--adapter",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="M_SFT's adapter, where there is one already; the stage sft takes it over.",
)
@click.option(
    "--labels",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Another run's folder; its feedback and M_reward are taken over.",
)
@click.option("--until", type=click.Choice(_STAGES), help="Stop after this stage.")
@click.option("--check", is_flag=True, help="Say what would be done, without network, and do nothing.")
def run(
    run_file: str, out: Path | None, adapter: Path | None, labels: Path | None, until: str | None, check: bool
) -> None:
    """Run every stage of a run file, skipping what is done.

    RUN_FILE is a path, or the name of one that is installed: tiny.toml, smollm2-135m.toml, paper.toml. A
    killed run goes on where it stopped; a stage whose settings or inputs changed is done again, with all that
    comes after it.

    \b
    Examples:
      rlaif-train run tiny.toml                        every stage in a minute, no network
      rlaif-train run team.toml --check                does everything that it names exist?
      rlaif-train run team.toml --out out/team         your own
      rlaif-train run team.toml --until feedback       look at the scores before a reward is trained
      rlaif-train run team.toml --adapter out/sft/adapter      from feedback on, with your own M_SFT
    """  # noqa: D301
    from callwright_training.run.pipeline import open_run, run_all
    from callwright_training.run.run_file import find_run_file

    path = find_run_file(run_file)
    opened = open_run(path, out or Path("out") / path.stem, adapter, labels)
    if check:
        from callwright_training.run.checking import check_run

        click.echo("\n".join(check_run(opened)))
        return
    run_all(opened, lambda line: click.echo(line), until)
