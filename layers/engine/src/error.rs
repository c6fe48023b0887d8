//! Classes of failure: what they share is who can mend them.

/// Who can mend a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// The PDF or another input is at fault: the person who brought it must bring another.
    Input,
    /// A program, library or model is not installed.
    Missing,
    /// Disk, memory or time ran out: try again with more.
    Resource,
    /// Somebody stopped the work.
    Interrupted,
    /// A fault of Quire or of a program that it runs.
    Internal,
}
