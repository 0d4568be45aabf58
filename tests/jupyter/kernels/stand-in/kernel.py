"""A Jupyter kernel for tests that runs Python code and needs only Python's library.

It speaks Jupyter's messages over ZeroMQ's wire protocol (ZMTP 3.0) as far as livedeck does, to one client.
"""

import ast
import hashlib
import hmac
import json
import os
import queue
import signal
import socket
import struct
import sys
import threading

ROLES = {"shell": b"ROUTER", "control": b"ROUTER", "stdin": b"ROUTER", "iopub": b"PUB"}
MORE, LONG, COMMAND = 1, 2, 4
DELIMITER = b"<IDS|MSG>"


class Peer:
    """One connection to one socket of the kernel."""

    def __init__(self, connection, role):
        self.file = connection.makefile("rwb")
        self.lock = threading.Lock()
        self.file.write(b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(52, b"\0"))
        ready = b"\x05READY\x0bSocket-Type" + struct.pack(">I", len(role)) + role
        self.write([(COMMAND, ready)])
        self.take(64)
        while self.frame()[0] & COMMAND == 0:
            pass

    def take(self, count):
        data = self.file.read(count)
        if len(data) < count:
            raise EOFError
        return data

    def frame(self):
        flags = self.take(1)[0]
        length = struct.unpack(">Q", self.take(8))[0] if flags & LONG else self.take(1)[0]
        return flags, self.take(length)

    def message(self):
        frames, flags = [], MORE
        while flags & MORE:
            flags, body = self.frame()
            frames.append(body)
        return frames

    def write(self, frames):
        with self.lock:
            for flags, body in frames:
                self.file.write(struct.pack(">BQ", flags | LONG, len(body)) + body)
            self.file.flush()


class Kernel:
    """The kernel: threads read the sockets, the main thread runs code."""

    def __init__(self, connection):
        self.key = connection["key"].encode()
        self.peers = {}
        self.received = {name: queue.Queue() for name in ROLES}
        self.parent = {}
        self.is_running = False
        self.count = 0
        self.scope = {"__name__": "__main__", "input": self.input}
        for name in ROLES:
            listener = socket.create_server((connection["ip"], connection[f"{name}_port"]))
            threading.Thread(target=self.listen, args=(name, listener), daemon=True).start()

    def listen(self, name, listener):
        while True:
            connection = listener.accept()[0]
            threading.Thread(target=self.serve, args=(name, connection), daemon=True).start()

    def serve(self, name, connection):
        try:
            peer = Peer(connection, ROLES[name])
            if name == "iopub":
                peer.message()  # Its subscription.
            # What came before was given up by the client.
            self.peers[name] = peer
            while True:
                message = self.read(peer.message())
                if name == "control" and message["header"]["msg_type"] == "interrupt_request":
                    os.kill(os.getpid(), signal.SIGINT)
                self.received[name].put(message)
        except (EOFError, OSError):
            pass

    def sign(self, parts):
        return hmac.new(self.key, b"".join(parts), hashlib.sha256).hexdigest().encode()

    def read(self, frames):
        signature, *parts = frames[frames.index(DELIMITER) + 1 :]
        assert hmac.compare_digest(signature, self.sign(parts[:4])), "not signed"
        header, _, _, content = map(json.loads, parts[:4])
        return {"header": header, "content": content}

    def send(self, channel, kind, **content):
        self.count += 1
        header = {"msg_id": str(self.count), "msg_type": kind, "version": "5.3"}
        parts = [json.dumps(part).encode() for part in (header, self.parent, {}, content)]
        frames = [DELIMITER, self.sign(parts), *parts]
        if channel in self.peers:
            self.peers[channel].write([(MORE, frame) for frame in frames[:-1]] + [(0, frames[-1])])

    def input(self, prompt=""):
        self.send("stdin", "input_request", prompt=str(prompt), password=False)
        value = self.received["stdin"].get()["content"]["value"]
        if value == "\x04":
            raise EOFError
        return value

    def write(self, text):
        self.send("iopub", "stream", name="stdout", text=text)

    def flush(self):
        pass

    def interrupt(self, *_):
        if self.is_running:
            raise KeyboardInterrupt

    def execute(self, code):
        """Runs code as a cell: the value of a last expression is shown."""
        self.send("iopub", "execute_input", code=code, execution_count=1)
        try:
            self.is_running = True
            tree = ast.parse(code)
            last = (
                tree.body.pop().value if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            )
            exec(compile(tree, "<cell>", "exec"), self.scope)
            value = last and eval(compile(ast.Expression(last), "<cell>", "eval"), self.scope)
            self.is_running = False
            if value is not None:
                data = {"text/plain": repr(value)}
                if hasattr(value, "_repr_html_"):
                    data["text/html"] = value._repr_html_()
                self.send("iopub", "execute_result", data=data, metadata={}, execution_count=1)
            return {"status": "ok"}
        except BaseException as error:
            self.is_running = False
            why = {"ename": type(error).__name__, "evalue": str(error), "traceback": []}
            self.send("iopub", "error", **why)
            return {"status": "error", **why}

    def run(self):
        signal.signal(signal.SIGINT, self.interrupt)
        sys.stdout = self
        while True:
            request = self.received["shell"].get()
            self.parent = request["header"]
            self.send("iopub", "status", execution_state="busy")
            if self.parent["msg_type"] == "execute_request":
                self.send("shell", "execute_reply", **self.execute(request["content"]["code"]))
            else:
                info = {"name": "stand-in", "version": "1.2.3"}
                self.send("shell", "kernel_info_reply", status="ok", language_info=info)
            self.send("iopub", "status", execution_state="idle")


with open(sys.argv[1]) as file:
    Kernel(json.load(file)).run()
