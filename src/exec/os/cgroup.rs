//! A control group of our own (cgroup v2), if the user may make one: the kernel keeps every process that
//! we start in it, and kills all of them at once on request.
//!
//! We move into it once, on a thread of its own, because that takes some milliseconds; processes that
//! start later are in it from the beginning. The watchdog stays outside and kills the group. Without
//! cgroup v2, or without write access to the folder of our current group, nothing is done.

#![expect(clippy::disallowed_methods, reason = "control groups are files")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;

use rustix::process::Pid;

use super::process_tag::is_detached;
use super::procfs;

/// How often to look for processes that were started before the move and are still outside.
const MAX_MOVE_ROUNDS: usize = 10;

/// The control group of one talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::exec) struct Cgroup {
    folder: PathBuf,
}

impl Cgroup {
    /// Returns the group of this name below our current group. It may not exist.
    pub(in crate::exec) fn below_ours(name: &str) -> Option<Self> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
        let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
        Some(Self { folder: own_folder(&mounts, &groups)?.join(name) })
    }

    /// Creates the group and moves this process and its descendants there, except one.
    fn enter(&self, except: Pid) -> Option<()> {
        fs::create_dir(&self.folder).ok()?;
        let moved = self.folder.join("cgroup.kill").exists()
            && self.add(rustix::process::getpid()).is_some();
        if !moved {
            let _ = fs::remove_dir(&self.folder);
            return None;
        }
        for _ in 0..MAX_MOVE_ROUNDS {
            let inside = self.processes();
            let mut outside = procfs::descendants();
            outside.retain(|it| !it.is_dead && it.pid != except && !inside.contains(&it.pid));
            if outside.is_empty() {
                break;
            }
            for process in outside {
                let _ = self.add(process.pid);
            }
        }
        Some(())
    }

    /// Kills all processes in it except those that may outlive the talk. Returns whether it is gone.
    pub(in crate::exec) fn kill(&self) -> bool {
        if !self.folder.exists() {
            return true;
        }
        let parent = self.folder.parent().map(|folder| Self { folder: folder.to_owned() });
        for detached in self.processes().into_iter().filter(|it| is_detached(*it)) {
            let _ = parent.as_ref().and_then(|parent| parent.add(detached));
        }
        let _ = fs::write(self.folder.join("cgroup.kill"), "1");
        fs::remove_dir(&self.folder).is_ok()
    }

    fn add(&self, process: Pid) -> Option<()> {
        let number = process.as_raw_nonzero().to_string();
        fs::write(self.folder.join("cgroup.procs"), number).ok()
    }

    fn processes(&self) -> Vec<Pid> {
        let list = fs::read_to_string(self.folder.join("cgroup.procs")).unwrap_or_default();
        list.lines().filter_map(|line| Pid::from_raw(line.parse().ok()?)).collect()
    }
}

/// Moves this process into a group of this name in the background, if it may. The watchdog stays
/// outside.
pub(in crate::exec) fn enter_in_background(name: &str, watchdog: Pid) {
    static ONCE: Once = Once::new();
    let name = name.to_owned();
    ONCE.call_once(|| {
        // Without a thread there is no group.
        let thread = std::thread::Builder::new().name("cgroup".to_owned());
        let _ = thread.spawn(move || Cgroup::below_ours(&name)?.enter(watchdog));
    });
}

/// Returns the folder of our current group, from `/proc/self/mountinfo` and `/proc/self/cgroup`.
fn own_folder(mounts: &str, groups: &str) -> Option<PathBuf> {
    let own = Path::new(groups.lines().find_map(|line| line.strip_prefix("0::"))?);
    mounts.lines().find_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        kind.strip_prefix("cgroup2 ")?;
        // `31 23 0:26 /root /point …`: the mounted part of the file system, and where it is mounted.
        let mut fields = mount.split(' ').skip(3);
        let (root, point) = (fields.next()?, fields.next()?);
        Some(Path::new(point).join(own.strip_prefix(root).ok()?))
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const OTHER: &str = "30 23 0:25 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n";

    #[rstest]
    #[case::root_group(
        "31 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
        "0::/",
        "/sys/fs/cgroup"
    )]
    #[case::hybrid_system(
        "31 23 0:26 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup rw",
        "4:pids:/a\n0::/b/c\n",
        "/sys/fs/cgroup/unified/b/c"
    )]
    #[case::in_a_container(
        "31 23 0:26 /docker/x /cg rw - cgroup2 cgroup rw",
        "0::/docker/x/y",
        "/cg/y"
    )]
    fn own_group_is_found(#[case] mount: &str, #[case] groups: &str, #[case] expected: &str) {
        let mounts = format!("{OTHER}{mount}\n");
        assert_eq!(own_folder(&mounts, groups).as_deref(), Some(Path::new(expected)));
    }

    #[rstest]
    #[case::only_cgroup_v1(OTHER, "4:pids:/a\n")]
    #[case::outside_the_mount("31 23 0:26 /a /cg rw - cgroup2 cgroup rw", "0::/b")]
    fn no_group_is_found(#[case] mounts: &str, #[case] groups: &str) {
        assert_eq!(own_folder(mounts, groups), None);
    }
}
