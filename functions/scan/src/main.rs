//! The function that looks at a range of pages.

fn main() {}
