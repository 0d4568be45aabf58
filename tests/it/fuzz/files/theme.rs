//! Fuzzes themes: as a file that a deck names, and in its front matter.

use livedeck::project::{LoadOptions, load};

use super::{changed, draw, rounds, size, texts};

const SLIDES: &str = "
Title
===

# Head

Text *a* **b** `c` [d](e)

* one
  * two

| a | b |
|---|---|
| 1 | 2 |

> [!note]
> a note

> quote

```rust +line_numbers {1|2} +exec
fn main() {}
let a = 1;
```

<!-- column_layout: [1, 2] -->
<!-- column: 0 -->
left
<!-- column: 1 -->
right
";

#[test]
fn any_theme_is_read_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talk.md");
    let themes = texts("src/theme/builtin", "yaml");
    rounds("theme.yaml", 100, |chance| {
        let theme = changed(themes[chance.below(themes.len())].clone(), chance);
        let size = size(chance);
        let is_file = chance.below(2) == 0;
        let (folder, path) = (folder.path(), &path);
        (theme.clone(), move || {
            let front = if is_file {
                std::fs::write(folder.join("theme.yaml"), &theme).unwrap();
                "title: a\nauthor: b\ntheme:\n  path: theme.yaml\n".to_owned()
            } else {
                let indented = theme.replace('\n', "\n    ");
                format!("title: a\nauthor: b\ntheme:\n  override:\n    {indented}\n")
            };
            std::fs::write(path, format!("---\n{front}---\n{SLIDES}")).unwrap();
            let loaded = load(&LoadOptions::new(path), None).unwrap();
            draw(&loaded, size);
        })
    });
}
