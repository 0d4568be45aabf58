//! Turns a block into a Python module made with `PyO3`.

use super::crate_root::{
    hoist, scan, split_attributes, with_head, without_crate_name, without_shebang,
};

/// What goes before the name of the module, and behind it.
const HEAD: &str = "#[pyo3::pymodule] mod r#";
const HEAD_END: &str = " { use pyo3::prelude::*;";

/// Returns the source of a Python module. With a name, the code is the inside of a module of that
/// name; without one, it defines its `#[pymodule]` itself. Its first line is `first_line` (from 1).
pub(in crate::exec::rust) fn pymodule(code: &str, first_line: u32, name: Option<&str>) -> String {
    let code = &without_crate_name(without_shebang(code));
    let above = first_line.saturating_sub(1) as usize;
    let Some(name) = name else { return "\n".repeat(above) + code };
    let (attributes, code) = split_attributes(code);
    let (hoisted, code) = hoist(code, &scan(code).inner_attributes);
    let head = format!("{hoisted}{HEAD}{name}{HEAD_END}");
    with_head(above, attributes, &head, &format!("{code}\n}}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_wraps_code_on_its_lines() {
        let module = pymodule("//! Says é.\n#![allow(x)]\nfn f() {}", 3, Some("fast"));
        let lines: Vec<_> = module.lines().collect();
        assert_eq!(lines[..3], ["", "", "//! Says é."]);
        assert!(lines[3].starts_with("#![allow(x)] #[pyo3::pymodule] mod r#fast {"), "{module}");
        assert_eq!((lines[4], lines[5]), ("fn f() {}", "}"));
        let module = pymodule("fn f() {}", 3, Some("fast"));
        let lines: Vec<_> = module.lines().collect();
        assert!(lines[1].ends_with("mod r#fast { use pyo3::prelude::*;"), "{module}");
        assert_eq!((lines[0], lines[2], lines[3]), ("", "fn f() {}", "}"));
        assert_eq!(pymodule("#[pymodule]\nmod m {}", 3, None), "\n\n#[pymodule]\nmod m {}");
    }

    #[test]
    fn crate_name_is_removed() {
        let code = "#![allow(x)]\n#![ crate_name=\"shapes\" ]\nfn f() {}";
        let module = pymodule(code, 1, Some("fast"));
        assert!(!module.contains("shapes") && module.contains("#![allow(x)]"), "{module}");
        assert!(!pymodule(code, 1, None).contains("shapes"));
    }
}
