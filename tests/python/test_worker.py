"""The worker's program: requests, the code of blocks, variables, paths of modules."""

import os
import socket
import sys

import pytest


def request_frame(worker, kind=b"alone", *environment):
    fields = [b"x = 1", b"7", b"talk.md", b"/deck/talk.md", b"/deck", b"0", kind, b"", b"3"]
    return worker.pack(*fields, *environment)


def test_fields_survive_packing(worker):
    fields = [b"", b"a", b"\0" * 300]
    assert list(worker.fields_of(worker.pack(*fields))) == fields


def test_request_is_decoded(worker):
    request = worker.Request(request_frame(worker, b"alone", b"A=b=c", b"GONE"))
    assert (request.source, request.first_line, request.file) == ("x = 1", 7, "talk.md")
    assert (request.directory, request.memory, request.owner) == ("/deck", 0, 3)
    assert request.environment == [(b"A", b"=", b"b=c"), (b"GONE", b"", b"")]


@pytest.mark.parametrize(
    "kind, becomes_snapshot, continues, lists_variables, preimports",
    [
        (b"alone", False, False, False, False),
        (b"first", True, False, False, False),
        (b"next", True, True, False, False),
        (b"variables", False, True, True, False),
        (b"preimport", True, False, False, True),
    ],
)
def test_kind_of_request_is_decoded(
    worker, kind, becomes_snapshot, continues, lists_variables, preimports
):
    request = worker.Request(request_frame(worker, kind))
    assert request.becomes_snapshot == becomes_snapshot
    assert request.continues == continues
    assert request.lists_variables == lists_variables
    assert request.preimports == preimports


def test_number_alone_names_a_fork(worker):
    assert worker.fork_with_request(worker.pack(b"77")) == 77
    assert worker.fork_with_request(request_frame(worker)) is None


def test_split_requests_are_joined(worker):
    ours, theirs = socket.socketpair()
    reader = worker.RequestReader(theirs)
    null = os.open(os.devnull, os.O_RDWR)
    frame = request_frame(worker)
    worker.send(ours, frame[:10], [null] * worker.FILES_PER_REQUEST)
    assert reader.receive()
    assert list(reader.complete()) == []
    ours.sendall(frame[10:])
    assert reader.receive()
    [(whole, files)] = reader.complete()
    assert whole == frame and len(files) == worker.FILES_PER_REQUEST
    ours.close()
    assert not reader.receive()
    worker.close([*files, null])
    theirs.close()


@pytest.mark.skipif(sys.version_info < (3, 8), reason="needs the ends of expressions")
@pytest.mark.parametrize(
    "source, value",
    [
        ("x = 20\nx + 1", 21),
        ("x = 20\nx + 1;", None),
        ("(1 +\n 1) ; # yes", None),
        ("20  # not; this", 20),
        ("'é' ;", None),
        ("x = 3", None),
        ("", None),
    ],
)
def test_last_expression_is_split_off(worker, source, value):
    lines = [line + "\n" for line in source.split("\n")]
    code, last = worker.split_code(source, lines, "talk.md")
    names = {}
    exec(code, names)
    assert (eval(last, names) if last else None) == value


@pytest.mark.parametrize("code, status", [(None, 0), (3, 3), (256, 0), (-1, 255), ("no", 1)])
def test_exit_status_of_sys_exit(worker, code, status):
    assert worker.exit_status(code) == status


def test_lines_of_a_block_are_merged(worker):
    known = ["\n", "a\n", "b\n", "c\n"]
    assert worker.merged_lines(known, ["\n", "\n", "B\n"], 2) == ["\n", "a\n", "B\n", "c\n"]
    assert worker.merged_lines([], ["\n", "x\n"], 1) == ["\n", "x\n"]


def test_modules_and_private_names_are_not_listed(worker):
    assert worker.is_listed("x", 1)
    assert not worker.is_listed("_x", 1)
    assert not worker.is_listed("os", os)


def test_short_representations(worker):
    def function(a, *, b=2):
        return a, b

    class Array:
        shape = (2, 3)

    class Broken:
        def __repr__(self):
            raise ValueError

    assert worker.short_repr(function) == "function(a, *, b=2)"
    assert worker.short_repr(Array()).startswith("2 × 3: <")
    assert "Broken" in worker.short_repr(Broken())
    assert len(worker.short_repr("x" * 1000)) <= worker.MAX_VALUE_LEN


def test_stable_paths(worker, tmp_path):
    deck = str(tmp_path / "deck")
    elsewhere = str(tmp_path / "lib" / "a.py")
    installed = str(tmp_path / "deck/.venv/lib/site-packages/a.py")
    assert worker.is_stable("built-in", False, deck)
    assert worker.is_stable(os.__file__, False, deck)
    assert worker.is_stable(installed, False, deck)
    assert worker.is_stable(elsewhere, True, deck)
    assert not worker.is_stable(elsewhere, False, deck)
    assert not worker.is_stable(deck + "/a.py", True, deck)
    assert not worker.is_stable("relative.py", True, deck)
    assert not worker.is_stable(None, True, deck)


def test_module_needs_a_path(worker, tmp_path):
    assert worker.is_allowed(["frozen"], False, str(tmp_path))
    assert not worker.is_allowed([], True, str(tmp_path))
    assert not worker.is_allowed(["frozen", "relative.py"], True, str(tmp_path))
