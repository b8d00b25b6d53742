import pytest

from callwright_training.execution.sandbox import Sandbox


@pytest.mark.parametrize(
    ("code", "help_given"),
    [
        ("import csv\nassert len(list(csv.DictReader(open('data.csv')))) == 20", "file: data.csv"),
        ("import json\njson.load(open('deep/er/settings.json'))", "file: deep/er/settings.json"),
        ("import wave\nassert wave.open('a.wav').getframerate() == 16000", "file: a.wav"),
        (
            "import urllib.request\nassert b'Hello' in urllib.request.urlopen('https://example.com/a').read()",
            "network: https://example.com/a",
        ),
        ("import wave\nwave.open('/path/to/my/speech.wav')", "file: path/to/my/speech.wav"),
        (
            "import pathlib\ndef save(p): pathlib.Path(p).touch()\nsave('pictures/out.png')",
            "folder: pictures",
        ),
        ("device = 'cuda:0'\nassert device == 'cpu'", "device: cuda:0 is cpu"),
        ("assert input('> ')", "input: lines typed by a person"),
    ],
)
def test_leniency_helps_and_is_on_record(cell: Sandbox, code: str, help_given: str) -> None:
    lenient = cell.run("a", code, lenient=True)
    assert lenient["ok"], lenient["error"]
    assert help_given in lenient["leniencies"]
    strict = cell.run("a", code, lenient=False)
    assert not strict["ok"]
    assert strict["leniencies"] == []


@pytest.mark.parametrize(
    "code",
    [
        "open('out.csv', 'w').write('x')\nimport pandas_like_missing",
        "open('/etc/photo.png')",
        "open('../photo.png')",
        "import urllib.request\nurllib.request.urlopen('https://huggingface.co/gpt2/resolve/main/config.json')",
    ],
)
def test_leniency_makes_up_nothing_else(cell: Sandbox, code: str) -> None:
    assert not cell.run("a", code, lenient=True)["ok"]
