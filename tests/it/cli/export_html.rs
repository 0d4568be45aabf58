//! HTML exports in a real browser; the tests pass with a message where there is none.

use std::path::Path;
use std::process::Command;

use super::arguments::Shell;

const DECK: &str = "---\ntitle: Keys & swipes\noptions: {implicit_slide_ends: true}\n---\n\n\
    One\n===\n\nfirst\n\n<!-- pause -->\n\nsecond\n\n<!-- speaker_note: say hello -->\n\n\
    Two\n===\n\n```c\nint needle;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n\
    Three\n===\n\nsee https://pyo3.rs now\n";

/// Presses keys and logs where the page is after each.
const DRIVER: &str = "<script>
const log = [];
const root = document.documentElement;
const press = (...keys) => {
  for (const key of keys) {
    (document.activeElement ?? document.body).dispatchEvent(
      new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  }
  const on = document.querySelector('section.on');
  const pages = [...on.querySelectorAll('.page')];
  const step = pages.findIndex((page) => page.classList.contains('on'));
  log.push(keys.join('') + '=' + on.dataset.number + '.' + step + location.hash);
};
const swipe = (from, to) => {
  const touch = (x) => new Touch({ identifier: 1, target: document.body, clientX: x, clientY: 9 });
  const send = (type, x, list) => document.body.dispatchEvent(
    new TouchEvent(type, { touches: list, changedTouches: [touch(x)], bubbles: true }));
  send('touchstart', from, [touch(from)]);
  send('touchend', to, []);
};
press('?'); document.querySelector('#help').close();
press('l'); press('l'); press('l'); press('h'); press('g', 'g'); press('3', 'G'); press('G'); press('p');
press('n'); log.push('notes ' + root.classList.contains('with-notes'));
press('o'); log.push('overview ' + root.classList.contains('overview'));
press('l'); press('Enter'); log.push('overview ' + root.classList.contains('overview'));
press('/');
const box = document.querySelector('#search input');
box.value = 'NEEDLE';
box.dispatchEvent(new Event('input'));
log.push('found ' + document.querySelectorAll('#results button').length);
press('Enter'); log.push('search ' + document.querySelector('#search').open);
swipe(300, 100); press('Shift'); swipe(100, 300); press('Shift');
location.hash = '#2.1';
addEventListener('hashchange', () => {
  press('Shift');
  document.title = 'LOG ' + log.join(' ') + ' END';
});
</script>";

/// Runs Chromium without a window; `None` without it.
#[expect(clippy::print_stdout, reason = "says why a test did nothing")]
fn chromium(folder: &Path, args: &[&str]) -> Option<String> {
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    let base =
        ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", &profile];
    for name in ["chromium", "chromium-browser", "google-chrome"] {
        let done = Command::new(name).args(base).args(args).current_dir(folder).output();
        if let Ok(done) = done {
            return Some(String::from_utf8_lossy(&done.stdout).into_owned());
        }
    }
    println!("skipped: no chromium");
    None
}

/// Exports the deck with these arguments; `look` gets the folder and the page.
fn exported<T>(args: &[&str], look: impl FnOnce(&Path, String) -> T) -> T {
    let args = [&["export", "talk.md", "--to", "html", "-o", "talk.html"], args].concat();
    let shell = Shell::new(&args).file("talk.md", DECK);
    let folder = shell.folder.path().to_owned();
    shell.run_in(|done| {
        assert_eq!((done.status, done.out.as_str()), (0, ""), "{}", done.err);
        let page = std::fs::read_to_string(folder.join("talk.html")).unwrap();
        look(&folder, page)
    })
}

#[test]
fn keys_swipes_search_and_hash_move_through_a_page() {
    exported(&["--notes"], |folder, page| {
        let driven = page.replace("</body>", &format!("{DRIVER}</body>"));
        std::fs::write(folder.join("driven.html"), driven).unwrap();
        let Some(dom) = chromium(folder, &["--dump-dom", "driven.html"]) else { return };
        let log = dom.split("LOG ").nth(1).and_then(|log| log.split(" END").next());
        let steps = "?=1.0 l=2.0#2.1 l=2.1#2 l=3.0#3 h=2.1#2 gg=1.0#1 3G=3.0#3 G=4.0#4 p=3.0#3 \
                     n=3.0#3 notes true o=3.0#3 overview true l=4.0#4 Enter=4.0#4 overview false \
                     /=4.0#4 found 1 Enter=3.0#3 search false Shift=4.0#4 Shift=3.0#3 Shift=2.0#2.1";
        assert_eq!(log, Some(steps), "{dom}");
    });
}

/// Else the keyboard could not scroll them.
#[test]
fn long_notes_can_be_focused() {
    const SCRIPT: &str = "<script>
const press = (key) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
const notes = document.querySelector('.notes');
press('l'); press('n'); const shown = notes.tabIndex; press('n');
document.title = 'LOG ' + shown + ' ' + notes.tabIndex + ' END';
</script>";
    exported(&["--notes"], |folder, page| {
        for (note, expected) in
            [("short".to_owned(), "LOG -1 -1 END"), ("long ".repeat(9999), "LOG 0 -1 END")]
        {
            let page =
                page.replace("say hello", &note).replace("</body>", &format!("{SCRIPT}</body>"));
            std::fs::write(folder.join("notes.html"), page).unwrap();
            let Some(dom) = chromium(folder, &["--dump-dom", "notes.html"]) else { return };
            assert!(dom.contains(expected), "{expected}: {}", &dom[..200]);
        }
    });
}

#[test]
fn every_slide_is_printed_on_its_own_page() {
    for (args, expected) in [(&[][..], 4), (&["--steps"], 5), (&["--notes"], 5)] {
        exported(args, |folder, _| {
            let print = ["--no-pdf-header-footer", "--print-to-pdf=out.pdf", "talk.html"];
            if chromium(folder, &print).is_none() {
                return;
            }
            let file = std::fs::read(folder.join("out.pdf")).unwrap();
            let pages = String::from_utf8_lossy(&file).matches("/Type /Page\n").count();
            assert_eq!(pages, expected, "{args:?}");
        });
    }
}

#[test]
fn page_has_structure_and_no_network() {
    exported(&["--slides", "2-4"], |_, page| {
        for part in [
            "<html lang=\"en\"",
            "<h1 class=\"hidden\">Keys &amp; swipes</h1>",
            "<th scope=\"col\">",
            "<a href=\"https://pyo3.rs\">",
            "<pre class=\"code\"",
            "data-number=\"4\"",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("data-number=\"1\"") && !page.contains("say hello"));
        for fetched in ["src=", "@import", "url(http", "<link"] {
            assert!(!page.contains(fetched), "{fetched}");
        }
    });
}
