"""Uncaught exceptions as the newest Python shows them. Compiled by the first one, so that a run without
any does not pay for it.
"""

import builtins
import linecache
import os
import re
import sys
import traceback

MOST_CANDIDATES = 750
LONGEST_NAME = 40
NAME = re.compile(r"name '(\w+)' is not defined")
ATTRIBUTE = re.compile(r"(?:(module|type object) )?'([\w.]+)'(?: object)? has no attribute '(\w+)'")
IMPORT = re.compile(r"cannot import name '(\w+)'")


def as_written(error, lines):
    """Has a syntax error show the line that the block has: by itself it looks for the deck's file, which
    may have other text there, or shows several lines with the caret below the wrong one."""
    if not isinstance(error, SyntaxError) or not error.lineno or error.lineno > len(lines):
        return
    if str(error.msg).startswith("f-string: ") and (error.text or "").startswith("("):
        # Before 3.12 the parts of such a string are read apart from it.
        return
    line = lines[error.lineno - 1]
    error.text = line
    end = getattr(error, "end_lineno", None)
    if end and end > error.lineno:
        error.end_lineno, error.end_offset = error.lineno, len(line.rstrip("\n")) + 1


def print_exception(error, trace):
    """Prints an exception and those that led to it, each with what may have been meant."""
    shown = traceback.TracebackException(type(error), error, trace)
    if sys.version_info < (3, 12):
        suggest(shown, error, trace, set())
    for text in shown.format():
        sys.stderr.write(text)


def dump_traceback(dump, file, all_threads):
    """Writes what `faulthandler` knows of the stack, without what is ours."""
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
        # What starts us in an interpreter's own process.
        kept.pop()
    os.write(file, b"".join(kept))


def suggest(shown, error, trace, seen):
    """Adds to an exception, and to those that led to it, what may have been meant."""
    if shown is None or error is None or id(error) in seen:
        return
    seen.add(id(error))
    try:
        hint = meant(error, trace)
    except Exception:
        hint = None
    if hint and hasattr(shown, "_str"):
        shown._str = "%s. %s" % (shown._str, hint)
    for name in ("__cause__", "__context__"):
        other = getattr(error, name)
        suggest(getattr(shown, name, None), other, other and other.__traceback__, seen)


def meant(error, trace):
    """What may have been meant, in the words of newer Pythons."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    frame = trace and trace.tb_frame
    text = str(error)
    if isinstance(error, NameError) and not isinstance(error, UnboundLocalError):
        found = NAME.match(text)
        return found and frame and meant_name(found.group(1), frame)
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


def meant_name(name, frame):
    """What may have been meant by a name that is not defined there."""
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
    """The question whether this was meant."""
    return name and "Did you mean: '%s'?" % name


def owner_of(found, frame, trace):
    """The value without that attribute, where the exception does not have it (before 3.10): a module,
    or what the line names before the attribute."""
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
    """The candidate that is most like a name, if one is like enough."""
    if len(candidates) > MOST_CANDIDATES or len(name) > LONGEST_NAME:
        return None
    best = nearest = None
    for candidate in dict.fromkeys(candidates):
        if candidate == name:
            continue
        most = (len(name) + len(candidate) + 3) // 3
        distance = edits(name, candidate)
        if distance <= most and (nearest is None or distance < nearest):
            best, nearest = candidate, distance
    return best


def edits(one, other):
    """What it costs to make one name of the other: 2 for each character, 1 for its case alone."""
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
