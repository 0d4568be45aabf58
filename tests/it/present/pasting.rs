//! Text that the terminal marks as pasted, where a program reads it.

use crate::harness::PtyHarness;

fn show(language: &str, code: &str) -> PtyHarness {
    let talk = PtyHarness::show(&format!(
        "Pasting\n===\n\n```{language}\n{code}\n```\n\n<!-- end_slide -->\n\nthe end\n"
    ));
    talk.wait_for("Pasting");
    talk.keys("ctrl-e");
    talk
}

#[test]
fn pasted_lines_answer_the_prompt() {
    let code = "a = input('one? ')\nb = input('two? ')\nprint([a, b, input('three? ')])";
    let talk = show("python +exec", code);
    talk.wait_for("waits for input");
    talk.write(b"\x1b[200~q\x1b[31m1\r\tsecond\rthi\x1b[201~");
    talk.wait_for("› thi");
    talk.keys("r d enter");
    talk.wait_for("'third']");
    talk.wait_for("✓");
    talk.leave();
}

#[test]
fn program_in_a_terminal_gets_the_marks_it_asked_for() {
    for (asks, length, expected) in
        [("\\033[?2004h", 15, "got ^[[200~ab^[[201~q"), ("", 3, "got abq")]
    {
        let read = format!("head -c {length} | cat -v | sed 's/^/got /'");
        let talk =
            show("bash +exec +pty", &format!("stty raw -echo; printf '{asks}ready'; {read}"));
        talk.wait("it is ready", |screen| screen.matches("ready").count() == 2);
        talk.keys("tab enter");
        talk.write(b"\x1b[200~ab\x1b[201~");
        talk.keys("q");
        talk.wait_for(expected);
        talk.wait_for("✓");
        talk.leave();
    }
}
