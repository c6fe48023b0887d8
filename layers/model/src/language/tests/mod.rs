mod reference;

use super::{ConvertedLanguage, import_english};
use crate::error::ModelError;
use crate::file::Imported;
use crate::testing::language::{HEIGHT, LanguageFile, Layer, Weights, container};
use crate::testing::network::{checkpoint_of, layers};
use crate::testing::{PickleWriter, environment, noise};
use ort::session::Session;
use ort::value::TensorRef;
use std::fs;

fn refused(file: &LanguageFile) -> ModelError {
    ConvertedLanguage::from_bytes(&file.bytes()).unwrap_err()
}

/// The language with another layer at this place.
fn with_layer(place: usize, layer: Layer) -> LanguageFile {
    let mut file = LanguageFile::tiny(true);
    file.layers[place] = layer;
    file
}

#[test]
fn the_graph_computes_what_the_layers_define() {
    for is_quantised in [true, false] {
        let file = LanguageFile::tiny(is_quantised);
        let language = ConvertedLanguage::from_bytes(&file.bytes()).unwrap();
        let mut session = Session::builder(environment()).unwrap().commit_from_memory(language.onnx()).unwrap();
        // Two lines of one batch: the shorter one is followed by zeros.
        let widths = [24, 16];
        let lines = widths.map(|width| {
            let column = || (0..HEIGHT).map(|_| vec![noise()]).collect::<Vec<_>>();
            (0..width).map(|_| column()).collect::<Vec<_>>()
        });
        let pixel = |line: &Vec<Vec<Vec<f64>>>, x: usize, y: usize| line.get(x).map_or(0.0, |column| column[y][0]);
        let pixels = lines
            .iter()
            .flat_map(|line| (0..HEIGHT).flat_map(move |y| (0..widths[0]).map(move |x| pixel(line, x, y) as f32)));
        let pixels: Vec<f32> = pixels.collect();
        let steps = widths.map(|width| (width / language.step) as i32);
        let shape = [2, 1, HEIGHT as i64, widths[0] as i64];
        let image = TensorRef::from_array_view((shape, pixels.as_slice())).unwrap();
        let lengths = TensorRef::from_array_view(([2], steps.as_slice())).unwrap();
        let outputs = session.run(ort::inputs!["image" => image, "steps" => lengths]).unwrap();
        let (shape, found) = outputs["probs"].try_extract_tensor::<f32>().unwrap();
        assert_eq!(shape.iter().copied().collect::<Vec<_>>(), [8, 2, 5]);
        for (number, line) in lines.iter().enumerate() {
            let expected = reference::probabilities(&file.layers, line);
            assert_eq!(expected.len(), steps[number] as usize);
            for (time, classes) in expected.iter().enumerate() {
                let found = &found[(time * 2 + number) * 5..][..5];
                let differences = found.iter().zip(classes).map(|(a, b)| (f64::from(*a) - b).abs());
                assert!(differences.fold(0.0, f64::max) < 1e-5, "{found:?} {classes:?}");
            }
            assert_ne!(expected[0], expected[1]);
        }
    }
}

#[test]
fn the_model_says_its_characters_and_sizes() {
    let bytes = LanguageFile::tiny(true).bytes();
    let language = ConvertedLanguage::from_bytes(&bytes).unwrap();
    assert_eq!(language.characters, [" ", "", "é", "fi", ""]);
    assert_eq!((language.height, language.step), (HEIGHT, 3));
    let session = Session::builder(environment()).unwrap().commit_from_memory(language.onnx()).unwrap();
    let metadata = session.metadata().unwrap();
    let entries = ["characters", "blank", "height", "step", "source"].map(|key| metadata.custom(key).unwrap());
    let expected = [r#"[" ","","é","fi",""]"#, "4", "12", "3", &crate::digest::sha256(&bytes)];
    assert_eq!(entries, expected);
}

#[test]
fn the_content_of_a_file_decides_what_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a file");
    fs::write(&path, LanguageFile::tiny(false).bytes()).unwrap();
    assert!(matches!(Imported::from_file(&path).unwrap(), Imported::Language(_)));
    fs::write(&path, PickleWriter::pickle(&checkpoint_of(layers())).archive()).unwrap();
    assert!(matches!(Imported::from_file(&path).unwrap(), Imported::Model(_)));
    for other in [&b""[..], b"%PDF-1.7"] {
        fs::write(&path, other).unwrap();
        assert_eq!(Imported::from_file(&path).unwrap_err().code(), "model.archive");
    }
}

#[test]
fn unknown_layers_are_refused_by_name() {
    for kind in ["Parallel", "Reconfig", "LSTMSoftmax", "TensorFlow", "Zebra"] {
        let error = refused(&with_layer(2, Layer::Other(kind)));
        assert_eq!(error.code(), "model.language-network");
        assert!(error.to_string().contains(kind), "{error}");
    }
    let mut backwards = LanguageFile::tiny(true);
    // An LSTM over the columns that keeps all of its results has another name inside.
    let bytes = backwards.bytes();
    let place = bytes.windows(8).position(|window| window == b"SummLSTM").unwrap();
    let changed = [&bytes[..place], b"SuperSTM", &bytes[place + 8..]].concat();
    let error = ConvertedLanguage::from_bytes(&changed).unwrap_err();
    assert!(error.to_string().contains("XYTranspose of SuperSTM"), "{error}");
    backwards.layers.swap(4, 7);
    assert_eq!(refused(&backwards).code(), "model.language-network");
}

#[test]
fn layers_that_do_not_fit_are_refused() {
    let weights = |rows, inputs| Weights::noise(rows, inputs, true);
    let gates = |outputs, inputs| [(); 4].map(|()| weights(outputs, inputs + outputs));
    let odd = [
        with_layer(0, Layer::Input { height: 0 }),
        with_layer(0, Layer::Input { height: 100_000 }),
        with_layer(1, Layer::Convolve { half: 1 }),
        with_layer(1, Layer::Tanh(weights(3, 1))),
        with_layer(1, Layer::Series(vec![Layer::Convolve { half: 1_000 }, Layer::Tanh(weights(3, 9))])),
        with_layer(1, Layer::Series(vec![Layer::Convolve { half: 2 }, Layer::Tanh(weights(3, 9))])),
        with_layer(2, Layer::Maxpool { side: 0 }),
        with_layer(2, Layer::Maxpool { side: 1 << 30 }),
        with_layer(3, Layer::Forward(gates(4, 3))),
        with_layer(4, Layer::Forward(gates(5, 9))),
        with_layer(7, Layer::Softmax(weights(5, 4))),
        with_layer(7, Layer::Forward(gates(5, 3))),
    ];
    for (number, file) in odd.iter().enumerate() {
        let error = refused(file);
        assert_eq!(error.code(), "model.language-network", "{number}: {error}");
    }
    let nested = (0..40).fold(Layer::Maxpool { side: 1 }, |layer, _| Layer::Series(vec![layer]));
    assert!(refused(&with_layer(2, nested)).to_string().contains("nested"));
    let many = Layer::Series(vec![Layer::Maxpool { side: 1 }; 100]);
    assert!(refused(&with_layer(2, many)).to_string().contains("too many"));
}

#[test]
fn absurd_sizes_are_refused_before_anything_is_allocated() {
    let bytes = LanguageFile::tiny(true).bytes();
    // Every number of the file in turn.
    for place in 0..bytes.len() - 4 {
        let absurd = [u32::MAX, i32::MAX.cast_unsigned(), 1 << 30][place % 3];
        let mut changed = bytes.clone();
        changed[place..place + 4].copy_from_slice(&absurd.to_le_bytes());
        // A weight or a name may have any value. Whatever the file says, its model is as small as the file.
        let result = ConvertedLanguage::from_bytes(&changed);
        assert!(result.is_err() || result.is_ok_and(|language| language.onnx().len() < 10 * bytes.len()));
    }
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    let bytes = LanguageFile::tiny(false).bytes();
    for length in (0..bytes.len()).step_by(7) {
        let error = ConvertedLanguage::from_bytes(&bytes[..length]).unwrap_err();
        assert!(["model.language-damaged", "model.language-component"].contains(&error.code().as_str()), "{error}");
    }
}

#[test]
fn a_file_without_its_network_or_characters_is_refused_by_the_name_of_the_part() {
    for (components, missing) in [(&[(1, &b"5"[..])][..], "lstm"), (&[(17, b"x"), (22, b"x")], "")] {
        let error = ConvertedLanguage::from_bytes(&container(components)).unwrap_err();
        if missing.is_empty() {
            assert_eq!(error.code(), "model.language-damaged", "{error}");
        } else {
            assert_eq!(error.code(), "model.language-component", "{error}");
            assert!(error.to_string().contains(missing), "{error}");
        }
    }
}

#[test]
fn characters_that_do_not_fit_the_network_are_refused() {
    let changed = |change: fn(&mut LanguageFile)| {
        let mut file = LanguageFile::tiny(true);
        change(&mut file);
        refused(&file)
    };
    let error = changed(|file| file.codes[3] = vec![2, 3]);
    assert_eq!(error.code(), "model.language-codes");
    assert!(error.to_string().contains('é'), "{error}");
    let damaged = [
        changed(|file| file.codes[3] = vec![5]),
        changed(|file| file.codes[3] = vec![]),
        changed(|file| file.codes[3] = vec![1; 10]),
        changed(|file| file.blank = 5),
        changed(|file| file.list = file.list.replacen('5', "6", 1)),
        changed(|file| file.list = file.list.replacen('5', "many", 1)),
        changed(|file| file.list = file.list.replace("fi", "\u{7f}")),
        changed(|file| file.list = file.list.replace("fi", &"fi".repeat(100))),
    ];
    for error in damaged {
        assert_eq!(error.code(), "model.language-damaged", "{error}");
    }
}

#[test]
fn another_english_than_debians_is_refused_before_it_is_parsed() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("eng.traineddata");
    fs::write(&file, LanguageFile::tiny(true).bytes()).unwrap();
    let output = directory.path().join("languages");
    let error = import_english(&file, &output).unwrap_err();
    assert_eq!(error.code(), "model.digest");
    assert!(error.to_string().contains("eng.traineddata") && !output.exists(), "{error}");
    assert_eq!(import_english(&directory.path().join("absent"), &output).unwrap_err().code(), "model.unreadable");
}
