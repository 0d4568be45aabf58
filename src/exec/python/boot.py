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

A run in a session becomes the base of later ones (`session.py`, the other half of this program) and
calls `serve` itself; nothing in `serve` is bound to the first process. It must stay free of threads:
only the forking one lives on in a fork. So does a run that only imports what blocks will (`warm.py`,
another part).

Python 3.7 and newer; imports nothing that costs time before the first run. `DISPLAY` is the code
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
OUT_OF_REACH = (4000, 1000, 240)
FILES_PER_ORDER = 3
SETTLING = 0.02
IDLE = 0.3
ONLY_AST = 0x400
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
LONGEST_PADDING = 10000000
give_way = getattr(os, "sched_yield", lambda: None)


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
        code, self.first_line, file, path, directory, memory, kind, modules = fields[:8]
        self.source = code.decode("utf-8", "replace")
        self.first_line = int(self.first_line)
        self.file = os.fsdecode(file)
        self.path = os.fsdecode(path)
        self.directory = os.fsdecode(directory)
        self.environment = [field.partition(b"=") for field in fields[8:]]
        self.memory = int(memory)
        self.warms = kind == b"warm"
        self.stays = kind in (b"first", b"next", b"warm")
        self.modules = os.fsdecode(modules)
        self.goes_on = kind in (b"next", b"names")
        self.asks_names = kind == b"names"


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
        order = Order(pack(REHEARSED, b"1", b"", b"", b".", b"0", b"alone", b"", b"LIVEDECK"))
        screen, terminal = os.openpty()
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


def run(order, output, terminal, report):
    """Runs one order to its end. Returns only in a process that becomes a base, with its socket."""
    us, status = os.getpid(), 1
    try:
        report = out_of_reach(report)
        enter(order, output, terminal, report)
        Shown.begin(order, report)
        status = answer(order, report)
        if os.getpid() == us:
            if order.stays:
                return stay(report, status)
            finish()
    except BaseException as error:
        if os.getpid() == us:
            show(order, report, error, error.__traceback__)
            if order.stays and isinstance(error, KeyboardInterrupt):
                return stay(report, 130)
    flush()
    os._exit(status)


def out_of_reach(report):
    """Moves a file to where a block that closes all files that it may have does not find it; how far
    out that can be is the system's to say."""
    for place in OUT_OF_REACH:
        try:
            os.dup2(report, place, False)
        except OSError:
            continue
        os.close(report)
        return place
    return report


def answer(order, report):
    """Does what is ordered; its exit status."""
    if order.warms:
        return warm(order, report)
    Warmed.is_base = False
    return list_names() if order.asks_names else execute(order, report)


def enter(order, output, terminal, report):
    """Takes up the surroundings that the order wants."""
    os.dup2(terminal, 0)
    os.dup2(output, 1)
    os.dup2(terminal, 2)
    os.close(output)
    os.close(terminal)
    sys.stdin = sys.__stdin__ = reader(0)
    sys.stdout = sys.__stdout__ = stream(1, "<stdout>", "replace")
    sys.stderr = sys.__stderr__ = stream(2, "<stderr>", "backslashreplace")
    for name, given, value in order.environment:
        if given:
            os.environb[name] = value
        else:
            os.environb.pop(name, None)
    if faulthandler is not None:
        faulthandler.enable(report, False)
    Modules.begin(order, report)
    if not order.goes_on:
        begin(order)
    # From here on it may be interrupted. A session then still has what was set up so far.
    if not tell(report, "started %d %d\n" % (os.getpid(), time.monotonic_ns())):
        # The order was given to another worker since: it must not run twice.
        os._exit(1)


def begin(order):
    """Looks like a script that starts."""
    try:
        os.chdir(order.directory)
    except OSError:
        pass
    sys.argv = [order.path]
    sys.modules["__main__"] = type(sys)("__main__")
    if not order.warms:
        limit(order.memory)
        sys.path.insert(0, order.directory)


def limit(memory):
    """Limits the bytes that this process may have for its data, beside what was imported ahead."""
    if memory and sys.platform == "linux":
        import resource

        memory += Warmed.memory
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def reader(file):
    """A stream that reads as Python's own does."""
    return open(file, encoding="utf-8", errors="replace", closefd=False)


def stream(file, name, errors):
    """A stream like Python's own, but it writes at once, partial lines too, and in UTF-8 whatever
    the locale says."""
    raw = io.FileIO(file, "w", closefd=False)
    raw.name = name
    text = io.TextIOWrapper(raw, "utf-8", errors, "\n", line_buffering=True, write_through=True)
    text.mode = "w"
    return text


def execute(order, report):
    """Runs the block as the script it looks like; its exit status."""
    try:
        main, code, last = prepare(order)
    except BaseException as error:
        show(order, report, error, None)
        return 1
    try:
        exec(code, main.__dict__)
        if last is not None:
            Shown.result(eval(last, main.__dict__))
        if "matplotlib.pyplot" in sys.modules:
            Shown.prepare().figures()
    except SystemExit as error:
        return exit_status(error.code)
    except BaseException as error:
        show(order, report, error, error.__traceback__ and error.__traceback__.tb_next)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def prepare(order):
    """The module that the block is to be, its code, and apart from it its last expression."""
    main = sys.modules["__main__"]
    main.__file__ = order.path
    main.__builtins__ = builtins
    padding = "\n" * min(max(order.first_line - 1, 0), LONGEST_PADDING)
    source = padding + order.source
    lines = [line + "\n" for line in source.split("\n")]
    for name in {order.file, order.path}:
        known = linecache.cache[name][2] if order.goes_on and name in linecache.cache else []
        linecache.cache[name] = (len(source), None, beside(known, lines, len(padding)), name)
    return (main, *halves(source, lines, order.file))


def halves(source, lines, file):
    """The block's code, and apart from it its last expression, if that one's value is to be shown."""
    tree = compile(source, file, "exec", ONLY_AST, dont_inherit=True)
    last = tree.body[-1] if tree.body else None
    wanted = type(last).__name__ == "Expr" and hasattr(last, "end_lineno")
    if wanted:
        rest = lines[last.end_lineno - 1 :]
        rest[0] = rest[0].encode()[last.end_col_offset :].decode()
        wanted = not any(";" in line.partition("#")[0] for line in rest)
    if not wanted:
        return compile(tree, file, "exec", dont_inherit=True), None
    expression = compile("0", file, "eval", ONLY_AST)
    expression.body = tree.body.pop().value
    code = compile(tree, file, "exec", dont_inherit=True)
    return code, compile(expression, file, "eval", dont_inherit=True)


class Shown:
    """What a block shows beside what it prints; `display.py` knows how."""

    code = None
    run = None
    SMALL = 1000
    SIMPLE = (bool, int, float, complex, str, bytes)

    @classmethod
    def prepare(cls):
        """The code of `display.py`, compiled when it is first asked for."""
        if cls.code is None:
            cls.code = type(sys)("_livedeck_display")
            exec(compile(DISPLAY, OWN_CODE, "exec", dont_inherit=True), cls.code.__dict__)
        if cls.run is not None and cls.code.run is None:
            cls.code.run = cls.code.Run(*cls.run)
        return cls.code

    @classmethod
    def begin(cls, order, report):
        """A run begins. Nothing but what it prints is shown where that is to be a picture."""
        where = lambda trace: place(order, trace)
        cls.run = os.getpid(), report, os.isatty(1), flush, where
        if cls.code is not None:
            cls.code.run = cls.code.Run(*cls.run)

    @classmethod
    def result(cls, value):
        """Shows the value of the block's last expression, as an interactive Python does."""
        if value is None or not os.isatty(1):
            return
        if type(value) in cls.SIMPLE and sys.getsizeof(value) < cls.SMALL:
            print(repr(value))
            return
        code = cls.prepare()
        if not code.is_handle(value):
            code.show(value)


def display(*values, **how):
    """Shows values where the block stands: pictures, tables and markdown as what they are."""
    Shown.prepare().display(*values, **how)


class Figures:
    """Stands in the way of matplotlib's own choice of where to draw: looked at before pyplot is
    imported."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        """Finds nothing itself."""
        if name == "matplotlib.pyplot":
            try:
                Shown.prepare().use_figures()
            except Exception:
                pass


class Modules:
    """Finds the deck's own modules: blocks of Rust, which the program that started us compiles. A
    file for each says where the newest build is; while that is being made, an import waits."""

    folder = report = None
    loaded = {}
    PAUSE = 0.002

    @classmethod
    def begin(cls, order, report):
        """A run begins: what was imported before and is no longer the newest is to be imported anew.
        Whoever has the old module keeps it."""
        cls.folder, cls.report = order.modules, report
        for name, file in list(cls.loaded.items()):
            if order.goes_on and cls.newest(name) != ("ready", file):
                del cls.loaded[name]
                for known in [it for it in sys.modules if (it + ".").startswith(name + ".")]:
                    del sys.modules[known]

    @classmethod
    def newest(cls, name):
        """How far a module is, and its file or what is wrong with it; nothing if the deck has none of
        this name."""
        try:
            with io.FileIO(os.path.join(cls.folder, name)) as file:
                stand, _, rest = file.readall().partition(b"\n")
        except (OSError, ValueError):
            return None
        return stand.decode(), os.fsdecode(rest)

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        """Finds the newest build, if the deck has a module of this name."""
        if not cls.folder or path is not None or "." in name:
            return None
        newest = cls.newest(name)
        if newest and newest[0] == "building":
            tell(cls.report, "awaits %s\n" % name)
            try:
                while newest and newest[0] == "building":
                    select.select([], [], [], cls.PAUSE)
                    newest = cls.newest(name)
            finally:
                tell(cls.report, "awaits\n")
        if not newest:
            return None
        stand, text = newest
        if stand != "ready":
            raise ImportError("module `%s` does not compile: %s" % (name, text), name=name)
        import _frozen_importlib_external as external

        cls.loaded[name] = text
        loader = external.ExtensionFileLoader(name, text)
        return external.spec_from_file_location(name, text, loader=loader)


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
    trace = without_end(trace)
    error = error.with_traceback(trace)
    # Before 3.13 the built-in hook reads the deck's file, which may have changed since.
    if sys.excepthook is not sys.__excepthook__ or sys.version_info >= (3, 13):
        sys.excepthook(type(error), error, trace)
    else:
        traceback.print_exception(type(error), error, trace)


def without_end(trace):
    """A traceback without what is ours, where that is its end: an import that failed."""
    last, at = None, trace
    while at is not None:
        if at.tb_frame.f_code.co_filename != OWN_CODE:
            last = at
        at = at.tb_next
    if last is not None:
        last.tb_next = None
    return trace


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
    its `__del__` methods run. Who reads what it wrote, and shows it, goes first."""
    give_way()
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
