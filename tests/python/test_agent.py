"""The agent on another machine: the order of what it sends."""

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
