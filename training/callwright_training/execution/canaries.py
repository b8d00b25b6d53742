"""Scripts whose verdicts are known, both ways: a runner that gets one wrong is not to be believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from callwright_training.execution.environment import Environment
from callwright_training.execution.runner import Mode, Runner
from callwright_training.execution.sandbox import SandboxMode
from callwright_training.execution.verdict import Failure, Script, Verdict

RUNS = "runs"


@dataclass(frozen=True)
class Canary:
    """A script and the verdict it must get."""

    name: str
    code: str
    strict: str
    """``runs`` or a failure's name."""
    lenient: str = ""
    """The same in lenient mode, where that differs."""
    needs: str = ""
    """The repository that it loads; left out where the hub has none of this name."""

    def expected(self, mode: Mode) -> str:
        """The verdict that counts in this mode."""
        return self.lenient or self.strict if mode == "lenient" else self.strict


@dataclass(frozen=True)
class Report:
    """How the canaries fared."""

    total: int
    wrong: tuple[tuple[str, str, str], ...]
    """Name and mode, the verdict expected, the verdict found."""

    @property
    def right(self) -> int:
        """How many had the verdict they must have."""
        return self.total - len(self.wrong)


_TRANSFORMERS = "from transformers import {}\n"
_BERT = "AutoTokenizer, AutoModelForSequenceClassification"
CANARIES = (
    Canary("arithmetic", "print(1 + 1)", RUNS),
    Canary("torch", "import torch\nassert torch.ones(2, 3).sum() == 6", RUNS),
    Canary(
        "numpy and pandas", "import numpy, pandas\npandas.DataFrame({'a': numpy.arange(3)}).describe()", RUNS
    ),
    Canary(
        "text classification",
        _TRANSFORMERS.format("pipeline") + "name = 'distilbert-base-uncased-finetuned-sst-2-english'\n"
        "found = pipeline('sentiment-analysis', model=name)('Good!')\n"
        "assert found[0]['label'] in {'POSITIVE', 'NEGATIVE'}",
        RUNS,
    ),
    Canary(
        "text generation",
        _TRANSFORMERS.format("pipeline")
        + "print(pipeline('text-generation', model='gpt2')('Hello', max_length=12))",
        RUNS,
    ),
    Canary(
        "tokenizer and model",
        _TRANSFORMERS.format(_BERT)
        + "name = 'bert-base-uncased'\ntokenizer = AutoTokenizer.from_pretrained(name)\n"
        "model = AutoModelForSequenceClassification.from_pretrained(name)\n"
        "assert model(**tokenizer('Hello world', return_tensors='pt')).logits.shape == (1, 2)",
        RUNS,
    ),
    Canary(
        "sequence to sequence",
        _TRANSFORMERS.format("T5Tokenizer, T5ForConditionalGeneration")
        + "tokenizer = T5Tokenizer.from_pretrained('t5-small')\n"
        "model = T5ForConditionalGeneration.from_pretrained('t5-small')\n"
        "ids = tokenizer('translate English to German: Hello', return_tensors='pt').input_ids\n"
        "print(tokenizer.decode(model.generate(ids, max_new_tokens=5)[0]))",
        RUNS,
        needs="t5-small",
    ),
    Canary(
        "image classification",
        "from PIL import Image\n"
        + _TRANSFORMERS.format("pipeline")
        + "model = pipeline('image-classification', model='google/vit-base-patch16-224')\n"
        "print(model(Image.new('RGB', (40, 30))))",
        RUNS,
    ),
    Canary(
        "speech recognition",
        "import numpy\n"
        + _TRANSFORMERS.format("pipeline")
        + "model = pipeline('automatic-speech-recognition', model='facebook/wav2vec2-base-960h')\n"
        "print(model(numpy.zeros(16000, dtype='float32')))",
        RUNS,
    ),
    Canary("writes a file", "open('out.txt', 'w').write('x')\nassert open('out.txt').read() == 'x'", RUNS),
    Canary("ends by sys.exit", "import sys\nsys.exit(0)", RUNS),
    Canary("catches its error", "try:\n    1 / 0\nexcept ZeroDivisionError:\n    pass", RUNS),
    Canary(
        "works in threads",
        "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(2) as workers:\n"
        "    assert list(workers.map(str, range(3))) == ['0', '1', '2']",
        RUNS,
    ),
    Canary(
        "reads a picture",
        "from PIL import Image\nImage.open('photo.jpg').resize((8, 8))",
        Failure.MISSING_INPUT,
        RUNS,
    ),
    Canary(
        "reads a table", "import pandas\nprint(len(pandas.read_csv('data.csv')))", Failure.MISSING_INPUT, RUNS
    ),
    Canary("uses a GPU", "import torch\ntorch.ones(2).to('cuda')", Failure.MISUSE, RUNS),
    Canary(
        "fetches a page",
        "import requests\nassert requests.get('https://example.com/photo.png').status_code == 200",
        Failure.MISSING_INPUT,
        RUNS,
    ),
    Canary("no code", "", Failure.NO_CODE),
    Canary("prose", "Load the model and run it.", Failure.SYNTAX),
    Canary("undefined name", "print(undefined)", Failure.UNDEFINED_NAME),
    Canary("invented package", "import audio_models_zoo", Failure.MISSING_PACKAGE),
    Canary("invented class", _TRANSFORMERS.format("AutoModelForEverything"), Failure.MISSING_NAME),
    Canary(
        "invented model",
        _TRANSFORMERS.format("AutoModel") + "AutoModel.from_pretrained('nobody/has-this-model')",
        Failure.UNKNOWN_MODEL,
    ),
    Canary(
        "invented file of a model",
        "from huggingface_hub import hf_hub_download\nhf_hub_download('gpt2', 'no-such-file.bin')",
        Failure.UNKNOWN_MODEL,
    ),
    Canary("invented task", _TRANSFORMERS.format("pipeline") + "pipeline('mind-reading')", Failure.MISUSE),
    Canary(
        "wrong argument",
        _TRANSFORMERS.format("AutoModel") + "AutoModel.from_pretrained('gpt2')(words='hello')",
        Failure.MISUSE,
    ),
    Canary("wrong shape", "import torch\ntorch.ones(2, 3) @ torch.ones(2, 3)", Failure.MISUSE),
    Canary("division by zero", "1 / 0", Failure.MISUSE),
    Canary("missing text", "open('nowhere/at/all').read()", Failure.MISSING_INPUT),
    Canary("leaves early", "import os\nos._exit(0)\n1 / 0", Failure.LEFT_EARLY),
    Canary("claims to have ended", "import os\nos.write(4, b'E')\nos._exit(0)", Failure.FORGED),
    Canary("ends with 1", "import sys\nsys.exit(1)", Failure.LEFT_EARLY),
    Canary("kills itself", "import os\nos.kill(os.getpid(), 9)", Failure.KILLED),
)


def check(environment: Environment, sandbox: SandboxMode = "namespaces", ray: str | None = None) -> Report:
    """Run every canary in both modes, here or on a cluster.

    Raises:
        SandboxError: The sandbox is not to be had on this machine.
    """
    canaries = [canary for canary in CANARIES if not canary.needs or canary.needs in environment.repositories]
    scripts = [Script(canary.name, canary.code) for canary in canaries]
    wrong = []
    for mode in get_args(Mode):
        with Runner(environment, mode, sandbox=sandbox, ray=ray) as runner:
            verdicts = {verdict.id: verdict for verdict in runner.run(scripts)}
        for canary in canaries:
            found = _found(verdicts[canary.name])
            if found != canary.expected(mode):
                wrong.append((f"{canary.name} ({mode})", str(canary.expected(mode)), found))
    return Report(2 * len(canaries), tuple(wrong))


def _found(verdict: Verdict) -> str:
    return RUNS if verdict.ok else str(verdict.failure)
