/// The functions of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(const_into_str, serialize_all = "kebab-case")]
pub enum Function {
    Intake,
    Compress,
    Scan,
    Split,
    Reconcile,
    Migrate,
}

impl Function {
    /// The name in logs, metrics and failpoints.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.into_str()
    }
}
