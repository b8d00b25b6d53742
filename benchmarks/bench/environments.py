"""Environments for engines that are no part of this project, below the user's cache folder.

Each sees the packages of the running environment and hides some of them behind its own: torch is not
installed twice. llama.cpp is built from PyPI's source with cmake, which takes some minutes, once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import platformdirs

CACHE = platformdirs.user_cache_path("callwright") / "bench"

_LLAMA_CPP = ("llama-cpp-python==0.3.36", "diskcache")
_OPTIMUM = (
    "optimum==2.1.0",
    "optimum-onnx==0.1.0",
    "transformers==4.57.6",
    "huggingface_hub==0.36.2",
    "tokenizers==0.22.2",
)
# AMX is left out: in a virtual machine its tiles were not set up in every thread (illegal instruction).
_INSTRUCTIONS = {
    "avx2": "AVX2",
    "fma": "FMA",
    "f16c": "F16C",
    "bmi2": "BMI2",
    "avx_vnni": "AVX_VNNI",
    "avx512f": "AVX512",
    "avx512_vbmi": "AVX512_VBMI",
    "avx512vbmi": "AVX512_VBMI",
    "avx512_vnni": "AVX512_VNNI",
    "avx512_bf16": "AVX512_BF16",
}


def llama_cpp() -> str:
    """The interpreter of an environment with llama.cpp, made for this machine's processor."""
    return _environment("llama-cpp", _LLAMA_CPP, CMAKE_ARGS=_cmake_arguments())


def optimum() -> str:
    """The interpreter of an environment with optimum's ONNX exporter, which needs transformers 4."""
    return _environment("optimum", _OPTIMUM)


def _environment(name: str, packages: tuple[str, ...], **variables: str) -> str:
    folder = CACHE / "environments" / name
    python = folder / "bin" / "python"
    stamp = folder / ".installed"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != " ".join(packages):
        print(f"making an environment with {packages[0]} ...", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        site = next((folder / "lib").glob("python*/site-packages"))
        (site / "running.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
        command = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", *packages]
        subprocess.run(command, check=True, env=os.environ | variables, stdout=sys.stderr)
        stamp.write_text(" ".join(packages), encoding="utf-8")
    return str(python)


def _cmake_arguments() -> str:
    """What the processor can, in llama.cpp's words."""
    path = Path("/proc/cpuinfo")
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    flags = next((line.split() for line in text.splitlines() if line.startswith("flags")), [])
    wanted = sorted({option for flag, option in _INSTRUCTIONS.items() if flag in flags})
    return " ".join(["-DGGML_NATIVE=OFF", *(f"-DGGML_{option}=ON" for option in wanted)])
