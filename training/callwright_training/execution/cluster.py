"""Sandboxes on the machines of a Ray cluster; the runner does not know them from its own.

A machine that is lost is a sandbox that has ended: its script is run again elsewhere, and what was judged
before stands. Every machine needs this package and the same prepared environment; another one is refused.
"""

from __future__ import annotations

import contextlib
import socket
from typing import Any

from callwright_training.errors import SandboxError
from callwright_training.execution.environment import Environment
from callwright_training.execution.limits import Limits
from callwright_training.execution.sandbox import Sandbox, SandboxMode

_PATIENCE = 330.0
"""Seconds until a sandbox that was asked for elsewhere is there, or its script's verdict is."""


def connect(address: str) -> Any:
    """Ray, connected.

    Args:
        address: ``local`` for a cluster on this machine alone, ``auto``, or ``ray://host:10001``.

    Raises:
        SandboxError: Ray is not installed, or there is no cluster at that address.
    """
    try:
        import ray
    except ImportError as error:
        raise SandboxError("a cluster needs Ray: pip install 'callwright[ray]'") from error
    if not ray.is_initialized():
        try:
            ray.init(address=address, log_to_driver=False)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise SandboxError(f"no Ray cluster at {address!r}: {str(error).splitlines()[0]}") from error
    return ray


def processors(address: str) -> int:
    """How many processors the cluster has.

    Raises:
        SandboxError: There is no such cluster.
    """
    return max(1, int(connect(address).cluster_resources().get("CPU", 1)))


class RemoteSandbox:
    """A sandbox on some machine of a cluster, as good as one here.

    Args:
        environment: The library versions; found again by name on the other machine.
        limits: What each script may use.
        mode: ``namespaces`` or ``rlimits``.
        address: The cluster's.

    Raises:
        SandboxError: There is no cluster, or the machine lacks what is needed.
    """

    def __init__(self, environment: Environment, limits: Limits, mode: SandboxMode, address: str) -> None:
        self._ray = connect(address)
        self._limits = limits
        self._host = self._ray.remote(num_cpus=1)(_Host).remote()
        if error := self._told(self._host.open.remote(environment, environment.digest, limits, mode)):
            self.close()
            raise SandboxError(error)

    def run(self, name: str, code: str, *, lenient: bool) -> dict[str, Any]:
        """Run one script, as :meth:`Sandbox.run` does.

        Raises:
            SandboxError: The sandbox or its machine has ended.
        """
        answer: dict[str, Any] = self._told(self._host.run.remote(name, code, lenient))
        return answer

    def close(self) -> None:
        """End it and everything in it."""
        with contextlib.suppress(Exception):
            self._ray.kill(self._host)

    def _told(self, reference: Any) -> Any:
        try:
            return self._ray.get(reference, timeout=_PATIENCE + self._limits.wall)
        except self._ray.exceptions.RayError as error:
            raise SandboxError(f"a machine of the cluster: {str(error).strip().splitlines()[-1]}") from error


class _Host:
    """The sandbox's keeper, in a process of the other machine."""

    def open(self, environment: Environment, digest: str, limits: Limits, mode: SandboxMode) -> str | None:
        """Start it; returns why that cannot be done."""
        try:
            here = environment if environment.is_bare else Environment.find(environment.name)
            if here.digest != digest:
                raise SandboxError(f"its environment {here.name!r} is another one; prepare it anew there")
            self._sandbox = Sandbox(here.surroundings, limits, mode)
        except SandboxError as error:
            return f"{socket.gethostname()}: {error}"
        return None

    def run(self, name: str, code: str, lenient: bool) -> dict[str, Any]:
        return self._sandbox.run(name, code, lenient=lenient)
