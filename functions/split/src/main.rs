//! The function that puts a volume and its opinions together.

fn main() {}
