//! One program with one set of options.

use std::path::{Path, PathBuf};

/// One program with one set of options.
#[derive(Debug)]
pub struct Contestant {
    /// What the tables call it.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// Its arguments but for the output, which changes with every run.
    pub arguments: Vec<String>,
    /// How the output is named to it.
    pub output: Output,
    /// True when it prints Quire's result object.
    pub prints_result: bool,
    /// The contestant that it is compared with, by a part of that one's name.
    pub rival: Option<&'static str>,
}

/// How a program is told where to write.
#[derive(Debug)]
pub enum Output {
    /// `-o DIRECTORY`; the volume appears below it under this name.
    Directory(PathBuf),
    /// The last argument is the file.
    File,
}

impl Contestant {
    /// The arguments for a run that writes into a directory.
    pub fn arguments_for(&self, directory: &Path) -> Vec<String> {
        let output = match &self.output {
            Output::Directory(_) => vec!["-o".to_owned(), directory.display().to_string()],
            Output::File => vec![self.volume_in(directory).display().to_string()],
        };
        self.arguments.iter().cloned().chain(output).collect()
    }

    /// Where a run into a directory leaves the whole volume.
    pub fn volume_in(&self, directory: &Path) -> PathBuf {
        match &self.output {
            Output::Directory(name) => directory.join(name),
            Output::File => directory.join("volume.pdf"),
        }
    }
}
