"""Imports modules before a block needs them, in a fork of the worker that then becomes a snapshot. A part
of the worker's program, like `session.py`.

An import must have the same effects as in the block. An import that does more than load modules is
therefore rejected: the program that asked starts over without it, and the block does the import.
"""

IMPORT_MARK = b"\x1b_livedeck;imported\x1b\\"
INSTALL_FOLDERS = {"site-packages", "dist-packages"}


class Preimported:
    """Whether this process is the one with the preimported modules, and the bytes that they use."""

    is_snapshot = False
    memory = 0

    @classmethod
    def renew(cls):
        """Gives each run its own random numbers where a module seeds them when it is imported."""
        numpy_random = sys.modules.get("numpy.random") if cls.is_snapshot else None
        if numpy_random is not None:
            numpy_random.seed()


def preimport(request, report):
    """Runs import statements, each with a report before it and a mark in the output after it, and
    reports the loaded modules. A rejected import ends the process."""
    first, memory, before = set(sys.modules), data_size(), process_state()
    known = first
    for number, line in enumerate(request.source.split("\n")):
        is_requested, statement = line[:1] == "+", line[1:]
        write_report(report, "imports %d\n" % number)
        accepted = (
            import_module(statement, is_requested, request.directory) and process_state() == before
        )
        fresh = [sys.modules[name] for name in set(sys.modules) - known]
        known = set(sys.modules)
        if accepted and fresh:
            accepted = all(
                is_allowed(module_paths(one), is_requested, request.directory) for one in fresh
            )
            accepted = accepted and is_fork_complete()
        flush()
        os.write(2, IMPORT_MARK)
        if not accepted:
            write_report(report, "rejected %d\n" % number)
            os._exit(0)
    loaded = {str(name).partition(".")[0] for name in known - first}
    write_report(
        report, "loaded %s\n" % " ".join(sorted(name for name in loaded if name.isidentifier()))
    )
    Preimported.is_snapshot, Preimported.memory = True, max(0, data_size() - memory)
    gc.collect()
    gc.freeze()
    return 0


def import_module(statement, is_requested, directory):
    """Imports a module that exists and is allowed; returns whether that succeeded. A missing module
    counts as success."""
    top = statement.split()[1].partition(".")[0]
    try:
        found = top in sys.modules or is_allowed(spec_paths(top), is_requested, directory)
        if found:
            # As `__main__`, to show the warnings that a script would show.
            exec(statement, {"__name__": "__main__", "__builtins__": builtins})
    except BaseException:
        return False
    return True


def spec_paths(name):
    """Returns the paths that a module would be loaded from, without loading it; none if it is missing."""
    for finder in list(sys.meta_path):
        find = getattr(finder, "find_spec", None)
        spec = find(name, None) if find is not None else None
        if spec is not None:
            return list(spec.submodule_search_locations or [spec.origin])
    return []


def module_paths(module):
    """Returns the paths that a module was loaded from, without running its code."""
    names = getattr(module, "__dict__", None)
    file = names.get("__file__") if isinstance(names, dict) else None
    return [file if isinstance(file, str) else "built-in"]


def is_allowed(paths, is_requested, directory):
    """Returns whether a module of these paths may be preimported: it is Python's own or installed or, if
    it was requested by name, at least not the deck's."""
    return bool(paths) and all(is_stable(it, is_requested, directory) for it in paths)


def is_stable(path, is_requested, directory):
    """Returns whether the file of a module will not be edited during a talk."""
    if path in ("built-in", "frozen"):
        return True
    if not isinstance(path, str) or not os.path.isabs(path):
        return False
    path, own = os.path.realpath(path), os.path.realpath(directory) + os.sep
    python = os.path.dirname(os.path.realpath(os.__file__)) + os.sep
    if path.startswith(python) or INSTALL_FOLDERS.intersection(path.split(os.sep)):
        return True
    return is_requested and not (path + os.sep).startswith(own)


def process_state():
    """Returns the state that an import without side effects keeps: streams, signals, files, children."""
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
    """Returns the bytes that count towards a run's memory limit."""
    try:
        with open("/proc/self/statm") as sizes:
            return int(sizes.read().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
