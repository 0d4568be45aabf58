"""Prints uncaught exceptions like the newest Python. Compiled by the first exception of a run."""

import builtins
import linecache
import os
import re
import sys
import traceback

MAX_CANDIDATES = 750
MAX_NAME_LEN = 40
NAME = re.compile(r"name '(\w+)' is not defined")
ATTRIBUTE = re.compile(r"(?:(module|type object) )?'([\w.]+)'(?: object)? has no attribute '(\w+)'")
IMPORT = re.compile(r"cannot import name '(\w+)'")


def fix_syntax_error(error, lines):
    """Makes a syntax error show the line of the block: it would read the deck's file, which may have
    changed, or show several lines with the caret below the wrong one."""
    if not isinstance(error, SyntaxError) or not error.lineno or error.lineno > len(lines):
        return
    if str(error.msg).startswith("f-string: ") and (error.text or "").startswith("("):
        # Before 3.12 the expressions of an f-string are parsed separately.
        return
    line = lines[error.lineno - 1]
    error.text = line
    end = getattr(error, "end_lineno", None)
    if end and end > error.lineno:
        error.end_lineno, error.end_offset = error.lineno, len(line.rstrip("\n")) + 1


def print_exception(error, trace):
    """Prints an exception and its causes, each with a suggestion for a misspelled name."""
    shown = traceback.TracebackException(type(error), error, trace)
    if sys.version_info < (3, 12):
        suggest(shown, error, trace, set())
    for text in shown.format():
        sys.stderr.write(text)


def print_failed_hook(failure, error, trace):
    """Prints what `sys.excepthook` raised, and the exception that it was called for."""
    if failure.__context__ is error:
        failure.__context__ = None
    sys.stderr.write("Error in sys.excepthook:\n")
    print_exception(failure, failure.__traceback__ and failure.__traceback__.tb_next)
    sys.stderr.write("\nOriginal exception was:\n")
    print_exception(error, trace)


def dump_traceback(dump, file, all_threads):
    """Writes the stack of `faulthandler` without the worker's frames."""
    import tempfile

    file = sys.stderr if file is None else file
    if not isinstance(file, int):
        file.flush()
        file = file.fileno()
    with tempfile.TemporaryFile() as written:
        dump(written, all_threads)
        written.seek(0)
        lines = written.read().splitlines(True)
    kept = [line for line in lines if b'"<livedeck>"' not in line]
    if kept != lines and kept[-1].startswith(b'  File "<string>", line 1 in <module>'):
        # The line that starts the worker in a standalone interpreter.
        kept.pop()
    os.write(file, b"".join(kept))


def suggest(shown, error, trace, seen):
    """Adds suggestions to an exception and its causes."""
    if shown is None or error is None or id(error) in seen:
        return
    seen.add(id(error))
    try:
        hint = suggestion(error, trace)
    except Exception:
        hint = None
    if hint and hasattr(shown, "_str"):
        shown._str = "%s. %s" % (shown._str, hint)
    for name in ("__cause__", "__context__"):
        other = getattr(error, name)
        suggest(getattr(shown, name, None), other, other and other.__traceback__, seen)


def suggestion(error, trace):
    """Returns a suggestion in the words of newer Pythons."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    frame = trace and trace.tb_frame
    text = str(error)
    if isinstance(error, NameError) and not isinstance(error, UnboundLocalError):
        found = NAME.match(text)
        return found and frame and suggest_name(found.group(1), frame)
    if isinstance(error, AttributeError):
        found = ATTRIBUTE.match(text)
        if not found:
            return None
        name = found.group(3)
        owner = getattr(error, "obj", None)
        if owner is None:
            owner = owner_of(found, frame, trace)
        names = [] if owner is None else [it for it in dir(owner) if isinstance(it, str)]
        if not name.startswith("_"):
            names = [it for it in names if not it.startswith("_")]
        return question(closest(name, names))
    if isinstance(error, ImportError) and not isinstance(error, ModuleNotFoundError):
        found, module = IMPORT.match(text), sys.modules.get(error.name or "")
        return question(closest(found.group(1), dir(module))) if found and module else None
    return None


def suggest_name(name, frame):
    """Returns a suggestion for an undefined name."""
    own = frame.f_locals.get("self")
    if own is not None and hasattr(own, name):
        return question("self." + name)
    known = [*frame.f_locals, *frame.f_globals, *vars(builtins)]
    hint = question(closest(name, [it for it in known if isinstance(it, str)]))
    if name not in getattr(sys, "stdlib_module_names", ()):
        return hint
    forgot = "id you forget to import '%s'?" % name
    return "%s Or d%s" % (hint, forgot) if hint else "D" + forgot


def question(name):
    """Returns the question that suggests a name."""
    return name and "Did you mean: '%s'?" % name


def owner_of(found, frame, trace):
    """Returns the value that lacks the attribute: a module, or the value before the attribute in the
    line. Before 3.10 the exception itself does not have it."""
    kind, of, name = found.groups()
    if kind == "module":
        return sys.modules.get(of)
    line = linecache.getline(frame.f_code.co_filename, trace.tb_lineno)
    for base in re.findall(r"([^\W\d]\w*)\s*\.\s*%s\b" % name, line):
        value = frame.f_locals.get(base, frame.f_globals.get(base))
        known = value if isinstance(value, type) else type(value)
        if value is not None and known.__name__ == of:
            return value
    return None


def closest(name, candidates):
    """Returns the candidate that is most similar to a name, if one is similar enough."""
    if len(candidates) > MAX_CANDIDATES or len(name) > MAX_NAME_LEN:
        return None
    best = nearest = None
    for candidate in dict.fromkeys(candidates):
        if candidate == name:
            continue
        most = (len(name) + len(candidate) + 3) // 3
        distance = edit_distance(name, candidate)
        if distance <= most and (nearest is None or distance < nearest):
            best, nearest = candidate, distance
    return best


def edit_distance(one, other):
    """Returns the edit distance of two names: 2 for each character, 1 for a change of case."""
    row = [2 * at for at in range(len(other) + 1)]
    for number, letter in enumerate(one, 1):
        before, row[0] = row[0], 2 * number
        for at, wanted in enumerate(other, 1):
            if letter == wanted:
                change = 0
            else:
                change = 1 if letter.lower() == wanted.lower() else 2
            before, row[at] = row[at], min(before + change, row[at] + 2, row[at - 1] + 2)
    return row[-1]
