//! `quire inspect`.

use crate::arguments::Inspect;
use crate::exit::Failure;
use crate::progress::Display;
use engine::cancellation::Cancellation;

/// Draws the pages.
///
/// # Errors
/// When the volume cannot be looked at.
pub fn run(arguments: Inspect, cancellation: &Cancellation) -> Result<(), Failure> {
    let Inspect { volume, pages, output, scan } = arguments;
    let request = scan.request(volume, output);
    let pictures = engine::inspect::inspect(&request, pages.as_ref(), &Display::new(), cancellation);
    let pictures = pictures.map_err(|error| Failure::new(error, false))?;
    println!("{} pictures: {}", pictures.len(), request.output.display());
    Ok(())
}
