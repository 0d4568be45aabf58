//! Limits of an SVG, checked before it is converted: references can repeat parts of it, so that a
//! short file has more shapes than memory, and nesting costs stack.

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::Event;
use resvg::usvg::roxmltree::{Document, Node, NodeId, ParsingOptions};

use super::DrawError;

/// Limit of the nesting of elements; drawing programs write less than 40.
const MAX_DEPTH: usize = 200;

/// Limit of the elements in the file.
const MAX_NODES: u32 = 400_000;

/// Limit of the elements after all references are replaced by what they refer to.
const MAX_SHOWN_NODES: u64 = 400_000;

/// Parses the document and checks the limits.
pub(super) fn parse(svg: &str) -> Result<Document<'_>, DrawError> {
    check_depth(svg)?;
    let options = ParsingOptions { allow_dtd: true, nodes_limit: MAX_NODES, ..Default::default() };
    let document = Document::parse_with_options(svg, options).map_err(|error| {
        let at = error.pos();
        let at = (at.row as usize, at.col as usize);
        DrawError { at: Some(at), ..DrawError::new(format!("not valid SVG: {error}")) }
    })?;
    let root = document.root_element();
    if root.tag_name().name() != "svg" {
        let why = format!("the document is `{}`, not `svg`", root.tag_name().name());
        return Err(DrawError::new(why));
    }
    let mut expansion = Expansion::of(&document);
    let shown = expansion.count(root, 0)?;
    if shown > MAX_SHOWN_NODES {
        let why = format!("its references show more than {MAX_SHOWN_NODES} elements");
        return Err(DrawError::new(why));
    }
    drop(expansion);
    Ok(document)
}

fn check_depth(svg: &str) -> Result<(), DrawError> {
    let mut reader = Reader::from_str(svg);
    let mut depth = 0_usize;
    loop {
        match reader.read_event() {
            Ok(Event::Start(_)) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    let why = format!("its elements are nested more than {MAX_DEPTH} deep");
                    return Err(DrawError::new(why));
                }
            }
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            // The parser proper reports what is wrong.
            Ok(Event::Eof) | Err(_) => return Ok(()),
            Ok(_) => {}
        }
    }
}

/// Counts elements with all references replaced.
struct Expansion<'d, 'i> {
    by_id: HashMap<&'d str, Node<'d, 'i>>,
    counted: HashMap<NodeId, Counted>,
}

/// The state of an element's count.
#[derive(Clone, Copy)]
enum Counted {
    /// It is being counted: a reference to it is a circle, which is not drawn.
    Open,
    Done(u64),
}

impl<'d, 'i> Expansion<'d, 'i> {
    fn of(document: &'d Document<'i>) -> Self {
        let ids = document.descendants().filter_map(|node| Some((node.attribute("id")?, node)));
        Self { by_id: ids.collect(), counted: HashMap::new() }
    }

    fn count(&mut self, node: Node<'d, 'i>, depth: usize) -> Result<u64, DrawError> {
        if depth > MAX_DEPTH {
            let why = format!("its references are nested more than {MAX_DEPTH} deep");
            return Err(DrawError::new(why));
        }
        match self.counted.get(&node.id()) {
            Some(Counted::Open) => return Ok(0),
            Some(Counted::Done(count)) => return Ok(*count),
            None => {}
        }
        self.counted.insert(node.id(), Counted::Open);
        let mut count = 1_u64;
        for attribute in node.attributes() {
            for id in references(attribute.name(), attribute.value()) {
                if let Some(target) = self.by_id.get(id).copied() {
                    count = count.saturating_add(self.count(target, depth + 1)?);
                }
            }
        }
        for child in node.children().filter(Node::is_element) {
            count = count.saturating_add(self.count(child, depth + 1)?);
        }
        self.counted.insert(node.id(), Counted::Done(count));
        Ok(count)
    }
}

/// Returns the ids of elements that an attribute refers to: `#id` and `url(#id)`.
fn references<'a>(name: &str, value: &'a str) -> Vec<&'a str> {
    if name == "href" {
        return value.strip_prefix('#').into_iter().collect();
    }
    let inside = value.split("url(").skip(1).filter_map(|rest| rest.split_once(')'));
    let names = inside.map(|(name, _)| name.trim_matches([' ', '"', '\'']));
    names.filter_map(|name| name.strip_prefix('#')).collect()
}
