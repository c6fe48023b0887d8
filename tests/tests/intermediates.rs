//! Files between the stages that are damaged, of another volume or made up: each is refused with its code, and nothing
//! is written but where it belongs.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use domain::FailureClass;
use engine::cancellation::Cancellation;
use engine::error::EngineError;
use engine::report::NoProgress;
use engine::settings::Settings;
use engine::stages::{self, Prepared, RangeToScan, SplitInputs};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tests::bad_inputs::{self, Damage};
use tests::command::files;
use tests::{sample, staged};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Pages of a range: the sample's seven pages are three ranges.
const RANGE_PAGES: usize = 3;

/// As the functions set them, so that the archives carry all kinds of results but words.
fn settings() -> Settings {
    Settings { previews: true, ..staged::fast() }
}

/// What the first two stages made of a volume.
struct Handed {
    folder: TempDir,
    prepared: Prepared,
    inputs: SplitInputs,
}

impl Handed {
    fn of(volume: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let original = folder.path().join("original.pdf");
        std::fs::write(&original, volume).unwrap();
        let prepared = staged::prepared(&original, &settings(), RANGE_PAGES, folder.path()).unwrap();
        let inputs = staged::scanned(&prepared, &settings(), folder.path()).unwrap();
        Self { folder, prepared, inputs }
    }

    /// A place for a changed copy of one of the files.
    fn changed(&self) -> PathBuf {
        self.folder.path().join("changed")
    }

    fn with_compressed(&self, compressed: PathBuf) -> SplitInputs {
        SplitInputs { compressed, ..self.inputs.clone() }
    }

    fn with_range(&self, number: usize, range: PathBuf) -> SplitInputs {
        let mut inputs = self.inputs.clone();
        inputs.ranges[number] = range;
        inputs
    }

    /// The code with which the last stage refuses, and whether everything must be made again.
    fn refusal(&self, inputs: &SplitInputs) -> (&'static str, bool) {
        let before = files(self.folder.path());
        let error = staged::split(inputs, &settings(), self.folder.path()).unwrap_err();
        let place = self.folder.path().join("split");
        assert!(files(&place.join("result")).is_empty(), "{error}");
        std::fs::remove_dir_all(place).unwrap();
        assert_eq!(files(self.folder.path()), before, "something was written elsewhere: {error}");
        let EngineError::Intermediate(intermediate) = &error else { panic!("{error:?}") };
        println!("{error}");
        (error.code().as_str(), intermediate.must_be_made_again())
    }

    fn assert_refused(&self, what: &str, inputs: &SplitInputs, code: &str) {
        assert_eq!(self.refusal(inputs), (code, true), "{what}");
    }
}

/// An entry of an archive under way: name, bytes, and whether it is deflated.
type Entry = (String, Vec<u8>, bool);

fn entries(archive: &Path) -> Vec<Entry> {
    let mut zip = ZipArchive::new(File::open(archive).unwrap()).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    let read = |name: String| {
        let mut bytes = Vec::new();
        zip.by_name(&name).unwrap().read_to_end(&mut bytes).unwrap();
        (name, bytes, false)
    };
    names.into_iter().map(read).collect()
}

/// A copy of an archive with other entries.
fn rewritten(archive: &Path, target: PathBuf, change: impl FnOnce(&mut Vec<Entry>)) -> PathBuf {
    let mut entries = entries(archive);
    change(&mut entries);
    let mut zip = ZipWriter::new(File::create(&target).unwrap());
    for (name, bytes, is_deflated) in entries {
        let method = if is_deflated { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        zip.start_file(name, SimpleFileOptions::default().compression_method(method)).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap();
    target
}

/// Changes one JSON entry.
fn edited(entries: &mut [Entry], name: &str, change: impl FnOnce(&mut Value)) {
    let (_, bytes, _) = entries.iter_mut().find(|(own, ..)| own == name).unwrap();
    let mut value: Value = serde_json::from_slice(bytes).unwrap();
    change(&mut value);
    *bytes = serde_json::to_vec(&value).unwrap();
}

#[test]
fn damaged_files_are_refused() {
    let handed = Handed::of(&sample::bytes());
    for (name, file) in [("compressed", &handed.inputs.compressed), ("range", &handed.inputs.ranges[1])] {
        let inputs = |changed: PathBuf| {
            if name == "compressed" { handed.with_compressed(changed) } else { handed.with_range(1, changed) }
        };
        let bytes = std::fs::read(file).unwrap();
        let mut flipped = bytes.clone();
        flipped[bytes.len() / 2] ^= 1;
        for (what, changed) in [("cut off", &bytes[..bytes.len() / 2]), ("flipped", &flipped), ("empty", &[][..])] {
            std::fs::write(handed.changed(), changed).unwrap();
            handed.assert_refused(&format!("{name} {what}"), &inputs(handed.changed()), "intermediate.damaged");
        }
        let missing = inputs(handed.folder.path().join("missing.zip"));
        assert_eq!(handed.refusal(&missing), ("intermediate.unreadable", false));
    }
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let handed = Handed::of(&sample::bytes());
    let inputs = &handed.inputs;
    let swapped = SplitInputs { ranges: inputs.ranges.iter().rev().cloned().collect(), ..inputs.clone() };
    handed.assert_refused("swapped", &swapped, "intermediate.foreign");
    let fewer = SplitInputs { ranges: inputs.ranges[..2].to_vec(), ..inputs.clone() };
    handed.assert_refused("a range is missing", &fewer, "intermediate.foreign");
    let twice = handed.with_range(1, inputs.ranges[0].clone());
    handed.assert_refused("a range twice", &twice, "intermediate.foreign");
    // The first range has the same pages in both, but not the same bytes.
    let other = Handed::of(&bad_inputs::damaged_page(Damage::Middle));
    let strange = handed.with_range(0, other.inputs.ranges[0].clone());
    handed.assert_refused("another volume's range", &strange, "intermediate.foreign");
    let strange = handed.with_compressed(other.inputs.compressed.clone());
    handed.assert_refused("another volume's pages", &strange, "intermediate.foreign");
    let read = rewritten(&inputs.ranges[1], handed.changed(), |entries| {
        edited(entries, "range.json", |range| range["scanned_with"]["ocr"] = json!(true));
    });
    handed.assert_refused("other settings", &handed.with_range(1, read), "intermediate.foreign");
}

#[test]
fn what_no_stage_writes_is_refused() {
    let handed = Handed::of(&sample::bytes());
    let range = |what: &str, code: &str, change: &dyn Fn(&mut Vec<Entry>)| {
        let changed = rewritten(&handed.inputs.ranges[1], handed.changed(), change);
        handed.assert_refused(what, &handed.with_range(1, changed), code);
    };
    let page = |what: &str, code: &str, change: &dyn Fn(&mut Value)| {
        range(what, code, &|entries| edited(entries, "pages/00003.json", change));
    };
    range("a strange name", "intermediate.refused", &|entries| {
        entries.push(("../../evil.json".to_owned(), b"{}".to_vec(), false));
    });
    range("a deflated entry", "intermediate.refused", &|entries| entries[1].2 = true);
    range("too long an entry", "intermediate.refused", &|entries| entries[1].1.extend(vec![b' '; 2 << 20]));
    range("too many entries", "intermediate.refused", &|entries| {
        entries.extend((0..4000).map(|number| (format!("words/{number}"), Vec::new(), false)));
    });
    range("a page is missing", "intermediate.damaged", &|entries| {
        entries.retain(|(name, ..)| name != "pages/00004.json")
    });
    range("no description", "intermediate.damaged", &|entries| entries[1].1 = b"[]".to_vec());
    range("words that are none", "intermediate.damaged", &|entries| {
        entries.push(("words/00003.json".to_owned(), b"[{}]".to_vec(), false));
    });
    range("no preview", "intermediate.damaged", &|entries| entries.retain(|(name, ..)| name != "previews/0005.jpg"));
    range("a preview of another page", "intermediate.refused", &|entries| {
        entries.push(("previews/0001.jpg".to_owned(), b"picture".to_vec(), false));
    });
    range("too long a preview", "intermediate.refused", &|entries| {
        let preview = entries.iter_mut().find(|(name, ..)| name == "previews/0004.jpg").unwrap();
        preview.1.resize(80_001, 0);
    });
    range("another version", "intermediate.foreign", &|entries| {
        edited(entries, "range.json", |range| range["format"] = json!(99));
    });
    range("another page's problem", "intermediate.refused", &|entries| {
        let problem = json!([{ "page_index": 99, "code": "page.damaged", "reason": "none" }]);
        edited(entries, "range.json", |range| range["problems"] = problem.clone());
    });
    page("a box beyond every page", "intermediate.refused", &|page| page["detections"][0]["bbox"][0] = json!(1e300));
    page("a box of another page", "intermediate.refused", &|page| page["detections"][0]["page_index"] = json!(0));
    page("more ink than a page", "intermediate.refused", &|page| page["measures"]["ink"] = json!(1.5));
    page("another page", "intermediate.foreign", &|page| page["index"] = json!(5));
    page("another size", "intermediate.foreign", &|page| page["size"]["width_points"] = json!(100.0));
    page("a picture that is not there", "intermediate.damaged", &|page| {
        let mut picture = page["detections"][0].clone();
        picture["label"] = json!("IMAGE");
        picture["label_id"] = json!(10);
        picture["confidence"] = json!(1.0);
        page["detections"] = json!([picture]);
    });
    let volume = |what: &str, code: &str, change: &dyn Fn(&mut Value)| {
        let changed = rewritten(&handed.inputs.compressed, handed.changed(), |entries| {
            edited(entries, "volume.json", change);
        });
        handed.assert_refused(what, &handed.with_compressed(changed), code);
    };
    volume("no pages", "intermediate.damaged", &|volume| volume["pages"] = json!([]));
    volume("a gap", "intermediate.damaged", &|volume| volume["compressed"][0]["start"] = json!(1));
    volume("more than a volume", "intermediate.damaged", &|volume| {
        let page = volume["pages"][0].clone();
        volume["pages"] = json!(vec![page; 2001]);
    });
    volume("a drawn page that is not there", "intermediate.damaged", &|volume| {
        volume["pages"][0]["is_drawn"] = json!(true);
    });
    // The files themselves are as sound as before.
    let result = staged::split(&handed.inputs, &settings(), handed.folder.path()).unwrap();
    assert_eq!(result.opinions.len(), 3);
}

#[test]
fn a_range_that_is_not_the_one_that_was_cut_is_refused() {
    let handed = Handed::of(&sample::bytes());
    let detector = stages::load_models(&settings()).unwrap();
    let scan = |bytes: &[u8]| {
        std::fs::write(handed.changed(), bytes).unwrap();
        let range = RangeToScan { file: &handed.changed(), pages: 3..6, first_page: Some(201) };
        let place = staged::made(&handed.folder.path().join("scan"));
        let scanned =
            stages::scan(&range, &detector, &settings(), &place, &NoProgress, &Cancellation::new()).unwrap_err();
        assert!(matches!(scanned, EngineError::Intermediate(_)), "{scanned:?}");
        assert_eq!(
            scanned.code().class(),
            FailureClass::Internal,
            "the person who uploaded the volume is not at fault"
        );
        scanned.code()
    };
    let cut = std::fs::read(&handed.prepared.ranges[1].file).unwrap();
    assert_eq!(scan(&cut[..cut.len() / 2]), "intermediate.damaged");
    assert_eq!(scan(&bad_inputs::zip_archive()), "intermediate.damaged");
    assert_eq!(scan(&[]), "intermediate.damaged");
    assert_eq!(scan(&sample::bytes()), "intermediate.foreign");
}

/// A retry of a stage must be able to take the place of an attempt that got lost on its way.
#[test]
fn the_same_volume_gives_the_same_files() {
    let [first, second] = [0, 1].map(|_| Handed::of(&sample::bytes()));
    let handed = |handed: &Handed| {
        let ranges = handed.prepared.ranges.iter().map(|range| range.file.clone());
        ranges.chain(handed.inputs.ranges.clone()).map(|file| std::fs::read(file).unwrap()).collect::<Vec<_>>()
    };
    assert!(handed(&first) == handed(&second));
    assert_eq!(handed(&first).len(), 6);
    // Ghostscript notes the time: those files differ, and fit together all the same.
    let mixed = first.with_compressed(second.inputs.compressed.clone());
    assert_eq!(staged::split(&mixed, &settings(), first.folder.path()).unwrap().opinions.len(), 3);
}

#[test]
fn an_earlier_result_is_not_mixed_with_a_new_one() {
    let handed = Handed::of(&sample::bytes());
    let place = staged::made(&handed.folder.path().join("split"));
    std::fs::create_dir(place.join("result")).unwrap();
    let split = stages::split(&handed.inputs, &settings(), &place, &NoProgress, &Cancellation::new());
    assert_eq!(split.unwrap_err().code(), "output.io");
}
