//! Pages: each as it was uploaded and as it will be published, with what was found and what the machine doubts.

use crate::console::Console;
use crate::error::{ConsoleError, page};
use crate::frame::Frame;
use crate::overlay::{PageOverlay, Shape, VolumeOverlay, shape};
use crate::screens::volume::severity;
use crate::signed_in::{SignedIn, Viewer};
use crate::words;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum_extra::extract::Query;
use catalog::{FindingDetail, ScanDetail};
use domain::{AttemptPrefix, Evidence, ResultKey, Results, ScanId, Severity, preview_file, previewed_page};
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use objects::ObjectError;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Browsers may use the link to a picture again for most of the time that it works.
const KEPT: &str = "private, max-age=240";

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/volumes/{scan}/pages", get(pages))
        .route("/volumes/{scan}/pages/{place}", get(one_page))
        .route("/volumes/{scan}/pictures/{place}", get(picture))
}

/// What is drawn, in the order of the key `b`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Overlay {
    Off,
    #[default]
    Boundaries,
    Transparent,
    Solid,
}

impl Overlay {
    const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Boundaries => "boundaries",
            Self::Transparent => "transparent",
            Self::Solid => "solid",
        }
    }

    const fn next(self) -> Self {
        match self {
            Self::Off => Self::Boundaries,
            Self::Boundaries => Self::Transparent,
            Self::Transparent => Self::Solid,
            Self::Solid => Self::Off,
        }
    }
}

/// Which pictures are shown, in the order of the key `s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Side {
    #[default]
    Both,
    Original,
    Redacted,
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Original => "original",
            Self::Redacted => "redacted",
        }
    }

    const fn next(self) -> Self {
        match self {
            Self::Both => Self::Original,
            Self::Original => Self::Redacted,
            Self::Redacted => Self::Both,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct View {
    #[serde(default)]
    overlay: Overlay,
    #[serde(default)]
    side: Side,
}

/// How many pages a volume has.
fn count(scan: &ScanDetail) -> usize {
    scan.scan.summary.pages.and_then(|pages| usize::try_from(pages).ok()).unwrap_or_default()
}

/// Whether the results have pictures of the pages. Those of earlier releases have none.
fn has_pictures(scan: &ScanDetail) -> bool {
    scan.files().any(|file| previewed_page(file).is_some())
}

/// A picture in the grid.
struct Thumbnail {
    place: usize,
    number: Option<u32>,
    /// The class and the label of its worst finding.
    worst: Option<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "pages.html")]
struct PagesPage {
    frame: Frame,
    scan: ScanId,
    thumbnails: Vec<Thumbnail>,
    has_pictures: bool,
    findings: usize,
}

async fn pages(
    State(console): State<Arc<Console>>,
    session: SignedIn<Viewer>,
    Path(scan): Path<ScanId>,
) -> Result<impl IntoResponse, ConsoleError> {
    let detail = console.catalog.require_scan(scan).await?;
    let overlay = console.overlays.of(&console.objects, &detail).await?;
    let worst = worst(&detail.findings);
    let thumbnail = |index: usize| Thumbnail {
        place: index + 1,
        number: overlay.get(&index).and_then(|page| page.number),
        worst: worst.get(&index).map(|worst| (severity(*worst), worst.label())),
    };
    page(&PagesPage {
        frame: session.frame(format!("Pages of {}", words::volume(&detail.scan.summary))).section("/volumes"),
        scan,
        thumbnails: (0..count(&detail)).map(thumbnail).collect(),
        has_pictures: has_pictures(&detail),
        findings: worst.len(),
    })
}

/// The worst finding of each page.
fn worst(findings: &[FindingDetail]) -> BTreeMap<usize, Severity> {
    let mut worst = BTreeMap::new();
    for finding in findings {
        if let Some(index) = index(finding) {
            let known = worst.entry(index).or_insert(finding.severity);
            *known = (*known).min(finding.severity);
        }
    }
    worst
}

fn index(finding: &FindingDetail) -> Option<usize> {
    finding.page_index.and_then(|index| usize::try_from(index).ok())
}

#[derive(Template)]
#[template(path = "page.html")]
struct OnePage {
    frame: Frame,
    scan: ScanId,
    place: usize,
    count: usize,
    overlay: PageOverlay,
    findings: Vec<FindingDetail>,
    /// What decided the findings.
    evidence: Vec<Shape>,
    has_picture: bool,
    view: View,
    /// The place of the next page with a finding.
    next_finding: Option<usize>,
}

impl OnePage {
    /// The address of another page, or of this one drawn in another way.
    fn address(&self, place: usize, overlay: Overlay, side: Side) -> String {
        format!("/volumes/{}/pages/{place}?overlay={}&side={}", self.scan, overlay.name(), side.name())
    }

    fn at(&self, place: usize) -> String {
        self.address(place, self.view.overlay, self.view.side)
    }

    /// The next page with a finding, and its address.
    fn next_finding(&self) -> Option<(usize, String)> {
        self.next_finding.map(|place| (place, self.at(place)))
    }

    fn other_overlay(&self) -> String {
        self.address(self.place, self.view.overlay.next(), self.view.side)
    }

    fn other_side(&self) -> String {
        self.address(self.place, self.view.overlay, self.view.side.next())
    }

    fn shows_original(&self) -> bool {
        self.view.side != Side::Redacted
    }

    fn shows_redacted(&self) -> bool {
        self.view.side != Side::Original
    }
}

async fn one_page(
    State(console): State<Arc<Console>>,
    session: SignedIn<Viewer>,
    Path((scan, place)): Path<(ScanId, usize)>,
    Query(view): Query<View>,
) -> Result<impl IntoResponse, ConsoleError> {
    let detail = console.catalog.require_scan(scan).await?;
    let count = count(&detail);
    let index = place.checked_sub(1).filter(|index| *index < count).ok_or(ConsoleError::NotFound)?;
    let overlay: Arc<VolumeOverlay> = console.overlays.of(&console.objects, &detail).await?;
    let of_page = |finding: &&FindingDetail| self::index(finding) == Some(index);
    let findings: Vec<FindingDetail> = detail.findings.iter().filter(of_page).cloned().collect();
    let later = detail.findings.iter().filter_map(self::index).filter(|other| *other > index).min();
    let name = words::volume(&detail.scan.summary);
    page(&OnePage {
        frame: session.frame(format!("Page {place} of {name}")).section("/volumes"),
        scan,
        place,
        count,
        overlay: overlay.get(&index).cloned().unwrap_or_default(),
        evidence: findings.iter().flat_map(evidence).collect(),
        findings,
        has_picture: detail.files().any(|file| file == preview_file(index)),
        view,
        next_finding: later.map(|index| index + 1),
    })
}

/// The boxes of a finding. A finding of another release may have others, which are not drawn.
fn evidence(finding: &FindingDetail) -> Vec<Shape> {
    let evidence: Evidence = serde_json::from_value(finding.evidence.clone()).unwrap_or_default();
    evidence.boxes.iter().map(|found| shape(found.bbox, "evidence", &found.label)).collect()
}

/// Redirects to a link that works for a few minutes, so that a page of a thousand pictures signs none that nobody looks at.
async fn picture(
    State(console): State<Arc<Console>>,
    _session: SignedIn<Viewer>,
    Path((scan, place)): Path<(ScanId, usize)>,
) -> Result<Response, ConsoleError> {
    let prefix = console.catalog.result_prefix(scan).await?.ok_or(ConsoleError::NotFound)?;
    let prefix: AttemptPrefix<Results> = prefix.parse().map_err(ObjectError::Key)?;
    let key: ResultKey = prefix.preview(place.checked_sub(1).ok_or(ConsoleError::NotFound)?);
    let mut response = Redirect::temporary(&console.link(&key).await?).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(KEPT));
    Ok(response)
}
