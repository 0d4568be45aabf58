"""Times the last statement of a block that has run. `frame` is the frame of the block, `budget` the time
for all samples in nanoseconds.

The block itself was the first call, with its output and input. The timed calls have neither. The Rust
counterpart is `rust/rewrite/bench_harness.rs`.
"""

import linecache
import os
import sys
from itertools import repeat
from time import perf_counter_ns as clock

ONLY_AST = 0x400
MAX_TEXT_LEN = 200
PROGRESS_INTERVAL = 100_000_000
DEFINITIONS = ("FunctionDef", "AsyncFunctionDef", "ClassDef", "Import", "ImportFrom", "Pass")
IN_FUNCTION = "def timed(_livedeck_calls):\n for _livedeck_call in _livedeck_calls: pass"
IN_MODULE = "for _livedeck_call in _livedeck_calls: pass"


def statement(source, file):
    """Returns the last statement of the block, before the two of the harness."""
    body = compile(source, file, "exec", ONLY_AST, dont_inherit=True).body[:-2]
    if not body or type(body[-1]).__name__ in DEFINITIONS:
        sys.exit(
            "there is nothing to time: `+bench` times the last statement of a block, usually a call"
        )
    return body[-1]


def source_text(node, lines):
    """Returns the source text of a statement."""
    part = lines[node.lineno - 1 : node.end_lineno]
    part[-1] = part[-1].encode()[: node.end_col_offset].decode()
    part[0] = part[0].encode()[node.col_offset :].decode()
    return "".join(part)


def repeated(node, text, file, block):
    """Returns a function that runs a statement once for each item of an iterable. A statement that binds
    no names runs in a function, others run in the block's namespace."""
    if type(node).__name__ == "Expr" and ":=" not in text:
        tree = compile(IN_FUNCTION, file, "exec", ONLY_AST, dont_inherit=True)
        tree.body[0].body[0].body = [node]
        own = {}
        exec(compile(tree, file, "exec", dont_inherit=True), own)
        code = own["timed"].__code__.replace(co_name="<module>")
        return type(repeated)(code, block)
    tree = compile(IN_MODULE, file, "exec", ONLY_AST, dont_inherit=True)
    tree.body[0].body = [node]
    code = compile(tree, file, "exec", dont_inherit=True)

    def timed(calls):
        block["_livedeck_calls"] = calls
        exec(code, block)

    return timed


def measure(timed, budget, progress):
    """Estimates the time of a call, then takes samples of several calls until the budget is used up.
    Returns the calls per sample and the times of the samples. Passes them to `progress` between samples,
    with the share of the budget that they used, in thousandths."""
    shown = clock()

    def show(count, samples, done):
        nonlocal shown
        if clock() - shown >= PROGRESS_INTERVAL:
            progress(count, samples, done)
            shown = clock()

    def sample(count):
        calls = repeat(None, count)
        start = clock()
        timed(calls)
        return clock() - start

    aim, count, spent = budget // 50, 1, 0
    while True:
        took = sample(count)
        spent += took
        show(count, [took], 0)
        wanted = max(1, min(count * aim // max(took, 1), count * 10))
        if spent >= budget // 8:
            break
        count = wanted
    # A slow call is itself a sample.
    samples = [took] if count == 1 and took >= aim else []
    count = 1 if samples else wanted
    total = sum(samples)
    while total < budget or len(samples) < 3 and total < 3 * budget:
        took = sample(count)
        if took < aim // 10:
            # The estimate was too high, due to a pause of the machine or a cold cache.
            count, samples, total = count * min(aim // max(took, 1), 100), [], 0
            continue
        samples.append(took)
        total += took
        show(count, samples, min(1000 * total // budget, 1000))
    return count, samples


def quantile(samples, share):
    """Returns the quantile of sorted samples."""
    at = (len(samples) - 1) * share
    below = int(at)
    above = min(below + 1, len(samples) - 1)
    return samples[below] + (samples[above] - samples[below]) * (at - below)


def report(file, head, count, samples, text):
    """Writes a result to the terminal for `exec/bench.rs`."""
    calls = sorted(sample / count for sample in samples)
    low, high = (0.25, 0.75) if len(calls) >= 4 else (0, 1)
    numbers = [count * len(calls), len(calls), sum(samples)]
    numbers += [quantile(calls, share) for share in (0.5, low, high)]
    fields = [str(number) for number in numbers] + ["0", text]
    report = ";".join([head, *fields])
    os.write(file, b"\x1b_livedeck-" + report.encode("utf-8", "replace") + b"\x1b\\")


def run(frame, budget):
    """Times the block of this frame."""
    file, block = frame.f_code.co_filename, frame.f_globals
    lines = linecache.cache[file][2]
    node = statement("".join(lines), file)
    text = " ".join(source_text(node, lines).split())[:MAX_TEXT_LEN]
    timed = repeated(node, text, file, block)
    flush()
    files = os.dup(1), os.dup(2)
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)

    def progress(count, samples, done):
        report(files[1], f"sampling;{done}", count, samples, text)

    try:
        measured = measure(timed, budget, progress)
    except Exception:
        sys.excepthook = without_harness(file, sys.excepthook)
        raise
    finally:
        flush()
        os.dup2(files[0], 1)
        os.dup2(files[1], 2)
    report(2, "bench", *measured, text)


def flush():
    """Writes buffered output, if the block has left the streams open."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass


def without_harness(file, usual):
    """Returns an exception hook that omits the frames of the harness."""

    def show(kind, error, trace):
        inner = trace.tb_next
        while inner is not None and inner.tb_frame.f_code.co_filename != file:
            inner = inner.tb_next
        usual(kind, error.with_traceback(inner or trace), inner or trace)

    return show


run(frame, budget)
