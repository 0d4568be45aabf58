"""Hides the worker's frames from code that shows its own stack. Compiled when a block imports one of the
modules that do so: `traceback` (which `logging` uses), `inspect`, `bdb` (the base of `pdb`) and `warnings`."""

import linecache
import sys
from itertools import dropwhile, takewhile

OWN_CODE = (lambda: 0).__code__.co_filename

# Set by the program that this is a part of.
without_magics = None


class StackLoader:
    """Loads a module and makes it end stacks at the block."""

    def __init__(self, loader):
        self.loader = loader

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        self.loader.exec_module(module)
        adapt(module)

    def __getattr__(self, name):
        return getattr(self.loader, name)


def find(spec):
    """Changes the spec of a module so that its stacks end at the block."""
    if spec is not None and hasattr(spec.loader, "exec_module"):
        spec.loader = StackLoader(spec.loader)
    return spec


def adapt(module):
    """Makes a module end stacks at the block."""
    if module.__name__ == "traceback":
        adapt_traceback(module.StackSummary)
    elif module.__name__ == "inspect":
        adapt_inspect(module)
    elif module.__name__ == "bdb":
        adapt_bdb(module.Bdb)
    elif module.__name__ == "warnings":
        adapt_warnings(module)


def is_own(frame):
    return frame.f_code.co_filename == OWN_CODE


def adapt_traceback(summary):
    """Changes the way of frames into all texts of the module."""
    extract = summary.extract.__func__

    def extract_of_block(klass, frame_gen, **options):
        # The frame of this function may be among them: the module counts its callers.
        frames = dropwhile(lambda it: is_own(it[0]), frame_gen)
        return extract(klass, takewhile(lambda it: not is_own(it[0]), frames), **options)

    summary.extract = classmethod(extract_of_block)


def adapt_inspect(module):
    """Changes the functions that list the callers of a frame, and those that look for a block's code by the
    name of its file."""
    outer_frames = module.getouterframes
    get_module, find_source = module.getmodule, module.findsource

    def getouterframes(frame, context=1):
        """Returns a record for a frame and each of its callers."""
        return list(takewhile(lambda it: not is_own(it[0]), outer_frames(frame, context)))

    def getmodule(object, _filename=None):
        """Returns the module that an object was defined in, or `None`."""
        found, main = get_module(object, _filename), sys.modules.get("__main__")
        frame = getattr(object, "tb_frame", object)
        is_main = getattr(frame, "f_globals", None) is getattr(main, "__dict__", main)
        return main if found is None and is_main else found

    def findsource(object):
        """Returns the lines of an object's file, and the number of the object's first line."""
        if object is sys.modules.get("__main__"):
            try:
                with open(object.__file__, encoding="utf-8") as file:
                    return file.readlines(), 0
            except (AttributeError, OSError):
                pass
        try:
            return find_source(object)
        except SyntaxError:
            # It looks for classes in the tree of the file.
            return find_without_magics(object)

    def find_without_magics(object):
        """Returns the same for a file with magics, which are no Python."""
        file = module.getsourcefile(object)
        known = linecache.cache[file]
        lines = without_magics(known[2])
        linecache.cache[file] = (*known[:2], lines, known[3])
        try:
            return known[2], find_source(object)[1]
        finally:
            linecache.cache[file] = known

    module.getouterframes = getouterframes
    module.getmodule, module.findsource = getmodule, findsource


def adapt_bdb(debugger):
    """Changes the stack that a debugger shows."""
    get_stack = debugger.get_stack

    def get_stack_of_block(self, frame, trace):
        stack, current = get_stack(self, frame, trace)
        own = [number for number, it in enumerate(stack[:current]) if is_own(it[0])]
        first = own[-1] + 1 if own else 0
        return stack[first:], current - first

    debugger.get_stack = get_stack_of_block


def adapt_warnings(module):
    """Gives a warning whose `stacklevel` is beyond the block the place that the interpreter gives it."""
    show = module._showwarnmsg

    def show_of_block(message):
        if message.filename == OWN_CODE:
            message.filename, message.lineno = "sys", 1
        show(message)

    module._showwarnmsg = show_of_block
