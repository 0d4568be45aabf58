//! Runs whose standard output is an image.

use super::*;

/// The header of a PNG file of one pixel.
const PIXEL: &str = r"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89";

/// Runs a block whose standard output is an image: returns its other output, the image and its
/// outcome.
fn picture(
    harness: &mut ExecHarness,
    language: &str,
    code: &str,
) -> (String, Option<Vec<u8>>, Outcome) {
    let run = harness.start_request(language, code, |request| request.target = Target::Picture);
    let (mut text, mut bytes) = (String::new(), None);
    loop {
        match harness.next(run) {
            RunEvent::Output(output) => text.push_str(&String::from_utf8_lossy(&output)),
            RunEvent::Picture(file) => bytes = Some(fs::read(file).unwrap()),
            RunEvent::Finished(outcome, _) => return (text, bytes, outcome),
            _ => {}
        }
    }
}

#[test]
fn f154_stdout_is_the_image_and_stderr_is_shown() {
    let mut harness = ExecHarness::new();
    let expected =
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";
    for (language, code) in [
        ("bash", format!("echo drawing >&2; printf '{PIXEL}'")),
        (
            "python",
            format!(
                "import sys; sys.stdout.buffer.write(b'{PIXEL}'); print('drawing', file=sys.stderr)"
            ),
        ),
    ] {
        let (text, bytes, outcome) = picture(&mut harness, language, &code);
        assert_eq!((text.as_str(), outcome), ("drawing\n", Outcome::Exited(0)));
        assert_eq!(bytes.as_deref(), Some(&expected[..]), "{language}");
    }
    let code = "#include <stdio.h>\nint main() { fputs(\"P\", stdout); }";
    let (text, bytes, _) = picture(&mut harness, "c", code);
    assert_eq!(
        (text.as_str(), bytes.as_deref()),
        ("", Some(&b"P"[..])),
        "the compiler's output is not the image"
    );
}

#[test]
fn f154_failed_run_has_no_image() {
    let mut harness = ExecHarness::new();
    let (text, bytes, outcome) = picture(&mut harness, "bash", "echo half; echo oh >&2; exit 3");
    assert_eq!((text.as_str(), bytes, outcome), ("oh\n", None, Outcome::Exited(3)));
}

#[test]
fn f154_large_image_is_removed_after_the_talk() {
    let mut harness = ExecHarness::new();
    let code = "head -c 5000000 /dev/zero; sleep 1000 &";
    let run = harness.start_request("bash", code, |request| request.target = Target::Picture);
    let file = loop {
        match harness.next(run) {
            RunEvent::Picture(file) => break file,
            RunEvent::Finished(outcome, _) => panic!("{outcome:?}"),
            _ => {}
        }
    };
    assert_eq!(fs::metadata(&file).unwrap().len(), 5_000_000);
    harness.leave();
    assert!(!file.exists());
}
