//! Reads the content stream of a page and finds out what it draws: one image that fills the page, or anything else,
//! and whether the page has text.

use super::graphics_state::{CurrentPath, Drawing, GraphicsState, TextPresence, multiply, transformed};
use super::objects::{PdfObjects, number_of};
use super::page_tree::{PageBox, PageFrame};
use super::rejection::MAX_CONTENT_BYTES;
use hayro_syntax::content::{Instruction, UntypedIter};
use hayro_syntax::object::{Dict, FromBytes, Name, Number, ObjRef, Object};

/// Longer content is not read but left to PDFium. No scan needs that much.
const MAX_READ_BYTES: usize = 4 << 20;

/// How deep forms may nest.
const MAX_FORM_DEPTH: usize = 4;

/// How many forms one page may draw.
const MAX_FORMS: usize = 64;

/// How many graphics states may be saved at once.
const MAX_SAVED_STATES: usize = 256;

/// Appended to the content. If the reader reaches it, nothing before it stopped the reading.
const SENTINEL: &[u8] = b" QuireEnd";

/// Operators that set something that does not affect images, or that only mark content.
const HARMLESS: [&[u8]; 36] = [
    b"w", b"J", b"j", b"M", b"d", b"ri", b"i", b"g", b"G", b"rg", b"RG", b"k", b"K", b"cs", b"CS", b"sc", b"SC",
    b"scn", b"SCN", b"BT", b"ET", b"Tf", b"Td", b"TD", b"Tm", b"T*", b"Tc", b"Tw", b"Tz", b"TL", b"Ts", b"BX", b"EX",
    b"BMC", b"EMC", b"MP",
];

/// Entries of a graphics state dictionary that do not affect images.
const HARMLESS_STATE: [&[u8]; 14] =
    [b"Type", b"LW", b"LC", b"LJ", b"ML", b"D", b"RI", b"OP", b"op", b"OPM", b"FL", b"SM", b"SA", b"AIS"];

/// Reads content and records what it draws.
pub(super) struct ContentReader<'f> {
    objects: &'f PdfObjects,
    frame: &'f PageFrame,
    max_pixels: u64,
    forms: usize,
    drawing: Drawing,
}

/// The state while one content stream is read.
struct StreamState<'r, 'd> {
    state: GraphicsState,
    saved: Vec<GraphicsState>,
    path: CurrentPath,
    clips: bool,
    resources: &'r Dict<'d>,
    /// Whether the resources contain a Type 3 font. Determined when text is first shown.
    type3: Option<bool>,
    depth: usize,
}

impl<'f> ContentReader<'f> {
    pub(super) fn new(objects: &'f PdfObjects, frame: &'f PageFrame, max_pixels: u64) -> Self {
        Self { objects, frame, max_pixels, forms: 0, drawing: Drawing::default() }
    }

    pub(super) fn read(mut self, content: Vec<u8>, resources: &Dict<'_>) -> Drawing {
        self.run(content, resources, GraphicsState::default(), 0);
        self.drawing
    }

    fn run(&mut self, mut content: Vec<u8>, resources: &Dict<'_>, state: GraphicsState, depth: usize) {
        let affordable = self.objects.allowance().take(content.len());
        let inline = largest_inline_image(&content);
        let is_oversized = |size: &(u64, u64)| size.0.saturating_mul(size.1) > self.max_pixels;
        self.drawing.oversized = self.drawing.oversized.or(inline.filter(is_oversized));
        if content.len() > MAX_READ_BYTES || !affordable || inline.is_some() {
            return self.drawing.leave_unread();
        }
        content.extend_from_slice(SENTINEL);
        let (saved, path) = (Vec::new(), CurrentPath::Empty);
        let mut run = StreamState { state, saved, path, clips: false, resources, type3: None, depth };
        let mut instructions = UntypedIter::new(&content);
        while let Some(instruction) = instructions.next() {
            if **instruction.operator == SENTINEL[1..] {
                return;
            }
            self.step(&mut run, &instruction);
        }
        self.drawing.leave_unread();
    }

    fn step(&mut self, run: &mut StreamState<'_, '_>, instruction: &Instruction<'_, '_>) {
        let numbers = || instruction.operands().map_while(number_of).collect::<Vec<f64>>();
        let operator: &[u8] = instruction.operator;
        match operator {
            b"q" => self.save(run),
            b"Q" => run.state = run.saved.pop().unwrap_or(run.state),
            b"cm" => match <[f64; 6]>::try_from(numbers()) {
                Ok(matrix) => run.state.matrix = multiply(matrix, run.state.matrix),
                Err(_) => self.drawing.otherwise = true,
            },
            b"Tr" => run.state.render_mode = numbers().first().map_or(0, |mode| *mode as i64),
            b"re" => run.path.add_rectangle(&numbers(), run.state.matrix),
            b"m" | b"l" | b"c" | b"v" | b"y" | b"h" => run.path = CurrentPath::Other,
            b"W" | b"W*" => run.clips = true,
            b"n" => self.end_path(run),
            b"Tj" | b"TJ" | b"'" | b"\"" => self.show_text(run),
            b"Do" => self.draw(run, instruction),
            b"gs" => self.set_state(run, instruction),
            b"BDC" | b"DP" => self.mark(instruction),
            _ => self.drawing.otherwise |= !HARMLESS.contains(&operator),
        }
    }

    fn save(&mut self, run: &mut StreamState<'_, '_>) {
        if run.saved.len() < MAX_SAVED_STATES {
            run.saved.push(run.state);
        } else {
            self.drawing.otherwise = true;
        }
    }

    /// A path that is not painted may clip. A clip matters unless the whole page lies inside it.
    fn end_path(&mut self, run: &mut StreamState<'_, '_>) {
        let path = std::mem::take(&mut run.path);
        if std::mem::take(&mut run.clips) {
            self.drawing.otherwise |= !matches!(path, CurrentPath::Rectangle(clip) if self.frame.is_covered_by(clip));
        }
    }

    /// Text in render mode 3 is invisible, unless it uses a Type 3 font, whose glyphs ignore the mode.
    fn show_text(&mut self, run: &mut StreamState<'_, '_>) {
        let resources = run.resources;
        let type3 = *run.type3.get_or_insert_with(|| self.has_type3_font(resources));
        let invisible = run.state.render_mode == 3 && !type3;
        let text = if invisible { TextPresence::Invisible } else { TextPresence::Visible };
        self.drawing.add_text(text);
    }

    fn has_type3_font(&self, resources: &Dict<'_>) -> bool {
        let is_type3 = |fonts: &Dict<'_>| {
            let references: Vec<ObjRef> = fonts.keys().filter_map(|name| fonts.get_ref(name.as_ref())).collect();
            let subtype = |font| self.objects.with_dict(font, |font| self.objects.name(font, "Subtype"));
            references.into_iter().any(|font| subtype(font).flatten().as_deref() == Some(b"Type3"))
        };
        // Fonts without an object of their own do not occur in practice. If one did, PDFium would draw the page.
        self.objects.with_dict_entry(resources, "Font", is_type3).unwrap_or(false)
    }

    fn draw(&mut self, run: &StreamState<'_, '_>, instruction: &Instruction<'_, '_>) {
        let Some(reference) = self.named(run, instruction, "XObject") else {
            // A name that does not exist draws nothing.
            return;
        };
        let subtype = |dict: &Dict<'_>| (self.objects.name(dict, "Subtype"), dict.contains_key("OC"));
        let Some((subtype, optional)) = self.objects.with_dict(reference, subtype) else {
            // An image that cannot be read is judged later, with the page.
            return self.drawing.add_image(reference, run.state.matrix);
        };
        self.drawing.otherwise |= optional;
        match subtype.as_deref() {
            Some(b"Image") => self.drawing.add_image(reference, run.state.matrix),
            Some(b"Form") => self.draw_form(run, reference),
            _ => self.drawing.otherwise = true,
        }
    }

    /// The object that the first operand names, in one category of resources.
    fn named(&self, run: &StreamState<'_, '_>, instruction: &Instruction<'_, '_>, class: &str) -> Option<ObjRef> {
        let Some(Object::Name(name)) = instruction.operands().next() else {
            return None;
        };
        let reference = |entries: &Dict<'_>| entries.get_ref(name.as_ref() as &[u8]);
        self.objects.with_dict_entry(run.resources, class, reference)?
    }

    fn draw_form(&mut self, run: &StreamState<'_, '_>, reference: ObjRef) {
        self.forms += 1;
        let stream = self.objects.stream(reference);
        let content = stream
            .as_ref()
            .and_then(|stream| self.objects.unpack(stream, MAX_CONTENT_BYTES).ok().map(std::borrow::Cow::into_owned));
        let (Some(stream), Some(content)) = (stream, content) else {
            return self.drawing.leave_unread();
        };
        if run.depth >= MAX_FORM_DEPTH || self.forms > MAX_FORMS {
            return self.drawing.leave_unread();
        }
        let before = self.drawing.images;
        let state = self.form_state(run.state, &stream.dict);
        let inner = |this: &mut Self, resources: &Dict<'_>| {
            this.run(content, resources, state, run.depth + 1);
        };
        let objects = self.objects;
        let own = objects.with_dict_entry(&stream.dict, "Resources", |dict| dict.data().to_vec());
        match own.as_deref().and_then(hayro_syntax::object::FromBytes::from_bytes) {
            Some(own) => inner(self, &own),
            None => inner(self, run.resources),
        }
        if self.drawing.images > before {
            self.drawing.otherwise |= !self.is_unclipped(&stream.dict, state);
        }
    }

    fn form_state(&self, state: GraphicsState, form: &Dict<'_>) -> GraphicsState {
        let matrix = self.objects.numbers(form, "Matrix").and_then(|numbers| numbers.try_into().ok());
        let matrix = matrix.map_or(state.matrix, |matrix| multiply(matrix, state.matrix));
        GraphicsState { matrix, ..state }
    }

    /// True when the box of a form does not clip any part of the page.
    fn is_unclipped(&self, form: &Dict<'_>, state: GraphicsState) -> bool {
        let page_box: Option<PageBox> = self.objects.numbers(form, "BBox").and_then(|numbers| numbers.try_into().ok());
        let on_page = page_box.and_then(|page_box| transformed(page_box, state.matrix));
        on_page.is_some_and(|on_page| self.frame.is_covered_by(on_page))
    }

    /// A graphics state may contain a soft mask, a blend mode or transparency.
    fn set_state(&mut self, run: &StreamState<'_, '_>, instruction: &Instruction<'_, '_>) {
        let is_plain = |dict: &Dict<'_>| {
            dict.keys().all(|key: Name<'_>| match key.as_ref() as &[u8] {
                b"ca" | b"CA" => self.objects.number(dict, key.as_str()) == Some(1.0),
                b"BM" => self.objects.name(dict, "BM").as_deref() == Some(b"Normal"),
                b"SMask" => self.objects.name(dict, "SMask").as_deref() == Some(b"None"),
                key => HARMLESS_STATE.contains(&key),
            })
        };
        let state = self.named(run, instruction, "ExtGState");
        let plain = state.and_then(|state| self.objects.with_dict(state, is_plain)).unwrap_or(false);
        self.drawing.otherwise |= !plain;
    }

    /// Content that is marked as optional may be hidden.
    fn mark(&mut self, instruction: &Instruction<'_, '_>) {
        let optional = matches!(instruction.operands().next(), Some(Object::Name(tag)) if tag.as_ref() == b"OC");
        self.drawing.otherwise |= optional;
    }
}

/// How many bytes the dictionary of an inline image may take.
const DICTIONARY_BYTES: usize = 4096;

/// Width and height of the largest inline image. `None` if no operator in the bytes, not even one inside a string,
/// could start one. An image whose size cannot be read counts as 0 by 0.
///
/// This does not parse the stream: searching for the end of an inline image takes time that grows with the square of
/// what a hostile file contains.
fn largest_inline_image(content: &[u8]) -> Option<(u64, u64)> {
    let starts = (0..content.len()).filter_map(|at| operator_end(content, at));
    starts.map(|start| size(&content[start..])).max_by_key(|(width, height)| width.saturating_mul(*height))
}

/// The end of the operator `BI` at position `at`, in any of its escaped spellings.
fn operator_end(content: &[u8], at: usize) -> Option<usize> {
    const SPELLINGS: [&[u8]; 6] = [b"BI", b"B#49", b"#42I", b"#42#49", b"#62I", b"B#69"];
    if !matches!(content[at], b'B' | b'#') || (at > 0 && is_regular(content[at - 1])) {
        return None;
    }
    let spelling = SPELLINGS.iter().find(|spelling| content[at..].starts_with(spelling))?;
    let end = at + spelling.len();
    content.get(end).is_none_or(|next| !is_regular(*next)).then_some(end)
}

const fn is_regular(byte: u8) -> bool {
    !matches!(
        byte,
        0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ' | b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

fn size(content: &[u8]) -> (u64, u64) {
    let window = &content[..content.len().min(DICTIONARY_BYTES)];
    let end = window.windows(2).position(|pair| pair == b"ID").unwrap_or(window.len());
    let text = [b"<<", &window[..end], b">>"].concat();
    let Some(dict) = Dict::from_bytes(&text) else {
        return (0, 0);
    };
    let side = |short, long| {
        let number = dict.get::<Number>(short).or_else(|| dict.get::<Number>(long));
        number.map_or(0, |number| u64::try_from(number.as_i64()).unwrap_or(0))
    };
    (side("W", "Width"), side("H", "Height"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_from_either_spelling() {
        assert_eq!(largest_inline_image(b"q BI /W 20 /H 30 ID xx EI Q"), Some((20, 30)));
        assert_eq!(largest_inline_image(b"BI/Width 9/Height 4 ID EI BI/W 2/H 2 ID EI"), Some((9, 4)));
        assert_eq!(largest_inline_image(b"q B#49 /W 20 /H 30 ID"), Some((20, 30)));
        assert_eq!(largest_inline_image(b"(BI"), Some((0, 0)));
    }

    #[test]
    fn words_that_only_hold_the_letters_do_not_count() {
        assert_eq!(largest_inline_image(b"/BIG Do ABI BIT B"), None);
    }
}
