//! The speaker's view of a deck: the same slides and steps, with titles and notes instead of the
//! audience's content. It is derived from the parsed deck, which keeps the two in step.

use super::{Block, BlockKind, Deck, Inline, Note, Slide, Step, TextStyle};

impl Deck {
    /// Returns the deck of this deck's notes. It has no cells.
    #[must_use]
    pub fn speaker_view(&self) -> Self {
        let slides = self.slides.iter().map(Slide::speaker_view).collect();
        Self { slides, cells: Vec::new(), ..self.clone() }
    }
}

impl Slide {
    fn speaker_view(&self) -> Self {
        let titles = self.blocks.iter().filter(|block| matches!(block.kind, BlockKind::Title(_)));
        let notes = self.note_blocks();
        Self { blocks: titles.cloned().chain(notes).collect(), ..self.clone() }
    }

    /// Returns a paragraph for each note.
    pub fn note_blocks(&self) -> impl Iterator<Item = Block> {
        self.notes.iter().map(|note| note.block(self))
    }

    /// Returns the number of pauses passed at a step.
    pub fn pauses_passed(&self, step: Step) -> usize {
        self.pauses.partition_point(|pause| *pause <= step)
    }

    /// Returns the first step after `count` pauses, or after the last pause if there are fewer.
    pub fn after_pauses(&self, count: usize) -> Step {
        let last = count.min(self.pauses.len()).checked_sub(1);
        last.map_or(Step(0), |last| self.pauses[last])
    }
}

impl Note {
    /// Returns a paragraph with a row per line.
    fn block(&self, slide: &Slide) -> Block {
        let mut text = Vec::new();
        for line in self.text.lines() {
            if !text.is_empty() {
                text.push(Inline::Break);
            }
            text.push(Inline::Text(line.into(), TextStyle::default()));
        }
        let kind = BlockKind::Paragraph(text);
        Block { kind, span: slide.span, step: self.step, align: None, font_size: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slide() -> Slide {
        let block = |kind| Block {
            kind,
            span: crate::source::Span::default(),
            step: Step(0),
            align: None,
            font_size: None,
        };
        let words = |text: &str| vec![Inline::Text(text.into(), TextStyle::default())];
        Slide {
            blocks: vec![
                block(BlockKind::Title(words("Title"))),
                block(BlockKind::Paragraph(words("for all"))),
            ],
            steps: 6,
            pauses: vec![Step(2), Step(5)],
            notes: vec![
                Note { text: "breathe".into(), step: Step(0) },
                Note { text: "one\n\ntwo".into(), step: Step(2) },
            ],
            ..Slide::default()
        }
    }

    #[test]
    fn f199_speaker_view_has_titles_and_notes() {
        let deck = Deck { slides: vec![slide()], ..Deck::default() }.speaker_view();
        let shown: Vec<_> = deck.slides[0].blocks.iter().map(|block| block.step.0).collect();
        assert_eq!((shown, deck.slides[0].steps), (vec![0, 0, 2], 6));
        let BlockKind::Paragraph(text) = &deck.slides[0].blocks[2].kind else { panic!() };
        assert_eq!(text.iter().filter(|inline| **inline == Inline::Break).count(), 2);
    }

    #[test]
    fn f199_pauses_map_to_steps_and_back() {
        let slide = slide();
        let passed: Vec<_> = (0..6).map(|step| slide.pauses_passed(Step(step))).collect();
        assert_eq!(passed, [0, 0, 1, 1, 1, 2]);
        let steps: Vec<_> = (0..4).map(|count| slide.after_pauses(count).0).collect();
        assert_eq!(steps, [0, 2, 5, 5]);
        assert_eq!(slide.pauses_passed(Step::LAST), 2);
    }
}
