use super::{Node, Value, execute};
use crate::error::PickleError;

fn refused(pickle: &[u8]) -> PickleError {
    execute(pickle).unwrap_err()
}

#[test]
fn plain_data_comes_out_as_it_went_in() {
    // (1, "é", [-2, 0.5, None], {"k": True})
    let pickle = b"\x80\x02(K\x01X\x02\x00\x00\x00\xc3\xa9](J\xfe\xff\xff\xffG?\xe0\0\0\0\0\0\0Ne}X\x01\0\0\0k\x88st.";
    let (value, heap) = execute(pickle).unwrap();
    let [one, text, list, dictionary] = heap.tuple(&value).unwrap() else { panic!("four items") };
    assert_eq!((one, text), (&Value::Integer(1), &Value::Text("é".into())));
    assert_eq!(heap.sequence(list).unwrap(), [Value::Integer(-2), Value::Float(0.5), Value::None]);
    assert_eq!(heap.entry(dictionary, "k"), Some(&Value::Boolean(true)));
}

#[test]
fn what_is_remembered_empty_is_the_same_when_it_is_recalled_full() {
    // Memo 0 is the list. It is filled after that, and recalled into a tuple.
    let (value, heap) = execute(b"\x80\x02]q\x00K\x07ah\x00\x86.").unwrap();
    let [first, second] = heap.tuple(&value).unwrap() else { panic!("two items") };
    assert_eq!(first, second);
    assert_eq!(heap.node(second), Some(&Node::List(vec![Value::Integer(7)])));
}

#[test]
fn of_two_equal_keys_the_later_counts() {
    let (value, heap) = execute(b"}(X\x01\0\0\0kK\x01X\x01\0\0\0kK\x02u.").unwrap();
    assert_eq!(heap.entry(&value, "k"), Some(&Value::Integer(2)));
}

#[test]
fn a_function_that_runs_commands_is_refused_by_name() {
    let error = refused(b"\x80\x02cos\nsystem\n(X\x02\0\0\0lst\x85R.");
    assert_eq!(error, PickleError::Global { name: "os.system".to_owned() });
    assert_eq!(error.code(), "model.pickle-global");
}

#[test]
fn a_block_that_is_not_known_is_refused_by_name() {
    for (module, name) in [("ultralytics.nn.modules.block", "C2fCIB"), ("torch.nn.modules.activation", "Hardswish")] {
        let error = refused(format!("c{module}\n{name}\n.").as_bytes());
        assert_eq!(error, PickleError::Block { name: name.to_owned() });
        assert!(error.to_string().contains(name) && error.code() == "model.block", "{error}");
    }
}

#[test]
fn names_near_the_allowed_ones_are_refused() {
    for global in
        ["builtins\neval\n", "torch\nload\n", "torch._utils\n_rebuild_tensor\n", "collections\nOrderedDict.fromkeys\n"]
    {
        let error = refused(format!("c{global}.").as_bytes());
        assert_eq!(error.code(), "model.pickle-global", "{global:?}");
    }
}

#[test]
fn every_opcode_that_a_checkpoint_does_not_need_is_refused() {
    let known = b".NJKMGX()t]ae}suscRbQqrhj\x80\x81\x85\x86\x87\x88\x89";
    for opcode in (0..=u8::MAX).filter(|opcode| !known.contains(opcode)) {
        assert_eq!(refused(&[opcode, b'.']), PickleError::Opcode { opcode, at: 0 });
    }
}

#[test]
fn a_cut_pickle_is_truncated_wherever_it_is_cut() {
    let whole = b"\x80\x02}(X\x01\0\0\0kK\x01X\x01\0\0\0lG?\xe0\0\0\0\0\0\0ccollections\nOrderedDict\n)R\x86q\x00r\x01\0\0\0j\x01\0\0\0M\x01\0u.";
    // It does not matter here whether the rest makes sense: every cut ends before the first error.
    for length in 0..57 {
        assert_eq!(refused(&whole[..length]), PickleError::Truncated { at: length }, "cut at {length}");
    }
}

#[test]
fn operands_below_a_mark_are_out_of_reach() {
    for pickle in [&b"K\x01(\x85."[..], b"K\x01(.", b"](K\x01a.", b"a.", b"s.", b"R.", b"b.", b"Q.", b"t.", b"q\x00."] {
        assert_eq!(refused(pickle).code(), "model.pickle-malformed", "{pickle:?}");
    }
}

#[test]
fn calls_of_data_and_calls_with_unfit_arguments_are_malformed() {
    let order = b"ccollections\nOrderedDict\nK\x01\x85R.";
    let tensor = b"ctorch._utils\n_rebuild_tensor_v2\nNNN\x87R.";
    let storage = b"ctorch\nHalfStorage\n)R.";
    let storage_object = b"ctorch\nHalfStorage\n)\x81.";
    let state = b"cultralytics.nn.modules.conv\nConv\n)\x81Nb.";
    for pickle in [&b"K\x01)R."[..], order, tensor, storage, storage_object, state, b"X\x01\0\0\0kQ.", b"h\x05."] {
        assert_eq!(refused(pickle).code(), "model.pickle-malformed", "{}", pickle.escape_ascii());
    }
}

#[test]
fn another_protocol_is_malformed() {
    assert_eq!(refused(b"\x80\x04N.").code(), "model.pickle-malformed");
}

#[test]
fn the_bounds_hold() {
    let repeated = |piece: &[u8], times: usize| piece.repeat(times);
    let remember: Vec<u8> = (0..131_073_u32).flat_map(|key| [&b"r"[..], &key.to_le_bytes()].concat()).collect();
    let cases = [
        (repeated(b"N", (1 << 20) + 1), "bytes"),
        (repeated(b"N", 65_537), "operands"),
        (repeated(b"(", 257), "nested containers"),
        ([b"N".to_vec(), repeated(b"\x85", 131_073)].concat(), "containers"),
        ([b"N".to_vec(), remember].concat(), "remembered values"),
    ];
    for (pickle, expected) in cases {
        match refused(&pickle) {
            PickleError::Limit { what, .. } => assert_eq!(what, expected),
            other => panic!("{expected}: {other}"),
        }
    }
}

#[test]
fn a_nest_deeper_than_the_threads_stack_is_dropped_in_peace() {
    let pickle = [b"N".to_vec(), b"\x85".repeat(130_000), b".".to_vec()].concat();
    let (value, heap) = execute(&pickle).unwrap();
    assert_eq!(heap.tuple(&value).map(<[Value]>::len), Some(1));
}
