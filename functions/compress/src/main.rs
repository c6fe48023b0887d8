//! The function that checks, cuts and compresses a volume.

fn main() {}
