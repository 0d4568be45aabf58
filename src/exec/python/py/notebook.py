"""Features of notebooks and scripts: `await` outside functions, `IPython.display`, and new processes that
find the block's functions. Compiled by the first block that needs it.
"""

import os
import sys

IS_COROUTINE = 0x80
LOOP_RUNNERS = ("run", "run_forever", "run_until_complete")


loop = None
owner = None

# Set by the program that this is a part of.
without_magics = None


async def block(code, last, names):
    """Runs the parts of a block, some of which use `await`. Returns the value of the last one."""
    value = None
    for each in (code, last):
        value = eval(each, names) if each is not None else None
        if each is not None and each.co_flags & IS_COROUTINE:
            value = await value
    return value


def starts_tasks(source, functions):
    """Returns whether a block calls one of these functions, but runs no event loop, outside of its own
    functions."""
    import ast

    try:
        waiting = list(ast.parse(source).body)
    except SyntaxError:
        return False
    called = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.Call):
            called.add(getattr(node.func, "attr", getattr(node.func, "id", None)))
        waiting += ast.iter_child_nodes(node)
    return not called.isdisjoint(functions) and called.isdisjoint(LOOP_RUNNERS)


def complete(code, last, names):
    """Runs a block that uses `await` to its end. Returns its value."""
    import asyncio

    global owner
    task = ready_loop(asyncio).create_task(block(code, last, names))
    owner = os.getpid()
    try:
        return loop.run_until_complete(task)
    except KeyboardInterrupt as interrupt:
        # Cancel the task to get the line at which the block was interrupted.
        task.cancel()
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError as cancelled:
            raise interrupt.with_traceback(cancelled.__traceback__) from None
        raise


def ready_loop(asyncio):
    """Returns the event loop of this run or its session, in which tasks continue."""
    global loop
    if loop is not None and not loop.is_closed() and owner != os.getpid():
        try:
            separate(loop)
        except Exception:
            loop = None
    if loop is None or loop.is_closed():
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
    return loop


def separate(loop):
    """Separates a forked event loop from its original, with which it shares the selector."""
    import selectors

    old, loop._selector = loop._selector, selectors.DefaultSelector()
    for key in list(old.get_map().values()):
        loop._selector.register(key.fileobj, key.events, key.data)
    old.close()
    loop._close_self_pipe()
    loop._make_self_pipe()


def end_loop():
    """Cancels the remaining tasks and closes the loop, like `asyncio.run`."""
    if loop is None or loop.is_closed() or owner != os.getpid():
        return
    import asyncio

    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    asyncio.set_event_loop(None)
    loop.close()


def find(name, other_spec, shows):
    """Returns the spec of an IPython module: the installed one, which `other_spec` finds, with our `display`,
    because no kernel runs here, or else a substitute with the parts that show values."""
    display, clear = shows
    top = sys.modules.get("IPython")
    if name == "IPython" and other_spec(name, None) is None or hasattr(top, "_livedeck"):
        known = name in SubstituteLoader.NAMES
        return spec(name, SubstituteLoader(display, clear)) if known else None
    if name != "IPython.display":
        return None
    found = other_spec(name, getattr(top, "__path__", None))
    ours = {"display": display, "clear_output": clear}

    def adapt(module):
        for known in (module, sys.modules.get("IPython.core.display_functions")):
            if known is not None:
                vars(known).update(ours)

    return adapted(found, adapt)


def spec(name, loader):
    """Returns the spec of a module without a file."""
    is_package = name in ("IPython", "IPython.core")
    return sys.modules["_frozen_importlib"].ModuleSpec(name, loader, is_package=is_package)


class AdaptedLoader:
    """Loads a module and adapts it."""

    def __init__(self, loader, adapt):
        self.loader, self.adapt = loader, adapt

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        self.loader.exec_module(module)
        self.adapt(module)

    def __getattr__(self, name):
        return getattr(self.loader, name)


def adapted(found, adapt):
    """Changes the spec of a module so that it is adapted once it is loaded."""
    if found is not None and hasattr(found.loader, "exec_module"):
        found.loader = AdaptedLoader(found.loader, adapt)
    return found


def find_spawn(found, file):
    """Returns the spec of `multiprocessing.spawn`, changed to give new processes the code of the block:
    the deck itself is no Python file."""

    def adapt(module):
        prepare = module.get_preparation_data

        def get_preparation_data(name):
            data = prepare(name)
            if "init_main_from_path" in data:
                data["init_main_from_path"] = compiled(file()) or data["init_main_from_path"]
            return data

        module.get_preparation_data = get_preparation_data

    return adapted(found, adapt)


def find_tracker(found):
    """Returns the spec of `multiprocessing.resource_tracker`, changed to start its process in a group of its
    own. It removes what killed processes leave in shared memory, so it must not be killed with them."""

    def adapt(module):
        start = module.util.spawnv_passfds

        def spawnv_passfds(path, args, files):
            if not args[-1].startswith("from multiprocessing.resource_tracker import"):
                return start(path, args, files)
            passed = [it for it in files if not os.get_inheritable(it)]
            for file in passed:
                os.set_inheritable(file, True)
            try:
                return os.posix_spawn(path, args, os.environ, setpgroup=0)
            finally:
                for file in passed:
                    os.set_inheritable(file, False)

        module.util.spawnv_passfds = spawnv_passfds

    return adapted(found, adapt)


def compiled(file):
    """Returns the path of the compiled code of a block, or of a session's blocks so far, for other
    processes. Their tracebacks then name the deck's lines. The file exists as long as this process."""
    import ast
    import importlib.util
    import linecache
    import marshal

    try:
        tree = ast.parse("".join(without_magics(linecache.cache[file][2])), file)
        first = first_statement(tree)
        start = "__file__ = %r\n" % sys.modules["__main__"].__file__
        start += "__import__('builtins').__dict__.setdefault('display', lambda *_, **__: None)"
        tree.body[first:first] = ast.parse(start).body
        code = compile(tree, file, "exec", dont_inherit=True)
        data = importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)
        if hasattr(os, "memfd_create"):
            number = os.memfd_create("snippet.py")
            os.write(number, data)
            return "/proc/%d/fd/%d" % (os.getpid(), number)
        import atexit
        import tempfile

        number, path = tempfile.mkstemp(".pyc", "livedeck-")
        os.write(number, data)
        atexit.register(os.unlink, path)
        return path
    except Exception:
        return None


def first_statement(tree):
    """Returns the number of the first statement behind a program's documentation and `__future__`."""
    for number, it in enumerate(tree.body):
        is_text = type(it).__name__ == "Expr" and number == 0
        if not is_text and getattr(it, "module", None) != "__future__":
            return number
    return len(tree.body)


class SubstituteLoader:
    """Creates the modules of an IPython that is not installed."""

    NAMES = ("IPython", "IPython.display", "IPython.core", "IPython.core.display")

    def __init__(self, display, clear):
        self.ours = {"display": display, "clear_output": clear}

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module._livedeck = True
        if module.__name__ == "IPython":
            module.get_ipython = lambda: None
        if module.__name__ in ("IPython", "IPython.core"):
            module.__path__ = []
            module.display = self.ours["display"]
        else:
            vars(module).update(self.ours)
            for kind in (
                DisplayObject,
                Audio,
                Code,
                HTML,
                IFrame,
                Image,
                JSON,
                Latex,
                Markdown,
                Math,
            ):
                setattr(module, kind.__name__, named(kind))
            for kind in (Pretty, SVG, Video, YouTubeVideo):
                setattr(module, kind.__name__, named(kind))
            show = self.ours["display"]
            module.update_display = lambda *them, display_id, **how: show(
                *them, display_id=display_id, update=True, **how
            )
            module.display_markdown = lambda *them, **_: show(*map(as_kind(Markdown), them))
            module.display_html = lambda *them, **_: show(*map(as_kind(HTML), them))
            module.publish_display_data = lambda data, *_, **__: show(data, raw=True)


def named(kind):
    """Gives a class the module name of IPython's own."""
    kind.__module__ = "IPython.core.display"
    return kind


def as_kind(kind):
    """Returns a function that wraps strings in `kind` and returns other values unchanged."""
    return lambda value: kind(value) if isinstance(value, str) else value


class DisplayObject:
    """A value to show: data, or the file or URL that has it."""

    def __init__(self, data=None, url=None, filename=None, **more):
        if isinstance(data, os.PathLike):
            data = os.fspath(data)
        if isinstance(data, str) and data.startswith(("http://", "https://")):
            data, url = None, data
        elif isinstance(data, str) and filename is None and self.is_file(data):
            data, filename = None, data
        self.data, self.url, self.filename, self.more = data, url, filename, more
        if filename is not None and data is None:
            with open(os.path.expanduser(filename), "rb") as file:
                self.data = self.read(file.read())

    @staticmethod
    def is_file(text):
        return False

    @staticmethod
    def read(data):
        return data.decode("utf-8", "replace")

    def __repr__(self):
        return "<IPython.core.display.%s object>" % type(self).__name__


class Markdown(DisplayObject):
    def _repr_markdown_(self):
        return self.data


class HTML(DisplayObject):
    def _repr_html_(self):
        return self.data


class Latex(DisplayObject):
    def _repr_markdown_(self):
        return self.data


class Math(DisplayObject):
    def _repr_markdown_(self):
        return "$$%s$$" % self.data.strip("$")


class Code(DisplayObject):
    def __init__(self, data=None, url=None, filename=None, language=None):
        super().__init__(data, url, filename)
        known = os.path.splitext(filename or "")[1][1:]
        self.language = language or known

    def _repr_markdown_(self):
        return "```%s\n%s\n```" % (self.language, self.data)


class Pretty(DisplayObject):
    def __repr__(self):
        return self.data


class JSON(DisplayObject):
    def __repr__(self):
        import json

        data = json.loads(self.data) if isinstance(self.data, (str, bytes)) else self.data
        return json.dumps(data, indent=2, ensure_ascii=False)


class Image(DisplayObject):
    """A picture: bytes, a file or a URL."""

    def __init__(self, data=None, url=None, filename=None, format=None, **more):
        super().__init__(data, url, filename, **more)

    @staticmethod
    def is_file(text):
        return True

    @staticmethod
    def read(data):
        return data

    def _repr_mimebundle_(self, include=None, exclude=None):
        data = self.data
        if not isinstance(data, (bytes, bytearray)):
            return {"text/plain": "picture: %s" % self.url}
        kinds = {b"\x89P": "image/png", b"\xff\xd8": "image/jpeg", b"GI": "image/gif"}
        kind = kinds.get(bytes(data[:2]))
        return {kind: bytes(data)} if kind else {"text/plain": repr(self)}


class Link(DisplayObject):
    """A medium that a terminal cannot play, shown as its address."""

    def __init__(self, src=None, *_, **more):
        src = src if src is not None else more.get("filename") or more.get("url")
        self.source = src if isinstance(src, str) else None

    def __repr__(self):
        return "%s: %s" % (type(self).__name__, self.source) if self.source else super().__repr__()


class Audio(Link):
    pass


class Video(Link):
    pass


class IFrame(Link):
    pass


class SVG(DisplayObject):
    def _repr_svg_(self):
        return self.data


class YouTubeVideo(Link):
    def __init__(self, id, *_, **__):
        self.source = "https://www.youtube.com/watch?v=" + id
