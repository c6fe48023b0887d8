//! What every page shows around its own content.

use crate::assets;
use catalog::Person;
use domain::Role;

/// The title, the navigation, and the token of the forms.
#[derive(Debug, Default)]
pub struct Frame {
    pub title: String,
    /// None on the pages for people who have not signed in.
    pub person: Option<Person>,
    /// For the forms of the page.
    pub form_token: String,
    /// The path of the screen in the navigation.
    pub section: &'static str,
}

impl Frame {
    pub fn of(title: String, person: &Person, form_token: String) -> Self {
        Self { title, person: Some(person.clone()), form_token, section: "" }
    }

    /// A page for somebody who has not signed in.
    pub fn outside(title: &str) -> Self {
        Self { title: title.to_owned(), ..Self::default() }
    }

    #[must_use]
    pub const fn section(mut self, path: &'static str) -> Self {
        self.section = path;
        self
    }

    /// Whether the person may do what this role may.
    pub fn may(&self, role: Role) -> bool {
        self.person.as_ref().is_some_and(|person| person.role >= role)
    }

    pub fn reviews(&self) -> bool {
        self.may(Role::Reviewer)
    }

    pub fn operates(&self) -> bool {
        self.may(Role::Operator)
    }

    pub fn administers(&self) -> bool {
        self.may(Role::Admin)
    }

    /// The screens in the order of the navigation, with the key that follows `g`.
    pub fn navigation(&self) -> &'static [(&'static str, &'static str, &'static str)] {
        &[
            ("/", "Today", "t"),
            ("/volumes", "Volumes", "v"),
            ("/failures", "Failures", "f"),
            ("/letters", "Letters", "l"),
            ("/upload", "Upload", "u"),
            ("/health", "Health", "h"),
            ("/people", "People", "p"),
            ("/activity", "Activity", "a"),
        ]
    }

    /// The address of a file of the console.
    pub fn asset(&self, name: &str) -> String {
        assets::address(name)
    }
}
