//! Class declarations written in PHP.
//!
//! The surface of a class (names, types, defaults, visibility) stands beside its Rust file as `name.stub.php`, in the language of those who
//! use it, and is registered from that text. Reflection, named arguments and the generated stubs can so not differ from what is written.

mod lexer;
mod parser;

pub(super) use parser::ACC_ALLOW_DYNAMIC_PROPERTIES;

pub(super) use parser::parse;

/// A class or an interface.
#[derive(Debug)]
pub(super) struct Declaration {
    pub(super) name: String,
    /// `ZEND_ACC_*` flags.
    pub(super) flags: u32,
    pub(super) interface: bool,
    pub(super) parent: Option<String>,
    pub(super) interfaces: Vec<String>,
    pub(super) constants: Vec<Constant>,
    pub(super) properties: Vec<Property>,
    pub(super) methods: Vec<Method>,
}

/// A class constant.
#[derive(Debug)]
pub(super) struct Constant {
    pub(super) name: String,
    pub(super) flags: u32,
    pub(super) value: Literal,
    pub(super) doc: Option<String>,
}

/// A property. A typed property without a default is uninitialised.
#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) flags: u32,
    pub(super) r#type: Option<Type>,
    pub(super) default: Option<Literal>,
    pub(super) doc: Option<String>,
}

/// A method.
#[derive(Debug)]
pub(super) struct Method {
    pub(super) name: String,
    pub(super) flags: u32,
    pub(super) parameters: Vec<Parameter>,
    pub(super) returns: Option<Type>,
}

/// A parameter of a method.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) r#type: Option<Type>,
    /// The default as it is written, for Reflection and for calls that leave it out by name.
    pub(super) default: Option<String>,
    pub(super) by_reference: bool,
    pub(super) variadic: bool,
}

/// A type: `MAY_BE_*` bits and class names.
#[derive(Debug, Default)]
pub(super) struct Type {
    pub(super) mask: u32,
    pub(super) classes: Vec<String>,
}

/// A constant expression, of the kinds that classes need.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Long(i64),
    Double(f64),
    String(Vec<u8>),
    Array(Vec<(Option<Self>, Self)>),
}
