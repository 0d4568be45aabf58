"""What is imported before a block asks for it: in a fork of the worker that then becomes a base, as a
run of a session does. A part of the worker's program, as `session.py` is.

What happens when a module is imported must be the same as if the block did it. So whatever an import
does beside loading modules makes it unfit for this: the program that asked starts over without it,
and it is left to the block.
"""

WARMED = b"\x1b_livedeck;imported\x1b\\"
INSTALLED = {"site-packages", "dist-packages"}


class Warmed:
    """What was imported, and how much memory that took: in forks of this process, until one runs a
    block."""

    is_base = False
    memory = 0

    @classmethod
    def renew(cls):
        """What a module draws by lot when it is imported, each run draws for itself."""
        numpy_random = sys.modules.get("numpy.random") if cls.is_base else None
        if numpy_random is not None:
            numpy_random.seed()


def warm(order, report):
    """Carries out import statements, each with a report before it and a mark behind it in what is
    written, and reports what is loaded then. One that is unfit ends the process."""
    first, memory, before = set(sys.modules), data_size(), surroundings()
    known = first
    for number, line in enumerate(order.source.split("\n")):
        is_asked_for, statement = line[:1] == "+", line[1:]
        tell(report, "imports %d\n" % number)
        fits = bring(statement, is_asked_for, order.directory) and surroundings() == before
        fresh = [sys.modules[name] for name in set(sys.modules) - known]
        known = set(sys.modules)
        if fits and fresh:
            fits = all(is_welcome(files(one), is_asked_for, order.directory) for one in fresh)
            fits = fits and is_whole_in_fork()
        flush()
        os.write(2, WARMED)
        if not fits:
            tell(report, "rejected %d\n" % number)
            os._exit(0)
    loaded = {str(name).partition(".")[0] for name in known - first}
    tell(report, "loaded %s\n" % " ".join(sorted(name for name in loaded if name.isidentifier())))
    Warmed.is_base, Warmed.memory = True, max(0, data_size() - memory)
    gc.collect()
    gc.freeze()
    return 0


def bring(statement, is_asked_for, directory):
    """Imports a module that is there and may be; whether nothing went wrong."""
    top = statement.split()[1].partition(".")[0]
    try:
        found = top in sys.modules or is_welcome(places(top), is_asked_for, directory)
        if found:
            # Warnings are for code that runs as a script.
            exec(statement, {"__name__": "__main__", "__builtins__": builtins})
    except BaseException:
        return False
    return True


def places(name):
    """Where a module would be loaded from; nowhere, if there is none. Does not load it."""
    for finder in list(sys.meta_path):
        find = getattr(finder, "find_spec", None)
        spec = find(name, None) if find is not None else None
        if spec is not None:
            return list(spec.submodule_search_locations or [spec.origin])
    return []


def files(module):
    """Where a module was loaded from, as it says without being asked."""
    names = getattr(module, "__dict__", None)
    file = names.get("__file__") if isinstance(names, dict) else None
    return [file if isinstance(file, str) else "built-in"]


def is_welcome(places, is_asked_for, directory):
    """Whether a module of these places is one that nobody edits: of Python itself or installed, or,
    where it was asked for by name, at least not the deck's."""
    return bool(places) and all(is_settled(it, is_asked_for, directory) for it in places)


def is_settled(place, is_asked_for, directory):
    """Whether what is there stays as it is."""
    if place in ("built-in", "frozen"):
        return True
    if not isinstance(place, str) or not os.path.isabs(place):
        return False
    place, own = os.path.realpath(place), os.path.realpath(directory) + os.sep
    python = os.path.dirname(os.path.realpath(os.__file__)) + os.sep
    if place.startswith(python) or INSTALLED.intersection(place.split(os.sep)):
        return True
    return is_asked_for and not (place + os.sep).startswith(own)


def surroundings():
    """What an import leaves alone that only loads modules: streams, signals, open files, children."""
    signals = [_signal.getsignal(number) for number in (_signal.SIGINT, _signal.SIGCHLD)]
    try:
        children = os.waitpid(-1, os.WNOHANG)
    except OSError:
        children = None
    try:
        open_files = len(os.listdir("/proc/self/fd"))
    except OSError:
        open_files = 0
    return [sys.stdin, sys.stdout, sys.stderr, signals, children, open_files]


def data_size():
    """The bytes that count where a run's memory is limited."""
    try:
        with open("/proc/self/statm") as sizes:
            return int(sizes.read().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
