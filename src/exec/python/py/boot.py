"""The worker's own code, the same in the embedded and in a standalone interpreter.

The worker is a zygote: it waits on a socket for requests and gives each to a fork of itself. Every run
starts from a fresh interpreter and can crash without affecting the next. A request comes with three
files: the standard output, the run's terminal, and a socket for reports about the run. The worker
announces `ready` and its loaded modules once. It makes a fork ahead of each request, which the other
side may send to the fork directly: `waits PID` announces the fork, with its socket; a request that is
only a number names the fork that got one. A report is a line:

    started PID TIME   from the run: it has its own session and process group; the time is the system's
                       monotonic clock in nanoseconds
    show NUMBER SIZE   from the run: this many bytes follow, a value to show (`display.py`)
    raised             from the run: its code ended with an uncaught exception
    imports NUMBER     from a preimporting run: it starts the import with this number
    rejected NUMBER    from it: this import must not be done ahead
    loaded NAMES       from it: the modules that it has loaded
    awaits NAME        from the run: it imports a module that is being compiled; without a name: the
                       wait is over
    kept NUMBER        from a run in a session: its code has ended with this wait status, and its state
                       can be continued; followed by `threads` if that happens in place
    status NUMBER      from the zygote: the wait status of the run, which has exited
    anything else      from the run: what faulthandler prints about a crash

`block.py` serves a request in a fork. All these files are one module. A run in a session becomes the
snapshot of later ones (`session.py`) and calls `serve` itself, so `serve` depends on nothing of the
first process. The same holds for a run that preimports modules (`preimport.py`). A serving process must
not start threads: a fork keeps only the thread that forks.

Needs Python 3.7 or newer (embedded: 3.9), and imports nothing slow before the first run. `DISPLAY` is
the code of `display.py`, compiled when the zygote is idle or by the first value that needs it.
"""

import _signal
import atexit
import builtins
import gc
import io
import linecache
import os
import select
import sys
import time
import traceback
from _frozen_importlib_external import SourceFileLoader

try:
    import _socket as socket
except ImportError:
    import socket
try:
    import fcntl
except ImportError:
    fcntl = None
try:
    import faulthandler
except ImportError:
    faulthandler = None
try:
    import _livedeck
except ImportError:
    _livedeck = None

CONTROL = 10
FILES_PER_REQUEST = 3
TAKE_TERMINAL = 0x20007461 if sys.platform == "darwin" else 0x540E
LEAVE_TERMINAL = 0x20007471 if sys.platform == "darwin" else 0x5422
SPARE_DELAY = 0.02
IDLE_DELAY = 0.3
REHEARSAL_CODE = b"""
def f(a, *b, c=-1.5, **d):
    'A little of everything that blocks are made of.'
    import os, json as e
    from sys import path
    for x, y in [(1, "a"), {2: {3}}]:
        while x < 2 and not y or x is None:
            x += y[1:] if a else len(a, key=lambda z: z * 2)
            break
    try:
        with open(a) as g:
            return [f"{z!r:>5} {z + 1}" for z in g if z in b][0]
    except ValueError as error:
        raise RuntimeError() from error
    assert path, yield_
class A:
    b: int = 1
@property
def yield_(self):
    yield True
None
"""
# Linux's number for what makes the kernel signal a process when its parent ends.
PR_SET_PDEATHSIG = 1
OWN_CODE = (lambda: 0).__code__.co_filename
# How Python's own standard streams treat what is not UTF-8, which depends on the locale.
STREAM_ERRORS = getattr(sys.__stdout__, "errors", None) or "strict"
ORIGIN = os.environ.get("LIVEDECK_PYTHON_ORIGIN")


def start():
    """Moves the control socket to a number that snippets do not use, and serves it."""
    global die_with_parent
    os.dup2(0, CONTROL, False)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    try:
        os.setsid()
    except OSError:
        pass
    sys.path[:] = [entry for entry in sys.path if entry]
    die_with_parent = parent_death_signal()
    control = socket.socket(fileno=CONTROL)
    builtins.display = display
    Faults.install()
    ImportHook.adapt_loaded()
    sys.meta_path[:0] = [ImportHook, DeckModules]
    control.send(b"ready %s\n" % " ".join(sys.modules).encode())
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    os.close(nothing)
    gc.collect()
    gc.freeze()
    offers = True
    while True:
        try:
            serve(control, offers)
        except Forked as fork:
            requests = fork.requests
        control, offers = run_fork(requests), False


def parent_death_signal():
    """Returns a function that makes the kernel kill this process when its parent ends, as far as it can."""
    if _livedeck is not None:
        return _livedeck.die_with_parent
    if sys.platform == "linux":
        try:
            import ctypes

            prctl = ctypes.CDLL(None).prctl
            return lambda: prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(_signal.SIGKILL), 0, 0, 0)
        except (ImportError, OSError, AttributeError):
            pass
    return lambda: None


class Forked(BaseException):
    """Unwinds the stack of a new fork."""

    def __init__(self, requests):
        self.requests = requests


def serve(control, offers):
    """Gives each request to a fork and reports how it ended, until the other side is gone.

    Raises `Forked` in each fork. With `offers`, the other side may send requests to forks directly.
    """
    wake, waker = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(waker, False)
    _signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    _signal.signal(_signal.SIGCHLD, lambda signal, frame: None)
    requests, runs, spare = RequestReader(control), ForkTable(), None
    while True:
        # Make the next fork ahead of its request, but not while the last run starts.
        idle = (None if ValueDisplay.code else IDLE_DELAY) if spare else SPARE_DELAY
        ready = select.select([control, wake], [], [], idle)[0]
        if not ready:
            if spare:
                ValueDisplay.prepare()
                spare.close()
            spare = SpareFork(
                lambda: close([wake, waker, control.detach(), *runs.reports.values()])
            )
            runs.add(spare.pid)
            if not offers:
                rehearse_dispatch()
            elif ValueDisplay.code:
                spare.offer(control)
        if wake in ready:
            drain(wake)
            dead = runs.reap()
            if spare and spare.pid in dead:
                spare = spare.close()
        if control not in ready:
            continue
        if not requests.receive():
            runs.end()
        for frame, files in requests.complete():
            taker = fork_with_request(frame)
            if taker is None:
                rest = [wake, waker, *requests.files, *files, *runs.reports.values()]
                if not (spare and spare.take(frame, files)):
                    spare = SpareFork(lambda rest=rest: close([control.detach(), *rest]))
                    runs.add(spare.pid)
                    spare.take(frame, files)
                taker = spare.pid
            close(files[:2])
            runs.begin(taker, files[2])
            if spare and spare.pid == taker:
                spare = spare.close()


class ForkTable:
    """The forks that have a request, and the statuses of ended forks that may have one."""

    def __init__(self):
        self.reports, self.ended, self.left = {}, {}, set()

    def add(self, pid):
        """Adds a fork. Discards the status of an earlier process with its number."""
        self.ended.pop(pid, None)

    def begin(self, pid, report):
        """Records that a fork has a request. It may have ended already."""
        if pid in self.ended:
            write_report(report, "status %d\n" % self.ended.pop(pid))
            os.close(report)
        elif pid:
            self.reports[pid] = report
        else:
            os.close(report)

    def reap(self):
        """Reports the runs that have ended and records those that left processes behind. Returns the
        processes that have ended."""
        dead = set()
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except OSError:
                return dead
            if pid == 0:
                return dead
            dead.add(pid)
            self.ended[pid] = status
            if pid in self.reports:
                self.begin(pid, self.reports.pop(pid))
            try:
                os.killpg(pid, 0)
                self.left.add(pid)
            except OSError:
                self.left.discard(pid)

    def end(self):
        """Kills all runs and exits, after the program that started us is gone."""
        for group in self.left.union(self.reports):
            try:
                os.killpg(group, _signal.SIGKILL)
            except OSError:
                pass
        os._exit(0)


class SpareFork:
    """A fork that waits for its request. The slow part of its start is done."""

    continues = False

    def __init__(self, close_in_fork):
        ours, theirs = socket.socketpair()
        self.socket = ours
        random_numbers = random_state() if self.continues else None
        try:
            self.pid = os.fork()
        except OSError:
            self.pid = None
        if self.pid == 0:
            ours.close()
            close_in_fork()
            if random_numbers is not None:
                sys.modules["random"].setstate(random_numbers)
            raise Forked(theirs)
        theirs.close()

    def offer(self, control):
        """Announces it to the other side, which alone can send it a request from now on."""
        if self.pid:
            rights = self.socket.fileno().to_bytes(4, sys.byteorder)
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]
            try:
                control.sendmsg([b"waits %d\n" % self.pid], rights)
            except OSError:
                pass
        self.socket.close()

    def take(self, frame, files):
        """Sends it its request; returns whether it is alive to take it."""
        try:
            send(self.socket, frame, files)
        except OSError:
            return False
        return True

    def close(self):
        """Closes its socket: it has its request, or has ended."""
        self.socket.close()


def send(sender, frame, files):
    """Sends a request with its files."""
    rights = b"".join(file.to_bytes(4, sys.byteorder) for file in files)
    sent = sender.sendmsg([frame], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    # The receiver may close the socket once it has the whole request; then even an empty send fails.
    if sent < len(frame):
        sender.sendall(frame[sent:])


def rehearse_dispatch():
    """Handles a request up to where a fork would get it. This copies the memory pages that are shared
    with the last fork before the next request needs them."""
    ours, theirs = socket.socketpair()
    requests, null = RequestReader(theirs), os.open(os.devnull, os.O_RDWR)
    send(ours, pack(b"", b"1"), [null] * FILES_PER_REQUEST)
    requests.receive()
    for frame, files in requests.complete():
        send(ours, frame, files)
        close(files)
    os.close(null)
    ours.close()
    theirs.close()


class RequestReader:
    """Splits the bytes from the socket into requests: lists of byte strings, each list and each string
    after its length in four bytes."""

    def __init__(self, control):
        self.control = control
        self.bytes = b""
        self.files = []

    def receive(self):
        """Reads what has arrived; returns whether the other side is still there."""
        size = socket.CMSG_LEN(4 * FILES_PER_REQUEST)
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
        """Yields the complete requests with their files."""
        while len(self.bytes) >= 4:
            end = 4 + int.from_bytes(self.bytes[:4], "little")
            if len(self.bytes) < end or len(self.files) < FILES_PER_REQUEST:
                return
            frame, files = self.bytes[:end], self.files[:FILES_PER_REQUEST]
            self.bytes = self.bytes[end:]
            self.files = self.files[FILES_PER_REQUEST:]
            yield frame, files


class Request:
    """What to run, and in which environment."""

    def __init__(self, frame):
        fields = list(fields_of(frame))
        code, self.first_line, file, path, directory, memory, kind, modules, owner = fields[:9]
        self.source = code.decode("utf-8", "replace")
        self.first_line = int(self.first_line)
        self.file = os.fsdecode(file)
        self.path = os.fsdecode(path)
        self.directory = os.fsdecode(directory)
        self.environment = [field.partition(b"=") for field in fields[9:]]
        self.memory = int(memory)
        self.owner = int(owner)
        self.preimports = kind == b"preimport"
        self.becomes_snapshot = kind in (b"first", b"next", b"preimport")
        self.modules = os.fsdecode(modules)
        self.continues = kind in (b"next", b"variables")
        self.lists_variables = kind == b"variables"


def pack(*fields):
    """Encodes a request."""
    fields = b"".join(len(field).to_bytes(4, "little") + field for field in fields)
    return len(fields).to_bytes(4, "little") + fields


def fork_with_request(frame):
    """Returns the number of the fork that has the request already, if the frame is only that."""
    fields = list(fields_of(frame))
    return int(fields[0]) if len(fields) == 1 else None


def fields_of(frame):
    """Yields the fields of a request."""
    at = 4
    while at < len(frame):
        start = at + 4
        at = start + int.from_bytes(frame[at:start], "little")
        yield frame[start:at]


def drain(wake):
    """Empties the wake-up pipe of the signal handler."""
    try:
        while os.read(wake, 512):
            pass
    except OSError:
        pass


def close(files):
    """Closes files that only the zygote needs."""
    for file in files:
        os.close(file)


def write_report(report, line):
    """Writes a report; returns whether the socket is still open."""
    try:
        os.write(report, line.encode())
    except OSError:
        return False
    return True


def run_fork(requests):
    """Serves one request in a fork and exits, unless the fork becomes a snapshot: returns the socket
    of its requests."""
    try:
        detach()
        rehearse_run()
        Preimported.renew()
        requests = RequestReader(requests)
        while True:
            if not requests.receive():
                os._exit(0)
            for frame, files in requests.complete():
                requests.control.close()
                return run(Request(frame), *files)
    except BaseException:
        os._exit(1)


def detach():
    """Gives the fork its own session and signal handlers."""
    zygote = os.getppid()
    os.setsid()
    die_with_parent()
    if os.getppid() != zygote:
        os._exit(1)
    set_owner(0)
    _signal.set_wakeup_fd(-1)
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    _signal.signal(_signal.SIGINT, _signal.default_int_handler)


def rehearse_run():
    """Does what a run does, without output. This copies the memory pages that are shared with the
    zygote, which would otherwise double the start time of the run. A second pass reuses the memory that
    the first one freed."""
    before = sys.path[:], sys.argv, sys.modules["__main__"]
    streams = sys.stdin, sys.stdout, sys.stderr
    for _ in range(2):
        request = Request(
            pack(REHEARSAL_CODE, b"1", b"", b"", b".", b"0", b"alone", b"", b"0", b"LIVEDECK")
        )
        screen, terminal = rehearsal_terminal()
        report = high_numbered(os.open(os.devnull, os.O_RDWR))
        enter(request, os.dup(terminal), terminal, report)
        ValueDisplay.begin(request, report)
        main, code, last = prepare(request)
        exec(code, main.__dict__)
        # Python 3.7 does not tell where a statement ends, and shows no values.
        if last is not None:
            ValueDisplay.result(eval(last, main.__dict__))
        sys.stdout.write("")
        flush()
        if faulthandler is not None:
            faulthandler.disable()
        close([screen, report])
        sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__ = streams
        sys.path[:], sys.argv, sys.modules["__main__"] = before
        linecache.cache.pop("", None)


def rehearsal_terminal():
    """Returns the two ends of a terminal for the rehearsal, or `/dev/null` where a sandbox forbids it."""
    try:
        return os.openpty()
    except OSError:
        return os.open(os.devnull, os.O_RDWR), os.open(os.devnull, os.O_RDWR)


start()
