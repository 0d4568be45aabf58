//! The plan of runs on other machines. Real connections are tested in `tests/it/exec/remote.rs`.

use super::*;

#[test]
fn deck_folders_have_plain_names_of_their_own() {
    let name = deck_name(Path::new("/home/ada/my talk; rm -rf"));
    assert!(name.starts_with("mytalkrm-rf-"), "{name}");
    assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{name}");
    assert_ne!(name, deck_name(Path::new("/home/eve/my talk; rm -rf")));
    assert!(!deck_name(Path::new("/")).starts_with('/'));
}
