//! The function that an upload wakes: event in, scan and message out.

fn main() {}
