//! Reads a declaration from its tokens.

use ext_php_rs::ffi;

use super::{
    Constant, Declaration, Literal, Method, Parameter, Property, Type, lexer::Token, lexer::tokens,
};

/// `ZEND_ACC_ALLOW_DYNAMIC_PROPERTIES` of PHP 8.2 and later; the bit has no meaning for classes before.
pub(in crate::zend) const ACC_ALLOW_DYNAMIC_PROPERTIES: u32 = 1 << 15;

/// Reads one class or interface.
///
/// # Panics
/// When the text is no declaration; see [`tokens`].
pub(in crate::zend) fn parse(source: &str) -> Declaration {
    Parser {
        source,
        namespace: String::new(),
        tokens: tokens(source),
        at: 0,
    }
    .declaration()
}

struct Parser<'a> {
    source: &'a str,
    /// With its closing backslash.
    namespace: String,
    tokens: Vec<(Token, usize, usize)>,
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, ..)| token)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().cloned().expect("the declaration goes on");
        self.at += 1;
        token
    }

    fn accept(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Symbol(found)) if *found == symbol);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) {
        assert!(
            self.accept(symbol),
            "expected {symbol} before {:?}",
            self.peek()
        );
    }

    fn accept_name(&mut self, name: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Name(found)) if found == name);
        self.at += usize::from(found);
        found
    }

    fn name(&mut self) -> String {
        match self.next() {
            Token::Name(name) => name,
            other => panic!("expected a name instead of {other:?}"),
        }
    }

    /// A class name, resolved in the namespace of the declaration.
    fn class_name(&mut self) -> String {
        let name = self.name();
        self.resolve(&name)
    }

    fn resolve(&self, name: &str) -> String {
        match name.strip_prefix('\\') {
            Some(absolute) => absolute.to_owned(),
            None if name == "self" => name.to_owned(),
            None => format!("{}{name}", self.namespace),
        }
    }

    fn doc(&mut self) -> Option<String> {
        match self.peek() {
            Some(Token::Doc(text)) => {
                let text = text.clone();
                self.at += 1;
                Some(text)
            }
            _ => None,
        }
    }

    fn declaration(mut self) -> Declaration {
        if self.accept("<?") {
            self.name();
        }
        if self.accept_name("namespace") {
            self.namespace = self.name() + "\\";
            self.expect(";");
        }
        self.doc();
        let mut flags = 0;
        while self.accept("#[") {
            assert_eq!(self.class_name(), "AllowDynamicProperties");
            self.expect("]");
            flags |= ACC_ALLOW_DYNAMIC_PROPERTIES;
        }
        flags |= self.modifiers();
        let interface = self.accept_name("interface");
        assert!(interface || self.accept_name("class"), "expected a class");
        let mut declaration = Declaration {
            name: self.class_name(),
            flags,
            interface,
            parent: self.accept_name("extends").then(|| self.class_name()),
            interfaces: Vec::new(),
            constants: Vec::new(),
            properties: Vec::new(),
            methods: Vec::new(),
        };
        if self.accept_name("implements") {
            declaration.interfaces.push(self.class_name());
            while self.accept(",") {
                declaration.interfaces.push(self.class_name());
            }
        }
        self.expect("{");
        while !self.accept("}") {
            self.member(&mut declaration);
        }
        declaration
    }

    fn member(&mut self, declaration: &mut Declaration) {
        let doc = self.doc();
        let flags = self.modifiers();
        if self.accept_name("const") {
            let name = self.name();
            self.expect("=");
            let value = self.literal();
            declaration.constants.push(Constant {
                name,
                flags,
                value,
                doc,
            });
            self.expect(";");
        } else if self.accept_name("function") {
            let method = self.method(flags, declaration.interface);
            declaration.methods.push(method);
        } else {
            let r#type = self.optional_type();
            let name = self.variable();
            let default = self.accept("=").then(|| self.literal());
            declaration.properties.push(Property {
                name,
                flags,
                r#type,
                default,
                doc,
            });
            self.expect(";");
        }
    }

    fn modifiers(&mut self) -> u32 {
        let mut flags = 0;
        loop {
            flags |= match self.peek() {
                Some(Token::Name(name)) => match name.as_str() {
                    "public" => ffi::ZEND_ACC_PUBLIC,
                    "protected" => ffi::ZEND_ACC_PROTECTED,
                    "private" => ffi::ZEND_ACC_PRIVATE,
                    "static" => ffi::ZEND_ACC_STATIC,
                    "abstract" => ffi::ZEND_ACC_ABSTRACT,
                    "final" => ffi::ZEND_ACC_FINAL,
                    _ => break,
                },
                _ => break,
            };
            self.at += 1;
        }
        flags
    }

    fn method(&mut self, mut flags: u32, interface: bool) -> Method {
        if interface {
            flags |= ffi::ZEND_ACC_ABSTRACT;
        }
        let name = self.name();
        if name == "__construct" {
            flags |= ffi::ZEND_ACC_CTOR;
        }
        self.expect("(");
        let mut parameters = Vec::new();
        while !self.accept(")") {
            parameters.push(self.parameter());
            self.accept(",");
        }
        let returns = if self.accept(":") {
            self.optional_type()
        } else {
            None
        };
        if !self.accept(";") {
            self.expect("{");
            self.expect("}");
        }
        Method {
            name,
            flags,
            parameters,
            returns,
        }
    }

    fn parameter(&mut self) -> Parameter {
        let r#type = self.optional_type();
        let by_reference = self.accept("&");
        let variadic = self.accept("...");
        let name = self.variable();
        let default = self.accept("=").then(|| {
            let start = self.tokens[self.at].1;
            self.literal();
            self.source[start..self.tokens[self.at - 1].2].to_owned()
        });
        Parameter {
            name,
            r#type,
            default,
            by_reference,
            variadic,
        }
    }

    fn variable(&mut self) -> String {
        match self.next() {
            Token::Variable(name) => name,
            other => panic!("expected a variable instead of {other:?}"),
        }
    }

    fn optional_type(&mut self) -> Option<Type> {
        let mut r#type = Type::default();
        if self.accept("?") {
            r#type.mask |= 1 << ffi::IS_NULL;
        }
        let Some(Token::Name(_)) = self.peek() else {
            return None;
        };
        loop {
            let name = self.name();
            match type_mask(&name) {
                Some(mask) => r#type.mask |= mask,
                None => r#type.classes.push(self.resolve(&name)),
            }
            if !self.accept("|") {
                return Some(r#type);
            }
        }
    }

    fn literal(&mut self) -> Literal {
        match self.next() {
            Token::Long(value) => Literal::Long(value),
            Token::Double(value) => Literal::Double(value),
            Token::String(value) => Literal::String(value),
            Token::Symbol("-") => match self.literal() {
                Literal::Long(value) => Literal::Long(-value),
                Literal::Double(value) => Literal::Double(-value),
                other => panic!("cannot negate {other:?}"),
            },
            Token::Symbol("[") => self.array(),
            Token::Name(name) if name == "null" => Literal::Null,
            Token::Name(name) if name == "true" => Literal::Bool(true),
            Token::Name(name) if name == "false" => Literal::Bool(false),
            other => panic!("expected a value instead of {other:?}"),
        }
    }

    fn array(&mut self) -> Literal {
        let mut entries = Vec::new();
        while !self.accept("]") {
            let first = self.literal();
            if self.accept("=>") {
                entries.push((Some(first), self.literal()));
            } else {
                entries.push((None, first));
            }
            self.accept(",");
        }
        Literal::Array(entries)
    }
}

/// The `MAY_BE_*` bits of a built-in type; `None` for a class name.
fn type_mask(name: &str) -> Option<u32> {
    Some(match name {
        "null" => 1 << ffi::IS_NULL,
        "false" => 1 << ffi::IS_FALSE,
        "bool" => ffi::MAY_BE_BOOL,
        "int" => 1 << ffi::IS_LONG,
        "float" => 1 << ffi::IS_DOUBLE,
        "string" => 1 << ffi::IS_STRING,
        "array" => 1 << ffi::IS_ARRAY,
        "object" => 1 << ffi::IS_OBJECT,
        "mixed" => ffi::MAY_BE_ANY,
        "callable" => 1 << ffi::IS_CALLABLE,
        "void" => 1 << ffi::IS_VOID,
        "static" => MAY_BE_STATIC,
        _ => return None,
    })
}

/// `MAY_BE_STATIC` of zend_type_info.h.
const MAY_BE_STATIC: u32 = 1 << 15;
