"""The worker's own code, the same in the embedded interpreter and in a plain one.

It is a zygote: it waits on a socket for orders, and runs each block in a fork of itself, so every
run starts from a fresh, warm interpreter and may crash without harm to the next. An order comes
with two files: the run's terminal, and a socket for reports about this run. A report is a line:

    started PID       from the run: it has a session and process group of its own now
    raised            from the run: it ends with an uncaught exception
    status NUMBER     from the zygote: the wait status of the run, which is no more
    anything else     from the run: what faulthandler says about a crash

A run may become the base of later ones by calling `serve` itself; nothing in `serve` is bound to
the first process. It must stay free of threads: only the forking one lives on in a fork.

Python 3.7 and newer; imports nothing that costs time before the first run.
"""

import _signal
import atexit
import builtins
import gc
import linecache
import os
import select
import sys
import traceback

try:
    import _socket as socket
except ImportError:
    import socket
try:
    import faulthandler
except ImportError:
    faulthandler = None
try:
    import _livedeck
except ImportError:
    _livedeck = None

CONTROL = 10
FILES_PER_ORDER = 2
LONGEST_PADDING = 10000000
NO_INPUT = "EOF when reading a line"
HINT = "hint: a block cannot read what is typed yet: write its input into the code"


def start():
    """Moves the control socket out of a snippet's way, and serves it."""
    os.dup2(0, CONTROL, False)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    try:
        os.setsid()
    except OSError:
        pass
    sys.path[:] = [entry for entry in sys.path if entry]
    control = socket.socket(fileno=CONTROL)
    control.send(b"ready\n")
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    os.close(nothing)
    gc.collect()
    gc.freeze()
    serve(control)


def serve(control):
    """Forks a run for each order, and tells how each ended, until the other side is gone."""
    wake, waker = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(waker, False)
    _signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    _signal.signal(_signal.SIGCHLD, lambda signal, frame: None)
    orders = Orders(control)
    running = {}
    left = set()
    while True:
        ready = select.select([control, wake], [], [])[0]
        if wake in ready:
            drain(wake)
            reap(running, left)
        if control not in ready:
            continue
        if not orders.receive():
            end(set(running) | left)
        for order, (terminal, report) in orders.complete():
            pid = fork()
            if pid == 0:
                for file in [wake, waker, *orders.files, *running.values()]:
                    os.close(file)
                control.close()
                run(order, terminal, report)
            os.close(terminal)
            if pid is None:
                os.close(report)
            else:
                running[pid] = report


class Orders:
    """Cuts what comes over the socket into orders: lists of byte strings, each list and each
    string after its length in four bytes."""

    def __init__(self, control):
        self.control = control
        self.bytes = b""
        self.files = []

    def receive(self):
        """Takes in what is there; whether the other side still is."""
        size = socket.CMSG_LEN(4 * FILES_PER_ORDER)
        try:
            data, ancillary = self.control.recvmsg(1 << 16, size)[:2]
        except OSError:
            return False
        self.bytes += data
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                for at in range(0, len(content) - len(content) % 4, 4):
                    file = int.from_bytes(content[at : at + 4], sys.byteorder)
                    os.set_inheritable(file, False)
                    self.files.append(file)
        return bool(data)

    def complete(self):
        """The orders that have come in whole, with their files."""
        while len(self.bytes) >= 4:
            end = 4 + int.from_bytes(self.bytes[:4], "little")
            if len(self.bytes) < end or len(self.files) < FILES_PER_ORDER:
                return
            order = Order(strings(self.bytes[4:end]))
            files = self.files[:FILES_PER_ORDER]
            self.bytes = self.bytes[end:]
            self.files = self.files[FILES_PER_ORDER:]
            yield order, files


def strings(frame):
    """The byte strings of one order."""
    found, at = [], 0
    while at < len(frame):
        start = at + 4
        at = start + int.from_bytes(frame[at:start], "little")
        found.append(frame[start:at])
    return found


class Order:
    """What to run, and in which surroundings."""

    def __init__(self, fields):
        code, self.first_line, file, path, directory = fields[:5]
        self.source = code.decode("utf-8", "replace")
        self.first_line = int(self.first_line)
        self.file = os.fsdecode(file)
        self.path = os.fsdecode(path)
        self.directory = os.fsdecode(directory)
        self.environment = [field.partition(b"=") for field in fields[5:]]


def drain(wake):
    """Forgets how often the signal came."""
    try:
        while os.read(wake, 512):
            pass
    except OSError:
        pass


def fork():
    """0 in the run, its number in the zygote, None where there can be no more processes."""
    try:
        return os.fork()
    except OSError:
        return None


def reap(running, left):
    """Reports the runs that have ended, and remembers those that left processes behind."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except OSError:
            return
        if pid == 0:
            return
        report = running.pop(pid, None)
        if report is not None:
            tell(report, "status %d\n" % status)
            os.close(report)
        try:
            os.killpg(pid, 0)
            left.add(pid)
        except OSError:
            left.discard(pid)


def end(groups):
    """Leaves nothing behind when the program that started us is gone."""
    for group in groups:
        try:
            os.killpg(group, _signal.SIGKILL)
        except OSError:
            pass
    os._exit(0)


def tell(report, line):
    """Writes a report; nobody may be listening any more."""
    try:
        os.write(report, line.encode())
    except OSError:
        pass


def run(order, terminal, report):
    """The whole life of a run. Does not return."""
    us, status = os.getpid(), 1
    try:
        settle(order, terminal, report)
        status = execute(order, report)
        if os.getpid() == us:
            finish()
    except BaseException as error:
        if os.getpid() == us:
            show(order, report, error, error.__traceback__)
    finally:
        flush()
        os._exit(status)


def settle(order, terminal, report):
    """Makes a process of its own out of the fork: session, signals, files, surroundings."""
    zygote = os.getppid()
    os.setsid()
    if _livedeck is not None:
        _livedeck.die_with_parent()
        if os.getppid() != zygote:
            os._exit(1)
    _signal.set_wakeup_fd(-1)
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    _signal.signal(_signal.SIGINT, _signal.default_int_handler)
    os.dup2(terminal, 1)
    os.dup2(terminal, 2)
    os.close(terminal)
    write_at_once()
    for name, given, value in order.environment:
        if given:
            os.environb[name] = value
        else:
            os.environb.pop(name, None)
    if faulthandler is not None:
        faulthandler.enable(report, False)
    tell(report, "started %d\n" % os.getpid())
    os.chdir(order.directory)
    sys.path.insert(0, order.directory)
    sys.argv = [order.path]


def write_at_once():
    """Python's own streams were opened on other files: everything goes to the terminal, partial
    lines too, whatever the locale says."""
    sys.stdout.reconfigure(
        encoding="utf-8", errors="replace", line_buffering=True, write_through=True
    )
    sys.stderr.reconfigure(
        encoding="utf-8", errors="backslashreplace", line_buffering=True, write_through=True
    )


def execute(order, report):
    """Runs the block as the script it looks like; its exit status."""
    main = type(sys)("__main__")
    main.__file__ = order.path
    main.__builtins__ = builtins
    sys.modules["__main__"] = main
    padding = "\n" * min(max(order.first_line - 1, 0), LONGEST_PADDING)
    source = padding + order.source
    lines = [line + "\n" for line in source.split("\n")]
    for name in {order.file, order.path}:
        linecache.cache[name] = (len(source), None, lines, name)
    try:
        code = compile(source, order.file, "exec", dont_inherit=True)
    except BaseException as error:
        show(order, report, error, None)
        return 1
    try:
        exec(code, main.__dict__)
    except SystemExit as error:
        return exit_status(error.code)
    except BaseException as error:
        show(order, report, error, error.__traceback__ and error.__traceback__.tb_next)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def exit_status(code):
    """What `sys.exit(code)` means."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def show(order, report, error, trace):
    """Prints an uncaught exception, as it looks without us around it."""
    flush()
    if isinstance(error, KeyboardInterrupt):
        print("interrupted%s" % place(order, trace), file=sys.stderr)
        return
    tell(report, "raised\n")
    error = error.with_traceback(trace)
    # Before 3.13 the built-in hook reads the deck's file, which may have changed since.
    if sys.excepthook is not sys.__excepthook__ or sys.version_info >= (3, 13):
        sys.excepthook(type(error), error, trace)
    else:
        traceback.print_exception(type(error), error, trace)
    if isinstance(error, EOFError) and str(error) == NO_INPUT:
        print(HINT, file=sys.stderr)


def place(order, trace):
    """The innermost line of the deck that a traceback passed."""
    line = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == order.file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return "" if line is None else " in line %d of %s" % (line, order.file)


def finish():
    """Ends as an interpreter does: threads, `atexit`, then what the script still holds, so that
    its `__del__` methods run."""
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()
    atexit._run_exitfuncs()
    flush()
    sys.modules.pop("__main__", None)
    gc.collect()


def flush():
    """Nothing that was written is lost, and what cannot be written is nobody's fault."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass


start()
