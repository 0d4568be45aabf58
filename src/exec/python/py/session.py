"""Sessions: a run that has ended stays as a snapshot, and the next run continues in a fork of it. A part
of the worker's program: `boot.py` and its other files are one module.

A snapshot only waits for requests, which preserves the state after its block. It runs no more code of
the deck; even values are inspected in a fork, which can hang or crash alone.

A fork loses threads. If a block left some, or where forks are not safe, the next block runs in the same
process, which has no earlier state to go back to.
"""

MAX_VARIABLES = 400
MAX_VALUE_LEN = 300


def become_snapshot(report, status):
    """Turns a run whose code has ended into a snapshot. Returns the socket of its requests."""
    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    flush()
    # A waiting snapshot is not a background process of the run.
    set_owner(0)
    SpareFork.continues = not Preimported.is_snapshot
    leave_terminal(True)
    is_complete = is_fork_complete()
    if is_complete:
        # Close the block's terminal: its reader sees the end of the output.
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        if nothing > 2:
            os.close(nothing)
        # `select` does not support numbers that high.
        report = low_numbered(report)
    if not write_report(report, "kept %d%s\n" % (status << 8, "" if is_complete else " threads")):
        os._exit(status)
    control = socket.socket(fileno=report)
    return control if is_complete else continue_in_place(control)


def random_state():
    """Returns the state of the random numbers, if they are loaded: a fork reseeds them otherwise."""
    try:
        return sys.modules["random"].getstate()
    except Exception:
        return None


def low_numbered(report):
    """Moves the file to a low number."""
    near = os.dup(report)
    os.close(report)
    return near


def is_fork_complete():
    """Returns whether a fork of this process would lose nothing: it has no other threads."""
    if sys.platform == "darwin" or sys.modules["_thread"]._count() > 0:
        return False
    if is_single():
        return True
    # The thread pool of a numeric library ends when its process forks, and starts again later on both
    # sides. Threads that remain after a fork belong to no such pool.
    try:
        fork = fork_quietly()
    except OSError:
        return False
    if fork == 0:
        os._exit(0)
    os.waitpid(fork, 0)
    return is_single()


def fork_quietly():
    """Forks without the warning about threads of Python 3.12 and newer."""
    warnings = sys.modules.get("warnings")
    if warnings is None:
        return os.fork()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return os.fork()


def is_single():
    """Returns whether this process has one thread. A joined thread may take a moment to disappear."""
    for _ in range(10):
        try:
            if len(os.listdir("/proc/self/task")) == 1:
                return True
        except OSError:
            return True
        select.select([], [], [], 0.001)
    return False


def continue_in_place(control):
    """Serves the next request in this process. Returns what `run` returns."""
    requests = RequestReader(control)
    while True:
        if not requests.receive():
            os._exit(0)
        for frame, files in requests.complete():
            request = Request(frame)
            if not request.lists_variables:
                _signal.signal(_signal.SIGINT, _signal.default_int_handler)
                control.detach()
                return run(request, *files)
            list_in_fork(request, files)


def list_in_fork(request, files):
    """Lists the variables in a fork: inspecting values may never end."""
    if fork_quietly() == 0:
        try:
            detach()
            run(request, *files)
        finally:
            os._exit(1)
    close(files)


def merged_lines(known, lines, first):
    """Returns the known lines of a session with those of a block, from index `first` on, put in."""
    kept = known[:first] + lines[len(known[:first]) :]
    return kept + known[len(kept) :]


def list_variables():
    """Prints the variables: name, type and value of each, ended by zero bytes, then a full stop."""
    answer, sys.stdout = sys.stdout, sys.stderr
    variables = vars(sys.modules["__main__"]).items()
    variables = sorted(
        (pair for pair in variables if is_listed(*pair)), key=lambda pair: pair[0].lower()
    )
    fields = []
    for name, value in variables[:MAX_VARIABLES]:
        for text in (name, type(value).__name__, short_repr(value)):
            fields.append(" ".join(text.replace("\0", " ").split())[:MAX_VALUE_LEN])
    answer.write("".join(field + "\0" for field in fields) + ".")
    return 0


def is_listed(name, value):
    """Returns whether a name is listed: modules and variables with a leading underscore are not."""
    return not name.startswith("_") and type(value) is not type(sys)


def short_repr(value):
    """Returns a short representation of a value."""
    import reprlib

    shorten = reprlib.Repr()
    shorten.maxstring = shorten.maxother = shorten.maxlong = MAX_VALUE_LEN
    try:
        if isinstance(value, type(short_repr)):
            import inspect

            return value.__name__ + str(inspect.signature(value))
        shape = getattr(value, "shape", None)
        sized = isinstance(shape, tuple) and not isinstance(value, type)
        return (" × ".join(map(str, shape)) + ": " if sized else "") + shorten.repr(value)
    except BaseException as error:
        return "its repr fails: %s" % type(error).__name__
