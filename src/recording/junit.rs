//! The `JUnit` XML report of a checked deck, for CI: one test case per block and per mistake of the
//! deck.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesText, Event};

use super::{Finding, Verdict};
use crate::source::visible;

/// Returns the report of the deck with this name. Each mistake is a position and a message.
pub fn junit(deck: &str, mistakes: &[(String, String)], findings: &[Finding]) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Writing to memory cannot fail.
    let _ = suites(&mut writer, deck, mistakes, findings);
    let xml = String::from_utf8_lossy(&writer.into_inner()).into_owned();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{xml}\n")
}

type XmlWriter = Writer<Vec<u8>>;

fn suites(
    xml: &mut XmlWriter,
    deck: &str,
    mistakes: &[(String, String)],
    findings: &[Finding],
) -> io::Result<()> {
    let count =
        |is: fn(&Verdict) -> bool| findings.iter().filter(|finding| is(&finding.verdict)).count();
    let failed = count(|verdict| !verdict.is_fine()) + mistakes.len();
    let skipped = count(|verdict| matches!(verdict, Verdict::Skipped(_)));
    let tests = findings.len() + mistakes.len().max(1);
    let seconds = findings.iter().filter_map(seconds).fold(0.0, |all, took| all + took);
    xml.create_element("testsuites")
        .write_inner_content(|xml| {
            xml.create_element("testsuite")
                .with_attributes([
                    ("name", &*visible(deck)),
                    ("tests", &tests.to_string()),
                    ("failures", &failed.to_string()),
                    ("skipped", &skipped.to_string()),
                    ("time", &format!("{seconds:.3}")),
                ])
                .write_inner_content(|xml| cases(xml, deck, mistakes, findings))?;
            Ok(())
        })
        .map(|_| ())
}

fn cases(
    xml: &mut XmlWriter,
    deck: &str,
    mistakes: &[(String, String)],
    findings: &[Finding],
) -> io::Result<()> {
    if mistakes.is_empty() {
        let names = [("classname", &*visible(deck)), ("name", "no mistakes")];
        xml.create_element("testcase").with_attributes(names).write_empty()?;
    }
    for (place, message) in mistakes {
        let names = [("classname", visible(deck)), ("name", visible(place))];
        let names = names.iter().map(|(name, value)| (*name, &**value));
        xml.create_element("testcase")
            .with_attributes(names)
            .write_inner_content(|xml| write_message(xml, "failure", message, ""))?;
    }
    findings.iter().try_for_each(|finding| case(xml, deck, finding))
}

fn case(xml: &mut XmlWriter, deck: &str, finding: &Finding) -> io::Result<()> {
    let line = finding.at.line.to_string();
    let time = seconds(finding).map_or_else(String::new, |seconds| format!("{seconds:.3}"));
    let (deck, name, file) = (visible(deck), finding.name(), visible(&finding.file));
    let attributes = [
        ("classname", &*deck),
        ("name", &name),
        ("file", &*file),
        ("line", &line),
        ("time", &time),
    ];
    let attributes = attributes.into_iter().filter(|(_, value)| !value.is_empty());
    let element = xml.create_element("testcase").with_attributes(attributes);
    let message = finding.verdict.message();
    let what = match &finding.verdict {
        Verdict::Passed => return element.write_empty().map(|_| ()),
        Verdict::Skipped(_) => "skipped",
        _ => "failure",
    };
    let more = finding.verdict.diff().map(str::to_owned);
    let more = more.unwrap_or_else(|| finding.last_lines().join("\n"));
    let more = if more.is_empty() { more } else { format!("{}\n{more}", finding.position()) };
    element.write_inner_content(|xml| write_message(xml, what, &message, &more)).map(|_| ())
}

/// Writes an element with a message attribute and text.
fn write_message(xml: &mut XmlWriter, what: &str, message: &str, more: &str) -> io::Result<()> {
    let message = visible(message);
    let element = xml.create_element(what).with_attributes([("message", &*message)]);
    if more.is_empty() {
        return element.write_empty().map(|_| ());
    }
    element
        .write_inner_content(|xml| xml.write_event(Event::Text(BytesText::new(&visible(more)))))
        .map(|_| ())
}

fn seconds(finding: &Finding) -> Option<f64> {
    finding.result.as_ref().map(|result| result.took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::report::tests::findings;

    #[test]
    fn blocks_are_test_cases() {
        insta::assert_snapshot!(junit("talk.md", &[], &findings()), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites>
          <testsuite name="talk.md" tests="7" failures="4" skipped="1" time="0.060">
            <testcase classname="talk.md" name="no mistakes"/>
            <testcase classname="talk.md" name="A &amp; B, block 1 (bash)" file="talk.md" line="1" time="0.012"/>
            <testcase classname="talk.md" name="A &amp; B, block 2 (bash)" file="talk.md" line="2" time="0.012">
              <failure message="differs from the recording of 2026-11-22">talk.md:2:1
        --- recorded 2026-11-22
        +++ now
        @@ -1 +1 @@
        -1
        +2
        </failure>
            </testcase>
            <testcase classname="talk.md" name="A &amp; B, block 3 (bash)" file="talk.md" line="3" time="0.012">
              <failure message="code changed since the recording of 2026-11-22"/>
            </testcase>
            <testcase classname="talk.md" name="A &amp; B, block 4 (bash)" file="talk.md" line="4" time="0.012">
              <failure message="failed: exit 3">talk.md:4:1
        &lt;oh&gt;</failure>
            </testcase>
            <testcase classname="talk.md" name="A &amp; B, block 5 (bash)" file="talk.md" line="5" time="0.012">
              <failure message="timed out">talk.md:5:1
        &lt;oh&gt;</failure>
            </testcase>
            <testcase classname="talk.md" name="A &amp; B, block 6 (bash)" file="talk.md" line="6">
              <skipped message="not run: it needs the terminal"/>
            </testcase>
          </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn xml_has_no_forbidden_characters() {
        let all: String = ('\0'..=char::MAX)
            .filter(|&c| u32::from(c) % 0x1_0000 > 0xff00 || c < '\u{3000}')
            .collect();
        let mut findings = findings();
        for finding in &mut findings {
            finding.file.clone_from(&all);
            for line in finding.result.iter_mut().flat_map(|result| &mut result.lines) {
                line.clone_from(&all);
            }
        }
        let document = junit(&all, &[(all.clone(), all.clone())], &findings);
        let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        assert_eq!(document.chars().find(|&c| !allowed(c)), None);
        let mut reader = quick_xml::Reader::from_str(&document);
        reader.config_mut().check_end_names = true;
        while !matches!(reader.read_event().unwrap(), Event::Eof) {}
    }

    #[test]
    fn mistakes_are_escaped_test_cases() {
        let mistake = ("talk.md:1:1".to_owned(), "a \"<b>\" & \u{1b}[31m".to_owned());
        insta::assert_snapshot!(junit("a<b>.md", &[mistake], &[]), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites>
          <testsuite name="a&lt;b&gt;.md" tests="1" failures="1" skipped="0" time="0.000">
            <testcase classname="a&lt;b&gt;.md" name="talk.md:1:1">
              <failure message="a &quot;&lt;b&gt;&quot; &amp; ␛[31m"/>
            </testcase>
          </testsuite>
        </testsuites>
        "#);
    }
}
