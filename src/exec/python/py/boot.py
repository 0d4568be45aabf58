"""The worker's own code, the same in the embedded interpreter and in a plain one.

It is a zygote: it waits on a socket for orders, and gives each to a fork of itself, so every run
starts from a fresh, warm interpreter and may crash without harm to the next. An order comes
with three files: what standard output goes to, the run's terminal, and a socket for reports
about this run. It says `ready` and what modules it has loaded, once. A fork is made ahead of its
order, and the other side may give it that itself: it is told `waits PID`, with the socket for it,
and tells which one has its order by an order that is only the number. A report is a line:

    started PID TIME  from the run: it has a session and process group of its own now; the time is the
                      system's steady clock in nanoseconds
    show NUMBER SIZE  from the run: so many bytes follow, which are a value to show (`display.py`)
    raised            from the run: its code ended with an uncaught exception
    imports NUMBER    from a run that imports what blocks will: it comes to this one
    unfit NUMBER      from it: this one is not to be imported ahead
    loaded NAMES      from it: these modules are loaded
    awaits NAME       from the run: it imports a module that is being compiled; without a name: it is
    kept NUMBER       from a run in a session: its code has ended, with this wait status, and what
                      it left can be gone on from; `threads` behind it, where that is in place
    status NUMBER     from the zygote: the wait status of the run, which is no more
    anything else     from the run: what faulthandler says about a crash

What a fork does with its order is in `block.py`; this program and its other parts are one module. A
run in a session becomes the base of later ones (`session.py`) and calls `serve` itself; nothing in
`serve` is bound to the first process. It must stay free of threads: only the forking one lives on in
a fork. So does a run that only imports what blocks will (`warm.py`).

Python 3.9 and newer; imports nothing that costs time before the first run. `DISPLAY` is the code
of `display.py`, which is compiled when the zygote has nothing else to do, or by the first value
that needs it.
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
FILES_PER_ORDER = 3
SETTLING = 0.02
IDLE = 0.3
REHEARSED = b"""
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
OWN_CODE = (lambda: 0).__code__.co_filename


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
    builtins.display = display
    Faults.install()
    sys.meta_path[:0] = [Figures, Modules]
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
            orders = fork.orders
        control, offers = live(orders), False


class Forked(BaseException):
    """Takes a fork out of what its parent was doing."""

    def __init__(self, orders):
        self.orders = orders


def serve(control, offers):
    """Hands each order to a fork, and tells how each ended, until the other side is gone. Leaves
    by `Forked`, in the fork. Who `offers` its forks has the other side give them their orders, and
    hears of each afterwards."""
    wake, waker = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(waker, False)
    _signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    _signal.signal(_signal.SIGCHLD, lambda signal, frame: None)
    orders, runs, spare = Orders(control), Runs(), None
    while True:
        # The next fork is made ahead of its order, but not while the last run begins.
        idle = (None if Shown.code else IDLE) if spare else SETTLING
        ready = select.select([control, wake], [], [], idle)[0]
        if not ready:
            if spare:
                Shown.prepare()
                spare.close()
            spare = Spare(lambda: close([wake, waker, control.detach(), *runs.reports.values()]))
            runs.add(spare.pid)
            if not offers:
                practise()
            elif Shown.code:
                spare.offer(control)
        if wake in ready:
            drain(wake)
            dead = runs.reap()
            if spare and spare.pid in dead:
                spare = spare.close()
        if control not in ready:
            continue
        if not orders.receive():
            runs.end()
        for frame, files in orders.complete():
            taker = given(frame)
            if taker is None:
                rest = [wake, waker, *orders.files, *files, *runs.reports.values()]
                if not (spare and spare.take(frame, files)):
                    spare = Spare(lambda: close([control.detach(), *rest]))
                    runs.add(spare.pid)
                    spare.take(frame, files)
                taker = spare.pid
            close(files[:2])
            runs.begin(taker, files[2])
            if spare and spare.pid == taker:
                spare = spare.close()


class Runs:
    """The forks that have an order, and how those ended that may have one."""

    def __init__(self):
        self.reports, self.ended, self.left = {}, {}, set()

    def add(self, pid):
        """A fork is there: nothing known of its number is true any more."""
        self.ended.pop(pid, None)

    def begin(self, pid, report):
        """A fork has an order, and may have carried it out already."""
        if pid in self.ended:
            tell(report, "status %d\n" % self.ended.pop(pid))
            os.close(report)
        elif pid:
            self.reports[pid] = report
        else:
            os.close(report)

    def reap(self):
        """Reports the runs that have ended, and remembers those that left processes behind; all that
        have ended."""
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
        """Leaves nothing behind when the program that started us is gone."""
        for group in self.left.union(self.reports):
            try:
                os.killpg(group, _signal.SIGKILL)
            except OSError:
                pass
        os._exit(0)


class Spare:
    """A fork that waits for its order. The costly part of a start is behind it."""

    goes_on = False

    def __init__(self, close_in_fork):
        ours, theirs = socket.socketpair()
        self.socket = ours
        numbers = drawn() if self.goes_on else None
        try:
            self.pid = os.fork()
        except OSError:
            self.pid = None
        if self.pid == 0:
            ours.close()
            close_in_fork()
            if numbers is not None:
                sys.modules["random"].setstate(numbers)
            raise Forked(theirs)
        theirs.close()

    def offer(self, control):
        """Lets the other side give it its order; nobody else does from here on."""
        if self.pid:
            rights = self.socket.fileno().to_bytes(4, sys.byteorder)
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]
            try:
                control.sendmsg([b"waits %d\n" % self.pid], rights)
            except OSError:
                pass
        self.socket.close()

    def take(self, frame, files):
        """Gives it its order; whether it is there to take it."""
        try:
            send(self.socket, frame, files)
        except OSError:
            return False
        return True

    def close(self):
        """It is on its own, or gone."""
        self.socket.close()


def send(sender, frame, files):
    """Sends an order with its files."""
    rights = b"".join(file.to_bytes(4, sys.byteorder) for file in files)
    sent = sender.sendmsg([frame], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    # With the whole order in hand its receiver may close this at once: then not even nothing is sent.
    if sent < len(frame):
        sender.sendall(frame[sent:])


def practise():
    """Takes an order as the next one will be taken, up to where it is given to a fork: what that
    touches is shared with the fork made last, and has to be copied."""
    ours, theirs = socket.socketpair()
    orders, null = Orders(theirs), os.open(os.devnull, os.O_RDWR)
    send(ours, pack(b"", b"1"), [null] * FILES_PER_ORDER)
    orders.receive()
    for frame, files in orders.complete():
        send(ours, frame, files)
        close(files)
    os.close(null)
    ours.close()
    theirs.close()


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
            frame, files = self.bytes[:end], self.files[:FILES_PER_ORDER]
            self.bytes = self.bytes[end:]
            self.files = self.files[FILES_PER_ORDER:]
            yield frame, files


class Order:
    """What to run, and in which surroundings."""

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
        self.warms = kind == b"preimport"
        self.stays = kind in (b"first", b"next", b"preimport")
        self.modules = os.fsdecode(modules)
        self.goes_on = kind in (b"next", b"variables")
        self.asks_names = kind == b"variables"


def pack(*fields):
    """An order as it comes over the socket."""
    fields = b"".join(len(field).to_bytes(4, "little") + field for field in fields)
    return len(fields).to_bytes(4, "little") + fields


def given(frame):
    """The number of the fork that has its order already: then that is all that is told."""
    fields = list(fields_of(frame))
    return int(fields[0]) if len(fields) == 1 else None


def fields_of(frame):
    """What an order is made of."""
    at = 4
    while at < len(frame):
        start = at + 4
        at = start + int.from_bytes(frame[at:start], "little")
        yield frame[start:at]


def drain(wake):
    """Forgets how often the signal came."""
    try:
        while os.read(wake, 512):
            pass
    except OSError:
        pass


def close(files):
    """Closes files that only the zygote needs."""
    for file in files:
        os.close(file)


def tell(report, line):
    """Writes a report; whether anybody still listens."""
    try:
        os.write(report, line.encode())
    except OSError:
        return False
    return True


def live(orders):
    """The whole life of a fork: one order, and nothing after it, unless it becomes a base. Then
    this returns where its orders will come from."""
    try:
        settle()
        rehearse()
        Warmed.renew()
        orders = Orders(orders)
        while True:
            if not orders.receive():
                os._exit(0)
            for frame, files in orders.complete():
                orders.control.close()
                return run(Order(frame), *files)
    except BaseException:
        os._exit(1)


def settle():
    """Makes a process of its own out of the fork."""
    zygote = os.getppid()
    os.setsid()
    if _livedeck is not None:
        _livedeck.die_with_parent()
        if os.getppid() != zygote:
            os._exit(1)
    belong(0)
    _signal.set_wakeup_fd(-1)
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    _signal.signal(_signal.SIGINT, _signal.default_int_handler)


def rehearse():
    """Goes through what a run does, with nothing to see: what it touches is no longer shared with
    the zygote, and copying it later would take as long as the run's own start. What it makes is
    given up again, for the run to have its memory; that is why once is not enough."""
    before = sys.path[:], sys.argv, sys.modules["__main__"]
    streams = sys.stdin, sys.stdout, sys.stderr
    for _ in range(2):
        order = Order(pack(REHEARSED, b"1", b"", b"", b".", b"0", b"alone", b"", b"0", b"LIVEDECK"))
        screen, terminal = rehearsal_terminal()
        report = out_of_reach(os.open(os.devnull, os.O_RDWR))
        enter(order, os.dup(terminal), terminal, report)
        Shown.begin(order, report)
        main, code, last = prepare(order)
        exec(code, main.__dict__)
        Shown.result(eval(last, main.__dict__))
        sys.stdout.write("")
        flush()
        if faulthandler is not None:
            faulthandler.disable()
        close([screen, report])
        sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__ = streams
        sys.path[:], sys.argv, sys.modules["__main__"] = before
        linecache.cache.pop("", None)


def rehearsal_terminal():
    """A terminal for the rehearsal, and its other end. A sandbox lets nobody make one."""
    try:
        return os.openpty()
    except OSError:
        return os.open(os.devnull, os.O_RDWR), os.open(os.devnull, os.O_RDWR)


start()
