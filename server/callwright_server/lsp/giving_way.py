"""Threads that compute give way to the editor's: a key that is pressed is drawn before a suggestion is made.

On Linux alone, where each thread has a priority of its own, which those that it starts inherit, ONNX
Runtime's among them. The event loop keeps its priority: it answers what is known, and has little to do.
"""

from __future__ import annotations

import logging
import os
import sys

log = logging.getLogger(__name__)

NICENESS = 5
"""Beside one busy thread of the editor's a quarter of a core is left to one of ours."""


def give_way() -> None:
    """Lower the calling thread's priority for good.

    It gets the smaller share where both want the processor, and takes it from nobody just by waking up.
    """
    if sys.platform != "linux":
        return
    try:
        os.nice(NICENESS)
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    except OSError as error:
        log.info("The model's threads keep their priority: %s", error)
