"""The run file: everything that decides what a run does, as TOML."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, NonNegativeInt, PositiveInt

from callwright_plugins.validation import FROZEN
from callwright_training.choice.settings import Choice
from callwright_training.errors import RunFileError
from callwright_training.feedback.settings import FeedbackSettings
from callwright_training.ppo.settings import PPOSettings
from callwright_training.reward.settings import RewardSettings
from callwright_training.run.reading import checked
from callwright_training.sft.settings import SFT


class ExportSettings(BaseModel):
    """How the bundle is made."""

    model_config = FROZEN

    name: str | None = None
    """The bundle's name; the run's if not given."""
    quantization: Literal["int8", "int8-dynamic", "int4", "fp32"] = "int8"
    """How weights are stored."""
    least_agreement: float | None = Field(default=None, ge=0, le=1)
    """Refuse a bundle that agrees with torch less often; each quantization has its own default."""


class EvaluateSettings(BaseModel):
    """What is measured on the held-out records."""

    model_config = FROZEN

    metrics: str | None = "calls"
    """Metrics of the bundle's answers, comma-separated, as `rlaif-train evaluate` knows them."""
    samples: NonNegativeInt = 0
    """Completions drawn for each held-out record, at feedback's temperature, beside the likeliest one."""
    limit: PositiveInt | None = None
    """At most so many held-out records."""
    environment: str | None = None
    """Library versions with which completions are really run, in the sandbox, prepared by `rlaif-train
    environment prepare`; none runs nothing."""


class RunFile(BaseModel):
    """One run from records to an evaluated bundle."""

    model_config = FROZEN

    name: str
    """Names the run in its report and its bundle."""
    title: str = ""
    """One line for the report."""
    seed: NonNegativeInt = 0
    """Of every stage that is not given its own."""
    records: tuple[str, ...] = Field(min_length=1)
    """Record files; a path is relative to the run file, and may begin with `$CALLWRIGHT_DATA`."""
    catalogue: str | None = None
    """A catalogue file, or the name of one that a plugin brings; without it, the records' own APIs."""
    adapter: str | None = None
    """M_SFT's adapter, where there is one already: `sft` then takes it over instead of tuning."""
    labels: str | None = None
    """The folder of another run, whose feedback and M_reward are taken over: they are about texts, whoever
    wrote them."""
    threads: NonNegativeInt = 0
    """Processor threads of every stage; 0 takes torch's choice. Equal results need the same number."""
    plugins: tuple[str, ...] = ()
    """One-file plugins, relative to the run file."""
    sft: SFT = SFT()
    choice: Choice | None = None
    """Tunes the retriever, which chooses calls, beside the language model; without it there is none."""
    feedback: FeedbackSettings = FeedbackSettings()
    reward: RewardSettings = RewardSettings()
    ppo: PPOSettings = PPOSettings()
    export: ExportSettings = ExportSettings()
    evaluate: EvaluateSettings = EvaluateSettings()


def installed_run_files() -> dict[str, Path]:
    """The run files that come with this package, by name."""
    folder = Path(str(resources.files("callwright_training") / "run_files"))
    return {path.name: path for path in sorted(folder.glob("*.toml"))}


def find_run_file(name_or_path: str) -> Path:
    """A run file by its path, or one of this package's by its name.

    Raises:
        RunFileError: There is neither.
    """
    installed = installed_run_files()
    for name in (name_or_path, f"{name_or_path}.toml"):
        if Path(name).is_file():
            return Path(name)
        if name in installed:
            return installed[name]
    raise RunFileError(
        f"{name_or_path}: there is no such run file; give a path, or one of: {', '.join(installed)}"
    )


def read_run_file(path: Path) -> RunFile:
    """Read and check a run file.

    Raises:
        RunFileError: It cannot be read, is not TOML, or says something that a run cannot do.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RunFileError(f"{path}: cannot read the run file: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise RunFileError(f"{path}: not TOML: {error}") from error
    return checked(RunFile, _shared(values), str(path))


def _shared(values: dict[str, Any]) -> dict[str, Any]:
    """SFT has seed and threads of its own; the run's count where it is not given any."""
    sft = values.get("sft", {})
    common = {name: values[name] for name in ("seed", "threads") if name in values}
    return values | {"sft": common | sft} if isinstance(sft, dict) else values
