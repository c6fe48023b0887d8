//! What a volume may ask of this machine.

/// Pages of the largest volume taken in. The longest law volumes bind some 1,600 pages.
pub const DEFAULT_MAX_PAGES: usize = 2_000;

/// Longest side of a page, in points: 200 inches, the limit of PDF 1.7 itself.
pub const DEFAULT_MAX_PAGE_POINTS: f64 = 14_400.0;

/// Pixels of one image, and of one page at the resolution of detection.
pub const DEFAULT_MAX_PAGE_PIXELS: u64 = 200_000_000;

/// Bytes of the file: beyond this the rest of the machine (scratch space, upload) is not sized for it.
pub const DEFAULT_MAX_FILE_BYTES: u64 = 8 << 30;

/// Shortest side of a page, in points: half an inch. Nothing that was printed is smaller.
pub const MIN_PAGE_POINTS: f64 = 36.0;

/// Bytes to which one content stream may unpack. A page of dense vector art has a few million.
pub const MAX_CONTENT_BYTES: usize = 64 << 20;

/// Limits of the intake check; every field has a named default.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Pages, at most.
    pub max_pages: usize,
    /// Longest side of a page, in points.
    pub max_page_points: f64,
    /// Pixels of an image, and of a page at 200 dpi, at most.
    pub max_page_pixels: u64,
    /// Bytes of the file, at most.
    pub max_file_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_pages: DEFAULT_MAX_PAGES,
            max_page_points: DEFAULT_MAX_PAGE_POINTS,
            max_page_pixels: DEFAULT_MAX_PAGE_PIXELS,
            max_file_bytes: DEFAULT_MAX_FILE_BYTES,
        }
    }
}
