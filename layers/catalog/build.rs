//! Rebuilds the crate when a migration or the recorded shape of a statement changes.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
    println!("cargo:rerun-if-changed=../../.sqlx");
}
