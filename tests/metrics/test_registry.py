import pytest

from callwright_training.errors import StageError
from callwright_training.metrics import KEYS, METRICS, Known, build


def test_every_figure_of_every_metric_is_listed(tmp_path):
    known = Known(catalogue=None, apis=())

    assert {key for name in METRICS for key in METRICS[name](known).keys} <= set(KEYS)


def test_an_unknown_metric_is_the_users_mistake():
    with pytest.raises(StageError, match="no metric is called 'bleu'; choose among gorilla"):
        build(["bleu"], Known(catalogue=None, apis=()))
