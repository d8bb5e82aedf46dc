"""What starts when a user types `striate`: each test here is a process of its own, without torch."""

import subprocess
import sys
from importlib.metadata import entry_points, version

HEAVY = "torch numpy cv2 matplotlib PIL accelerate safetensors striate.models striate.data striate.tasks"

HELP = """
import sys
from striate.cli import main

for verb in ([], *map(str.split, sys.argv[2:])):
    sys.argv[1:] = [*verb, "--help"]
    try:
        main()
    except SystemExit as e:
        assert e.code == 0, verb
"""
LOADED = f"print(*(name for name in '{HEAVY}'.split() if name in sys.modules), file=sys.stderr)"


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_help_loads_nothing_heavy():
    """All verbs are asked for help in one process; what was loaded is told at its end."""
    verbs = ["train", "evaluate", "predict", "table", "models", "compare", "edges", "data", "data show"]
    verbs += ["weights", "weights list", "weights show", "weights fetch"]
    done = python("-c", HELP + LOADED, "x", *verbs)
    assert (done.returncode, done.stderr) == (0, "\n")
    assert done.stdout.count("Usage: ") == 14


def test_import_loads_nothing_heavy():
    done = python("-c", "import sys, striate; dir(striate); striate.__version__;" + LOADED)
    assert (done.returncode, done.stderr, done.stdout) == (0, "\n", "")


def test_python_m():
    done = python("-m", "striate", "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"striate {version('striate')}\n", "")


def test_the_script():
    (script,) = entry_points(group="console_scripts", name="striate")
    assert script.value == "striate.cli:main"
