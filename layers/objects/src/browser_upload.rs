//! Uploads that a browser makes: it sends the parts to S3 itself, with a signed URL for each, and somebody with credentials
//! begins and completes the upload.
//!
//! Nothing about them is kept here. S3 knows which parts it has, so a browser can go on after it lost everything but the
//! upload's id.

use crate::client::{failure, presigning};
use crate::objects::Objects;
use crate::upload::Plan;
use crate::{ObjectError, ObjectVersion, version};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use domain::UploadKey;
use std::time::Duration;

const ACTION: &str = "upload";

/// An upload in parts that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserUpload {
    pub key: UploadKey,
    /// S3's id of the upload.
    pub id: String,
}

/// A part that S3 has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedPart {
    /// From 1.
    pub number: i32,
    etag: String,
}

impl BrowserUpload {
    /// The size of every part of a file but the last one, bytes.
    #[must_use]
    pub fn part_bytes(file_bytes: u64) -> u64 {
        Plan::BROWSER.part_size(file_bytes)
    }
}

impl Objects {
    /// `uploader` names the person; it has only characters of ASCII.
    ///
    /// # Errors
    /// When S3 does not answer or refuses.
    pub async fn begin_browser_upload(&self, key: UploadKey, uploader: &str) -> Result<BrowserUpload, ObjectError> {
        let place = self.original(&key, None);
        let call = self.clients.calls.create_multipart_upload().bucket(place.bucket).key(place.key);
        let call = call.content_type("application/pdf").metadata(version::UPLOADER, uploader);
        let answer = call.send().await.map_err(|error| failure(ACTION, &place, error))?;
        let id = answer.upload_id.unwrap_or_default();
        Ok(BrowserUpload { key, id })
    }

    /// A URL to which the browser sends a part with PUT.
    ///
    /// # Errors
    /// When there are no credentials to sign it with.
    pub async fn part_url(
        &self,
        upload: &BrowserUpload,
        number: i32,
        valid_for: Duration,
    ) -> Result<String, ObjectError> {
        let place = self.original(&upload.key, None);
        let terms = presigning(ACTION, &place, valid_for)?;
        let call = self.clients.signer.upload_part().bucket(place.bucket).key(place.key).upload_id(&upload.id);
        let request = call.part_number(number).presigned(terms).await;
        Ok(request.map_err(|error| failure(ACTION, &place, error))?.uri().to_owned())
    }

    /// The parts that S3 has, in order.
    ///
    /// # Errors
    /// [`ObjectError::Missing`] when the upload was completed or aborted, or when S3 does not answer or refuses.
    pub async fn uploaded_parts(&self, upload: &BrowserUpload) -> Result<Vec<UploadedPart>, ObjectError> {
        let (place, mut parts, mut after) = (self.original(&upload.key, None), Vec::new(), None);
        loop {
            let call = self.clients.calls.list_parts().bucket(place.bucket).key(place.key).upload_id(&upload.id);
            let answer = call.set_part_number_marker(after).send().await;
            let answer = answer.map_err(|error| failure(ACTION, &place, error))?;
            parts.extend(answer.parts().iter().map(|part| UploadedPart {
                number: part.part_number().unwrap_or_default(),
                etag: part.e_tag().unwrap_or_default().to_owned(),
            }));
            match answer.next_part_number_marker {
                Some(marker) if answer.is_truncated == Some(true) => after = Some(marker),
                _ => return Ok(parts),
            }
        }
    }

    /// Makes the parts one object, and returns its version.
    ///
    /// # Errors
    /// When S3 does not answer or refuses, for example because a part is missing.
    pub async fn complete_browser_upload(
        &self,
        upload: &BrowserUpload,
        parts: &[UploadedPart],
    ) -> Result<ObjectVersion, ObjectError> {
        let part = |part: &UploadedPart| CompletedPart::builder().part_number(part.number).e_tag(&part.etag).build();
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.iter().map(part).collect())).build();
        let place = self.original(&upload.key, None);
        let call = self.clients.calls.complete_multipart_upload().bucket(place.bucket).key(place.key);
        let answer = call.upload_id(&upload.id).multipart_upload(parts).send().await;
        let answer = answer.map_err(|error| failure(ACTION, &place, error))?;
        let stored = version::head(&self.clients, &self.original(&upload.key, answer.version_id.as_deref())).await?;
        Ok(stored.version)
    }
}
