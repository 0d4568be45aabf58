//! Which addresses of a deck become links.

/// What an address starts with that can be opened safely.
const SCHEMES: &[&str] = &["http://", "https://", "mailto:"];

/// Longer addresses are not links: terminals ignore them.
const MAX_ADDRESS_BYTES: usize = 2_000;

/// Returns whether text with this address is a link.
pub(super) fn can_open(address: &str) -> bool {
    let is_known = SCHEMES.iter().any(|scheme| address.starts_with(scheme));
    is_known && address.len() <= MAX_ADDRESS_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_open_safely_are_links() {
        let long = format!("https://{}", "x".repeat(MAX_ADDRESS_BYTES));
        for address in ["javascript:alert(1)", "file:///etc/passwd", "other.md", "#top", &long] {
            assert!(!can_open(address), "{address}");
        }
        assert!(can_open("https://a.example/7") && can_open("mailto:a@b.example"));
    }
}
