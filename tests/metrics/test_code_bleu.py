import logging
import math
import os
import subprocess
import sys

import pytest

from callwright_training.metrics.code_bleu import PARTS, CodeBleu, count

REFERENCE = "import os\nx = os.getcwd()\nprint(x)\n"


@pytest.fixture
def bleu(case):
    return lambda code, reference=REFERENCE: CodeBleu().score(case(code, code=reference)).scores


def test_the_same_script_is_perfect(bleu):
    assert bleu(REFERENCE) == pytest.approx(dict.fromkeys(("codebleu", *PARTS), 1))


def test_an_empty_answer_scores_nothing(bleu):
    assert set(bleu("").values()) == {0}
    assert set(bleu("  \n").values()) == {0}


def test_hand_computed_ngrams(bleu):
    # Tokens: "if a : b" against "if a : c". 3 of 4, 2 of 3, 1 of 2, 0.1 of 1 (smoothed); equally long.
    scores = bleu("if a : b", "if a : c")

    assert scores["codebleu_ngram"] == pytest.approx((3 / 4 * 2 / 3 * 1 / 2 * 0.1) ** (1 / 4))
    # Weighted single words: the keyword 1, the others 0.2: 1.4 of 1.6.
    assert scores["codebleu_weighted"] == pytest.approx((1.4 / 1.6 * 2 / 3 * 1 / 2 * 0.1) ** (1 / 4))


def test_a_short_answer_is_punished(bleu):
    # 2 of 2, 1 of 1, then 0.1 of 1 twice; exp(1 - 4/2) for brevity.
    assert bleu("if a", "if a : c")["codebleu_ngram"] == pytest.approx(math.exp(-1) * 0.01 ** (1 / 4))


def test_hand_computed_syntax(bleu):
    # f(1) has a module, a statement, a call and an argument list, none of which x has; f(2) has them all,
    # for leaves do not count.
    assert bleu("x", "f(1)")["codebleu_syntax"] == 0
    assert bleu("f(2)", "f(1)")["codebleu_syntax"] == 1


def test_hand_computed_data_flow(bleu):
    # b comes from a: one edge, and a's two places another; renamed variables are the same flow.
    assert bleu("u = 1\nv = u", "a = 1\nb = a")["codebleu_dataflow"] == 1
    assert bleu("u = 1\nv = 2", "a = 1\nb = a")["codebleu_dataflow"] < 1


def test_a_reference_without_data_flow_has_no_floor(bleu):
    assert bleu("print()", "import os")["codebleu_dataflow"] == 0


def test_parts_agree_with_the_package(bleu):
    from codebleu import calc_codebleu

    logging.disable(logging.WARNING)
    code = "import os, sys\nname = os.getcwd()\nfor part in name:\n    print(part)\n"
    theirs = calc_codebleu([REFERENCE], [code], "python")
    logging.disable(logging.NOTSET)

    assert [bleu(code)[part] for part in PARTS] == pytest.approx(
        [theirs[name] for name in ("ngram_match_score", "weighted_ngram_match_score", "syntax_match_score")]
        + [theirs["dataflow_match_score"]]
    )


def test_the_corpus_figure_adds_counts_up(bleu):
    counts = [count("", REFERENCE), count(REFERENCE, REFERENCE)]

    assert CodeBleu.total([]) is None
    assert CodeBleu.total(counts[1:]) == pytest.approx(1)
    assert 0.4 < CodeBleu.total(counts) < 0.6


@pytest.mark.slow
def test_the_figure_does_not_depend_on_the_hash_seed():
    code = (
        "from callwright_training.metrics.code_bleu import count;"
        "print(count('m = f(a, b, c)\\nn = g(c, m, a)\\nfor q in n: m = q + m', "
        "'k = f(z, y, x)\\nl = g(x, k, y)\\nfor p in l: k = p + k'))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }

    assert len(runs) == 1
