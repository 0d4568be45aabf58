#!/usr/bin/env python3
"""Runs the examples of documentation as blocks of a deck and with the plain tool, and prints what differs.

    tests/suites/compare.py python FOLDER...            every example, with `python3 example.py`
    tests/suites/compare.py rust CARGO_LOCK [FOLDER]    READMEs of the crates of a lock file, with `rustdoc --test`;
                                                        both get these crates and those that the examples name

Examples are fenced code blocks of `*.md`, and of `*.rst` and `*.rst.txt` what is indented after `::`. An
interactive example (`>>>`) becomes a script that prints its values, after all imports of its page. The deck
and both outputs stay in the folder that is printed. Run it on code that you trust: it is executed.
"""

import argparse
import ast
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import textwrap
import time
from pathlib import Path

TIMEOUT = 5
# As wide as a block on a slide is without a terminal.
COLUMNS = 66
PER_DECK = 200
LANGUAGE_CRATES = {"std", "core", "alloc"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("language", choices=["python", "rust"])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--livedeck", default="target/release/livedeck")
    parser.add_argument("--limit", type=int, default=1 << 30, help="the most examples, or crates")
    parser.add_argument("--skip", type=int, default=0, help="examples to skip, for Python")
    args = parser.parse_args()
    args.livedeck = os.path.abspath(args.livedeck)
    folder = Path(tempfile.mkdtemp(prefix="suites-"))
    print(f"in {folder}")
    differ, total = (python if args.language == "python" else rust)(args, folder)
    print(f"\n{total} examples, {len(differ)} differ: {100 - 100 * len(differ) / max(total, 1):.2f} % agree")
    return bool(differ)


# Python


def python(args, folder):
    examples = [it for path in args.paths for it in python_examples(path)]
    examples = examples[args.skip :][: args.limit]
    differ, expected, once, total = [], 0, 0, len(examples)
    os.environ["PYTHONHASHSEED"] = "0"
    for first in range(0, len(examples), PER_DECK):
        part = examples[first : first + PER_DECK]
        work = folder / str(first)
        work.mkdir()
        ours = run_as_deck(args.livedeck, work, [("python", code, "") for _, code in part])
        doubtful = []
        for number, (name, code) in enumerate(part):
            plain = run_plainly(work, number, code)
            our = ours.get(number, ("no result", ""))
            if is_same(our, plain):
                continue
            if is_expected(code, our, plain):
                expected += 1
            elif not is_same(plain, run_plainly(work, number, code)):
                total -= 1
            else:
                doubtful.append((number, name, code, plain))
        once += len(doubtful)
        for number, our in run_again(args.livedeck, work, doubtful).items():
            number, name, code, plain = doubtful[number]
            if not is_same(our, plain):
                once -= 1
                differ.append(report(f"{name} (example {args.skip + first + number})", our, plain))
        print(f"{first + len(part)}/{len(examples)}, {len(differ)} differ", flush=True)
    print(f"{once} examples differ in the first of two runs only (time limits, ports), and count as the same")
    print(f"{expected} examples differ as EXECUTION.md says at its top, and count as the same")
    print(f"{len(examples) - total} examples differ from themselves when run twice, and do not count")
    return differ, total


def run_again(livedeck, folder, doubtful):
    """Runs examples in a deck of their own: what depends on the load, or on others, does not come twice."""
    again = folder / "again"
    again.mkdir()
    blocks = [("python", code, "") for _, _, code, _ in doubtful]
    found = run_as_deck(livedeck, again, blocks) if blocks else {}
    return {number: found.get(number, ("no result", "")) for number in range(len(blocks))}


def is_same(one, other):
    """Returns whether two runs did the same. How far one came that was stopped depends on the machine."""
    if one[0] == other[0] == "timed out":
        return True
    return one[0] == other[0] and normal(one[1]) == normal(other[1])


def is_expected(code, our, plain):
    """Returns whether two runs differ in what EXECUTION.md names: `await` outside functions, a
    `KeyboardInterrupt`, the stack of a crash, the coding of the file, reading on after the end of the input."""
    return (
        re.search(r"SyntaxError: ('(await|async \w+)'|asynchronous comprehension) outside ", plain[1]) is not None
        or plain[1].rstrip().endswith("KeyboardInterrupt") and "interrupted in line" in our[1]
        or plain[0] == our[0] == "failed" and "Fatal Python error: " in our[1]
        or re.search(r"^[ \t]*#.*?coding[:=]\s*(?!utf-?8\b)", "\n".join(code.splitlines()[:2]), re.M) is not None
        or plain[0] == "timed out" and re.search("stopped: it waits for input|bdb.BdbQuit", our[1]) is not None
    )


def python_examples(path):
    files = sorted(it for it in path.rglob("*") if it.is_file()) if path.is_dir() else [path]
    for file in files:
        text = file.read_text("utf-8", "replace")
        if file.suffix == ".md":
            blocks = [(line, code) for line, words, code in fenced(text) if words[:1] in (["python"], ["py"])]
        elif file.name.endswith((".rst", ".rst.txt")):
            blocks = indented(text)
        else:
            continue
        imports = []
        for line, code in blocks:
            if ">>> " in code:
                imports += [it for it in statements(code) if it.startswith(("import ", "from "))]
                code = script(imports, code)
            if code and looks_like_python(code):
                yield f"{file}:{line}", code.rstrip() + "\npass\n"


def fenced(text):
    """Yields line, words after the fence, and code of every fenced block."""
    lines, at = text.splitlines(), 0
    while at < len(lines):
        fence = re.match(r"^ {0,3}(`{3,}|~{3,})([^`]*)$", lines[at])
        at += 1
        if not fence:
            continue
        first = at
        while at < len(lines) and not re.match(rf"^ {{0,3}}{fence[1]}[`~]*\s*$", lines[at]):
            at += 1
        yield first, [it for it in re.split(r"[,\s]+", fence[2]) if it], "\n".join(lines[first:at]) + "\n"
        at += 1


def indented(text):
    """Yields line and code of what is indented after `::`, and of interactive examples."""
    lines, at = text.splitlines(), 0
    while at < len(lines):
        line = lines[at].rstrip()
        indent = len(line) - len(line.lstrip())
        is_code = line.endswith("::") and not re.match(r"\s*\.\. (?!(code-block|sourcecode|doctest)::)", line)
        is_code = is_code or re.match(r"\s*\.\. (code-block|sourcecode)::\s*(python3?|py)$", line)
        is_session = line.lstrip().startswith(">>> ")
        at += not is_session
        if not (is_code or is_session):
            continue
        first, limit = at, indent - 1 if is_session else indent
        while at < len(lines) and (not lines[at].strip() or len(lines[at]) - len(lines[at].lstrip()) > limit):
            if is_session and not lines[at].strip():
                break
            at += 1
        block = lines[first:at]
        while block and (not block[0].strip() or re.match(r"\s*:[\w-]+:", block[0])):
            block, first = block[1:], first + 1
        if block:
            yield first + 1, textwrap.dedent("\n".join(block)).rstrip() + "\n"


def statements(code):
    """Returns the statements of an interactive example."""
    found = []
    for line in code.splitlines():
        if line.startswith(">>> "):
            found.append(line[4:])
        elif found and (line.startswith("... ") or line == "..."):
            found[-1] += "\n" + line[4:]
    return found


def script(imports, code):
    """Makes a script of an interactive example, which prints its values."""
    lines = list(dict.fromkeys(imports))
    for statement in statements(code):
        try:
            body = ast.parse(statement).body
        except (SyntaxError, ValueError):
            body = []
        is_value = len(body) == 1 and isinstance(body[0], ast.Expr) and not statement.startswith("print(")
        is_value = is_value and "#" not in statement and not isinstance(body[0].value, ast.Await)
        lines.append(f"print(repr({statement.strip()}))" if is_value else statement.rstrip())
    return "\n".join(lines)


def looks_like_python(code):
    """Returns whether it is a program, and does not wait for anything that a test has not."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return False
    only_name = len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr)
    return bool(tree.body) and not (only_name and isinstance(tree.body[0].value, (ast.Name, ast.Constant)))


def run_plainly(folder, number, code):
    """Runs a script in a terminal like that of a block; returns status and output."""
    place = folder / "plain" / "folder"
    place.mkdir(parents=True, exist_ok=True)
    (place / "deck.md").touch()
    file = folder / "plain" / str(number) / "snippet.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(code)
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    mode = termios.tcgetattr(theirs)
    mode[1] &= ~termios.OPOST
    mode[3] &= ~(termios.ECHO | termios.ICANON)
    mode[6][termios.VMIN] = mode[6][termios.VTIME] = 0
    termios.tcsetattr(theirs, termios.TCSANOW, mode)
    environment = dict(os.environ, TERM="xterm-256color", COLORTERM="truecolor", PAGER="cat", MANPAGER="cat")
    process = subprocess.Popen(
        ["python3", str(file)], stdin=theirs, stdout=theirs, stderr=theirs, cwd=place,
        env=environment, start_new_session=True,
    )
    os.close(theirs)
    output, end, status = b"", time.monotonic() + TIMEOUT, None
    while status is None:
        left = end - time.monotonic()
        if left <= 0:
            status = "timed out"
            break
        if select.select([ours], [], [], 0.05)[0]:
            try:
                output += os.read(ours, 1 << 16)
            except OSError:
                status = process.wait()
        elif process.poll() is not None:
            status = process.returncode
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except OSError:
        pass
    process.wait()
    os.close(ours)
    text = re.sub(rf'File "{re.escape(str(file))}"', 'File "example.py"', output.decode("utf-8", "replace"))
    text = text.replace(str(file), "example.py").replace(str(place), "FOLDER").replace(str(file.parent), "FOLDER")
    return status if status == "timed out" else "done" if status == 0 else "failed", text


# Both


def run_as_deck(livedeck, folder, blocks, front=""):
    """Records a deck of these blocks. Returns status and output of each, by its number."""
    deck, firsts, lines = folder / "deck.md", {}, [front] if front else []
    for number, (language, code, words) in enumerate(blocks):
        longest = max((len(it) for it in re.findall("`+", code)), default=0)
        fence = "`" * max(4, longest + 1)
        head = f"example {number}\n===\n\n{fence}{language} +exec +timeout:{TIMEOUT}s {words}".rstrip() + "\n"
        firsts[number] = "".join(lines).count("\n") + head.count("\n") + 1
        lines.append(f"{head}{code}{fence}\n\n<!-- end_slide -->\n\n")
    deck.write_text("".join(lines))
    done = subprocess.run(
        [livedeck, "record", str(deck)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder
    )
    (folder / "record.log").write_bytes(done.stdout)
    recording = folder / "deck.recording" / "recording.json"
    results = {}
    if not recording.exists():
        print(done.stdout.decode("utf-8", "replace"), file=sys.stderr)
        return results
    for entry in json.loads(recording.read_text())["blocks"]:
        number = int(entry["slide"].split()[1])
        status = entry["status"]
        if status not in ("done", "timed out", "not compiled"):
            status = "failed"
        text = "\n".join(entry.get("output", [])) + "\n"
        line = lambda found, first=firsts[number]: f'File "example.py", line {int(found[1]) - first + 1}'
        text = re.sub(r'File "[^"\n]*deck\.md", line (\d+)', line, text)
        line = lambda found, first=firsts[number]: f"file example.py, line {int(found[1]) - first + 1}"
        text = re.sub(r"\bfile [^\"\n]*?deck\.md, line (\d+)", line, text)
        place = lambda found, first=firsts[number]: f"example.py:{int(found[1]) - first + 1}"
        text = re.sub(r"[^\s\"]*deck\.md:(\d+)", place, text)
        text = re.sub(r"/\S*/livedeck\S*/[\w.-]+\.py", "example.py", text)
        text = re.sub(r"/\S*/livedeck\S*/scripts/\d+\b", "FOLDER", text)
        results[number] = status, text.replace(str(folder), "FOLDER")
    return results


def normal(text):
    """Removes what differs between any two runs, and what EXECUTION.md says."""
    text = re.sub(r"\x1b(\[[0-?]*[ -/]*[@-~]|[ -/]*[0-Z\\^-~])", "", text).replace("\r\n", "\n")
    text = re.sub(r"0x[0-9a-f]{6,}", "0x", text)
    text = re.sub(r"\. Did you (mean|forget to import) .*\?|\. Did you mean: .*\?", "", text)
    text = re.sub(r"\b\d+\.\d{3,}", "0.0", text)
    text = re.sub(r"\b\d\d:\d\d:\d+(\.\d+)?", "00:00:00", text)
    text = re.sub(r"\[Previous line repeated \d+ more times\]", "[Previous line repeated]", text)
    text = re.sub(r".\x08", "", text)
    text = re.sub(r"\nnote: this is .*python3.*", "", text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def report(name, our, plain):
    """Prints an example that differs; returns its name."""
    print(f"\n{name}\n{textwrap.indent(describe(our, plain), '    ')}", flush=True)
    return name


def describe(our, plain):
    words = lambda it: f"{it[0]}\n" + textwrap.indent("\n".join(normal(it[1]).splitlines()[-12:]), "  ")
    return f"livedeck: {words(our)}\nplain:    {words(plain)}"


# Rust


def rust(args, folder):
    lock, sources = args.paths[0].read_text(), args.paths[1:]
    roots = sources or sorted(Path.home().glob(".cargo/registry/src/*"))
    locked = re.findall(r'name = "([^"]+)"\nversion = "([^"]+)"\nsource = "registry', lock)
    crates = {}
    for name, version in locked:
        for root in roots:
            for readme in (root / f"{name}-{version}").glob("README.md"):
                blocks = [it for it in fenced(readme.read_text("utf-8", "replace")) if is_doctest(it[1])]
                if blocks and has_library(readme.parent):
                    crates[name] = (version, readme, blocks)
    crates = dict(list(crates.items())[: args.limit])
    print(f"{len(crates)} crates: {' '.join(crates)}")
    needs = {name: version for name, (version, _, _) in crates.items()}
    text = "".join(code for _, _, blocks in crates.values() for _, _, code in blocks)
    for name, version in locked:
        if re.search(rf"\b{name.replace('-', '_')}(::|;)", text) and name not in LANGUAGE_CRATES:
            needs.setdefault(name, version)
    package = write_package(folder, needs)
    links = built(package, needs)
    work = folder / "deck"
    work.mkdir()
    names, blocks = [], []
    for name, (_, readme, found) in crates.items():
        for line, words, code in found:
            names.append((name, line))
            edition = next((it[7:] for it in words if re.fullmatch(r"edition20\d\d", it)), "2021")
            expects = " +expect:failure" if "should_panic" in words else ""
            blocks.append(("rust", code, f"+edition:{edition}{expects}"))
    dependencies = "".join(f'      {name}: "={version}"\n' for name, version in needs.items())
    front = f"---\noptions:\n  rust:\n    dependencies:\n{dependencies}---\n\n"
    ours = run_as_deck(args.livedeck, work, blocks, front)
    plain = {}
    for name, (_, readme, _) in crates.items():
        for line, result in run_rustdoc(readme, links).items():
            plain[name, line] = result
    differ, expected = [], 0
    for number, key in enumerate(names):
        our, want = ours.get(number, ("no result", "")), plain.get(key, ("no result", ""))
        if our[0] == want[0] or "should_panic" in blocks[number][2] and our[0] == "failed":
            continue
        if our[0] in ("done", "failed") and lacks_only_a_result(want):
            expected += 1
        else:
            differ.append(report(f"{key[0]}: README.md:{key[1]} (example {number})", our, want))
    print(f"{expected} examples use `?`, which blocks may outside of functions, and count as the same")
    return differ, len(names)


def lacks_only_a_result(plain):
    """Returns whether an example does not compile only because it uses `?` in a `main` without a result."""
    errors = re.findall(r"^error(?:\[E\d+\])?: (?!aborting)(.*)", plain[1], re.M)
    no_result = "the `?` operator can only be used in a function that returns"
    return plain[0] == "not compiled" and bool(errors) and all(it.startswith(no_result) for it in errors)


def is_doctest(words):
    known = {"rust", "should_panic"}
    return "rust" in words and all(it in known or it.startswith("edition") for it in words)


def has_library(folder):
    manifest = (folder / "Cargo.toml").read_text()
    return "proc-macro = true" not in manifest and (folder / "src/lib.rs").exists()


def write_package(folder, crates):
    """Writes a package that depends on these crates."""
    package = folder / "package"
    (package / "src").mkdir(parents=True)
    (package / "src/lib.rs").write_text("")
    needs = "".join(f'{name} = "={version}"\n' for name, version in crates.items())
    head = '[package]\nname = "suite"\nversion = "0.0.0"\nedition = "2024"\n\n[dependencies]\n'
    (package / "Cargo.toml").write_text(head + needs)
    return package


def built(package, crates):
    """Builds the crates; returns the arguments that link them. What they depend on is not linked by name: a
    block cannot use it, either."""
    run = ["cargo", "build", "--message-format=json", "--quiet"]
    done = subprocess.run(run, cwd=package, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("the crates do not build")
    arguments = ["-L", f"dependency={package}/target/debug/deps"]
    for line in done.stdout.splitlines():
        message = json.loads(line)
        files = [it for it in message.get("filenames", []) if it.endswith((".rlib", ".so"))]
        name, _, version = message.get("package_id", "").rpartition("#")[2].partition("@")
        is_named = crates.get(name) == version and "build-script" not in "".join(files[:1])
        if message["reason"] == "compiler-artifact" and files and is_named:
            arguments += ["--extern", f"{message['target']['name'].replace('-', '_')}={files[0]}"]
        for path in message.get("linked_paths", []):
            arguments += ["-L", path]
    return arguments


def run_rustdoc(readme, links):
    """Returns the result of each example of a file, by its line."""
    with tempfile.TemporaryDirectory() as empty:
        run = ["rustdoc", "--test", "--edition=2021", str(readme), *links]
        done = subprocess.run(run, cwd=empty, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    results = {}
    for line, result in re.findall(r"\(line (\d+)\)(?: - [\w ]+)? \.\.\. (\w+)", done.stdout):
        results[int(line)] = "done" if result == "ok" else "failed", ""
    for line, why in re.findall(r"---- \S.*?\(line (\d+)\).*? stdout ----\n(.*?)(?=\n----|\nfailures:|\Z)", done.stdout, re.S):
        is_compiled = "Couldn't compile the test" not in why
        results[int(line)] = "failed" if is_compiled else "not compiled", why
    return results


if __name__ == "__main__":
    shutil.which("python3") or sys.exit("no python3")
    sys.exit(main())
