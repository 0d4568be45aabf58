//! Code that Rust blocks include: changes of it are detected and named.

use super::*;

#[rstest]
#[case::macro_of_code("include!(\"b.inc\")", "b.inc")]
#[case::module("mod b;", "b.rs")]
#[case::folder_of_a_module("mod b;", "b/mod.rs")]
#[case::module_by_path("#[path = \"b.inc\"] mod b;", "b.inc")]
#[case::in_a_module("mod helper;", "helper/deep.inc")]
#[case::in_included_code("include!(\"sub/one.inc\");", "sub/two.inc")]
#[case::above("include!(\"../NAME/b.inc\")", "b.inc")]
#[case::absolute("include!(\"FOLDER/b.inc\")", "b.inc")]
#[case::computed("include!(concat!(\"b\", \".inc\")); include_str!(\"b.inc\");", "b.inc")]
#[case::by_a_macro(
    "macro_rules! m { ($p:literal) => { include!($p) } } include_str!(\"b.inc\");",
    "b.inc"
)]
fn change_of_included_code_is_named(#[case] code: &str, #[case] file: &str) {
    let folder = Folder::new("");
    let root = folder.0.path().canonicalize().unwrap();
    let name = root.file_name().unwrap().to_str().unwrap();
    let code = code.replace("FOLDER", root.to_str().unwrap()).replace("NAME", name);
    folder.write("talk.md", block("rust +exec", &code));
    folder.write(
        "helper.rs",
        "#[path = \"deep.inc\"] mod no; mod inner { include!(\"helper/deep.inc\"); }",
    );
    folder.write("sub/one.inc", "include!(\"two.inc\")");
    let changes = folder.changes(|folder| folder.write(file, "1"));
    assert_eq!(changes, [format!("{file} was added")]);
    assert_eq!(folder.changes(|it| it.write(file, "2")), [format!("{file} changed")]);
    let prompt = folder.inquiry(&folder.findings().record);
    assert!(prompt.files.contains(&file.to_owned()), "{prompt:?}");
}

#[test]
fn included_data_does_not_count() {
    let code = "include_str!(\"a.txt\"); include_bytes!(\"b.bin\"); include!(\"c.inc\");";
    let folder = Folder::new(&block("rust +exec", code));
    folder.write("c.inc", "include_str!(\"d.txt\")");
    let changes = folder.changes(|folder| {
        for name in ["a.txt", "b.bin", "d.txt"] {
            folder.write(name, "changed");
        }
    });
    assert_eq!(changes, [""; 0]);
    // Blocks of other languages and blocks that do not run include nothing.
    let folder = Folder::new(&(block("rust", "include!(\"b.inc\")") + &python("'mod b;'")));
    let changes = folder.changes(|folder| {
        folder.write("b.inc", "1");
        folder.write("b.rs", "1");
    });
    assert_eq!(changes, [""; 0]);
}

#[test]
fn special_and_large_included_files_do_not_block() {
    let code = "include!(\"pipe\"); include!(\"zero\"); include!(\"sub\"); mod again;";
    let folder = Folder::new(&block("rust +exec", code));
    folder.fifo("pipe");
    folder.link("/dev/zero", "zero");
    folder.write("sub/a", "");
    folder.write("again.rs", "include!(\"again.rs\"); #[path = \"again.rs\"] mod again;");
    let findings = folder.findings();
    assert_eq!(findings.trouble, None);
    assert_eq!(folder.inquiry(&findings.record).files, ["again.rs", "pipe"]);
    fs::File::create(folder.path("pipe2")).unwrap().set_len(2 << 30).unwrap();
    folder.replace("talk.md", "pipe", "pipe2");
    let trouble = folder.findings().trouble.unwrap();
    assert!(trouble.starts_with("pipe2: it is larger"), "{trouble}");
}
