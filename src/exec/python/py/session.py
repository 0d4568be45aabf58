"""What makes a session of runs: one that has ended stays as it is, and the next goes on in a fork of
it. A part of the worker's program, of which `boot.py` is the head: all parts are one module.

A base does nothing but wait for orders, so that what a block left stays as it was. It runs no code
of the deck any more; even to look at a value a fork is made, which may hang or crash alone.

Threads do not go along into a fork. Where a block left some, the next one runs in the same process,
which has no earlier state to go back to; and so it is everywhere that a fork is not safe.
"""

MOST_NAMES = 400
LONGEST_VALUE = 300


def stay(report, status):
    """Makes a base of a run whose code has ended; the socket that its orders come from."""
    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    flush()
    # What waits for orders is no process in the background.
    belong(0)
    Spare.goes_on = not Warmed.is_base
    whole = is_whole_in_fork()
    if whole:
        # What the block's terminal is read by learns that nobody writes to it any more.
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        if nothing > 2:
            os.close(nothing)
        # `select` knows no file as far out.
        report = within_reach(report)
    if not tell(report, "kept %d%s\n" % (status << 8, "" if whole else " threads")):
        os._exit(status)
    control = socket.socket(fileno=report)
    return control if whole else go_on_in_place(control)


def drawn():
    """How far random numbers are drawn, if they are: a fork begins anew, unless it is told."""
    try:
        return sys.modules["random"].getstate()
    except Exception:
        return None


def within_reach(report):
    """Moves the file back among the others."""
    near = os.dup(report)
    os.close(report)
    return near


def is_whole_in_fork():
    """Whether a fork of this process would be all of it: threads are not part of it."""
    if sys.platform == "darwin" or sys.modules["_thread"]._count() > 0:
        return False
    if is_single():
        return True
    # A pool of a numeric library ends by itself when its process forks, and begins again after
    # that, on both sides. What is still there after a fork is no such pool.
    try:
        fork = fork_quietly()
    except OSError:
        return False
    if fork == 0:
        os._exit(0)
    os.waitpid(fork, 0)
    return is_single()


def fork_quietly():
    """Forks without a word about threads, from 3.12 on: it is known that there are some."""
    warnings = sys.modules.get("warnings")
    if warnings is None:
        return os.fork()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return os.fork()


def is_single():
    """Whether this process has one thread. One that was waited for may take a moment to go."""
    for _ in range(10):
        try:
            if len(os.listdir("/proc/self/task")) == 1:
                return True
        except OSError:
            return True
        select.select([], [], [], 0.001)
    return False


def go_on_in_place(control):
    """Takes the next order in this process; what it leads to, as `run` says."""
    orders = Orders(control)
    while True:
        if not orders.receive():
            os._exit(0)
        for frame, files in orders.complete():
            order = Order(frame)
            if not order.asks_names:
                _signal.signal(_signal.SIGINT, _signal.default_int_handler)
                control.detach()
                return run(order, *files)
            answer_in_fork(order, files)


def answer_in_fork(order, files):
    """Tells the names in a fork: to look at values may take for ever."""
    if fork_quietly() == 0:
        try:
            settle()
            run(order, *files)
        finally:
            os._exit(1)
    close(files)


def beside(known, lines, first):
    """The lines of a block, from the `first` on, among those that its session knows already."""
    kept = known[:first] + lines[len(known[:first]) :]
    return kept + known[len(kept) :]


def list_names():
    """Writes what names the session has: name, type and value of each, each with a zero byte, and
    a full stop."""
    answer, sys.stdout = sys.stdout, sys.stderr
    names = vars(sys.modules["__main__"]).items()
    names = sorted((pair for pair in names if is_own(*pair)), key=lambda pair: pair[0].lower())
    fields = []
    for name, value in names[:MOST_NAMES]:
        for text in (name, type(value).__name__, in_short(value)):
            fields.append(" ".join(text.replace("\0", " ").split())[:LONGEST_VALUE])
    answer.write("".join(field + "\0" for field in fields) + ".")
    return 0


def is_own(name, value):
    """Whether a name is one that a block gave to something: modules and `_names` are not told."""
    return not name.startswith("_") and type(value) is not type(sys)


def in_short(value):
    """A value in a few words."""
    import reprlib

    shorten = reprlib.Repr()
    shorten.maxstring = shorten.maxother = shorten.maxlong = LONGEST_VALUE
    try:
        if isinstance(value, type(in_short)):
            import inspect

            return value.__name__ + str(inspect.signature(value))
        shape = getattr(value, "shape", None)
        sized = isinstance(shape, tuple) and not isinstance(value, type)
        return (" × ".join(map(str, shape)) + ": " if sized else "") + shorten.repr(value)
    except BaseException as error:
        return "its repr fails: %s" % type(error).__name__


