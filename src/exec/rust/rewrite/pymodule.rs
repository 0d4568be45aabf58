//! Turns a block into a Python module made with `PyO3`.

use super::crate_root::{hoist, scan, without_crate_name, without_shebang};

/// Returns the source of a Python module. With a name, the code is the inside of a module of that
/// name; without one, it defines its `#[pymodule]` itself. Its first line is `first_line` (from 1).
pub(in crate::exec::rust) fn pymodule(code: &str, first_line: u32, name: Option<&str>) -> String {
    let code = &without_crate_name(without_shebang(code));
    let above = first_line.saturating_sub(1) as usize;
    let Some(name) = name else { return "\n".repeat(above) + code };
    let (hoisted, code) = hoist(code, &scan(code).inner_attributes);
    let head = format!("{hoisted} #[pyo3::pymodule] mod r#{name} {{ use pyo3::prelude::*;");
    let padding = "\n".repeat(above.saturating_sub(1));
    let end_of_head = if above > 0 { "\n" } else { " " };
    format!("{padding}{head}{end_of_head}{code}\n}}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_wraps_code_on_its_lines() {
        let module = pymodule("//! Says é.\n#![allow(x)]\nfn f() {}", 3, Some("fast"));
        let lines: Vec<_> = module.lines().collect();
        assert_eq!(lines[0], "");
        assert!(lines[1].contains("#![allow(x)]") && lines[1].contains("mod r#fast {"), "{module}");
        assert_eq!((lines[2].trim(), lines[4], lines[5]), ("", "fn f() {}", "}"));
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
