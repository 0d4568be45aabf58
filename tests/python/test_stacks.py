"""`stacks.py`: stacks end at the block."""

import inspect
import sys
import traceback
import types

WORKER = """
def serve(block):
    return block()
"""


def called_by_worker(stacks, function):
    """Calls a function from a frame of the worker."""
    scope = {}
    exec(compile(WORKER, stacks.OWN_CODE, "exec"), scope)
    return scope["serve"](function)


def changed(module, **parts):
    """Returns a copy of a module that can be changed."""
    copy = types.ModuleType(module.__name__)
    copy.__dict__.update(vars(module), **parts)
    return copy


def test_traceback_ends_at_the_block(stacks):
    summary = type("Summary", (traceback.StackSummary,), {})
    stacks.adapt(changed(traceback, StackSummary=summary))
    names = lambda: [it.name for it in summary.extract(traceback.walk_stack(sys._getframe()))]
    assert called_by_worker(stacks, names) == ["<lambda>"]
    # Without a frame, `walk_stack` counts its callers.
    own = called_by_worker(stacks, lambda: summary.extract(traceback.walk_stack(None)))
    assert not any(it.filename == stacks.OWN_CODE for it in own)


def test_inspect_ends_at_the_block(stacks):
    module = changed(inspect)
    stacks.adapt(module)
    names = lambda: [it.function for it in module.getouterframes(sys._getframe())]
    assert called_by_worker(stacks, names) == ["<lambda>"]


def test_inspect_knows_the_module_of_a_block(stacks, monkeypatch, tmp_path):
    module = changed(inspect)
    stacks.adapt(module)
    main = types.ModuleType("__main__")
    main.__file__ = str(tmp_path / "snippet.py")
    (tmp_path / "snippet.py").write_text("x = 1\n\ny = 2\n")
    monkeypatch.setitem(sys.modules, "__main__", main)
    exec(compile("import sys\nframe = sys._getframe()", "talk.md", "exec"), main.__dict__)
    assert module.getmodule(main.frame) is main
    assert module.getmodule(sys._getframe()) is sys.modules[__name__]
    assert module.findsource(main) == (["x = 1\n", "\n", "y = 2\n"], 0)
    assert module.findsource(types)[1] == 0
    main.__file__ = str(tmp_path / "gone.py")
    try:
        module.findsource(main)
    except OSError:
        return
    raise AssertionError


def test_debugger_begins_at_the_block(stacks):
    def frames():
        own, block = sys._getframe(1), sys._getframe()
        return [(own, 1), (block, 2), (block, 3)], 1

    debugger = type("Debugger", (), {"get_stack": lambda self, frame, trace: frame})
    stacks.adapt(types.SimpleNamespace(__name__="bdb", Bdb=debugger))
    stack, current = debugger().get_stack(called_by_worker(stacks, frames), None)
    assert ([line for _, line in stack], current) == ([2, 3], 0)


def test_warning_beyond_the_block_has_no_place(stacks):
    shown = []
    module = types.SimpleNamespace(__name__="warnings", _showwarnmsg=shown.append)
    stacks.adapt(module)
    for file in (stacks.OWN_CODE, "talk.md"):
        module._showwarnmsg(types.SimpleNamespace(filename=file, lineno=7))
    assert [(it.filename, it.lineno) for it in shown] == [("sys", 1), ("talk.md", 7)]


def test_loader_passes_other_calls_on(stacks):
    spec = stacks.find(inspect.__spec__)
    try:
        assert spec.loader.get_filename() == inspect.__file__
    finally:
        spec.loader = spec.loader.loader
    assert stacks.find(None) is None
