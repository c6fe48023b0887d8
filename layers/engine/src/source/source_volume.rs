//! Opens a volume, checks it, and gives access to the images of its pages.

use super::coded_images::{self, CodedImage};
use super::cross_reference::Directory;
use super::file_bytes::{self, Envelope, Mapping};
use super::filters;
use super::image_xobjects;
use super::object_search;
use super::objects::PdfObjects;
use super::page::{Examiner, PageKind, SourcePage};
use super::page_tree::{self, Leaf};
use super::rejection::{Limits, SourceError};
use super::skipped_pages::SkippedPages;
use super::syntax::Allowance;
use hayro_syntax::object::ObjRef;
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// How many bytes one file may make Quire examine or unpack beyond the usual. 2,000 pages with a dense text layer
/// need a tenth of that.
const ALLOWED_BYTES: u64 = 1 << 30;

/// How many pages are examined before memory is given back to the kernel.
const PAGES_BETWEEN_RELEASES: usize = 32;

/// The most bytes per pixel of a deflated image: four components of 16 bits. Data that unpack to more than that for a
/// page's largest image are an attack, whatever the dictionary says.
const MAX_PIXEL_BYTES: u64 = 8;

/// An image that can be checked for truncation.
pub(crate) enum CheckableImage<'v> {
    /// The image must be decoded to check it.
    Jpeg(&'v [u8]),
    /// Deflated samples, which were already checked.
    Deflated {
        /// False if the data are truncated, damaged or unpack to more than the limit.
        whole: bool,
    },
}

fn is_deflate(filter: &[u8]) -> bool {
    matches!(filter, b"FlateDecode" | b"Fl")
}

/// A volume that passed the checks.
#[derive(Debug)]
pub struct SourceVolume {
    path: PathBuf,
    limits: Limits,
    objects: PdfObjects,
    pub pages: Vec<SourcePage>,
}

/// Opens a volume and checks it.
///
/// # Errors
/// Every [`SourceError`]. A page that cannot be read or that exceeds a limit is not an error: it becomes
/// [`PageKind::Damaged`]. Only if all pages exceed a limit, the error of the first one is returned.
pub fn open(path: &Path, limits: &Limits) -> Result<SourceVolume, SourceError> {
    open_skipping(path, limits, &SkippedPages::default())
}

/// As [`open`], but nothing of the skipped pages is read except their sizes, and no program may open them.
///
/// # Errors
/// As [`open`].
pub fn open_skipping(path: &Path, limits: &Limits, skipped: &SkippedPages) -> Result<SourceVolume, SourceError> {
    let mapping = map(path, limits)?;
    let envelope = file_bytes::check(mapping.bytes())?;
    let (objects, root) = structure(mapping, envelope)?;
    let pages = examine_pages(&objects, root, limits, skipped)?;
    objects.mapping().release_all();
    Ok(SourceVolume { path: path.to_path_buf(), limits: *limits, objects, pages })
}

/// Checks whether a file is a PDF from its first few kilobytes, before the whole file is fetched.
///
/// # Errors
/// [`SourceError::Empty`], or [`SourceError::NotPdf`], which names what the file is instead. PostScript is rejected
/// even if it contains the header of a PDF.
pub fn check_start(bytes: &[u8]) -> Result<(), SourceError> {
    file_bytes::check_start(bytes)
}

fn map(path: &Path, limits: &Limits) -> Result<Mapping, SourceError> {
    let unreadable = |cause| SourceError::Unreadable { path: path.display().to_string(), cause };
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        let cause = std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is not a file");
        return Err(unreadable(cause));
    }
    let bytes = metadata.len();
    if bytes == 0 {
        return Err(SourceError::Empty);
    }
    if bytes > limits.max_file_bytes {
        return Err(SourceError::FileTooLarge { bytes, limit: limits.max_file_bytes });
    }
    Mapping::open(path).map_err(unreadable)
}

/// Finds the objects and the root of the page tree, from the file's tables or else by a search.
fn structure(mapping: Mapping, envelope: Envelope) -> Result<(PdfObjects, ObjRef), SourceError> {
    let mut mapping = mapping;
    let Some(cross_reference) = envelope.cross_reference else {
        return searched_structure(mapping);
    };
    let mut bases = vec![0, envelope.header];
    bases.dedup();
    for base in bases {
        let allowance = Allowance::new(ALLOWED_BYTES);
        let bytes = &mapping.bytes()[base..];
        let Some(directory) = Directory::load(bytes, cross_reference, &allowance) else {
            continue;
        };
        let objects = PdfObjects::new(mapping, base, directory, allowance);
        match page_root(&objects)? {
            Some(root) => return Ok((objects, root)),
            None => mapping = objects.into_mapping(),
        }
    }
    searched_structure(mapping)
}

fn searched_structure(mapping: Mapping) -> Result<(PdfObjects, ObjRef), SourceError> {
    const NO_TABLE: SourceError = SourceError::Damaged { what: "its objects cannot be found" };
    let allowance = Allowance::new(ALLOWED_BYTES);
    let (directory, streams) = object_search::directory(&mapping, &allowance).ok_or(NO_TABLE)?;
    let mut objects = PdfObjects::new(mapping, 0, directory, allowance);
    objects.add_packed(&streams);
    let root = page_root(&objects)?.ok_or(NO_TABLE)?;
    Ok((objects, root))
}

/// The root of the page tree; `None` if the catalogue cannot be read.
fn page_root(objects: &PdfObjects) -> Result<Option<ObjRef>, SourceError> {
    if objects.directory().encrypted {
        return Err(SourceError::Encrypted);
    }
    let catalogue = objects.directory().root;
    let pages = |reference| objects.with_dict(reference, |dict| dict.get_ref("Pages"));
    let root = catalogue.and_then(pages).flatten();
    Ok(root.filter(|root| objects.with_dict(*root, |_| ()).is_some()))
}

fn examine_pages(
    objects: &PdfObjects,
    root: ObjRef,
    limits: &Limits,
    skipped: &SkippedPages,
) -> Result<Vec<SourcePage>, SourceError> {
    let leaves = page_tree::leaves(objects, root, limits.max_pages)?;
    let mut examiner = Examiner::new(objects, limits);
    let mut known: HashMap<_, SourcePage> = HashMap::new();
    let mut first_refusal = None;
    let mut pages = Vec::with_capacity(leaves.len());
    for (index, leaf) in leaves.iter().enumerate() {
        if let Some(reason) = skipped.reason(index) {
            pages.push(examiner.skip(index, leaf, reason));
            continue;
        }
        let identity = identity(leaf);
        let page = match identity.and_then(|identity| known.get(&identity)) {
            Some(page) => SourcePage { index, ..page.clone() },
            None => {
                let (page, refusal) = examiner.examine(index, leaf);
                first_refusal = first_refusal.or(refusal);
                page
            }
        };
        if let Some(identity) = identity {
            known.entry(identity).or_insert_with(|| page.clone());
        }
        pages.push(page);
        if index % PAGES_BETWEEN_RELEASES == 0 {
            objects.mapping().release_all();
        }
    }
    // If no page is left, the reason for the first one says more than that nothing can be read.
    match first_refusal {
        Some(error) if pages.iter().all(|page| page.is_refused) => Err(error),
        _ => Ok(pages),
    }
}

/// A page that is listed twice under the same node is examined once. `None` for a page without an object of its own.
fn identity(leaf: &Leaf) -> Option<(u32, *const page_tree::Inherited)> {
    let reference = leaf.page.as_ref()?.reference()?;
    Some((reference.obj_number, Rc::as_ptr(&leaf.inherited)))
}

impl SourceVolume {
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The limits with which the volume was opened.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The length in bytes of the stored JPEG of a page that is one image; `None` for every other page.
    #[must_use]
    pub fn image_length(&self, page: &SourcePage) -> Option<u64> {
        let PageKind::SingleImage(single) = &page.kind else { return None };
        u64::try_from(single.place.len()).ok()
    }

    /// True when the document has layers. Some of them may be hidden, and that is stored in the document, not in its
    /// pages.
    pub(crate) fn has_layers(&self) -> bool {
        let catalogue = self.objects.directory().root;
        catalogue.and_then(|root| self.objects.with_dict(root, |dict| dict.contains_key("OCProperties"))) == Some(true)
    }

    /// True when a page of a copy appears to be this page. Without drawing them, this compares their size, how they
    /// are read, and the lengths of their images.
    pub(crate) fn is_page_in(&self, page: &SourcePage, copy: &Self, copied: &SourcePage) -> bool {
        let sides = |page: &SourcePage| [page.width_points, page.height_points];
        let is_same_kind = match (&page.kind, &copied.kind) {
            (PageKind::SingleImage(own), PageKind::SingleImage(copied)) => own.is_like(copied),
            (PageKind::Other, PageKind::Other) => true,
            _ => false,
        };
        is_same_kind && sides(page) == sides(copied) && self.drawn_lengths(page) == copy.drawn_lengths(copied)
    }

    /// The stored length in bytes of each image that a page draws.
    fn drawn_lengths(&self, page: &SourcePage) -> Vec<Option<usize>> {
        let length = |number: &u32| self.objects.stream(ObjRef::new(*number, 0)).map(|stream| stream.data.len());
        page.drawn_images.iter().map(length).collect()
    }

    /// The JPEG, not decoded, of a page that is one image; `None` for every other page.
    ///
    /// The borrowed bytes stay in memory until [`SourceVolume::release`] is called.
    #[must_use]
    pub fn image_bytes(&self, page: &SourcePage) -> Option<Cow<'_, [u8]>> {
        let PageKind::SingleImage(single) = &page.kind else {
            return None;
        };
        if !single.packed {
            return self.objects.mapping().bytes().get(single.place.clone()).map(Cow::Borrowed);
        }
        let stream = self.objects.stream(ObjRef::new(single.object_number, 0))?;
        image_xobjects::jpeg_bytes(&self.objects, &stream).ok()
    }

    /// The images of a page that can be checked for truncation. PDFium paints what it can of a damaged image, or
    /// nothing, and does not report it.
    pub(crate) fn checkable_images(&self, page: &SourcePage) -> Vec<CheckableImage<'_>> {
        let objects = &self.objects;
        let image = |number: &u32| {
            let stream = objects.stream(ObjRef::new(*number, 0))?;
            let filters = objects.filters(&stream.dict)?;
            match filters.first()?.as_slice() {
                b"DCTDecode" | b"DCT" => Some(CheckableImage::Jpeg(stream.data)),
                b"FlateDecode" | b"Fl" => {
                    let layers = filters.iter().take_while(|name| is_deflate(name)).count();
                    let limit = self.limits.max_page_pixels.saturating_mul(MAX_PIXEL_BYTES);
                    Some(CheckableImage::Deflated { whole: filters::is_whole(stream.data, layers, limit) })
                }
                _ => None,
            }
        };
        page.drawn_images.iter().filter_map(image).collect()
    }

    /// The images of a page that PDFium decodes without a word about damage.
    pub(crate) fn coded_images(&self, page: &SourcePage) -> Vec<CodedImage<'_>> {
        page.drawn_images.iter().filter_map(|number| coded_images::coded_image(&self.objects, *number)).collect()
    }

    /// Gives the memory of a page's images back to the kernel, so that reading page after page does not add up to the
    /// size of the file.
    pub fn release(&self, page: &SourcePage) {
        let mapping = self.objects.mapping();
        match &page.kind {
            PageKind::SingleImage(single) => mapping.release(single.place.start, single.place.len()),
            PageKind::Other | PageKind::Damaged { .. } => mapping.release_all(),
        }
    }
}
