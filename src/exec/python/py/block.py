"""One order in its process: the surroundings that a block finds, its code, what it shows beside what it
prints, and its end. A part of the worker's program, of which `boot.py` is the head.

What stands here is on the way from a key to a block's first line: `rehearse` goes through it in the
fork that waits, so that nothing has to be copied, or made, when the order is there.
"""

OUT_OF_REACH = (4000, 1000, 240)
ONLY_AST = 0x400
AWAITS = 0x2000
IS_COROUTINE = 0x80
SCRIPT = "snippet.py"
FRESH_LINE = "\x1b[?7z"
LONGEST_PADDING = 10000000


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
    belong(order.owner)
    if faulthandler is not None:
        Faults.enable(report, False)
    Modules.begin(order, report)
    if not order.goes_on:
        begin(order)
    # From here on it may be interrupted. A session then still has what was set up so far.
    if not tell(report, "started %d %d\n" % (os.getpid(), time.monotonic_ns())):
        # The order was given to another worker since: it must not run twice.
        os._exit(1)


def belong(owner):
    """Tags this process, and what it will start, as this owner's: see `exec/family/tag.rs`."""
    if _livedeck is not None:
        return _livedeck.belong(owner)
    if sys.platform != "linux":
        return
    try:
        import resource

        now, most = resource.getrlimit(resource.RLIMIT_RSS)
        if now >= 0 and now >> 62 == 1:
            resource.setrlimit(resource.RLIMIT_RSS, (now >> 32 << 32 | owner, most))
    except (ImportError, OSError, ValueError):
        pass


def begin(order):
    """Looks like a script that starts."""
    try:
        os.chdir(order.directory)
    except OSError:
        pass
    sys.argv = [SCRIPT]
    if hasattr(sys, "orig_argv"):
        sys.orig_argv = [sys.executable, SCRIPT]
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
        part(ERRORS).as_written(error, linecache.cache[order.file][2])
        show(order, report, error, None)
        return 1
    try:
        if (code.co_flags | (last.co_flags if last else 0)) & IS_COROUTINE:
            Shown.result(part(NOTEBOOK).complete(code, last, main.__dict__))
        else:
            exec(code, main.__dict__)
            if last is not None:
                Shown.result(eval(last, main.__dict__))
        if "matplotlib.pyplot" in sys.modules:
            Shown.prepare().figures()
    except SystemExit as error:
        return exit_status(error.code)
    except BaseException as error:
        show(order, report, error, from_block(order, error.__traceback__))
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    finally:
        if NOTEBOOK in PARTS and not order.stays:
            part(NOTEBOOK).end_loop()
    return 0


def from_block(order, trace):
    """A traceback from the block on, without what carries it out."""
    trace = at = trace and trace.tb_next
    while at is not None and at.tb_frame.f_code.co_filename != order.file:
        at = at.tb_next
    return at or trace


PARTS = {}


def part(text):
    """A part of this program that is compiled when it is first needed."""
    if text not in PARTS:
        PARTS[text] = known = type(sys)("_livedeck_part")
        exec(compile(text, OWN_CODE, "exec", dont_inherit=True), known.__dict__)
    return PARTS[text]


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
    tree = compile(source, file, "exec", ONLY_AST | AWAITS, dont_inherit=True)
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


class Shown:
    """What a block shows beside what it prints; `display.py` knows how."""

    code = None
    run = None
    last = None
    keeps = False
    file = None
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
        cls.keeps, cls.file = order.stays, order.file
        if cls.code is not None:
            cls.code.run = cls.code.Run(*cls.run)

    @classmethod
    def result(cls, value):
        """Shows the value of the block's last expression, as an interactive Python does."""
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
    """Shows values where the block stands: pictures, tables and markdown as what they are."""
    return Shown.prepare().display(*values, **how)


def clear_output(wait=False):
    """Takes back what the block has printed, as in a notebook."""
    if os.isatty(1):
        print("\x1b[2J\x1b[H", end="", flush=True)


class Faults:
    """`faulthandler` as a block has it: a crash is reported anyway, and stacks are without our part."""

    enable = dump = None

    @classmethod
    def install(cls):
        """Has blocks find it."""
        if faulthandler is not None:
            cls.enable, cls.dump = faulthandler.enable, faulthandler.dump_traceback
            faulthandler.enable = cls.enable_in_block
            faulthandler.dump_traceback = cls.dump_in_block

    @classmethod
    def enable_in_block(cls, file=None, all_threads=True, **how):
        """Leaves crashes to be reported as those of any block, but for those that go to a file."""
        if file is not None and file is not sys.stderr and file != 2:
            cls.enable(file, all_threads, **how)

    @classmethod
    def dump_in_block(cls, file=None, all_threads=True):
        """Writes the stack."""
        part(ERRORS).dump_traceback(cls.dump, file, all_threads)


class Figures:
    """Stands in the way of matplotlib's own choice of where to draw: looked at before pyplot is
    imported."""

    is_ours = True

    @staticmethod
    def find_spec(name, path=None, target=None):
        """Finds nothing itself but what stands in for IPython."""
        if name[:7] == "IPython":
            return part(NOTEBOOK).find(name, display, clear_output)
        if name == "multiprocessing.spawn":
            return part(NOTEBOOK).find_spawn(path, lambda: Shown.file)
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
        part(ERRORS).print_exception(error, trace)


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
    getattr(os, "sched_yield", bool)()
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
