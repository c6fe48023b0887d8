//! `quire pair`.

use crate::arguments::Pair;
use crate::exit::Failure;
use engine::output::write_json;
use engine::pairing::pair_file;

/// Computes the opinions of a file of detections.
///
/// # Errors
/// When the file is no list of detections, or the result cannot be written.
pub fn run(arguments: &Pair) -> Result<(), Failure> {
    let opinions =
        pair_file(&arguments.detections, arguments.first_page).map_err(|error| Failure::new(error, false))?;
    let Some(path) = &arguments.output else {
        println!("{}", serde_json::to_string_pretty(&opinions).unwrap_or_default());
        return Ok(());
    };
    write_json(path, &opinions).map_err(|error| Failure::new(error, false))?;
    println!("{} opinions: {}", opinions.len(), path.display());
    Ok(())
}
