"""The agent: runs blocks on another machine, started there by ssh, with only its standard files to talk
to livedeck. It needs Python 3.7 or newer and a Unix.

Both sides send frames: the length of the payload (4 bytes), a kind (1), the number of a run (8), then
the payload. What has fields is JSON. From livedeck:

    H  hello: the deck's name and folder, for the answer `h`
    W  the code of the Python worker
    S  start a run                  I  type these bytes        Z  resize: columns, rows
    X  interrupt it                 K  kill it and all that it started
    F  forget its session state     V  list its variables, for the answer `v`
    M  the files of the deck's folder, for the answer `m`: the numbers of those that are needed
    D  bytes of a file              E  the files are complete, for the answer `e`
    P  what is installed, for the answer `p`                   N  nothing: livedeck is alive

About a run: `c` it is being compiled, `u` what cargo says (nothing: it starts again), `s` it has started, `o` output, `r` reports of the Python worker,
`b` the bytes of its picture, `w` it waits for input or no longer does, `x` its end, `g` the number of its
background processes, `z` nothing of it is left but its session state.

When the connection ends, or livedeck is silent for too long, everything that was started is killed, and
the folder of temporary files is removed. On Linux orphans are adopted, so that none is missed.
"""

import collections
import fcntl
import hashlib
import itertools
import json
import os
import pty
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time

HEADER = struct.Struct(">IBQ")
# Ends what the login shell may have printed.
GREETING = b"\x00livedeck-agent\x00"
READ_SIZE = 65536
MAX_QUEUED = 1 << 20
MAX_PICTURE = 64 << 20
MAX_SILENCE = 150
CHECK_INTERVAL = 0.06
FEED_INTERVAL = 0.01
QUIET_TIME = 0.005
MAX_ENDS = 100
MAX_ANSWER_TIME = 2
MAX_KILL_ROUNDS = 100
KILL_PAUSE = 0.01
MARK = "LIVEDECK_REMOTE_RUN"
ALL_SIGNALS = [
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGPIPE,
    signal.SIGCHLD,
    signal.SIGTTOU,
    signal.SIGXFSZ,
]
CHANGED_VARIABLES = ("PYTHONUNBUFFERED", "PYTHONUTF8", "LIVEDECK_PYTHON_ORIGIN")
LAUNCH = """import sys; sys.path[:] = [entry for entry in sys.path if entry]
exec(compile(sys.argv.pop(), '<livedeck>', 'exec'))"""
SUBREAPER = 36
IUTF8 = 0o40000
# How the system calls that wait for input name their files, by processor.
READ, POLL, SELECT = "read", "poll", "select"
CALLS = {
    "x86_64": {0: READ, 19: READ, 7: POLL, 271: POLL, 23: SELECT, 270: SELECT},
    "aarch64": {63: READ, 65: READ, 73: POLL, 72: SELECT},
}


class Failure(Exception):
    """Why something cannot be done, as text for the speaker."""


class Run:
    """One run: its terminal, its process, and what is still to come from it."""

    def __init__(self, number, spec):
        self.number, self.spec = number, spec
        self.pid = self.status = self.picture = self.pictured = None
        self.master = self.slave = self.slave_path = None
        self.steps, self.folder = collections.deque(), None
        self.report = self.parser = self.base = None
        self.stop, self.has_started = None, False
        # Its end is being reported, or was.
        self.is_over, self.has_ended = False, False
        self.kept = self.threads = self.is_forgotten = False
        self.children = 0
        self.lines, self.ends, self.waits, self.next_check = None, 0, False, 0.0
        self.background, self.is_reported = 0, False
        self.attempts = self.attempt = self.source = self.program = None
        # The crates that are being built, and what cargo says.
        self.crates, self.is_cargo, self.cargo = None, False, None
        self.arguments = []


class Reports:
    """Finds in the reports of the Python worker what the agent itself has to know."""

    def __init__(self):
        self.bytes, self.skip = b"", 0

    def add(self, data):
        """Yields the words of each line."""
        self.bytes += data
        while True:
            if self.skip:
                skipped = min(self.skip, len(self.bytes))
                self.bytes, self.skip = self.bytes[skipped:], self.skip - skipped
            line, end, rest = self.bytes.partition(b"\n")
            if self.skip or not end:
                return
            self.bytes = rest
            words = line.split()
            if words[:1] == [b"show"] and len(words) == 3 and words[2].isdigit():
                self.skip = int(words[2])
            elif words:
                yield words


class Agent:
    def __init__(self):
        self.input, self.output = os.dup(0), os.dup(1)
        self.incoming, self.outgoing = bytearray(), bytearray()
        self.runs = {}
        self.worker = self.control = self.worker_code = None
        self.temp = tempfile.mkdtemp(prefix="livedeck-remote-")
        self.folder = self.cache = self.known_files = None
        self.files, self.file, self.file_error = [], None, None
        self.toolchains = {}
        self.last_heard = time.monotonic()
        wake, self.waker = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(self.waker, False)
        self.wake = wake
        signal.set_wakeup_fd(self.waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.on_signal)
        os.set_blocking(self.output, False)

    @staticmethod
    def on_signal(number, frame):
        raise SystemExit

    # Frames

    def send(self, kind, run=0, payload=b""):
        """Queues a frame."""
        if isinstance(payload, dict):
            payload = json.dumps(payload).encode()
        self.outgoing += HEADER.pack(len(payload), ord(kind), run) + payload

    def flush(self):
        """Writes what the connection takes."""
        while self.outgoing:
            try:
                written = os.write(self.output, self.outgoing[:READ_SIZE])
            except BlockingIOError:
                return
            del self.outgoing[:written]

    def receive(self):
        """Reads frames and does what they ask for. Returns whether the other side is there."""
        data = os.read(self.input, READ_SIZE)
        self.last_heard = time.monotonic()
        self.incoming += data
        while len(self.incoming) >= HEADER.size:
            length, kind, number = HEADER.unpack_from(self.incoming)
            end = HEADER.size + length
            if len(self.incoming) < end:
                break
            payload = bytes(self.incoming[HEADER.size : end])
            del self.incoming[:end]
            self.handle(chr(kind), number, payload)
        return bool(data)

    def handle(self, kind, number, payload):
        """Does what a frame asks for."""
        run = self.runs.get(number)
        if kind == "H":
            self.hello(json.loads(payload))
        elif kind == "W":
            self.worker_code = payload.decode()
            self.start_worker()
        elif kind == "S":
            self.start(Run(number, json.loads(payload)))
        elif kind == "P":
            self.send("p", number, self.probe(json.loads(payload)))
        elif kind == "M":
            self.begin_files(json.loads(payload)["files"])
        elif kind == "D":
            self.file_data(number, payload)
        elif kind == "E":
            self.end_files()
        elif run is None:
            if kind == "V":
                self.send("v", number, b"")
        elif kind == "I":
            self.type_in(run, payload)
        elif kind == "Z":
            columns, rows = struct.unpack(">HH", payload)
            self.resize(run, columns, rows)
        elif kind == "X":
            self.interrupt(run)
        elif kind == "K":
            self.kill(run)
        elif kind == "F":
            run.is_forgotten = True
            self.drop_if_unused(run)
        elif kind == "V":
            self.variables(run)

    def hello(self, fields):
        """Chooses the folders and describes this machine."""
        answer = {
            "python": "%d.%d.%d" % sys.version_info[:3],
            "program": sys.executable,
            "system": " ".join(os.uname()[index] for index in (0, 4)),
        }
        try:
            cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
            self.cache = os.path.join(cache, "livedeck", "remote")
            own = os.path.join(self.cache, "decks", fields["deck"])
            given = fields["folder"]
            self.folder = (
                os.path.join(os.path.expanduser("~"), os.path.expanduser(given)) if given else own
            )
            self.known_files = own + ".json"
            os.makedirs(os.path.dirname(own), 0o700, exist_ok=True)
            os.makedirs(self.folder, 0o700, exist_ok=True)
        except OSError as error:
            answer["error"] = "%s: %s" % (error.filename, error.strerror)
        answer.update(folder=self.folder, temp=self.temp)
        self.send("h", 0, answer)

    # The loop

    def serve(self):
        """Serves until livedeck is gone."""
        while True:
            self.flush()
            if not self.step():
                return

    def step(self):
        """Waits for something to do, and does it. Returns whether to go on."""
        poll, owners = select.poll(), {}
        poll.register(self.input, select.POLLIN)
        poll.register(self.wake, select.POLLIN)
        if self.outgoing:
            poll.register(self.output, select.POLLOUT)
        if self.control is not None:
            poll.register(self.control, select.POLLIN)
        for run in self.runs.values():
            if run.report is not None:
                owners[run.report.fileno()] = (self.read_reports, run)
            if len(self.outgoing) < MAX_QUEUED:
                if run.master is not None:
                    owners[run.master] = (self.read_terminal, run)
                if run.picture is not None:
                    owners[run.picture] = (self.read_picture, run)
                if run.cargo is not None:
                    owners[run.cargo] = (self.read_cargo, run)
        for number in owners:
            poll.register(number, select.POLLIN)
        ready = [number for number, _ in poll.poll(self.timeout() * 1000)]
        if self.wake in ready:
            self.drain_wake()
        if self.control is not None and self.control.fileno() in ready:
            self.read_control()
        # Reports first: a value arrives before its mark in the output.
        ready.sort(key=lambda number: number in owners and owners[number][0] != self.read_reports)
        for number in ready:
            act, run = owners.get(number, (None, None))
            if act is not None and run.number in self.runs:
                act(run)
        self.reap()
        self.check_inputs()
        if self.input in ready:
            return self.receive()
        return time.monotonic() - self.last_heard < MAX_SILENCE

    def timeout(self):
        """Returns the seconds until something is due."""
        due = [self.last_heard + MAX_SILENCE]
        due += [run.next_check for run in self.runs.values() if self.is_watched(run)]
        return max(0.0, min(due) - time.monotonic())

    def drain_wake(self):
        """Empties the pipe of the signal handler."""
        try:
            while os.read(self.wake, 512):
                pass
        except BlockingIOError:
            pass

    # Runs

    def start(self, run):
        """Starts a run, or reports why it cannot start."""
        self.runs[run.number] = run
        try:
            run.folder = os.path.join(self.temp, "run-%d" % run.number)
            os.mkdir(run.folder, 0o700)
            for name, text in run.spec["files"].items():
                with open(os.path.join(run.folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            self.open_terminal(run)
            if run.spec["kind"] == "python":
                self.start_python(run)
                return
            if run.spec["kind"] == "rust":
                self.begin_build(run)
                return
            for words in run.spec["steps"]:
                run.steps.append([word.replace("$pwd", run.folder) for word in words])
            self.next_step(run)
        except Failure as error:
            self.end(run, why=str(error))
        except OSError as error:
            where = " (%s)" % error.filename if error.filename else ""
            self.end(run, why="%s%s" % (error.strerror, where))

    def open_terminal(self, run):
        """Opens the terminal of a run."""
        run.master, run.slave = pty.openpty()
        os.set_blocking(run.master, False)
        run.slave_path = os.ttyname(run.slave)
        self.resize(run, run.spec["columns"], run.spec["rows"])
        given = run.spec["input"]
        if not run.spec["screen"]:
            modes = termios.tcgetattr(run.slave)
            modes[1] &= ~termios.OPOST
            if given == "":
                modes[3] &= ~(termios.ECHO | termios.ECHONL | termios.ICANON)
                modes[6][termios.VMIN] = modes[6][termios.VTIME] = 0
            if sys.platform == "linux":
                modes[0] |= IUTF8
            termios.tcsetattr(run.slave, termios.TCSANOW, modes)
        if given is not None:
            run.lines = collections.deque(line.encode() + b"\n" for line in given.splitlines())
        run.pictured = None
        if run.spec["picture"]:
            run.picture, run.pictured = os.pipe()
            os.set_blocking(run.picture, False)
            run.picture_size = 0

    def variables_of(self, run):
        """Returns the environment of a run."""
        return {**os.environ, **run.spec["environment"], MARK: str(run.number)}

    def next_step(self, run):
        """Starts the next command of a run."""
        words = run.steps.popleft()
        environment = self.variables_of(run)
        program = shutil.which(words[0], path=environment.get("PATH"))
        if program is None:
            raise Failure("`%s` is not installed, or not on `PATH`" % words[0])
        output = run.slave if run.pictured is None or run.steps else run.pictured
        files = self.folder, run.slave, output, run.slave
        run.pid = spawn(program, words, environment, files, run.spec["memory"])
        self.report_start(run)

    def report_start(self, run):
        """Reports that a run has started, once, and stops it if that was asked for before."""
        if not run.has_started:
            run.has_started, run.next_check = True, time.monotonic()
            self.send("s", run.number)
        if run.stop is not None:
            signal_group(run.pid, run.stop)

    def end(self, run, status=None, why=None, **more):
        """Reports the end of a run. What it has left behind stays."""
        if run.is_over:
            return
        run.is_over = True
        close(run, "slave", "pictured")
        self.drain(run)
        self.set_waiting(run, False)
        more.update(status=status, why=why, last=not run.steps)
        self.send("x", run.number, more)
        run.has_ended = True
        self.tidy(run)

    def drain(self, run):
        """Reads what a run that has ended has written."""
        while run.picture is not None and self.read_picture(run):
            pass
        close(run, "picture")
        while run.master is not None and readable(run.master, QUIET_TIME if run.kept else 0):
            if not self.read_terminal(run):
                break
        if run.report is not None and not run.is_over:
            self.read_reports(run)

    def tidy(self, run):
        """Removes a run that nothing is left of, and counts the processes of others."""
        if not run.has_ended:
            return
        count = len([pid for pid in processes_of(run) if pid != run.pid])
        if count != run.background:
            run.background = count
            self.send("g", run.number, {"count": count})
        if count == 0:
            close(run, "master")
            if run.folder is not None:
                shutil.rmtree(run.folder, ignore_errors=True)
                run.folder = None
            if not run.is_reported:
                run.is_reported = True
                self.send("z", run.number)
            if not run.kept:
                self.runs.pop(run.number, None)

    def reap(self):
        """Collects the processes that have ended."""
        ended = False
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            ended = True
            for run in list(self.runs.values()):
                if run.pid == pid and not run.is_over:
                    self.process_ended(run, status)
            if self.worker is not None and self.worker.pid == pid:
                self.worker_lost()
        if ended:
            for run in list(self.runs.values()):
                self.tidy(run)

    def process_ended(self, run, status):
        """Goes on to the next command, or ends the run."""
        if run.report is not None:
            # The worker is gone, which would have told how its run ended.
            self.read_reports(run)
        elif run.is_cargo or run.attempt is not None:
            try:
                (self.cargo_ended if run.is_cargo else self.attempt_ended)(run, status)
            except (Failure, OSError) as error:
                self.end(run, why=str(error))
            return
        elif status == 0 and run.steps and run.stop is None:
            try:
                self.next_step(run)
            except (Failure, OSError) as error:
                self.end(run, why=str(error))
            return
        self.end(run, status=status)

    def read_terminal(self, run):
        """Passes on output. Returns whether there was some."""
        if run.master is None:
            return False
        data = read_available(run.master)
        if not data:
            if data is not None:
                close(run, "master")
            return False
        # The value of a mark in this output was reported before; an end that is reported comes after it.
        reports = self.take_reports(run)
        self.send("o", run.number, data)
        self.follow_reports(run, *reports)
        return True

    def read_picture(self, run):
        """Passes on bytes of a picture. Returns whether there were some."""
        if run.picture is None:
            return False
        data = read_available(run.picture)
        if data is None:
            return False
        run.picture_size += len(data)
        if not data or run.picture_size > MAX_PICTURE:
            close(run, "picture")
            return False
        self.send("b", run.number, data)
        return True

    def interrupt(self, run):
        """Interrupts a run, now or when it starts."""
        if run.is_over:
            return
        run.stop = run.stop or signal.SIGINT
        if run.pid is not None:
            signal_group(run.pid, signal.SIGINT)

    def kill(self, run):
        """Kills a run, or what it has left behind."""
        if not run.is_over:
            run.stop = signal.SIGKILL
            if run.pid is not None:
                signal_group(run.pid, signal.SIGKILL)
        own = run.pid if run.is_over else None
        for pid in processes_of(run):
            if pid != own:
                kill_process(pid)
        self.tidy(run)

    # Input

    def type_in(self, run, data):
        """Types at a run. What its terminal cannot hold is lost."""
        if run.master is not None and not run.is_over:
            try:
                os.write(run.master, data)
            except OSError:
                pass

    def resize(self, run, columns, rows):
        """Changes the size of a run's terminal."""
        if run.master is not None:
            fcntl.ioctl(run.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def is_watched(self, run):
        """Returns whether a run may wait for input that is not there."""
        is_fed = run.lines is None or bool(run.lines) or run.spec["input"]
        return run.has_started and not run.is_over and bool(is_fed) and run.spec["watched"]

    def check_inputs(self):
        """Feeds runs that wait for the author's lines, and reports those that wait for the speaker."""
        now = time.monotonic()
        for run in list(self.runs.values()):
            if not self.is_watched(run) or run.next_check > now:
                continue
            run.next_check = now + (CHECK_INTERVAL if run.lines is None else FEED_INTERVAL)
            waits = waits_for_input(run.pid, run.slave_path)
            if run.lines is None:
                if waits or run.waits:
                    self.set_waiting(run, waits)
            elif waits:
                run.ends += not run.lines
                self.type_in(run, run.lines.popleft() if run.lines else b"\x04")
                if run.ends > MAX_ENDS:
                    text = "\nstopped: it waits for input, and there is none here\n"
                    self.send("o", run.number, text.encode())
                    self.kill(run)

    def set_waiting(self, run, waits):
        """Reports whether a run waits for input."""
        if waits or run.waits:
            run.waits = waits
            hidden = False
            if waits:
                modes = termios.tcgetattr(run.master)[3]
                hidden = bool(modes & termios.ICANON) and not modes & termios.ECHO
            self.send("w", run.number, {"waits": waits, "hidden": hidden})

    # Rust

    def begin_build(self, run):
        """Builds the crates of a program and compiles it, unless that was done before, and starts it."""
        spec = run.spec["build"]
        compiler = shutil.which("rustc", path=os.environ.get("PATH"))
        if compiler is None:
            raise Failure("`rustc` is not installed, or not on `PATH`")
        if compiler not in self.toolchains:
            asked = subprocess.run([compiler, "-vV"], stdout=subprocess.PIPE, cwd=self.folder)
            self.toolchains[compiler] = asked.stdout
        run.compiler = compiler
        if spec["crates"] is None:
            self.begin_program(run, b"")
            return
        version = self.toolchains[compiler]
        run.crates = CrateSet(spec["crates"], self.cache, self.folder, compiler, version)
        links = run.crates.links()
        if links is not None:
            self.link(run, links)
            return
        self.send("c", run.number)
        run.crates.write()
        self.next_cargo(run)

    def next_cargo(self, run):
        """Starts cargo with the next command."""
        cargo = shutil.which("cargo", path=os.environ.get("PATH"))
        if cargo is None:
            raise Failure(
                "`cargo` is not installed, or not on `PATH`: it builds the block's crates"
            )
        words = run.crates.steps.popleft()
        output = os.path.join(run.folder, "cargo-" + words[0])
        run.crates.outputs.append(output)
        run.cargo, messages = os.pipe()
        os.set_blocking(run.cargo, False)
        with open(output, "wb") as file:
            files = run.crates.folder, run.slave, file.fileno(), messages
            run.pid = spawn(cargo, [cargo, *words], run.crates.environment(), files, None)
        os.close(messages)
        run.is_cargo = True
        if run.stop is not None:
            signal_group(run.pid, run.stop)

    def read_cargo(self, run):
        """Passes on what cargo says. Returns whether there was something."""
        data = read_available(run.cargo) if run.cargo is not None else None
        if data == b"":
            close(run, "cargo")
        if data:
            run.crates.heard(data)
            self.send("u", run.number, data)
        return bool(data)

    def cargo_ended(self, run, status):
        """Goes on with the next command of cargo or the program, or ends the run with cargo's messages."""
        while self.read_cargo(run):
            pass
        close(run, "cargo")
        run.is_cargo, crates = False, run.crates
        if run.stop is not None:
            self.end(run, status=status)
        elif status == 0 and crates.steps:
            self.next_cargo(run)
        elif status == 0:
            links = crates.read_links()
            if links is None:
                raise Failure("cannot read the output of `cargo`")
            self.link(run, links)
        elif crates.can_go_online():
            crates.begin(False)
            self.send("u", run.number)
            self.next_cargo(run)
        else:
            self.end(run, status=status, crates=True)

    def link(self, run, links):
        """Compiles a program with crates that are built."""
        run.arguments = links["arguments"]
        self.begin_program(run, identity(links).encode())

    def begin_program(self, run, links):
        """Compiles a program, unless it is compiled already, and starts it."""
        spec, compiler = run.spec["build"], run.compiler
        made_from = [spec] + [version_of(path) for path in self.included(run).values()]
        parts = self.toolchains[compiler], json.dumps(made_from).encode(), links
        key = hashlib.sha256(b"".join(parts)).hexdigest()
        folder = os.path.join(self.cache, "rust")
        os.makedirs(folder, 0o700, exist_ok=True)
        run.program = os.path.join(folder, key)
        if os.path.isfile(run.program):
            os.utime(run.program)
            run.steps.append([run.program])
            self.next_step(run)
            return
        self.send("c", run.number)
        os.mkdir(os.path.join(run.folder, "source"))
        links = self.included(run)
        for link in links:
            os.makedirs(os.path.dirname(link), exist_ok=True)
        for link, path in links.items():
            if not os.path.lexists(link) and os.path.isfile(path):
                os.symlink(path, link)
        # Never a name of the deck's, whose file would be written through its link.
        names = ("snippet%d.rs" % number for number in itertools.count())
        paths = (os.path.join(run.folder, "source", name) for name in names)
        run.source = next(path for path in paths if not os.path.lexists(path))
        run.attempts = collections.deque(spec["attempts"])
        self.next_attempt(run)

    def included(self, run):
        """Returns the places beside the source and the files of the deck's folder that belong there."""
        links = {}
        for name in run.spec["build"]["includes"]:
            if not name.startswith(".."):
                links[os.path.join(run.folder, "source", name)] = os.path.join(self.folder, name)
        return links

    def next_attempt(self, run):
        """Starts the compiler with the next source."""
        run.attempt, compiler = run.attempts.popleft(), run.compiler
        program = os.path.join(run.folder, "program")
        with open(run.source, "w", encoding="utf-8") as file:
            file.write(run.attempt["source"])
        words = [word.replace("$source", run.source) for word in run.spec["build"]["arguments"]]
        beside = "--remap-path-prefix=%s=" % os.path.dirname(run.source)
        words = [compiler, beside, *words, *run.arguments, "-o", program, run.source]
        with open(os.path.join(run.folder, "messages"), "wb") as messages:
            files = self.folder, run.slave, messages.fileno(), messages.fileno()
            run.pid = spawn(compiler, words, dict(os.environ), files, None)
        if run.stop is not None:
            signal_group(run.pid, run.stop)

    def attempt_ended(self, run, status):
        """Starts the program, tries the next source, or ends the run with the compiler's messages."""
        attempt, run.attempt = run.attempt, None
        if run.stop is not None:
            self.end(run, status=status)
        elif status == 0 and not attempt["checks"]:
            # Under its name it is always complete.
            os.replace(os.path.join(run.folder, "program"), run.program)
            run.steps.append([run.program])
            self.next_step(run)
        elif run.attempts and (status == 0) == attempt["checks"]:
            self.next_attempt(run)
        else:
            with open(os.path.join(run.folder, "messages"), "rb") as messages:
                text = messages.read(MAX_QUEUED).decode("utf-8", "replace")
            text = text.replace(os.path.join(run.folder, "source", ""), "")
            self.end(run, status=status, errors=text)

    # Python

    def start_worker(self):
        """Starts the Python worker, unless it runs."""
        if self.worker is not None or self.worker_code is None:
            return
        ours, theirs = socket.socketpair()
        environment = dict(os.environ, PYTHONUNBUFFERED="1")
        environment["LIVEDECK_PYTHON_ORIGIN"] = "the Python of `%s`" % os.uname()[1]
        environment.pop("PYTHONHOME", None)
        words = [sys.executable, "-u", "-c", LAUNCH, self.worker_code]
        nothing = subprocess.DEVNULL
        self.worker = subprocess.Popen(
            words, stdin=theirs, stdout=nothing, stderr=nothing, env=environment
        )
        theirs.close()
        self.control = ours

    def worker_lost(self):
        """Lets the next run start a new worker. Its runs report their ends by closing their sockets."""
        self.control.close()
        self.worker = self.control = None

    def read_control(self):
        """Discards what the worker announces: runs are requested from the worker itself."""
        try:
            data, ancillary = self.control.recvmsg(READ_SIZE, socket.CMSG_LEN(64))[:2]
        except OSError:
            data, ancillary = b"", []
        for _, _, content in ancillary:
            for at in range(0, len(content) - 3, 4):
                os.close(int.from_bytes(content[at : at + 4], sys.byteorder))
        if not data and self.worker is not None:
            self.worker.kill()
            self.worker.wait()
            self.worker_lost()

    def start_python(self, run):
        """Requests a run from the worker, or from the process that holds the state to continue from."""
        target = None
        if run.spec["base"] is not None:
            run.base = self.runs.get(run.spec["base"])
            if run.base is None or not run.base.kept:
                self.end(run, lost=True)
                return
            run.base.children += 1
            target = run.base.report
        else:
            self.start_worker()
            target = self.control
        if target is None:
            raise Failure("the Python worker is not there")
        path = os.path.join(run.folder, "snippet.py")
        fields = [run.spec["code"], str(run.spec["first_line"]), run.spec["file"], path]
        fields += [self.folder, str(run.spec["memory"] or 0), run.spec["session"], "", "1"]
        given = {name: os.environ.get(name) for name in CHANGED_VARIABLES}
        given.update(run.spec["environment"], **{MARK: str(run.number)})
        fields += [name if value is None else name + "=" + value for name, value in given.items()]
        run.report, theirs = socket.socketpair()
        run.report.setblocking(False)
        run.parser = Reports()
        output = run.slave if run.pictured is None else run.pictured
        try:
            request(target, fields, (output, run.slave, theirs.fileno()))
        except OSError as error:
            raise Failure("the Python worker does not answer: %s" % error.strerror) from None
        finally:
            theirs.close()

    def read_reports(self, run):
        """Passes on reports of the worker, and follows them."""
        self.follow_reports(run, *self.take_reports(run))

    def take_reports(self, run):
        """Passes on reports of the worker. Returns them, and whether no more will come."""
        reports = []
        while run.report is not None:
            try:
                data = run.report.recv(READ_SIZE)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            if not data:
                return reports, True
            self.send("r", run.number, data)
            reports += run.parser.add(data)
        return reports, False

    def follow_reports(self, run, reports, is_last):
        """Follows reports."""
        for words in reports:
            self.on_report(run, words)
        if is_last and run.report is not None:
            self.reports_ended(run)

    def on_report(self, run, words):
        """Follows a report."""
        if words[0] == b"started" and not run.has_started:
            run.pid = int(words[1])
            self.report_start(run)
        elif words[0] == b"kept" and not run.is_over:
            run.kept, run.threads = True, words[2:] == [b"threads"]
            self.end(run, status=int(words[1]), kept=True, threads=run.threads)
        elif words[0] == b"status":
            run.status = int(words[1])
            if run.is_over:
                self.state_ended(run)
            else:
                self.end(run, status=run.status)

    def reports_ended(self, run):
        """Ends a run whose process is gone without a report of its end."""
        run.report.close()
        run.report = None
        if run.is_over:
            self.state_ended(run)
            return
        first = run.base
        while first is not None and first.threads:
            # It ran in the process of an earlier block, which has the report.
            self.read_reports(first)
            run.status = run.status if first.status is None else first.status
            first = first.base
        self.end(run, status=run.status, gone=run.status is None)

    def state_ended(self, run):
        """Removes a run whose state is gone."""
        run.kept = False
        if run.report is not None:
            run.report.close()
            run.report = None
        self.tidy(run)

    def drop_if_unused(self, run):
        """Ends the process of a state that no run continues from. One that a later state was forked from
        stays: it ends its forks with itself."""
        while run is not None and run.is_over and run.is_forgotten and run.children == 0:
            if run.kept and run.report is not None and not run.threads:
                run.report.close()
                run.report = None
            run.kept = False
            run.pid = None
            base, run.base = run.base, None
            self.tidy(run)
            if base is not None:
                base.children -= 1
            run = base

    def variables(self, run):
        """Sends the variables of a session after a run."""
        answer = b""
        if run.kept and run.report is not None:
            reader, output = os.pipe()
            ours, theirs = socket.socketpair()
            nothing = os.open(os.devnull, os.O_RDWR)
            fields = ["", "1", "", "", self.folder, "0", "variables", "", "0"]
            try:
                request(run.report, fields, (output, nothing, theirs.fileno()))
            except OSError:
                pass
            for number in (output, nothing):
                os.close(number)
            theirs.close()
            due = time.monotonic() + MAX_ANSWER_TIME
            while readable(reader, max(0.0, due - time.monotonic())):
                data = os.read(reader, READ_SIZE)
                if not data:
                    break
                answer += data
            os.close(reader)
            ours.setblocking(False)
            try:
                # The process and what a value has started.
                for words in Reports().add(ours.recv(READ_SIZE)):
                    if words[0] == b"started":
                        signal_group(int(words[1]), signal.SIGKILL)
            except OSError:
                pass
            ours.close()
        self.send("v", run.number, answer)

    # Files

    def begin_files(self, files):
        """Removes files that livedeck no longer has, and asks for those that differ."""
        self.files, self.file, self.file_error = files, None, None
        needed = []
        try:
            known = set(self.known())
            for index, (path, size, modified, _) in enumerate(files):
                known.discard(path)
                try:
                    found = os.lstat(self.path_of(path))
                except OSError:
                    found = None
                is_same = found is not None and found.st_size == size
                if not is_same or found.st_mtime_ns // 1000 != modified // 1000:
                    needed.append(index)
            for path in known:
                try:
                    os.unlink(self.path_of(path))
                except FileNotFoundError:
                    pass
        except OSError as error:
            self.file_error = "%s: %s" % (error.filename, error.strerror)
        except Failure as error:
            self.file_error = str(error)
        self.send("m", 0, {"needed": needed})

    def known(self):
        """Returns the paths that were copied before."""
        try:
            with open(self.known_files, encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            return []

    def path_of(self, path):
        """Returns the place of a file of the deck's folder."""
        parts = path.split("/")
        if any(part in ("", ".", "..") for part in parts):
            raise Failure("`%s` is not in the deck's folder" % path)
        return os.path.join(self.folder, *parts)

    def file_data(self, index, data):
        """Writes bytes of a file."""
        if self.file_error is not None:
            return
        try:
            if self.file is None or self.file[0] != index:
                self.finish_file()
                path = self.path_of(self.files[index][0])
                os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
                self.file = index, path, open(path + ".livedeck-part", "wb")
            self.file[2].write(data)
        except OSError as error:
            self.file_error = "%s: %s" % (error.filename or self.files[index][0], error.strerror)
        except Failure as error:
            self.file_error = str(error)

    def finish_file(self):
        """Puts a file that is complete in its place."""
        if self.file is None:
            return
        (index, path, file), self.file = self.file, None
        file.close()
        _, _, modified, mode = self.files[index]
        os.chmod(file.name, mode)
        os.utime(file.name, ns=(modified, modified))
        os.replace(file.name, path)

    def end_files(self):
        """Remembers what was copied, and reports an error."""
        try:
            if self.file_error is None:
                self.finish_file()
                with open(self.known_files, "w", encoding="utf-8") as file:
                    json.dump([entry[0] for entry in self.files], file)
        except OSError as error:
            self.file_error = "%s: %s" % (error.filename, error.strerror)
        self.send("e", 0, {"error": self.file_error})

    # Others

    def probe(self, fields):
        """Returns what is installed."""
        rustc = shutil.which("rustc")
        version = None
        if rustc is not None:
            asked = subprocess.run([rustc, "-V"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            version = asked.stdout.decode("utf-8", "replace").strip() or None
        missing = [name for name in fields["programs"] if shutil.which(name) is None]
        return {"rustc": version, "missing": missing}

    def shut_down(self):
        """Kills everything that was started, and removes the temporary files."""
        groups = [run.pid for run in self.runs.values() if run.pid is not None]
        if self.worker is not None:
            groups.append(self.worker.pid)
        for group in groups:
            signal_group(group, signal.SIGKILL)
        for _ in range(MAX_KILL_ROUNDS):
            left = descendants()
            for pid in left:
                kill_process(pid)
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                pass
            if not left:
                break
            time.sleep(KILL_PAUSE)
        shutil.rmtree(self.temp, ignore_errors=True)


def spawn(program, words, environment, files, memory):
    """Starts a program in a session of its own, with a terminal. Returns its process."""
    folder, terminal, output, errors = files
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ALL_SIGNALS)
    pid = os.fork()
    if pid != 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        return pid
    try:
        signal.set_wakeup_fd(-1)
        for number in ALL_SIGNALS:
            # A background process outlives the session's leader.
            ignored = number == signal.SIGHUP
            signal.signal(number, signal.SIG_IGN if ignored else signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        os.dup2(terminal, 0)
        os.dup2(output, 1)
        os.dup2(errors, 2)
        if memory and sys.platform == "linux":
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        os.chdir(folder)
        os.execve(program, words, environment)
    except BaseException as error:
        os.write(2, ("cannot start `%s`: %s\n" % (words[0], error)).encode())
    finally:
        os._exit(127)


def request(target, fields, files):
    """Sends a request of the Python worker: its fields, and three files."""
    packed = b"".join(
        len(field).to_bytes(4, "little") + field for field in map(os.fsencode, fields)
    )
    packed = len(packed).to_bytes(4, "little") + packed
    rights = b"".join(number.to_bytes(4, sys.byteorder) for number in files)
    target.setblocking(True)
    try:
        sent = target.sendmsg([packed], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        if sent < len(packed):
            target.sendall(packed[sent:])
    finally:
        target.setblocking(False)


def read_available(file):
    """Returns the bytes that can be read now: none at all (None), or empty at the end."""
    try:
        return os.read(file, READ_SIZE)
    except BlockingIOError:
        return None
    except OSError:
        # A terminal whose other side is closed.
        return b""


def close(run, *names):
    """Closes files of a run."""
    for name in names:
        number = getattr(run, name)
        if number is not None:
            os.close(number)
            setattr(run, name, None)


def version_of(path):
    """Returns what changes with a file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def readable(number, limit):
    """Waits until a file has bytes, or is at its end. Returns whether that is so."""
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(limit * 1000))


def signal_group(pid, number):
    """Signals a process group. A suspended process handles an interrupt when it continues."""
    for each in (number, signal.SIGCONT):
        try:
            os.killpg(pid, each)
        except ProcessLookupError:
            # It has no group of its own yet.
            kill_process(pid, each)
        except OSError:
            pass


def kill_process(pid, number=signal.SIGKILL):
    """Signals a process."""
    try:
        os.kill(pid, number)
    except OSError:
        pass


def processes():
    """Returns the parent and the session of each process of this machine, by its number."""
    found = {}
    try:
        numbers = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return found
    for pid in numbers:
        try:
            with open("/proc/%d/stat" % pid, "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        if fields[0] not in (b"Z", b"X"):
            found[pid] = int(fields[1]), int(fields[3])
    return found


def descendants():
    """Returns the processes that come from this one, with their sessions."""
    found, own = processes(), {}
    ours, is_growing = {os.getpid()}, True
    while is_growing:
        is_growing = False
        for pid, (parent, session) in found.items():
            if parent in ours and pid not in ours:
                ours.add(pid)
                own[pid] = session
                is_growing = True
    return own


def processes_of(run):
    """Returns the processes of a run: those of its session, and those that have its mark."""
    mark, found = ("%s=%d" % (MARK, run.number)).encode(), []
    for pid, session in descendants().items():
        if run.pid is not None and session == run.pid:
            found.append(pid)
            continue
        try:
            with open("/proc/%d/environ" % pid, "rb") as file:
                if mark in file.read().split(b"\0"):
                    found.append(pid)
        except OSError:
            pass
    return found


def waits_for_input(leader, terminal):
    """Returns whether a process or one of its descendants waits for input from a terminal."""
    calls = CALLS.get(os.uname()[4], {})
    to_visit = [leader] if calls else []
    while to_visit:
        pid = to_visit.pop()
        try:
            threads = os.listdir("/proc/%d/task" % pid)
        except OSError:
            continue
        for thread in threads:
            place = "/proc/%d/task/%s/" % (pid, thread)
            try:
                with open(place + "children") as file:
                    to_visit.extend(map(int, file.read().split()))
                with open(place + "syscall") as file:
                    words = file.read().split()
                if any(is_terminal(pid, number, terminal) for number in awaited(pid, words, calls)):
                    return True
            except (OSError, ValueError):
                continue
    return False


def awaited(pid, words, calls):
    """Returns the files that a system call waits to read from."""
    kind = calls.get(int(words[0])) if words[:1] != ["running"] else None
    if kind is None:
        return []
    first, second = int(words[1], 16), int(words[2], 16)
    if kind == READ:
        return [first]
    size = min(second, 64) * 8 if kind == POLL else (min(first, 1024) + 7) // 8
    with open("/proc/%d/mem" % pid, "rb", 0) as memory:
        memory.seek(first if kind == POLL else second)
        data = memory.read(size)
    if kind == SELECT:
        return [bit for bit in range(8 * len(data)) if data[bit // 8] >> bit % 8 & 1]
    return [number for number, events, _ in struct.iter_unpack("=ihh", data) if events & 1]


def is_terminal(pid, number, terminal):
    """Returns whether a file of a process is this terminal."""
    link = os.readlink("/proc/%d/fd/%d" % (pid, number))
    return link == terminal or link == "/dev/tty"


def main():
    """Serves livedeck, with files that no block inherits."""
    os.write(1, GREETING)
    agent = Agent()
    errors = os.fdopen(os.dup(2), "w")
    sys.stderr = errors
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.close(nothing)
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    home = os.path.expanduser("~")
    path += [os.path.join(home, name) for name in (".cargo/bin", ".local/bin")]
    os.environ["PATH"] = os.pathsep.join(path)
    if sys.platform == "linux":
        try:
            import ctypes

            ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
        except (ImportError, OSError, AttributeError):
            pass
    try:
        agent.serve()
    except OSError:
        # The connection is gone.
        pass
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, ALL_SIGNALS)
        agent.shut_down()


main()
