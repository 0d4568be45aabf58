"""Loads the worker's files as modules, without starting the worker."""

import pathlib
import types

import pytest

FOLDER = pathlib.Path(__file__).parents[2] / "src/exec/python/py"


def load(name, files, last_line=None):
    """Runs files as one module, without the given last line of the last file."""
    text = "\n".join((FOLDER / file).read_text("utf-8") for file in files)
    if last_line is not None:
        text, end = text.rstrip().rsplit("\n", 1)
        assert end == last_line
    module = types.ModuleType(name)
    exec(compile(text, name, "exec"), module.__dict__)
    return module


@pytest.fixture(scope="session")
def worker():
    """The files that `worker/zygote.rs` joins to the worker's program."""
    files = ["session.py", "preimport.py", "block.py", "boot.py"]
    return load("worker", files, last_line="start()")


@pytest.fixture(scope="session")
def display():
    return load("display", ["display.py"])


@pytest.fixture(scope="session")
def errors():
    return load("errors", ["errors.py"])


@pytest.fixture(scope="session")
def notebook():
    return load("notebook", ["notebook.py"])


@pytest.fixture(scope="session")
def bench_harness():
    return load("bench_harness", ["bench_harness.py"], last_line="run(frame, budget)")


@pytest.fixture(scope="session")
def magics():
    module = load("magics", ["magics.py"])
    module.shows = types.SimpleNamespace(captures=False)
    return module


@pytest.fixture(scope="session")
def stacks():
    return load("stacks", ["stacks.py"])


@pytest.fixture(scope="session")
def agent():
    """The program that runs blocks on other machines."""
    return load(
        "agent", ["../../remote/py/crates.py", "../../remote/py/agent.py"], last_line="main()"
    )
