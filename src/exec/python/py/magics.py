"""IPython's magics, for blocks that are not valid Python without them: `%time`, `%%timeit`, `!command`
and the like. Compiled by the first block that needs it.
"""

import ast
import builtins
import os
import re
import shlex
import subprocess
import sys
import time

NAME = "_livedeck_magics"

LINE = re.compile(r"(\s*)(?:([\w.\[\]'\", ]+?)\s*=\s*)?(!|%)(?![%=])(.*)$")
CELL = re.compile(r"%%(\w+)[ \t]*(.*)$")
HELP = re.compile(r"(\s*)(?:(\?\??)\s*([\w.]+)|([\w.]+)\s*(\?\??))\s*$")

FLAG = re.compile(r"-([nr])\s*(\d+)\s*")

EXPANSION = re.compile(r"\{\{|\}\}|\{([^{}]+)\}|\$\$|\$([A-Za-z_]\w*)")

# What changes nothing here: figures are drawn on the slide anyway, and modules are not reloaded.
WITHOUT_EFFECT = {"autoreload", "colors", "config", "load_ext", "matplotlib", "precision", "xmode"}

# Commands of the shell that are magics as well.
COMMANDS = {
    **{
        name: name
        for name in ("cat", "conda", "cp", "ls", "mamba", "man", "mkdir", "mv", "rm", "rmdir")
    },
    "ll": "ls -lh",
}

# Cells in other languages: the programs that read them.
SCRIPTS = ("perl", "pypy", "python", "python2", "python3", "ruby")

UNITS = ((1, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))

started = None

# The class that shows the values of the block. Set by the program that this is a part of.
shows = None

# Lines that were magics, by their index in the file, and what is there for those who read it as Python.
blanks = {}


class UsageError(Exception):
    """A magic that does not exist here, or is used in a wrong way."""


# The last line of a traceback has the name of the module, unless it is this one.
UsageError.__module__ = "builtins"


def rewrite(source):
    """Returns a block with Python in place of its magics, on the same lines. `None` if it has none."""
    sys.modules[NAME] = sys.modules.get(NAME) or own_module()
    lines = source.split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    cell = CELL.match(lines[first]) if lines else None
    if cell:
        changed = rewrite_cell(lines, first, *cell.groups())
    else:
        changed = [rewrite_line(line) for line in lines]
    if changed == lines:
        return None
    for n, (line, other) in enumerate(zip(lines, [*changed, *lines[len(changed) :]])):
        if n >= len(changed):
            blanks[n] = "\n"
        elif line != other:
            blanks[n] = line[: len(line) - len(line.lstrip())] + "pass\n"
    return "\n".join(changed)


def blank(lines):
    """Returns the lines of a file with `pass` in place of its magics."""
    return [blanks.get(n, line) for n, line in enumerate(lines)]


def own_module():
    """Returns a module with this file's names, for the rewritten code to import."""
    module = type(sys)(NAME)
    module.__dict__.update(globals())
    return module


def call(function, *values):
    """Returns the source of a call of a function of this file."""
    values = ", ".join([*map(repr, values), "globals()"])
    return f"__import__({NAME!r}).{function}({values})"


def rewrite_line(line):
    """Returns a line with a call in place of its magic."""
    asks = HELP.match(line)
    if asks:
        indent, before, name, other, after = asks.groups()
        return indent + call("describe", name or other, len(before or after) > 1)
    match = LINE.match(line)
    if not match:
        return line
    indent, target, sign, text = match.groups()
    text = text.strip()
    if sign == "!":
        code = call("output" if target else "system", text.lstrip("!"))
    else:
        name, _, rest = text.partition(" ")
        code = call("line", name, rest.strip())
    return indent + (f"{target} = " if target else "") + code


def rewrite_cell(lines, first, name, rest):
    """Returns the lines of a cell magic: its first line is the call, which may take the other lines."""
    body = "\n".join(lines[first + 1 :])
    if name in ("time", "capture"):
        begin = f"__import__({NAME!r}).begin()" if name == "time" else call("capture", rest)
        return [*lines[:first], begin, *map(rewrite_line, lines[first + 1 :])]
    return [*lines[:first], call("cell", name, rest, body)]


def finish(tree):
    """Makes a block that began with `%%time` end with the report: before its last value is shown. Puts one
    that began with `%%capture` into a `with` statement."""
    if tree.body and is_call(tree.body[0], "capture"):
        first, *rest = tree.body
        context = ast.withitem(context_expr=first.value)
        tree.body = [ast.With(items=[context], body=rest or [ast.Pass()])]
        ast.copy_location(tree.body[0], first)
        return ast.fix_missing_locations(tree)
    begins = any(is_call(statement, "begin") for statement in tree.body)
    if not begins:
        return tree
    end = ast.parse(f"__import__({NAME!r}).end(None)").body[0]
    last = tree.body[-1]
    if isinstance(last, ast.Expr) and not is_call(last, "begin"):
        end.value.args = [last.value]
        tree.body[-1] = end
        ast.copy_location(end, last)
    else:
        tree.body.append(end)
    for node in ast.walk(end):
        if "lineno" in node._attributes and not hasattr(node, "lineno"):
            ast.copy_location(node, last)
    return ast.fix_missing_locations(tree)


def is_call(statement, name):
    """Returns whether a statement is the call of this function that a magic has become."""
    text = getattr(getattr(statement, "value", None), "func", None)
    return getattr(text, "attr", None) == name and NAME in ast.dump(text)


def begin():
    """Starts the clocks of `%%time`."""
    global started
    started = time.perf_counter(), os.times()


def end(value):
    """Prints what `%%time` measured. Returns the value."""
    report(*started)
    return value


def report(wall, times):
    """Prints the time since the clocks were started."""
    spent, now = time.perf_counter() - wall, os.times()
    user, system = now.user - times.user, now.system - times.system
    total = user + system
    print(f"CPU times: user {span(user)}, sys: {span(system)}, total: {span(total)}")
    print(f"Wall time: {span(spent)}")


def span(seconds):
    """Returns a time with three digits and its unit."""
    scale, unit = next((each for each in UNITS if seconds >= each[0]), UNITS[-1])
    return f"{seconds / scale:.3g} {unit}"


def line(name, rest, names):
    """Runs a line magic. Returns its value."""
    if name in WITHOUT_EFFECT:
        return None
    if name in COMMANDS:
        return system(f"{COMMANDS[name]} {rest}", names)
    function = LINES.get(name)
    if function is None:
        raise UsageError(f"the magic `%{name}` does not work here; write Python instead")
    return function(rest, names)


def cell(name, rest, body, names):
    """Runs a cell magic."""
    if name == "timeit":
        return timeit_text(rest, body, names)
    if name in ("bash", "sh"):
        return run_script([name, "-c", body], None)
    if name in SCRIPTS:
        program = sys.executable if name in ("python", "python3") else name
        return run_script([program, "-"], body)
    if name == "script":
        return run_script(shlex.split(rest), body)
    if name in ("file", "writefile"):
        return write_file(rest, body, names)
    if name == "prun":
        return profile(body, names)
    raise UsageError(f"the magic `%%{name}` does not work here; write Python instead")


def run_script(command, text):
    """Runs a program, which reads the text if there is one."""
    sys.stdout.flush()
    try:
        status = subprocess.run(command, input=text and text.encode()).returncode
    except OSError as error:
        raise UsageError(f"cannot run `{command[0]}`: {error.strerror}") from None
    if status:
        raise UsageError(f"`{command[0]}` exited with status {status}")


def write_file(text, body, names):
    """Writes a cell to a file, or to its end after `-a`."""
    appends = re.match(r"(-a|--append)\s+", text)
    name = expand(text[appends.end() if appends else 0 :].strip().strip("'\""), names)
    path = os.path.expanduser(name)
    verb = "Appending to" if appends else "Overwriting" if os.path.exists(path) else "Writing"
    with open(path, "a" if appends else "w", encoding="utf-8") as file:
        file.write(body + "\n")
    print(f"{verb} {name}")


class capture:
    """Keeps what a block prints in a variable, and shows no values and figures."""

    def __init__(self, text, names):
        words = text.split()
        kept = [word for word in words if not word.startswith("-")]
        streams = [it for it in ("stdout", "stderr") if f"--no-{it}" not in words]
        self.streams, self.stdout, self.stderr = streams, "", ""
        if kept:
            names[kept[0]] = self

    def __enter__(self):
        import io

        self.before = [(name, getattr(sys, name), io.StringIO()) for name in self.streams]
        for name, _, text in self.before:
            setattr(sys, name, text)
        self.shown, shows.captures = shows.captures, True

    def __exit__(self, *_):
        for name, stream, text in self.before:
            setattr(self, name, text.getvalue())
            setattr(sys, name, stream)
        del self.before
        shows.captures = self.shown
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")

    def show(self):
        """Prints what was captured."""
        sys.stdout.write(self.stdout)
        sys.stderr.write(self.stderr)

    __call__ = show

    def __str__(self):
        return self.stdout


def describe(name, with_source, names):
    """Prints what `name?` shows of a value: its signature, documentation and type."""
    import inspect

    try:
        value = eval(name, names)
    except Exception:
        print(f"Object `{name}` not found.")
        return
    parts = []
    if callable(value):
        try:
            label = "Init signature" if isinstance(value, type) else "Signature"
            parts.append((label, name.rpartition(".")[2] + str(inspect.signature(value))))
        except (TypeError, ValueError):
            pass
    kind = type(value).__name__
    if not callable(value):
        parts += [("Type", kind), ("String form", str(value))]
    source = None
    try:
        source = inspect.getsource(value) if with_source else None
    except (OSError, TypeError):
        pass
    if source:
        parts.append(("Source", "\n" + source.rstrip()))
    else:
        text = inspect.getdoc(value) or "<no docstring>"
        parts.append(("Docstring", ("\n" if "\n" in text else "") + text))
    if callable(value):
        parts.append(("Type", kind))
    for label, text in parts:
        print(f"{label}:{text}" if text.startswith("\n") else f"{label + ':':<15} {text}")


def profile(text, names):
    """Runs code and prints where it spent its time."""
    import cProfile
    import pstats

    runs = cProfile.Profile()
    runs.runctx(text, names, names)
    pstats.Stats(runs, stream=sys.stdout).strip_dirs().sort_stats("time").print_stats()


def reset(text, names):
    """Removes the names that blocks have defined."""
    for name in own_names(names):
        del names[name]


def own_names(names):
    """Returns the names that blocks have defined."""
    return [name for name in names if not name.startswith("_") and name not in builtins.__dict__]


class Shell:
    """What `get_ipython()` returns: runs magics and commands."""

    config = {}

    def __init__(self, names):
        self.user_ns = names

    def run_line_magic(self, magic_name, line="", *_):
        return globals()["line"](magic_name, line.strip(), self.user_ns)

    def run_cell_magic(self, magic_name, line, cell):
        return globals()["cell"](magic_name, line.strip(), cell, self.user_ns)

    def magic(self, text):
        name, _, rest = text.lstrip("%").partition(" ")
        return self.run_line_magic(name, rest)

    def system(self, command):
        system(command, self.user_ns)

    def getoutput(self, command):
        return output(command, self.user_ns)


def expand(text, names):
    """Returns a command with the values of `{expression}` and `$name`. Unknown names are kept."""

    def value(match):
        whole, expression, name = match[0], match[1], match[2]
        if whole in ("{{", "}}", "$$"):
            return whole[0]
        try:
            return str(eval(expression or name, names))
        except Exception:
            return whole

    return EXPANSION.sub(value, text)


def system(command, names):
    """Runs a command of the shell; its output is the block's."""
    sys.stdout.flush()
    subprocess.run(expand(command, names), shell=True)


def output(command, names):
    """Returns the lines that a command prints."""
    sys.stdout.flush()
    done = subprocess.run(expand(command, names), shell=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()


def time_line(text, names):
    """Runs a statement, prints how long it took and returns its value."""
    try:
        code = compile(text, "<time>", "eval", dont_inherit=True)
    except SyntaxError:
        code = compile(text, "<time>", "exec", dont_inherit=True)
    wall, times = time.perf_counter(), os.times()
    value = eval(code, names)
    report(wall, times)
    return value


def timeit_line(text, names):
    """Measures a statement."""
    timeit_text(text, None, names)


def timeit_text(text, body, names):
    """Measures code; the text before it is run once, if there is a body. Options are `-n` and `-r`."""
    import statistics
    import timeit

    options = {}
    while True:
        flag = FLAG.match(text)
        if not flag:
            break
        options[flag[1]] = int(flag[2])
        text = text[flag.end() :]
    setup, statement = (text or "pass", body) if body is not None else ("pass", text)
    timer = timeit.Timer(statement, setup, globals=names)
    loops = options.get("n") or timer.autorange()[0]
    runs = options.get("r", 7)
    each = [spent / loops for spent in timer.repeat(runs, loops)]
    mean, deviation = statistics.fmean(each), statistics.pstdev(each)
    plural = "" if runs == 1 else "s"
    print(
        f"{span(mean)} ± {span(deviation)} per loop "
        f"(mean ± std. dev. of {runs} run{plural}, {loops:,} loop{'' if loops == 1 else 's'} each)"
    )


def change_folder(text, names):
    """Changes the working directory and prints it."""
    os.chdir(os.path.expanduser(expand(text, names).strip("'\"") or "~"))
    print(os.getcwd())


def environment(text, names):
    """Sets a variable by `NAME=value` or `NAME value`, or returns one or all."""
    name, sign, value = text.partition("=") if "=" in text else text.partition(" ")
    if not text:
        return dict(os.environ)
    if not sign:
        return os.environ.get(name)
    os.environ[name.strip()] = value = expand(value.strip(), names)
    print(f"env: {name.strip()}={value}")
    return None


def pip(text, names):
    """Runs pip of this Python."""
    sys.stdout.flush()
    subprocess.run(f'"{sys.executable}" -m pip {expand(text, names)}', shell=True)


def run_file(text, names):
    """Runs a script and keeps its names."""
    import runpy

    names.update(runpy.run_path(os.path.expanduser(text.strip("'\"")), run_name="__main__"))


def who(text, names):
    """Prints the names that blocks have defined."""
    print("\t".join(own_names(names)))


LINES = {
    "cd": change_folder,
    "env": environment,
    "pip": pip,
    "prun": profile,
    "pwd": lambda text, names: os.getcwd(),
    "reset": reset,
    "run": run_file,
    "set_env": environment,
    "sx": output,
    "system": system,
    "time": time_line,
    "timeit": timeit_line,
    "who": who,
    "who_ls": lambda text, names: own_names(names),
}
