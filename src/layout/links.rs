//! The links of a scene. A piece of text carries the number of its link in its style, through wrapping
//! and placing; the scene has the addresses.

use std::cell::RefCell;
use std::sync::Arc;

use ratatui::style::{Color, Modifier, Style};

/// Marks a style whose underline colour is the number of a link. (A modifier that does not exist; painting
/// takes it off.)
const LINKED: Modifier = Modifier::from_bits_retain(1 << 15);

/// What an address starts with that can be opened safely.
const SCHEMES: &[&str] = &["http://", "https://", "mailto:"];

/// Longer addresses are not links: terminals ignore them.
const MAX_ADDRESS_BYTES: usize = 2_000;

/// The largest number that fits a colour.
const MAX_LINKS: usize = 1 << 24;

/// The addresses of a scene, collected while it is laid out.
#[derive(Debug, Default)]
pub(super) struct LinkTable(RefCell<Vec<Arc<str>>>);

impl LinkTable {
    /// Returns a style with a link to this address, if it can be opened.
    pub(super) fn mark(&self, style: Style, address: &Arc<str>) -> Style {
        let is_known = SCHEMES.iter().any(|scheme| address.starts_with(scheme));
        let mut addresses = self.0.borrow_mut();
        if !is_known || address.len() > MAX_ADDRESS_BYTES || addresses.len() >= MAX_LINKS {
            return style;
        }
        let known = addresses.iter().position(|known| known == address);
        let number = known.unwrap_or_else(|| {
            addresses.push(Arc::clone(address));
            addresses.len() - 1
        });
        let [_, red, green, blue] = u32::try_from(number).unwrap_or_default().to_be_bytes();
        style.underline_color(Color::Rgb(red, green, blue)).add_modifier(LINKED)
    }

    /// Returns the addresses, by number.
    pub(super) fn into_addresses(self) -> Vec<Arc<str>> {
        self.0.into_inner()
    }
}

/// Returns the number of a style's link, and the style without it.
pub fn split_link(style: Style) -> (Style, Option<usize>) {
    if !style.add_modifier.contains(LINKED) {
        return (style, None);
    }
    let number = match style.underline_color {
        Some(Color::Rgb(red, green, blue)) => {
            usize::try_from(u32::from_be_bytes([0, red, green, blue])).ok()
        }
        _ => None,
    };
    let add_modifier = style.add_modifier.difference(LINKED);
    (Style { add_modifier, underline_color: None, ..style }, number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_carries_its_link() {
        let links = LinkTable::default();
        let bold = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
        for number in 0..300 {
            let marked = links.mark(bold, &format!("https://a.example/{number}").into());
            assert_eq!(split_link(Style::new().patch(marked)), (bold, Some(number)));
        }
        let again = links.mark(bold, &"https://a.example/7".into());
        assert_eq!(split_link(again).1, Some(7));
        assert_eq!(links.into_addresses().len(), 300);
    }

    #[test]
    fn only_addresses_that_open_safely_are_links() {
        let links = LinkTable::default();
        let long = format!("https://{}", "x".repeat(MAX_ADDRESS_BYTES));
        for address in ["javascript:alert(1)", "file:///etc/passwd", "other.md", "#top", &long] {
            let style = links.mark(Style::new(), &address.into());
            assert_eq!(split_link(style), (Style::new(), None), "{address}");
        }
        assert!(split_link(links.mark(Style::new(), &"mailto:a@b.example".into())).1.is_some());
    }
}
