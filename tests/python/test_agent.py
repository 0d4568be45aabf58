"""The agent on another machine: the order of what it sends, and how it reads the output of cargo."""

import json
import os
import pty
import socket

import pytest


class Sent:
    """An agent that collects what it sends, and has one run with a terminal and reports."""

    def __init__(self, module):
        self.agent = module.Agent.__new__(module.Agent)
        self.frames = []
        self.agent.send = lambda kind, run, payload=b"": self.frames.append((kind, payload))
        self.agent.tidy = lambda run: None
        self.agent.runs = {}
        self.run = run = module.Run(4, {"base": None})
        run.has_started = True
        run.parser = module.Reports()
        run.master, self.slave = pty.openpty()
        os.set_blocking(run.master, False)
        run.report, self.worker = socket.socketpair()
        run.report.setblocking(False)
        self.agent.runs[4] = run

    def kinds(self):
        """Returns the kinds of frames without those after the end."""
        kinds = "".join(kind for kind, _ in self.frames)
        return kinds[: kinds.index("x") + 1]


@pytest.fixture
def sent(agent):
    sent = Sent(agent)
    yield sent
    for number in (sent.slave, sent.run.master):
        if number is not None:
            os.close(number)


@pytest.mark.parametrize("end", [b"kept 0\n", b"status 0\n"])
def test_output_is_sent_before_the_end_that_was_reported_after_it(sent, end):
    os.write(sent.slave, b"text")
    sent.worker.send(end)
    # Its terminal was found readable first.
    sent.agent.read_terminal(sent.run)
    assert sent.kinds() == "rox"


def test_output_is_sent_before_an_end_without_report(sent):
    os.write(sent.slave, b"text")
    sent.worker.close()
    sent.agent.read_terminal(sent.run)
    assert sent.kinds() == "ox"


def test_value_is_sent_before_its_mark(sent):
    sent.worker.send(b"show 1 1\nx")
    os.write(sent.slave, b"\x1b_livedeck;1\x1b\\")
    sent.worker.send(b"status 0\n")
    sent.agent.read_reports(sent.run)
    assert sent.kinds() == "rox"


def test_run_without_a_folder_ends_with_the_reason(sent, tmp_path):
    sent.agent.temp = str(tmp_path / "gone")
    sent.agent.start(type(sent.run)(5, {"files": {}}))
    ((kind, fields),) = sent.frames
    assert (kind, "No such file" in fields["why"]) == ("x", True)


def artifact(package, kind, level, file):
    """Returns a message of cargo about a target."""
    message = {"reason": "compiler-artifact", "package_id": package, "target": {"kind": [kind]}}
    message["filenames"] = [file, "/t/deps/x.rmeta"]
    message["profile"] = {"opt_level": level, "debug_assertions": level == "d"}
    return json.dumps(message)


def test_crates_are_linked_by_their_names_in_code(agent):
    deps = [{"name": "js", "pkg": "json#1"}, {"name": "derive", "pkg": "mac#1"}]
    nodes = [{"id": "x", "deps": []}, {"id": "me", "deps": deps}]
    metadata = json.dumps({"resolve": {"root": "me", "nodes": nodes}}).encode()
    messages = [
        artifact("json#1", "lib", "3", "/t/deps/libjson-1.rlib"),
        artifact("json#1", "lib", "0", "/t/deps/libjson-2.rlib"),
        artifact("json#1", "custom-build", "0", "/t/build/run"),
        artifact("mac#1", "proc-macro", "0", "/t/deps/libmac.so"),
        '{"reason": "build-script-executed", "linked_paths": ["native=/lib"]}',
        "no message",
    ]
    links = agent.parse_links(metadata, "\n".join(messages).encode(), True)
    # As in `rust/links.rs`.
    names = ["--extern", "derive=/t/deps/libmac.so", "--extern", "js=/t/deps/libjson-1.rlib"]
    assert links["arguments"] == [*names, "-Ldependency=/t/deps", "-L", "native=/lib"]
    assert links["files"] == ["/t/deps/libmac.so", "/t/deps/libjson-1.rlib"]


def test_crates_are_built_online_only_if_they_have_to_be(agent, tmp_path):
    spec = {"manifest": 'own = { path = "$deck/own" }', "release": True, "changes": False}
    version = b"rustc 1.95.0\nhost: x86_64-unknown-linux-gnu\n"
    crates = agent.CrateSet(spec, str(tmp_path), '/a "b"', "/bin/rustc", version)
    assert crates.manifest == 'own = { path = "/a \\"b\\"/own" }'
    metadata, build = crates.steps
    assert "--filter-platform=x86_64-unknown-linux-gnu" in metadata and "--release" in build
    assert metadata[-1] == build[-1] == "--offline"
    crates.heard(b"error: no matching package, perhaps you are offline\n")
    assert crates.can_go_online()
    crates.begin(False)
    assert "--offline" not in crates.steps[0] and not crates.can_go_online()
    crates.write()
    assert (tmp_path / "crates").is_dir() and crates.links() is None
