"""What makes a session of runs: one that has ended stays as it is, and the next goes on in a fork of
it. A half of the worker's program, of which `boot.py` is the other: the two are one module.

A base does nothing but wait for orders, so that what a block left stays as it was. It runs no code
of the deck any more.

Threads do not go along into a fork. Where a block left some, the next one runs in the same process,
which has no earlier state to go back to; and so it is everywhere that a fork is not safe.
"""

OUT_OF_REACH = 240


def out_of_reach(report):
    """Moves a file to where a block that closes all files that it may have does not find it."""
    try:
        os.dup2(report, OUT_OF_REACH, False)
    except OSError:
        return report
    os.close(report)
    return OUT_OF_REACH


def stay(report, status):
    """Makes a base of a run whose code has ended; the socket that its orders come from."""
    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    flush()
    whole = is_whole_in_fork()
    if whole:
        # What the block's terminal is read by learns that nobody writes to it any more.
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        if nothing > 2:
            os.close(nothing)
    if not tell(report, "kept %d%s\n" % (status << 8, "" if whole else " threads")):
        os._exit(status)
    control = socket.socket(fileno=report)
    return control if whole else go_on_in_place(control)


def is_whole_in_fork():
    """Whether a fork of this process would be all of it: threads are not part of it."""
    if sys.platform == "darwin" or sys.modules["_thread"]._count() > 0:
        return False
    if is_single():
        return True
    # A pool of a numeric library ends by itself when its process forks, and begins again after
    # that, on both sides. What is still there after a fork is no such pool.
    try:
        fork = os.fork()
    except OSError:
        return False
    if fork == 0:
        os._exit(0)
    os.waitpid(fork, 0)
    return is_single()


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
            _signal.signal(_signal.SIGINT, _signal.default_int_handler)
            control.detach()
            return run(Order(frame), *files)


def beside(known, lines, first):
    """The lines of a block, from the `first` on, among those that its session knows already."""
    kept = known[:first] + lines[len(known[:first]) :]
    return kept + known[len(kept) :]


