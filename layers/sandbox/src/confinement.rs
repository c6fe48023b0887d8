//! What a program is confined to, and how that is written as arguments of `quire-sandbox`.

use crate::limits::ResourceLimits;
use lexopt::ValueExt;
use std::ffi::OsString;
use std::path::PathBuf;

/// What a program may read, write and use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Confinement {
    /// Files, and directories with everything below them, besides the system's programs and libraries.
    pub reads: Vec<PathBuf>,
    /// Directories in which it may create, read, change and delete files.
    pub writes: Vec<PathBuf>,
    pub limits: ResourceLimits,
}

/// What `quire-sandbox` is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Confine itself and become a program.
    Run { confinement: Confinement, program: OsString, arguments: Vec<OsString> },
    /// Draw pages of a document with PDFium, as [`crate::protocol`] says. A launcher that confines itself starts this.
    Pdfium { library: PathBuf, document: PathBuf },
    /// Print what this kernel lacks.
    Probe,
}

const READ: &str = "read";
const WRITE: &str = "write";
const PROCESSOR_SECONDS: &str = "cpu";
const ADDRESS_SPACE: &str = "as";
const FILE_SIZE: &str = "fsize";
const PDFIUM: &str = "pdfium";
const PROBE: &str = "probe";

impl Task {
    /// The arguments of `quire-sandbox` for this task.
    #[must_use]
    pub fn to_arguments(&self) -> Vec<OsString> {
        match self {
            Self::Run { confinement, program, arguments } => {
                let mut all = confinement.to_arguments();
                all.extend(["--".into(), program.clone()]);
                all.extend_from_slice(arguments);
                all
            }
            Self::Pdfium { library, document } => {
                vec![format!("--{PDFIUM}").into(), library.into(), format!("--{READ}").into(), document.into()]
            }
            Self::Probe => vec![format!("--{PROBE}").into()],
        }
    }

    /// # Errors
    /// When an argument is unknown, or a value is missing or not a number.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, lexopt::Error> {
        let mut parser = lexopt::Parser::from_args(arguments);
        let mut confinement = Confinement::default();
        let mut library = None;
        while let Some(argument) = parser.next()? {
            match argument {
                lexopt::Arg::Long(PROBE) => return Ok(Self::Probe),
                lexopt::Arg::Long(PDFIUM) => library = Some(PathBuf::from(parser.value()?)),
                lexopt::Arg::Long(READ) => confinement.reads.push(parser.value()?.into()),
                lexopt::Arg::Long(WRITE) => confinement.writes.push(parser.value()?.into()),
                lexopt::Arg::Long(PROCESSOR_SECONDS) => {
                    confinement.limits.processor_seconds = parser.value()?.parse()?
                }
                lexopt::Arg::Long(ADDRESS_SPACE) => confinement.limits.address_space = parser.value()?.parse()?,
                lexopt::Arg::Long(FILE_SIZE) => confinement.limits.file_size = parser.value()?.parse()?,
                lexopt::Arg::Value(program) => {
                    return Ok(Self::Run { confinement, program, arguments: parser.raw_args()?.collect() });
                }
                other => return Err(other.unexpected()),
            }
        }
        match (library, confinement.reads.pop()) {
            (Some(library), Some(document)) => Ok(Self::Pdfium { library, document }),
            _ => Err("no program is named".into()),
        }
    }
}

impl Confinement {
    fn to_arguments(&self) -> Vec<OsString> {
        let paths = |option: &str, paths: &[PathBuf]| {
            let option = OsString::from(format!("--{option}"));
            paths.iter().flat_map(|path| [option.clone(), path.into()]).collect::<Vec<_>>()
        };
        let ResourceLimits { processor_seconds, address_space, file_size } = self.limits;
        let limits = [(PROCESSOR_SECONDS, processor_seconds), (ADDRESS_SPACE, address_space), (FILE_SIZE, file_size)];
        let limits = limits.map(|(option, value)| OsString::from(format!("--{option}={value}")));
        [paths(READ, &self.reads), paths(WRITE, &self.writes), limits.into()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Task, lexopt::Error> {
        Task::parse(arguments.iter().map(OsString::from))
    }

    #[test]
    fn arguments_are_read_as_they_were_written() {
        let limits = ResourceLimits { processor_seconds: 5, address_space: 1 << 20, file_size: 0 };
        let confinement = Confinement {
            reads: vec!["/in/a b.pdf".into(), "-odd".into(), "--write".into()],
            writes: vec!["/out".into(), "".into()],
            limits,
        };
        let arguments = vec!["--read".into(), "/etc".into(), "--".into(), "-c".into()];
        for program in ["/usr/bin/gs", "--probe"] {
            let (confinement, arguments) = (confinement.clone(), arguments.clone());
            let task = Task::Run { confinement, program: program.into(), arguments };
            assert_eq!(Task::parse(task.to_arguments()).unwrap(), task);
        }
        let pdfium = Task::Pdfium { library: "/lib/libpdfium.so".into(), document: "--read".into() };
        for task in [pdfium, Task::Probe] {
            assert_eq!(Task::parse(task.to_arguments()).unwrap(), task);
        }
    }

    #[test]
    fn wrong_arguments_are_refused() {
        for wrong in [
            &[] as &[&str],
            &["--read"],
            &["--cpu", "x", "--", "gs"],
            &["--paint", "gs"],
            &["--write", "/a"],
            &["--pdfium", "/a"],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
