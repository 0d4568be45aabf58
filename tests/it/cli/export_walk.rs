//! Pictures and films of a talk.

use std::fs;

use super::arguments::{Done, Shell};

const DECK: &str = "---\noptions: {implicit_slide_ends: true}\n---\n\nOne\n===\n\nfirst\n\n\
    ```bash +exec\ntouch ran; echo $((6 * 7)) it\n```\n\nTwo\n===\n\nsecond\n";

/// Exports the deck with these arguments; `look` gets the result and the file, if there is one.
fn export<T>(args: &[&str], file: &str, look: impl FnOnce(Done, Option<Vec<u8>>, bool) -> T) -> T {
    let args = [&["export", "talk.md", "--size", "40x16"], args].concat();
    let shell = Shell::new(&args).file("talk.md", DECK);
    let folder = shell.folder.path().to_owned();
    shell.run_in(|done| {
        let has_run = folder.join("ran").exists();
        look(done, fs::read(folder.join(file)).ok(), has_run)
    })
}

/// Width and height of a PNG file.
fn png_size(file: &[u8]) -> (u32, u32) {
    assert!(file.starts_with(b"\x89PNG"));
    let number = |at: usize| u32::from_be_bytes(file[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn each_slide_is_a_picture() {
    for (args, file, size) in [
        (&["--to", "png"][..], "talk-02.png", (800, 640)),
        (&["--to", "png", "-o", "s%d.png", "--scale", "1"], "s1.png", (400, 320)),
        (&["--to", "png", "-o", "one.png", "--slide", "2"], "one.png", (800, 640)),
    ] {
        export(args, file, |done, file, _| {
            assert_eq!((done.status, done.out.as_str()), (0, ""), "{}", done.err);
            assert_eq!(png_size(&file.unwrap()), size, "{args:?}");
        });
    }
}

#[test]
fn cast_shows_what_code_says() {
    let args = ["--to", "cast", "-x", "--walk", "@0.1 ctrl-e l", "-o", "out.cast"];
    export(&args, "out.cast", |done, file, has_run| {
        assert_eq!(done.status, 0, "{}", done.err);
        let cast = String::from_utf8(file.unwrap()).unwrap();
        let [first, output, second] =
            ["first", "42 it", "second"].map(|text| cast.find(text).expect(text));
        assert!(has_run && first < output && output < second, "{cast}");
        assert!(cast.starts_with('{') && cast.contains("\"m\", \"Two\""), "{cast}");
    });
}

#[test]
fn film_shows_errors_in_their_place_only() {
    let shell = Shell::new(&["export", "talk.md", "--to", "cast", "--walk", "l", "-o", "out.cast"]);
    let shell = shell.file("talk.md", "first\n\n<!-- end_slide -->\n\n<!-- puase -->\n\nsecond\n");
    let folder = shell.folder.path().to_owned();
    shell.run_in(|done| {
        assert_eq!(done.status, 0, "{}", done.err);
        let cast = fs::read_to_string(folder.join("out.cast")).unwrap();
        assert!(cast.contains("unknown command") && !cast.contains("1 error"), "{cast}");
    });
}

#[test]
fn walk_runs_nothing_unless_asked() {
    let args = ["--to", "cast", "--walk", "ctrl-e l", "-o", "out.cast"];
    export(&args, "out.cast", |done, file, has_run| {
        assert_eq!(done.status, 0, "{}", done.err);
        let cast = String::from_utf8(file.unwrap()).unwrap();
        assert!(!has_run && !cast.contains("42 it") && cast.contains("second"), "{cast}");
    });
}

#[test]
fn film_without_outputs_shows_no_recorded_one() {
    let shows = |args: &[&str]| {
        let args = [&["export", "talk.md", "--to", "cast", "-o", "out.cast"], args].concat();
        let shell = Shell::new(&args).file("talk.md", "```bash +exec\necho $((6 * 7)) it\n```\n");
        let folder = shell.folder.path().to_owned();
        super::export::record(&folder);
        shell.run_in(|done| {
            assert_eq!(done.status, 0, "{}", done.err);
            fs::read_to_string(folder.join("out.cast")).unwrap().contains("42 it")
        })
    };
    assert!(shows(&["--walk", "ctrl-e"]) && shows(&[]) && shows(&["-x"]));
    assert!(!shows(&["--walk", "ctrl-e", "--from", "none"]) && !shows(&["--from", "none"]));
}

#[test]
fn film_shows_the_chosen_slides() {
    let args = ["--to", "cast", "--slides", "2", "-o", "out.cast"];
    export(&args, "out.cast", |done, file, _| {
        assert_eq!(done.status, 0, "{}", done.err);
        let cast = String::from_utf8(file.unwrap()).unwrap();
        assert!(cast.contains("second") && !cast.contains("first"), "{cast}");
    });
}

#[test]
fn gif_moves_through_the_slides() {
    export(&["--to", "gif", "--slide", "1"], "talk.gif", |done, file, _| {
        assert_eq!((done.status, done.out.as_str()), (0, ""), "{}", done.err);
        let file = file.unwrap();
        assert!(file.starts_with(b"GIF89a"));
        assert_eq!(file[6..10], [400_u16.to_le_bytes(), 320_u16.to_le_bytes()].concat());
        assert!(done.err.contains("2 frames, 4.0 s"), "{}", done.err);
    });
}

#[test]
fn unknown_keys_of_a_walk_are_errors() {
    for walk in ["<nokey>", "l @x"] {
        let args = ["--to", "gif", "--walk", walk];
        export(&args, "talk.gif", |done, file, _| {
            assert_eq!((done.status, file), (1, None), "{}", done.err);
            assert!(done.err.contains("--walk"), "{}", done.err);
        });
    }
}
