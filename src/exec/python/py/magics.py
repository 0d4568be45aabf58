"""IPython's magics, for blocks that are not valid Python without them: `%time`, `%%timeit`, `!command`
and the like. Compiled by the first block that needs it.
"""

import ast
import builtins
import os
import re
import subprocess
import sys
import time

NAME = "_livedeck_magics"

LINE = re.compile(r"(\s*)(?:([\w.\[\]'\", ]+?)\s*=\s*)?(!|%)(?![%=])(.*)$")
CELL = re.compile(r"%%(\w+)[ \t]*(.*)$")

FLAG = re.compile(r"-([nr])\s*(\d+)\s*")

EXPANSION = re.compile(r"\{\{|\}\}|\{([^{}]+)\}|\$\$|\$([A-Za-z_]\w*)")

# What changes nothing here: figures are drawn on the slide anyway, and modules are not reloaded.
WITHOUT_EFFECT = {"autoreload", "colors", "config", "load_ext", "matplotlib", "precision", "xmode"}

UNITS = ((1, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))

started = None


class UsageError(Exception):
    """A magic that does not exist here, or is used in a wrong way."""


def rewrite(source):
    """Returns a block with Python in place of its magics, on the same lines. `None` if it has none."""
    sys.modules[NAME] = sys.modules.get(NAME) or own_module()
    lines = source.split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    cell = CELL.match(lines[first]) if lines else None
    if cell:
        return rewrite_cell(lines, first, *cell.groups())
    changed = [rewrite_line(line) for line in lines]
    return "\n".join(changed) if changed != lines else None


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
    """Returns the block of a cell magic: its first line is the call, which may take the other lines."""
    body = "\n".join(lines[first + 1 :])
    if name == "time":
        begin = f"__import__({NAME!r}).begin()"
        return "\n".join([*lines[:first], begin, *map(rewrite_line, lines[first + 1 :])])
    return "\n".join([*lines[:first], call("cell", name, rest, body)])


def finish(tree):
    """Makes a block that began with `%%time` end with the report: before its last value is shown."""
    begins = any(is_begin(statement) for statement in tree.body)
    if not begins:
        return tree
    end = ast.parse(f"__import__({NAME!r}).end(None)").body[0]
    last = tree.body[-1]
    if isinstance(last, ast.Expr) and not is_begin(last):
        end.value.args = [last.value]
        tree.body[-1] = end
        ast.copy_location(end, last)
    else:
        tree.body.append(end)
    for node in ast.walk(end):
        if "lineno" in node._attributes and not hasattr(node, "lineno"):
            ast.copy_location(node, last)
    return ast.fix_missing_locations(tree)


def is_begin(statement):
    """Returns whether a statement is the call that `%%time` becomes."""
    text = getattr(getattr(statement, "value", None), "func", None)
    return getattr(text, "attr", None) == "begin" and NAME in ast.dump(text)


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
    function = LINES.get(name)
    if function is None:
        raise UsageError(f"the magic `%{name}` does not work here; write Python instead")
    return function(rest, names)


def cell(name, rest, body, names):
    """Runs a cell magic."""
    if name == "timeit":
        return timeit_text(rest, body, names)
    if name in ("bash", "sh"):
        sys.stdout.flush()
        status = subprocess.run([name, "-c", body]).returncode
        if status:
            raise UsageError(f"`{name}` exited with status {status}")
        return None
    if name == "writefile":
        with open(os.path.expanduser(rest), "w", encoding="utf-8") as file:
            file.write(body + "\n")
        print(f"Writing {rest}")
        return None
    if name == "capture":
        return capture(body, names)
    raise UsageError(f"the magic `%%{name}` does not work here; write Python instead")


def capture(body, names):
    """Runs code without showing what it prints."""
    import contextlib
    import io

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        exec(compile(body, "<capture>", "exec", dont_inherit=True), names)


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
    own = [name for name in names if not name.startswith("_") and name not in builtins.__dict__]
    print("\t".join(own))


LINES = {
    "cd": change_folder,
    "env": environment,
    "pip": pip,
    "pwd": lambda text, names: os.getcwd(),
    "run": run_file,
    "set_env": environment,
    "sx": output,
    "system": system,
    "time": time_line,
    "timeit": timeit_line,
    "who": who,
}
