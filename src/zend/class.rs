//! Registers classes from their declarations.

use std::{
    cell::UnsafeCell,
    collections::HashMap,
    ffi::{CString, c_char},
    ptr::{NonNull, null, null_mut},
};

use ext_php_rs::{
    convert::IntoZval,
    ffi::{
        self, zend_declare_class_constant_ex, zend_function, zend_function_entry,
        zend_internal_arg_info, zend_register_internal_class_ex, zend_register_internal_interface,
        zend_type,
    },
    types::{ZendStr, Zval},
    zend::ClassEntry,
};

use super::{
    argument::{self, Call},
    declaration::{
        self, ACC_ALLOW_DYNAMIC_PROPERTIES, Declaration, Literal, Method, Parameter, Property, Type,
    },
    engine,
    exception::Result,
    object::{self, State},
    value,
};

type Handler = unsafe extern "C" fn(*mut ffi::zend_execute_data, *mut ffi::zval);

/// A class on its way to be registered.
pub(crate) struct Class {
    declaration: Declaration,
    handlers: HashMap<&'static str, Handler>,
    carry: Option<fn(&mut ffi::zend_class_entry)>,
}

impl Class {
    /// Reads the declaration of a class, the text of a `.stub.php` file.
    pub(crate) fn declared(stub: &str) -> Self {
        Self {
            declaration: declaration::parse(stub),
            handlers: HashMap::new(),
            carry: None,
        }
    }

    /// The Rust function behind the method `name`.
    pub(crate) fn method<F, R>(mut self, name: &'static str, method: F) -> Self
    where
        F: Fn(&mut Call) -> Result<R> + Copy,
        R: IntoZval,
    {
        let _ = method;
        self.handlers.insert(name, argument::trampoline::<F, R>);
        self
    }

    /// Objects of the class, and of all its subclasses, carry a `T`.
    pub(crate) fn carrying<T: State>(mut self) -> Self {
        self.carry = Some(object::carry::<T>);
        self
    }

    /// Registers the class with PHP. Only while the module starts.
    ///
    /// # Panics
    /// When the declaration and the Rust functions do not fit, or a class that it names is not registered yet: the first start shows it.
    pub(crate) fn register(mut self) -> &'static ClassEntry {
        let functions = self.functions();
        let declaration = &self.declaration;
        // SAFETY: everything that the engine keeps is leaked on purpose: a class lives as long as the process.
        unsafe {
            let mut entry: ffi::zend_class_entry = std::mem::zeroed();
            entry.name = interned(&declaration.name);
            entry.info.internal.builtin_functions = functions.as_ptr();
            let class = if declaration.interface {
                zend_register_internal_interface(&raw mut entry)
            } else {
                let parent = declaration.parent.as_deref().map_or(null_mut(), find_class);
                zend_register_internal_class_ex(&raw mut entry, parent)
            };
            let class = class
                .as_mut()
                .expect("the engine registers a well-formed class");
            class.ce_flags |= declaration.flags;
            if declaration.flags & ACC_ALLOW_DYNAMIC_PROPERTIES != 0 {
                allow_dynamic_properties(class);
            }
            if let Some(carry) = self.carry {
                carry(class);
            }
            for interface in &declaration.interfaces {
                let interface = find_class(interface);
                // The engine gives Stringable to whoever has __toString().
                if !object::instance_of(class, &*interface) {
                    ffi::zend_do_implement_interface(class, interface);
                }
            }
            for constant in &declaration.constants {
                let mut value = value::permanent(&constant.value);
                let doc = constant.doc.as_deref().map_or(null_mut(), interned);
                zend_declare_class_constant_ex(
                    class,
                    interned(&constant.name),
                    &raw mut *value,
                    flags(constant.flags),
                    doc,
                );
            }
            for property in &declaration.properties {
                declare_property(class, property);
            }
            class
        }
    }

    fn functions(&mut self) -> &'static [zend_function_entry] {
        let mut functions = Vec::new();
        for method in &self.declaration.methods {
            let handler = self.handlers.remove(method.name.as_str());
            assert!(
                handler.is_some() != (method.flags & ffi::ZEND_ACC_ABSTRACT != 0),
                "{}::{}() needs a function unless it is abstract",
                self.declaration.name,
                method.name
            );
            functions.push(function(method, handler));
        }
        assert!(
            self.handlers.is_empty(),
            "{} does not declare {:?}",
            self.declaration.name,
            self.handlers.keys()
        );
        // SAFETY: an entry of zeros ends the table.
        functions.push(unsafe { std::mem::zeroed() });
        Vec::leak(functions)
    }
}

/// Finds a method by name, inherited ones included.
pub(super) fn find_method(class: &ClassEntry, name: &str) -> Option<NonNull<zend_function>> {
    let value = class
        .function_table
        .get(name.to_ascii_lowercase().as_str())?;
    // SAFETY: the table holds functions.
    NonNull::new(unsafe { value.ptr::<zend_function>()? })
}

fn function(method: &Method, handler: Option<Handler>) -> zend_function_entry {
    let required = method
        .parameters
        .iter()
        .take_while(|parameter| is_required(parameter))
        .count();
    let mut info = vec![zend_internal_arg_info {
        // The first entry describes the return value; its name is the number of required arguments.
        name: required as *const c_char,
        type_: argument_type(method.returns.as_ref(), 0),
        default_value: null(),
    }];
    info.extend(
        method
            .parameters
            .iter()
            .map(|parameter| zend_internal_arg_info {
                name: c_string(&parameter.name),
                type_: argument_type(parameter.r#type.as_ref(), parameter_flags(parameter)),
                default_value: parameter.default.as_deref().map_or(null(), c_string),
            }),
    );
    // SAFETY: zeros are valid for the fields that newer versions of PHP added.
    let mut entry: zend_function_entry = unsafe { std::mem::zeroed() };
    entry.fname = c_string(&method.name);
    entry.handler = handler;
    entry.num_args = u32::try_from(method.parameters.len()).unwrap_or_default();
    entry.arg_info = Vec::leak(info).as_ptr();
    entry.flags = method.flags;
    entry
}

fn is_required(parameter: &Parameter) -> bool {
    parameter.default.is_none() && !parameter.variadic
}

fn parameter_flags(parameter: &Parameter) -> u32 {
    let by_reference = u32::from(parameter.by_reference) << ffi::_ZEND_SEND_MODE_SHIFT;
    by_reference
        | if parameter.variadic {
            ffi::_ZEND_IS_VARIADIC_BIT
        } else {
            0
        }
}

/// The type of an argument or a return value. Internal functions name their classes in a C string until they are registered.
fn argument_type(r#type: Option<&Type>, extra: u32) -> zend_type {
    // The name bit that PHP 8.3 split: a literal name is one that is not interned yet.
    #[cfg(php83)]
    const CLASS_BIT: u32 = ffi::_ZEND_TYPE_LITERAL_NAME_BIT;
    #[cfg(not(php83))]
    const CLASS_BIT: u32 = ffi::_ZEND_TYPE_NAME_BIT;
    match r#type {
        None => zend_type {
            ptr: null_mut(),
            type_mask: extra,
        },
        Some(r#type) if r#type.classes.is_empty() => zend_type {
            ptr: null_mut(),
            type_mask: r#type.mask | extra,
        },
        Some(r#type) => zend_type {
            ptr: c_string(&r#type.classes.join("|")).cast_mut().cast(),
            type_mask: r#type.mask | CLASS_BIT | extra,
        },
    }
}

/// Shows Reflection the attribute behind the flag.
///
/// # Safety
/// Only while the module starts.
unsafe fn allow_dynamic_properties(class: &mut ffi::zend_class_entry) {
    /// `ZEND_ATTRIBUTE_PERSISTENT`: it lives as long as the process.
    const PERSISTENT: u32 = 1;
    let name = interned("AllowDynamicProperties");
    // SAFETY: the name lives for ever; the engine makes the table.
    unsafe { engine::zend_add_attribute(&raw mut class.attributes, name, 0, PERSISTENT, 0, 0) };
}

/// # Safety
/// Only while the module starts, on a class that has no objects.
unsafe fn declare_property(class: *mut ffi::zend_class_entry, property: &Property) {
    let r#type = match &property.r#type {
        None => zend_type {
            ptr: null_mut(),
            type_mask: 0,
        },
        Some(r#type) => match r#type.classes.as_slice() {
            [] => zend_type {
                ptr: null_mut(),
                type_mask: r#type.mask,
            },
            [name] => zend_type {
                ptr: interned(name).cast(),
                type_mask: r#type.mask | ffi::_ZEND_TYPE_NAME_BIT,
            },
            _ => panic!("a property has one class at most"),
        },
    };
    let mut default = match (&property.default, &property.r#type) {
        (Some(default), _) => value::permanent(default),
        (None, None) => value::permanent(&Literal::Null),
        (None, Some(_)) => std::mem::ManuallyDrop::new(Zval::new()),
    };
    if property.default.is_none() && property.r#type.is_some() {
        default.u1.type_info = ffi::IS_UNDEF;
    }
    let doc = property.doc.as_deref().map_or(null_mut(), interned);
    // SAFETY: the caller's promise; name, default, doc and class name live for ever.
    unsafe {
        engine::zend_declare_typed_property(
            class,
            interned(&property.name),
            &raw mut *default,
            flags(property.flags),
            doc,
            r#type,
        );
    }
}

fn flags(flags: u32) -> i32 {
    i32::try_from(flags).unwrap_or_default()
}

/// A class that is registered already.
fn find_class(name: &str) -> *mut ffi::zend_class_entry {
    // SAFETY: the table of classes is there while modules start.
    let class = unsafe {
        let classes = (*ffi::ext_php_rs_compiler_globals()).class_table.as_ref();
        classes
            .and_then(|classes| classes.get(name.to_ascii_lowercase().as_str()))
            .and_then(|found| found.ptr::<ffi::zend_class_entry>())
    };
    class.unwrap_or_else(|| panic!("{name} must be registered first"))
}

fn c_string(text: &str) -> *const c_char {
    CString::new(text).unwrap_or_default().into_raw()
}

/// A string that lives as long as the process.
pub(super) fn interned(text: impl AsRef<[u8]>) -> *mut ffi::zend_string {
    ZendStr::new_interned(text, true).into_raw()
}

/// A registered class and what was found out about it, kept in a static of the class's own file.
pub(crate) struct Registration<S: 'static>(UnsafeCell<Option<(&'static ClassEntry, S)>>);

// SAFETY: it is written once, while the module starts, and only PHP's thread looks at it.
unsafe impl<S> Sync for Registration<S> {}

impl<S> Registration<S> {
    pub(crate) const fn new() -> Self {
        Self(UnsafeCell::new(None))
    }

    /// Registers `class`, and lets `find` look up its slots.
    pub(crate) fn register(&self, class: Class, find: impl FnOnce(&ClassEntry) -> S) {
        let class = class.register();
        let slots = find(class);
        // SAFETY: the module starts: nobody has looked at it yet.
        let place = unsafe { &mut *self.0.get() };
        let before = place.replace((class, slots));
        assert!(before.is_none(), "a class is registered once");
    }

    #[inline]
    pub(crate) fn class(&self) -> &'static ClassEntry {
        self.registered().0
    }

    #[inline]
    pub(crate) fn slots(&self) -> &S {
        &self.registered().1
    }

    #[inline]
    fn registered(&self) -> &(&'static ClassEntry, S) {
        // SAFETY: it is written once, while the module starts, and no reference is there before.
        match unsafe { &*self.0.get() } {
            Some(registered) => registered,
            None => unregistered(),
        }
    }
}

#[cold]
#[inline(never)]
fn unregistered() -> ! {
    panic!("classes are registered while the module starts");
}
