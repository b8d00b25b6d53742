from callwright_training.execution.environment import Environment
from callwright_training.execution.timing import time_scripts


def test_every_script_is_timed_warm_and_some_fresh():
    said = []
    found = time_scripts(
        Environment.bare(),
        [f"import time\ntime.sleep(0.1)\n{n}" for n in range(4)],
        fresh=2,
        workers=2,
        step=lambda what, done: said.append(done),
    )
    assert (found.scripts, found.workers, found.fresh) == (4, 2, 2)
    assert min(found.median, found.mean) >= 0.1
    assert found.wall >= 0.2
    assert 0 <= found.processor < found.wall
    assert found.each == found.wall / 4
    assert min(found.fresh_median, found.alone_median) >= 0.1
    assert found.ratio > 0
    assert said == sorted(said)
