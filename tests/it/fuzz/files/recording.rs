//! Fuzzes recordings: reads, draws and exports them.

use livedeck::project::{LoadOptions, load};
use livedeck::recording::Recording;

use super::{changed, draw, rounds, size};

const DECK: &str = "Recorded
===

```bash +exec +pty
top
```

```python +exec
1
```

```python +image
2
```

<!-- end_slide -->

Recorded too
===

<!-- column_layout: [1, 1] -->
<!-- column: 0 -->

```python +exec_replace
3
```

<!-- column: 1 -->

```bash +exec +output:right
4
```
";

/// A recording with every kind of value.
const RECORDING: &str = r##"{
  "version": 1,
  "blocks": [
    {
      "slide": "Recorded",
      "block": 1,
      "language": "bash",
      "code": "0000000000000000",
      "recorded": "2026-11-29",
      "status": "done",
      "took_ms": 12.5,
      "terminal": [
        20,
        5
      ],
      "output": [
        "one 中文",
        "\u001b[0;31mtwo\u001b[0m"
      ]
    },
    {
      "slide": "Recorded",
      "block": 2,
      "language": "python",
      "code": "0000000000000001",
      "recorded": "2026-11-29",
      "status": "exit 3",
      "took_ms": 1,
      "output": [
        "head",
        "a  b",
        "timed x",
        "[picture]"
      ],
      "shown": [
        {
          "line": 1,
          "lines": 1,
          "table": {
            "columns": [
              {
                "name": "",
                "right": true,
                "index": true
              },
              {
                "name": "b",
                "type": "str"
              }
            ],
            "rows": [
              "0\tx",
              "1\ty"
            ],
            "height": 9,
            "width": 3
          }
        },
        {
          "line": 2,
          "lines": 1,
          "timing": {
            "timed": "x",
            "calls": 1000,
            "samples": 7,
            "total": 1000000.0,
            "median": 1000.5,
            "low": 900.0,
            "high": 1100.0
          }
        },
        {
          "line": 3,
          "lines": 1,
          "picture": "a-1.png",
          "picture_kind": "PNG, 4 × 3"
        },
        {
          "line": 4,
          "lines": 1,
          "markdown": "# a\n\n* b\n\n| c |\n|---|\n| d |\n"
        }
      ]
    },
    {
      "slide": "Recorded",
      "block": 3,
      "language": "python",
      "code": "0000000000000002",
      "recorded": "2026-11-29",
      "status": "exception",
      "took_ms": 0.1,
      "picture": "a-1.png",
      "output": []
    },
    {
      "slide": "Recorded too",
      "block": 1,
      "language": "python",
      "code": "0000000000000003",
      "recorded": "2026-11-29",
      "status": "signal 9",
      "took_ms": 86400000,
      "output": [
        "\u001b[0;38;5;208mcolour\u001b[0m"
      ]
    },
    {
      "slide": "Recorded too",
      "block": 2,
      "language": "bash",
      "code": "0000000000000004",
      "recorded": "2026-11-29",
      "status": "timed out",
      "took_ms": 3,
      "output": [
        "x"
      ]
    }
  ]
}
"##;

#[test]
fn any_recording_is_read_and_drawn() {
    assert_eq!(Recording::read(RECORDING).unwrap().entries.len(), 5);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talk.md");
    let recording = folder.path().join("talk.recording");
    std::fs::create_dir(&recording).unwrap();
    std::fs::write(&path, DECK).unwrap();
    image::RgbaImage::new(4, 3).save(recording.join("a-1.png")).unwrap();
    rounds("recording.json", 100, |chance| {
        let text = changed(RECORDING.to_owned(), chance);
        let size = size(chance);
        let (path, recording) = (&path, &recording);
        (text.clone(), move || {
            std::fs::write(recording.join("recording.json"), &text).unwrap();
            let loaded = load(&LoadOptions::new(path), None).unwrap();
            match Recording::read(&text) {
                // Times are rounded; everything else is kept.
                Ok(read) => {
                    let again = Recording::read(&read.write()).map(|again| again.entries.len());
                    assert_eq!(again, Ok(read.entries.len()));
                }
                Err(_) => assert!(!loaded.deck.diagnostics.is_empty()),
            }
            draw(&loaded, size);
        })
    });
}

#[test]
fn recorded_output_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talk.md");
    std::fs::create_dir(folder.path().join("talk.recording")).unwrap();
    std::fs::write(&path, DECK).unwrap();
    std::fs::write(folder.path().join("talk.recording/recording.json"), RECORDING).unwrap();
    let loaded = load(&LoadOptions::new(&path), None).unwrap();
    assert_eq!(loaded.recorded.len(), 5);
    draw(&loaded, livedeck::layout::Size::new(100, 60));
}
