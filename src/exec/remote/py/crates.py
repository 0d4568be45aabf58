"""The crates of Rust blocks, for the agent: cargo builds each set of them once, and all sets of a compiler
share a target folder, and so their common dependencies. What `rustc` needs to use a set is kept beside it.
"""

import collections
import hashlib
import json
import os
import shutil
import time

PROGRAM_KINDS = {"custom-build", "bin", "test", "example", "bench"}
MAX_UNUSED = 45 * 24 * 3600
MAX_MESSAGES = 1 << 16


class CrateSet:
    """A set of crates, its folders, and what is left to do to build it."""

    def __init__(self, spec, cache, folder, compiler, version):
        self.spec, self.compiler = spec, compiler
        # Paths of crates are relative to the deck's folder.
        self.manifest = spec["manifest"].replace("$deck", json.dumps(folder)[1:-1])
        self.root = os.path.join(cache, "crates")
        self.own = os.path.join(self.root, hashlib.sha256(version).hexdigest()[:16])
        name = hashlib.sha256((self.manifest + str(spec["release"])).encode()).hexdigest()[:32]
        self.folder = os.path.join(self.own, "sets", name)
        host = [line[6:] for line in version.decode().splitlines() if line.startswith("host: ")]
        metadata = ["metadata", "--format-version=1"]
        metadata += ["--filter-platform=" + platform for platform in host]
        build = ["build", "--message-format=json-render-diagnostics"]
        self.commands = metadata, build + ["--release"] * spec["release"]
        self.messages = b""
        self.begin(True)

    def begin(self, is_offline):
        """Begins to build it: offline, and online only if crates are missing."""
        self.is_offline = is_offline
        offline = ["--offline"] * is_offline
        self.steps = collections.deque(command + offline for command in self.commands)
        self.outputs, self.messages = [], b""

    def write(self):
        """Writes the package that depends on the crates."""
        os.makedirs(self.root, 0o700, exist_ok=True)
        os.makedirs(os.path.join(self.folder, "src"), 0o700, exist_ok=True)
        for name, text in (("src/lib.rs", ""), ("Cargo.toml", self.manifest)):
            path = os.path.join(self.folder, name)
            if not os.path.isfile(path) or read_bytes(path) != text.encode():
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
        os.utime(self.own)
        remove_unused(self.root)

    def environment(self):
        """Returns the variables of cargo."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in self.spec["removed_variables"] and not name.startswith("CARGO_PROFILE_")
        }
        target = os.path.join(self.own, "target")
        return dict(kept, **self.spec["variables"], RUSTC=self.compiler, CARGO_TARGET_DIR=target)

    def heard(self, data):
        """Keeps the end of what cargo says."""
        self.messages = (self.messages + data)[-MAX_MESSAGES:]

    def can_go_online(self):
        """Returns whether it failed since crates have to be downloaded."""
        return self.is_offline and b"offline" in self.messages

    def links(self):
        """Returns the links of crates that are built: the files and the arguments of the compiler."""
        # Crates of the deck's folder may have changed.
        if self.spec["changes"]:
            return None
        try:
            links = json.loads(read_bytes(os.path.join(self.folder, "links.json")).decode())
            os.utime(self.own)
        except (OSError, ValueError):
            return None
        return links if all(map(os.path.isfile, links["files"])) else None

    def read_links(self):
        """Returns the links from the outputs of cargo, and keeps them; None if these have another form."""
        try:
            links = parse_links(*map(read_bytes, self.outputs), self.spec["release"])
        except (KeyError, TypeError, ValueError):
            return None
        with open(os.path.join(self.folder, "links.json"), "w", encoding="utf-8") as file:
            json.dump(links, file)
        return links


def parse_links(metadata, messages, is_release):
    """Returns the files of the crates that code can name, and the arguments by which `rustc` finds them and
    all that they depend on."""
    built, folders, search = {}, set(), set()
    for line in messages.splitlines():
        try:
            message = json.loads(line.decode())
        except ValueError:
            continue
        if message["reason"] == "build-script-executed":
            search.update(message["linked_paths"])
        elif message["reason"] == "compiler-artifact":
            add_artifact(message, is_release, built, folders)
    resolved = json.loads(metadata.decode())["resolve"]
    (root,) = (node for node in resolved["nodes"] if node["id"] == resolved["root"])
    externs = sorted((crate["name"], built[crate["pkg"]]) for crate in root["deps"])
    arguments = [word for pair in externs for word in ("--extern", "=".join(pair))]
    arguments += ["-Ldependency=" + folder for folder in sorted(folders)]
    arguments += [word for path in sorted(search) for word in ("-L", path)]
    return {"files": [file for _, file in externs], "arguments": arguments}


def add_artifact(message, is_release, built, folders):
    """Notes the file of one target of a package."""
    kinds, profile = message["target"]["kind"], message["profile"]
    if PROGRAM_KINDS.intersection(kinds):
        return
    is_macro = "proc-macro" in kinds
    endings = (".so", ".dylib", ".dll") if is_macro else (".rlib",)
    files = [file for file in message["filenames"] if file.endswith(endings)]
    if not files:
        return
    folders.add(os.path.dirname(files[0]))
    # A crate that build scripts use too may be built twice.
    if is_macro or (profile["opt_level"] != "0" if is_release else profile["debug_assertions"]):
        built[message["package_id"]] = files[0]


def identity(links):
    """Returns text that changes when the crates change or are built again."""
    times = [os.stat(file).st_mtime_ns for file in links["files"]]
    return json.dumps([links["arguments"], times])


def remove_unused(root):
    """Removes the builds of compilers that have not been used for long."""
    for name in os.listdir(root):
        folder = os.path.join(root, name)
        if os.stat(folder).st_mtime < time.time() - MAX_UNUSED:
            shutil.rmtree(folder, ignore_errors=True)


def read_bytes(path):
    """Returns the content of a file."""
    with open(path, "rb") as file:
        return file.read()
