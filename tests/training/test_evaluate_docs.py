from pathlib import Path

from callwright_training.metrics import KEYS

PAGE = (Path(__file__).parents[2] / "docs/evaluation.md").read_text()


def test_the_page_explains_every_figure_and_no_other():
    lines = (line for line in PAGE.splitlines() if line.startswith("### `"))
    headings = [line.removeprefix("### `").rstrip("`") for line in lines]

    assert headings == list(KEYS)
