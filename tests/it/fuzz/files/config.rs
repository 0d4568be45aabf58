//! Fuzzes configurations.

use livedeck::config::Config;
use livedeck::diag;
use livedeck::source::{SourceFile, Sources};

use super::{changed, check_report, rounds};

#[test]
fn any_configuration_is_parsed() {
    // Every key, including those without a default.
    let sample = Config::sample();
    let set: String = sample
        .lines()
        .map(|line| {
            let key = line.trim_start().strip_prefix("# ").filter(|rest| rest.ends_with(':'));
            match key {
                Some(key) => format!("{}{key} 1\n", &line[..line.len() - line.trim_start().len()]),
                None => format!("{line}\n"),
            }
        })
        .collect();
    let seeds = [sample, set];
    rounds("config.yaml", 300, |chance| {
        let text = changed(seeds[chance.below(2)].clone(), chance);
        (text.clone(), move || {
            let mut sources = Sources::default();
            let file = sources.add(SourceFile::new("config.yaml", text.as_str()));
            let mut config = Config::default();
            for problem in config.read(&text, file).iter().take(50) {
                check_report(&diag::plain(problem, &sources));
            }
            let _ = config.bindings.keymap();
        })
    });
}
