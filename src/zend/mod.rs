//! The border with the Zend engine: the only `unsafe` code on the PHP side.
//!
//! What the classes use is safe: [`Object`] and `Zval` own a reference each, [`Call`] hands out arguments that have been checked against the
//! declaration, [`callback::call`] runs PHP under a try block and returns how it ended. No reference into PHP's memory outlives a call into PHP.
//!
//! - [`class`], `declaration`: registering classes from their `.stub.php` text. [`embedded`]: classes written in PHP. [`object`]: objects with a Rust state. [`property`]: their slots; [`statics`]: what belongs to a class; [`aside`]: their dynamic properties. [`loan`]: properties that have another value for a while. [`overriding`]: what subclasses override.
//! - [`argument`]: a method call, and the coercion of its arguments. [`callback`]: calling PHP. [`fiber`]: calling PHP on a stack of its own. [`exception`]: how PHP unwinds. [`interception`]: a function of PHP that we answer for.
//! - [`array`], [`value`]: building and changing PHP values. [`stream`]: PHP streams. [`file`]: files as PHP opens them. [`library`]: the few functions of PHP itself that are called by name.
//! - `engine`: declarations of engine functions that ext-php-rs does not bind.

#![allow(
    unsafe_code,
    reason = "this module is the border: everything behind it is safe"
)]

pub(crate) mod argument;
pub(crate) mod array;
mod aside;
pub(crate) mod callback;
pub(crate) mod class;
mod declaration;
pub(crate) mod embedded;
mod engine;
pub(crate) mod exception;
pub(crate) mod fiber;
pub(crate) mod file;
pub(crate) mod interception;
pub(crate) mod library;
pub(crate) mod loan;
pub(crate) mod object;
pub(crate) mod overriding;
pub(crate) mod property;
pub(crate) mod statics;
pub(crate) mod stream;
pub(crate) mod value;

pub(crate) use argument::Call;
pub(crate) use aside::Late;
pub(crate) use class::{Class, Registration};
pub(crate) use exception::{Result, Unwind};
pub(crate) use object::Object;
pub(crate) use property::{Name, Slot, slots};
