//! The style sheet, the scripts and the icon. They are compiled in, and their addresses contain their fingerprints, so
//! browsers may keep them for good.

use crate::error::ConsoleError;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

struct Asset {
    /// Before the fingerprint and after it: `style` and `css`.
    name: &'static str,
    extension: &'static str,
    content: &'static [u8],
    content_type: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

static ASSETS: [Asset; 5] = [
    Asset {
        name: "style",
        extension: "css",
        content: include_bytes!("../assets/style.css"),
        content_type: "text/css; charset=utf-8",
    },
    Asset { name: "console", extension: "js", content: include_bytes!("../assets/console.js"), content_type: SCRIPT },
    Asset { name: "upload", extension: "js", content: include_bytes!("../assets/upload.js"), content_type: SCRIPT },
    Asset {
        name: "htmx",
        extension: "js",
        content: include_bytes!("../assets/htmx-2.0.11.min.js"),
        content_type: SCRIPT,
    },
    Asset {
        name: "icon",
        extension: "svg",
        content: include_bytes!("../assets/icon.svg"),
        content_type: "image/svg+xml",
    },
];

/// The file name of each asset, with the fingerprint.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| ASSETS.iter().map(Asset::file).collect());

impl Asset {
    fn file(&self) -> String {
        let digest = Sha256::digest(self.content);
        let fingerprint: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("{}.{fingerprint}.{}", self.name, self.extension)
    }
}

/// The address of an asset by its plain name, such as `style`.
pub fn address(name: &str) -> String {
    let found = ASSETS.iter().zip(NAMES.iter()).find(|(asset, _)| asset.name == name);
    found.map_or_else(|| format!("/assets/{name}"), |(_, file)| format!("/assets/{file}"))
}

pub async fn asset(Path(name): Path<String>) -> Result<Response, ConsoleError> {
    let found = ASSETS.iter().zip(NAMES.iter()).find(|(_, file)| **file == name);
    let (asset, _) = found.ok_or(ConsoleError::NotFound)?;
    let headers = [(CONTENT_TYPE, asset.content_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, asset.content).into_response())
}
