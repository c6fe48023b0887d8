//! What browsers are told about an object.

/// The content type by the extension, whatever its case.
pub(super) fn content_type(key: &str) -> &'static str {
    let extension = key.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("pdf") => "application/pdf",
        Some("zip") => "application/zip",
        Some("json") => "application/json",
        Some("csv") => "text/csv; charset=utf-8",
        Some("txt") => "text/plain; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_in_any_case_tells_the_type() {
        assert_eq!(content_type("results/1/x/volume.PDF"), "application/pdf");
        assert_eq!(content_type("a.tar.zip"), "application/zip");
        assert_eq!(content_type("a.pdf/b"), "application/octet-stream");
        assert_eq!(content_type("pdf"), "application/octet-stream");
    }
}
