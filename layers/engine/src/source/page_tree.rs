//! The pages, counted by walking the tree that holds them. `/Count` is never believed: it may say a
//! thousand million.

use crate::source::error::SourceError;
use crate::source::objects::Objects;
use crate::source::syntax;
use hayro_syntax::object::{Array, Dict, MaybeRef, ObjRef, Object};
use std::rc::Rc;

/// Nodes above a page. A balanced tree of 2,000 pages needs five.
const MAX_DEPTH: usize = 64;

/// Pages and nodes between two returns of memory to the kernel.
const VISITS_BETWEEN_RELEASES: usize = 32;

/// Nodes of a tree beyond those that a page each would explain.
const SPARE_NODES: usize = 64;

/// A box in the page's own space: left, bottom, right, top.
pub(super) type PageBox = [f64; 4];

/// Where a page's resources are.
#[derive(Debug, Clone)]
pub(super) enum Resources {
    /// In an object of their own.
    Object(ObjRef),
    /// In the page or in a node above it: the text of the dictionary.
    Inline(Rc<[u8]>),
}

/// What a page takes from the nodes above it (ISO 32000-1, 7.7.3.4).
#[derive(Debug, Clone, Default)]
pub(super) struct Inherited {
    pub(super) media_box: Option<PageBox>,
    pub(super) crop_box: Option<PageBox>,
    pub(super) rotate: Option<f64>,
    pub(super) resources: Option<Resources>,
}

impl Inherited {
    /// The values that hold at a node: its own where it has them.
    pub(super) fn overridden(&self, objects: &Objects, node: &Dict<'_>) -> Self {
        let page_box = |key| objects.numbers(node, key)?.try_into().ok();
        let own = match node.get_raw::<Object<'_>>("Resources") {
            Some(MaybeRef::Ref(reference)) => Some(Resources::Object(reference)),
            Some(MaybeRef::NotRef(Object::Dict(dict))) => Some(Resources::Inline(dict.data().into())),
            _ => None,
        };
        Self {
            media_box: page_box("MediaBox").or(self.media_box),
            crop_box: page_box("CropBox").or(self.crop_box),
            rotate: objects.number(node, "Rotate").or(self.rotate),
            resources: own.or_else(|| self.resources.clone()),
        }
    }
}

/// A page as the tree lists it.
#[derive(Debug)]
pub(super) struct Leaf {
    /// The page object; `None` when the list names none.
    pub(super) reference: Option<ObjRef>,
    /// What it takes from above.
    pub(super) inherited: Rc<Inherited>,
}

/// A node on the way down.
struct Frame {
    reference: ObjRef,
    kids: std::vec::IntoIter<Option<ObjRef>>,
    inherited: Rc<Inherited>,
}

/// All pages in order, repeated ones as often as they are listed.
pub(super) fn leaves(objects: &Objects, root: ObjRef, limit: usize) -> Result<Vec<Leaf>, SourceError> {
    let mut walk = Walk { objects, limit, nodes: 0, leaves: Vec::new() };
    let mut path = vec![walk.frame(root, &Inherited::default()).ok_or(NO_TREE)?];
    while let Some(frame) = path.last_mut() {
        let Some(kid) = frame.kids.next() else {
            path.pop();
            continue;
        };
        let inherited = Rc::clone(&frame.inherited);
        let Some(below) = walk.visit(kid, &inherited)? else {
            continue;
        };
        if path.len() >= MAX_DEPTH || path.iter().any(|above| above.reference == below.reference) {
            return Err(SourceError::Damaged { what: "its page tree runs in a circle" });
        }
        path.push(below);
    }
    if walk.leaves.is_empty() { Err(SourceError::NoPages) } else { Ok(walk.leaves) }
}

const NO_TREE: SourceError = SourceError::Damaged { what: "its page tree cannot be found" };

struct Walk<'f> {
    objects: &'f Objects,
    limit: usize,
    nodes: usize,
    leaves: Vec<Leaf>,
}

impl Walk<'_> {
    /// Notes a page, or gives the node to go on with.
    fn visit(&mut self, kid: Option<ObjRef>, inherited: &Rc<Inherited>) -> Result<Option<Frame>, SourceError> {
        let below = kid.and_then(|reference| self.frame(reference, inherited));
        if below.is_some() {
            self.nodes += 1;
        } else {
            self.leaves.push(Leaf { reference: kid, inherited: Rc::clone(inherited) });
        }
        if (self.leaves.len() + self.nodes).is_multiple_of(VISITS_BETWEEN_RELEASES) {
            self.objects.mapping().release_all();
        }
        // A tree of nodes without a page could be walked for ever.
        if self.leaves.len() > self.limit || self.nodes > self.limit.saturating_add(SPARE_NODES) {
            return Err(SourceError::TooManyPages { limit: self.limit });
        }
        Ok(below)
    }

    /// The frame of a node; `None` for a page and for what is neither.
    fn frame(&self, reference: ObjRef, inherited: &Inherited) -> Option<Frame> {
        let read = |node: &Dict<'_>| {
            let kids = self.kids(node)?;
            let inherited = Rc::new(inherited.overridden(self.objects, node));
            Some(Frame { reference, kids: kids.into_iter(), inherited })
        };
        self.objects.with_dict(reference, read)?
    }

    /// The kids of a node, no more of them than decide whether there are too many.
    fn kids(&self, node: &Dict<'_>) -> Option<Vec<Option<ObjRef>>> {
        if syntax::is_name(node, "Type", b"Page") {
            return None;
        }
        let enough = self.limit.saturating_mul(2).saturating_add(SPARE_NODES).saturating_add(2);
        let list = |array: &Array<'_>| syntax::references(array.data(), enough);
        self.objects.with_entry(node, "Kids", |object| match object {
            Object::Array(array) => Some(list(array)),
            _ => None,
        })?
    }
}
