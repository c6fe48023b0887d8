//! The function that puts right what nobody is working on.

fn main() {}
