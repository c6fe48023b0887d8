//! What is asked for.

use super::error::ProcessError;
use super::settings::Settings;
use domain::VolumeName;
use std::path::PathBuf;

/// A volume and what to make of it.
#[derive(Debug, Clone)]
pub struct Request {
    /// The volume.
    pub input: PathBuf,
    /// The directory under which `<reporter>/<volume>/<first page>/` is made.
    pub output: PathBuf,
    /// Reporter, when the file's name does not say it or says it wrongly.
    pub reporter: Option<String>,
    /// Volume, likewise.
    pub volume: Option<String>,
    /// Number printed on the first page, likewise.
    pub first_page: Option<u32>,
    /// How it is worked on.
    pub settings: Settings,
}

impl Request {
    /// The volume's name: from the request, else from the file's name.
    ///
    /// # Errors
    /// When neither says reporter and volume.
    pub(super) fn volume_name(&self) -> Result<VolumeName, ProcessError> {
        let named = VolumeName::from_path(&self.input);
        let (Some(reporter), Some(volume)) = (&self.reporter, &self.volume) else {
            let named = named?;
            let reporter = self.reporter.as_deref().unwrap_or(named.reporter());
            let volume = self.volume.as_deref().unwrap_or(named.volume());
            return Ok(VolumeName::new(reporter, volume, self.first_page.or(named.first_page()), None)?);
        };
        let first = self.first_page.or(named.ok().and_then(|name| name.first_page()));
        Ok(VolumeName::new(reporter, volume, first, None)?)
    }

    /// The volume's name where nothing is written under it.
    pub(super) fn volume_name_or_default(&self) -> Result<VolumeName, ProcessError> {
        self.volume_name().or_else(|_| Ok(VolumeName::new("volume", "1", self.first_page, None)?))
    }
}
