//! What runs leave behind, and that nothing of it is there when the speaker has left.

use super::*;

fn is_alive(process: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.trim())).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[test]
fn what_a_run_leaves_behind_does_not_keep_it_running_and_may_still_write() {
    let mut stage = Stage::new();
    let go = stage.folder.path().join("go");
    let run = stage.start("bash", "(until test -e go; do sleep 0.02; done; echo late) & echo done");
    assert_eq!(stage.end(run), ("done\n".into(), Outcome::Exited(0)));
    fs::write(go, "").unwrap();
    assert_eq!(stage.next(run), RunEvent::Output(b"late\n".to_vec()));
}

#[test]
fn nothing_is_left_when_the_speaker_leaves() {
    let mut stage = Stage::new();
    let code = "sleep 1000 & echo $!
        setsid bash -c 'echo $$; exec sleep 1000' &
        (setsid bash -c 'echo $$; while :; do :; done' &)
        nohup bash -c 'trap \"\" TERM HUP INT; echo $$; while :; do :; done' 2>/dev/null &
        sleep 0.1; while test $(wc -l <pids) -lt 4; do sleep 0.01; done";
    let code = format!("exec > >(tee pids); touch pids\n{code}");
    let first = stage.start("bash", &code);
    let second = stage.start("bash", "echo $$; while :; do :; done");
    let spinning = stage.wait_for(second, "\n");
    let (_, outcome) = stage.end(first);
    assert_eq!(outcome, Outcome::Exited(0));
    let pids = fs::read_to_string(stage.folder.path().join("pids")).unwrap();
    let pids: Vec<_> = pids.lines().chain(spinning.lines()).collect();
    assert_eq!(pids.len(), 5, "{pids:?}");
    assert!(pids.iter().all(|pid| is_alive(pid)), "{pids:?}");
    stage.leave();
    let left: Vec<_> = pids.iter().filter(|pid| is_alive(pid)).collect();
    assert!(left.is_empty(), "{left:?} still run");
}

#[test]
fn a_run_s_folder_is_gone_when_it_ends_and_when_the_speaker_leaves() {
    let mut stage = Stage::new();
    let (folder, _) = stage.run("bash", "dirname $0");
    assert!(!Path::new(folder.trim()).exists());
    let run = stage.start("bash", "dirname $0; sleep 1000");
    let folder = stage.wait_for(run, "\n");
    assert!(Path::new(folder.trim()).exists());
    stage.leave();
    assert!(!Path::new(folder.trim()).exists());
    assert!(!Path::new(folder.trim()).parent().unwrap().exists());
}
