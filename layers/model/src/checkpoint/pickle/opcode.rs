//! The opcodes of pickle protocol 2 that a checkpoint uses. Every other one is refused, among them
//! all that could reach code by a second way (INST, OBJ, `STACK_GLOBAL`, the extension registry).

pub(super) const PROTOCOL: u8 = 0x80;
pub(super) const STOP: u8 = b'.';

pub(super) const NONE: u8 = b'N';
pub(super) const TRUE: u8 = 0x88;
pub(super) const FALSE: u8 = 0x89;
pub(super) const INTEGER_32: u8 = b'J';
pub(super) const INTEGER_8: u8 = b'K';
pub(super) const INTEGER_16: u8 = b'M';
pub(super) const FLOAT_64: u8 = b'G';
pub(super) const TEXT: u8 = b'X';

pub(super) const MARK: u8 = b'(';
pub(super) const EMPTY_TUPLE: u8 = b')';
pub(super) const TUPLE: u8 = b't';
pub(super) const TUPLE_1: u8 = 0x85;
pub(super) const TUPLE_2: u8 = 0x86;
pub(super) const TUPLE_3: u8 = 0x87;
pub(super) const EMPTY_LIST: u8 = b']';
pub(super) const APPEND: u8 = b'a';
pub(super) const APPEND_MANY: u8 = b'e';
pub(super) const EMPTY_DICTIONARY: u8 = b'}';
pub(super) const SET_ITEM: u8 = b's';
pub(super) const SET_MANY: u8 = b'u';

pub(super) const GLOBAL: u8 = b'c';
pub(super) const CALL: u8 = b'R';
pub(super) const NEW_OBJECT: u8 = 0x81;
pub(super) const BUILD: u8 = b'b';
pub(super) const PERSISTENT: u8 = b'Q';

pub(super) const PUT_8: u8 = b'q';
pub(super) const PUT_32: u8 = b'r';
pub(super) const GET_8: u8 = b'h';
pub(super) const GET_32: u8 = b'j';
