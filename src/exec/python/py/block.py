"""Serves one request in its process: sets up the environment of a block, runs its code, shows values and
errors, and ends. A part of the worker's program: `boot.py` and its other files are one module.

This code runs between a key and a block's first output. `rehearse_run` runs it in the waiting fork
before, which leaves little to copy or create when the request arrives.
"""

HIGH_NUMBERS = (4000, 1000, 240)
ONLY_AST = 0x400
AWAITS = 0x2000
IS_COROUTINE = 0x80
FRESH_LINE = "\x1b[?7z"
MAX_PADDING = 10000000
TASK_FUNCTIONS = ("create_task", "ensure_future", "get_running_loop")


def run(request, output, terminal, report):
    """Serves one request. Returns only in a process that becomes a snapshot: the socket of its
    requests."""
    us, status = os.getpid(), 1
    try:
        report = high_numbered(report)
        enter(request, output, terminal, report)
        ValueDisplay.begin(request, report)
        status = serve_request(request, report)
        if os.getpid() == us:
            if request.becomes_snapshot:
                return become_snapshot(report, status)
            finish()
    except BaseException as error:
        if os.getpid() == us:
            show(request, report, error, error.__traceback__)
            if request.becomes_snapshot and isinstance(error, KeyboardInterrupt):
                return become_snapshot(report, 130)
    flush()
    if os.getpid() == us:
        leave_terminal(False)
    os._exit(status)


def high_numbered(report):
    """Moves a file to a number that survives a block that closes all files in a usual range. The system
    limits how high the number can be."""
    for number in HIGH_NUMBERS:
        try:
            os.dup2(report, number, False)
        except OSError:
            continue
        os.close(report)
        return number
    return report


def serve_request(request, report):
    """Does what the request asks for. Returns the exit status."""
    if request.preimports:
        return preimport(request, report)
    Preimported.is_snapshot = False
    return list_variables() if request.lists_variables else execute(request, report)


def enter(request, output, terminal, report):
    """Sets up the environment of a request."""
    os.dup2(terminal, 0)
    os.dup2(output, 1)
    os.dup2(terminal, 2)
    os.close(output)
    os.close(terminal)
    if request.owner:
        take_terminal()
    sys.stdin = sys.__stdin__ = reader(0)
    sys.stdout = sys.__stdout__ = stream(1, "<stdout>", STREAM_ERRORS)
    sys.stderr = sys.__stderr__ = stream(2, "<stderr>", "backslashreplace")
    for name, given, value in request.environment:
        if given:
            os.environb[name] = value
        else:
            os.environb.pop(name, None)
    set_owner(request.owner)
    if faulthandler is not None:
        Faults.enable(report, False)
    DeckModules.begin(request, report)
    if not request.continues:
        begin(request)
    # From here on it can be interrupted. The session then keeps this environment.
    if not write_report(report, "started %d %d\n" % (os.getpid(), time.monotonic_ns())):
        # The request was sent to another worker in the meantime: it must not run twice.
        os._exit(1)


def take_terminal():
    """Makes the terminal of the block `/dev/tty` for it and the processes that it will start."""
    if fcntl is not None:
        try:
            fcntl.ioctl(0, TAKE_TERMINAL, 0)
        except OSError:
            pass


def leave_terminal(stays):
    """Gives the terminal up. Otherwise the system would hang up on the processes that the block leaves
    behind, when this one ends or, if it `stays`, when the terminal is closed."""
    if fcntl is None or not (stays or has_started_any()):
        return
    handled = [(number, _signal.getsignal(number)) for number in (_signal.SIGHUP, _signal.SIGTTOU)]
    try:
        for number, _ in handled:
            _signal.signal(number, _signal.SIG_IGN)
        if has_started_any():
            # The hangup goes to the foreground group: make it one that has ended.
            other = os.posix_spawn("/bin/sh", ["sh", "-c", ":"], {}, setpgroup=0)
            os.tcsetpgrp(0, other)
            os.waitpid(other, 0)
        if stays:
            fcntl.ioctl(0, LEAVE_TERMINAL)
            for number, handler in handled:
                if handler is not None:
                    _signal.signal(number, handler)
    except (AttributeError, OSError, ValueError):
        pass


def has_started_any():
    """Returns whether this process has, or had, children."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return True
    except (AttributeError, OSError):
        pass
    try:
        import resource

        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 0
    except ImportError:
        return True


def set_owner(owner):
    """Tags this process and those that it will start as this owner's: see `exec/os/process_tag.rs`."""
    if _livedeck is not None:
        return _livedeck.set_owner(owner)
    if sys.platform != "linux":
        return
    try:
        import resource

        now, most = resource.getrlimit(resource.RLIMIT_RSS)
        if now >= 0 and now >> 62 == 1:
            resource.setrlimit(resource.RLIMIT_RSS, (now >> 32 << 32 | owner, most))
    except (ImportError, OSError, ValueError):
        pass


def begin(request):
    """Makes the process look like a script that starts."""
    try:
        os.chdir(request.directory)
    except OSError:
        pass
    sys.argv = [request.path]
    if hasattr(sys, "orig_argv"):
        sys.orig_argv = [sys.executable, request.path]
    sys.modules["__main__"] = main = type(sys)("__main__")
    if sys.version_info < (3, 14):
        main.__annotations__ = {}
    if not request.preimports:
        limit(request.memory)
        sys.path.insert(0, request.directory)


def limit(memory):
    """Limits the bytes of this process's data, not counting preimported modules."""
    if memory and sys.platform == "linux":
        import resource

        memory += Preimported.memory
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def reader(file):
    """Returns a stream for reading, like Python's own."""
    stream = open(file, encoding="utf-8", errors=STREAM_ERRORS, closefd=False)
    stream.buffer.raw.name = "<stdin>"
    return stream


def stream(file, name, errors):
    """Returns a stream for writing, like Python's own, but unbuffered and in UTF-8 in any locale."""
    raw = io.FileIO(file, "w", closefd=False)
    raw.name = name
    text = io.TextIOWrapper(raw, "utf-8", errors, "\n", line_buffering=True, write_through=True)
    text.mode = "w"
    return text


def execute(request, report):
    """Runs the block as a script. Returns its exit status."""
    try:
        main, code, last = prepare(request)
    except BaseException as error:
        part(ERRORS).fix_syntax_error(error, linecache.cache[request.file][2])
        show(request, report, error, None)
        return 1
    try:
        if (code.co_flags | (last.co_flags if last else 0)) & IS_COROUTINE or starts_tasks(request):
            ValueDisplay.result(part(NOTEBOOK).complete(code, last, main.__dict__))
        else:
            exec(code, main.__dict__)
            if last is not None:
                ValueDisplay.result(eval(last, main.__dict__))
        if "matplotlib.pyplot" in sys.modules:
            ValueDisplay.prepare().figures()
    except SystemExit as error:
        return exit_status(error.code)
    except BaseException as error:
        show(request, report, error, from_block(request, error.__traceback__))
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    finally:
        if NOTEBOOK in PARTS and not request.becomes_snapshot:
            part(NOTEBOOK).end_loop()
    return 0


def starts_tasks(request):
    """Returns whether a block of a session needs a running event loop, as notebooks have one."""
    if not request.becomes_snapshot or not any(it in request.source for it in TASK_FUNCTIONS):
        return False
    return part(NOTEBOOK).starts_tasks(request.source, TASK_FUNCTIONS)


def from_block(request, trace):
    """Returns the part of a traceback from the block on, without the worker's frames."""
    trace = at = trace and trace.tb_next
    while at is not None and at.tb_frame.f_code.co_filename != request.file:
        at = at.tb_next
    return at or trace


PARTS = {}


def part(text):
    """Returns a part of this program, compiled when it is first needed."""
    if text not in PARTS:
        PARTS[text] = known = type(sys)("_livedeck_part")
        exec(compile(text, OWN_CODE, "exec", dont_inherit=True), known.__dict__)
        known.shows, known.without_magics = ValueDisplay, without_magics
    return PARTS[text]


def prepare(request):
    """Returns the block's module, its code, and separately its last expression."""
    main = sys.modules["__main__"]
    if request.continues:
        restart_at(request.path, getattr(main, "__file__", None))
    main.__file__ = request.path
    main.__loader__ = SourceFileLoader("__main__", request.path)
    if sys.version_info < (3, 15):
        main.__cached__ = None
    main.__builtins__ = builtins
    # Elsewhere its absence says that this is no IPython: `try: get_ipython() except NameError: …`.
    if "get_ipython(" in request.source and "except" not in request.source:
        shell = part(MAGICS).Shell(main.__dict__)
        builtins.get_ipython = lambda: shell
    padding = "\n" * min(max(request.first_line - 1, 0), MAX_PADDING)
    source = padding + request.source
    lines = [line + "\n" for line in source.split("\n")]
    known = linecache.cache.get(request.file) if request.continues else None
    merged = merged_lines(known[2] if known else [], lines, len(padding))
    for name in (request.file, request.path):
        linecache.cache[name] = (len(source), None, merged, name)
    return (main, *split_code(source, lines, request.file))


def restart_at(path, before):
    """Makes a program that starts itself again start this block, and not the session's first."""
    for words in (sys.argv, getattr(sys, "orig_argv", [])):
        words[:] = [path if word == before else word for word in words]


def split_code(source, lines, file):
    """Returns the block's code, and separately its last expression if its value is to be shown."""
    try:
        tree = compile(source, file, "exec", ONLY_AST | AWAITS, dont_inherit=True)
    except SyntaxError:
        tree = with_magics(source, file)
        if tree is None:
            raise
    last = tree.body[-1] if tree.body else None
    wanted = type(last).__name__ == "Expr" and hasattr(last, "end_lineno")
    if wanted:
        rest = lines[last.end_lineno - 1 :]
        rest[0] = rest[0].encode()[last.end_col_offset :].decode()
        wanted = not any(";" in line.partition("#")[0] for line in rest)
    if not wanted:
        return compile(tree, file, "exec", AWAITS, dont_inherit=True), None
    expression = compile("0", file, "eval", ONLY_AST)
    expression.body = tree.body.pop().value
    code = compile(tree, file, "exec", AWAITS, dont_inherit=True)
    return code, compile(expression, file, "eval", AWAITS, dont_inherit=True)


def with_magics(source, file):
    """Returns the tree of a block that IPython's magics make valid. `None` if it is not valid."""
    if not any(sign in source for sign in "%!?"):
        return None
    magics = part(MAGICS)
    rewritten = magics.rewrite(source)
    if rewritten is None:
        return None
    try:
        tree = compile(rewritten, file, "exec", ONLY_AST | AWAITS, dont_inherit=True)
    except SyntaxError:
        return None
    return magics.finish(tree)


def without_magics(lines):
    """Returns lines of this run's blocks as Python: without magics."""
    return part(MAGICS).blank(lines) if MAGICS in PARTS else lines


class ValueDisplay:
    """The values that a block shows, by the code of `display.py`."""

    code = None
    run = None
    last = None
    keeps = False
    # Whether `%%capture` keeps what is shown from the slide.
    captures = False
    file = None
    SMALL = 1000
    SIMPLE = (bool, int, float, complex, str, bytes)

    @classmethod
    def prepare(cls):
        """Returns the code of `display.py`, compiled when it is first needed."""
        if cls.code is None:
            cls.code = type(sys)("_livedeck_display")
            exec(compile(DISPLAY, OWN_CODE, "exec", dont_inherit=True), cls.code.__dict__)
        if cls.run is not None and cls.code.run is None:
            cls.code.run = cls.code.Run(*cls.run)
        return cls.code

    @classmethod
    def begin(cls, request, report):
        """Starts a run. If its standard output is not the terminal, it shows no values."""
        where = lambda trace: line_text(request, trace)
        cls.run = os.getpid(), report, os.isatty(1), flush, where
        cls.keeps, cls.file = request.becomes_snapshot, request.file
        matplotlib = sys.modules.get("matplotlib")
        if matplotlib is not None and "LIVEDECK_COLORS" in os.environ and not request.continues:
            # Preimported, before the colours were known.
            try:
                cls.prepare().use_colors(matplotlib)
            except Exception:
                pass
        if cls.code is not None:
            cls.code.run = cls.code.Run(*cls.run)

    @classmethod
    def result(cls, value):
        """Shows the value of the block's last expression, like an interactive Python."""
        if value is None or not os.isatty(1):
            return
        if cls.keeps and getattr(builtins, "_", cls.last) is cls.last:
            builtins._ = cls.last = value
        if type(value) in cls.SIMPLE and sys.getsizeof(value) < cls.SMALL:
            print((FRESH_LINE if sys.stdout is sys.__stdout__ else "") + repr(value))
            return
        code = cls.prepare()
        if not code.is_handle(value):
            code.show(value)


def display(*values, **how):
    """Shows values in the output of the block: pictures, tables and markdown."""
    if ValueDisplay.captures:
        return None
    return ValueDisplay.prepare().display(*values, **how)


def clear_output(wait=False):
    """Removes what the block has shown, as in a notebook."""
    ValueDisplay.prepare().clear_shown(wait)


class Faults:
    """`faulthandler` for blocks: crashes are always reported, and stacks omit the worker's frames."""

    enable = dump = None

    @classmethod
    def install(cls):
        """Replaces the functions of `faulthandler`."""
        if faulthandler is not None:
            cls.enable, cls.dump = faulthandler.enable, faulthandler.dump_traceback
            faulthandler.enable = cls.enable_in_block
            faulthandler.dump_traceback = cls.dump_in_block

    @classmethod
    def enable_in_block(cls, file=None, all_threads=True, **how):
        """Does nothing, because crashes are reported anyway, unless they should go to a file."""
        if file is not None and file is not sys.stderr and file != 2:
            cls.enable(file, all_threads, **how)

    @classmethod
    def dump_in_block(cls, file=None, all_threads=True):
        """Writes the stack without the worker's frames."""
        part(ERRORS).dump_traceback(cls.dump, file, all_threads)


class ImportHook:
    """An import hook that adapts modules when they are imported: those that draw, those that start
    processes, and those that show the stack."""

    is_ours = True
    STACK_MODULES = ("traceback", "inspect", "bdb", "warnings")

    @staticmethod
    def find_spec(name, path=None, target=None):
        """Returns a changed or substitute module, or prepares matplotlib and returns `None`."""
        if name in ImportHook.STACK_MODULES:
            return part(STACKS).find(ImportHook.other_spec(name, path))
        if name[:7] == "IPython":
            return part(NOTEBOOK).find(name, ImportHook.other_spec, (display, clear_output))
        if name == "multiprocessing.spawn":
            spec = ImportHook.other_spec(name, path)
            return part(NOTEBOOK).find_spawn(spec, lambda: ValueDisplay.file)
        if name == "multiprocessing.resource_tracker":
            return part(NOTEBOOK).find_tracker(ImportHook.other_spec(name, path))
        if name == "matplotlib.pyplot":
            try:
                ValueDisplay.prepare().use_figures()
            except Exception:
                pass

    @staticmethod
    def other_spec(name, path):
        """Returns the spec of a module from the other finders."""
        for finder in sys.meta_path:
            if not getattr(finder, "__dict__", {}).get("is_ours") and hasattr(finder, "find_spec"):
                found = finder.find_spec(name, path)
                if found is not None:
                    return found
        return None

    @classmethod
    def adapt_loaded(cls):
        """Adapts modules that the interpreter imported before this hook was there."""
        for name in cls.STACK_MODULES:
            if name in sys.modules:
                part(STACKS).adapt(sys.modules[name])


class DeckModules:
    """Finds the deck's modules: Rust blocks, compiled by the program that started us. A file for each
    module has its state and the path of the newest build; an import waits while it is being built."""

    folder = report = None
    loaded = {}
    PAUSE = 0.002

    @classmethod
    def begin(cls, request, report):
        """Starts a run: unloads modules that are no longer the newest. An import then loads them
        again. Objects of the old module stay valid."""
        cls.folder, cls.report = request.modules, report
        for name, file in list(cls.loaded.items()):
            if request.continues and cls.newest(name) != ("ready", file):
                del cls.loaded[name]
                for known in [it for it in sys.modules if (it + ".").startswith(name + ".")]:
                    del sys.modules[known]

    @classmethod
    def newest(cls, name):
        """Returns the state of a module and its file or error, or `None` if the deck has no such
        module."""
        try:
            with io.FileIO(os.path.join(cls.folder, name)) as file:
                state, _, rest = file.readall().partition(b"\n")
        except (OSError, ValueError):
            return None
        return state.decode(), os.fsdecode(rest)

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        """Returns the spec of the newest build, if the deck has a module of this name."""
        if not cls.folder or path is not None or "." in name:
            return None
        newest = cls.newest(name)
        if newest and newest[0] == "building":
            write_report(cls.report, "awaits %s\n" % name)
            try:
                while newest and newest[0] == "building":
                    select.select([], [], [], cls.PAUSE)
                    newest = cls.newest(name)
            finally:
                write_report(cls.report, "awaits\n")
        if not newest:
            return None
        state, text = newest
        if state != "ready":
            raise ImportError("module `%s` does not compile: %s" % (name, text), name=name)
        import _frozen_importlib_external as external

        cls.loaded[name] = text
        loader = external.ExtensionFileLoader(name, text)
        return external.spec_from_file_location(name, text, loader=loader)


def exit_status(code):
    """Returns the exit status of `sys.exit(code)`."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def show(request, report, error, trace):
    """Prints an uncaught exception without the worker's frames."""
    flush()
    if isinstance(error, KeyboardInterrupt):
        print("interrupted%s" % line_text(request, trace), file=sys.stderr)
        return
    write_report(report, "raised\n")
    trace = without_ours(trace)
    error = error.with_traceback(trace)
    # Before 3.13 the built-in hook reads the deck's file, which may have changed since.
    if sys.excepthook is not sys.__excepthook__ or sys.version_info >= (3, 13):
        try:
            sys.excepthook(type(error), error, trace)
        except BaseException as failure:
            part(ERRORS).print_failed_hook(failure, error, trace)
    else:
        part(ERRORS).print_exception(error, trace)
    if isinstance(error, ModuleNotFoundError) and ORIGIN:
        print("note: this is %s, %s" % (sys.executable, ORIGIN), file=sys.stderr)


def without_ours(trace):
    """Removes the worker's frames from a traceback: those of a failed import or of a magic."""
    kept = []
    while trace is not None:
        if trace.tb_frame.f_code.co_filename != OWN_CODE:
            kept.append(trace)
        trace = trace.tb_next
    for at, next in zip(kept, [*kept[1:], None]):
        at.tb_next = next
    return kept[0] if kept else None


def line_text(request, trace):
    """Returns the innermost line of the deck in a traceback, as text."""
    line = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == request.file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return "" if line is None else " in line %d of %s" % (line, request.file)


def finish():
    """Ends like an interpreter: waits for threads, runs `atexit` functions, then frees the script's
    objects to run their `__del__` methods. Lets the reader of the output run first."""
    getattr(os, "sched_yield", bool)()
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()
    atexit._run_exitfuncs()
    flush()
    sys.modules.pop("__main__", None)
    gc.collect()


def flush():
    """Writes buffered output and ignores errors."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass
    ctypes = sys.modules.get("ctypes")
    if ctypes is not None:
        # C code keeps a line that has no end, and this process does not end as C programs do.
        try:
            library = ctypes.CDLL(None)
            name = "__stdoutp" if sys.platform == "darwin" else "stdout"
            library.fflush(ctypes.c_void_p.in_dll(library, name))
        except BaseException:
            pass
