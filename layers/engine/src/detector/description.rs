//! What a model says about itself: the metadata that `layers/model` writes into its file.

use crate::detection::{Label, is_bl_warm};
use crate::onnx_runtime::SharedSession;

/// The largest side of an input image, in pixels. The importer has the same limit.
const IMAGE_SIZE_LIMIT: u32 = 2_048;

/// ultralytics pads to a multiple of this, even if the model's own stride is smaller.
const SMALLEST_STRIDE: u32 = 32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ModelDescription {
    /// The label of each class, in the order of the class ids.
    pub(super) labels: Vec<Label>,
    /// The longer side of the training images, in pixels.
    pub(super) image_size: u32,
    /// The sides of an input image must be multiples of this, in pixels.
    pub(super) stride: u32,
    /// True for bl-warm, whose boxes are read differently.
    pub(super) is_bl_warm: bool,
}

impl ModelDescription {
    /// The error says what is wrong with the model's metadata.
    pub(super) fn of(session: &SharedSession) -> Result<Self, String> {
        let metadata = session.metadata().map_err(|error| error.to_string())?;
        Self::read(|key| metadata.custom(key))
    }

    fn read(entry: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let entry = |key: &str| entry(key).ok_or_else(|| format!("its metadata have no `{key}`"));
        let number = |key: &str| {
            let number = entry(key)?.parse().ok().filter(|number| (1..=IMAGE_SIZE_LIMIT).contains(number));
            number.ok_or_else(|| format!("the `{key}` in its metadata is not a number from 1 to {IMAGE_SIZE_LIMIT}"))
        };
        let classes: Vec<String> = serde_json::from_str(&entry("names")?)
            .map_err(|error| format!("the `names` in its metadata are not a list: {error}"))?;
        let labels = Label::of_classes(&classes).map_err(|error| error.to_string())?;
        let (image_size, stride) = (number("image_size")?, number("stride")?.max(SMALLEST_STRIDE));
        // ultralytics rounds the size up in the same way.
        let image_size = image_size.next_multiple_of(stride);
        Ok(Self { labels, image_size, stride, is_bl_warm: is_bl_warm(&classes) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(names: &str, image_size: &str, stride: &str) -> Result<ModelDescription, String> {
        let entries = [("names", names), ("image_size", image_size), ("stride", stride)];
        ModelDescription::read(|key| {
            entries.iter().find(|(name, value)| *name == key && !value.is_empty()).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_model_says_its_classes_size_and_stride() {
        let medium = read(r#"["Divider","Key Icon"]"#, "1024", "32").unwrap();
        let labels = vec![Label::Divider, Label::KeyIcon];
        assert_eq!(medium, ModelDescription { labels, image_size: 1024, stride: 32, is_bl_warm: false });
        let warm = read(r#"["body","keycite"]"#, "1024", "64").unwrap();
        assert_eq!((warm.stride, warm.is_bl_warm), (64, true));
        let odd = read("[]", "1000", "8").unwrap();
        assert_eq!((odd.image_size, odd.stride), (1024, 32));
    }

    #[test]
    fn a_description_that_makes_no_sense_is_refused() {
        let cases = [
            ("", "640", "32", "names"),
            ("{}", "640", "32", "names"),
            (r#"["Zebra"]"#, "640", "32", "Zebra"),
            ("[]", "", "32", "image_size"),
            ("[]", "0", "32", "image_size"),
            ("[]", "100000", "32", "image_size"),
            ("[]", "640", "-1", "stride"),
        ];
        for (names, image_size, stride, word) in cases {
            let error = read(names, image_size, stride).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
