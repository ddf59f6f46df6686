//! Calling PHP: the one place where a callback's end is told apart (a value, an exception or `exit()`, a fatal error).

use std::{
    cell::RefCell,
    ffi::c_void,
    panic::AssertUnwindSafe,
    ptr::{NonNull, null_mut},
};

use ext_php_rs::{
    ffi::{
        ZEND_ACC_CALL_VIA_TRAMPOLINE, ZEND_RESULT_CODE_SUCCESS, ext_php_rs_zend_try_catch,
        zend_call_known_function, zend_class_entry, zend_fcall_info_cache, zend_function,
        zend_object,
    },
    types::Zval,
    zend::{ClassEntry, try_catch},
};

use super::{
    Object, engine,
    exception::{self, Result, Unwind},
    value,
};

/// A callable that PHP's rules have been applied to.
#[derive(Clone, Copy)]
struct Resolved {
    function: NonNull<zend_function>,
    object: *mut zend_object,
    class: *mut zend_class_entry,
}

/// Callables that are strings, which PHP would look up anew for each call.
const REMEMBERED: usize = 16;

/// What a string resolved to, for code of one class: visibility depends on who calls. The string is kept, so its address cannot come to
/// mean another one.
struct Memory {
    callable: Zval,
    scope: *mut zend_class_entry,
    resolved: Resolved,
}

thread_local! {
    static STRINGS: RefCell<[Option<Memory>; REMEMBERED]> = const { RefCell::new([const { None }; REMEMBERED]) };
}

/// Whether a callback is set, by the rule of `if ($callback)`.
pub(crate) fn is_set(callback: &Zval) -> bool {
    !callback.is_null() && (is_closure(callback) || callback.coerce_to_bool())
}

fn is_closure(value: &Zval) -> bool {
    // SAFETY: the engine registers the class before any extension.
    Object::in_zval(value)
        .is_some_and(|object| std::ptr::eq(object.class(), unsafe { engine::zend_ce_closure }))
}

/// Calls `callable` for its effect. What it returns is dropped before the end of the call is judged, since a destructor may throw.
///
/// # Errors
/// As [`call`].
pub(crate) fn notify(callable: &Zval, arguments: &mut [Zval]) -> Result<()> {
    let Some(resolved) = resolve(callable) else {
        return refuse();
    };
    let returned = run(resolved, arguments)?;
    value::discard(returned);
    judge()
}

/// Calls `callable` with `arguments`.
///
/// Callables are resolved in the scope of the method of ours that is running. A worker's callback may therefore be a protected method
/// of a `Worker` subclass, as it may in Workerman, where the call comes from a method of `Worker`.
///
/// # Errors
/// [`Unwind::Exception`] when PHP threw or called `exit()`; [`Unwind::Bailout`] after a fatal error, when nothing but returning is allowed.
/// An `Error` is thrown when the value cannot be called.
pub(crate) fn call(callable: &Zval, arguments: &mut [Zval]) -> Result<Zval> {
    let Some(resolved) = resolve(callable) else {
        return refuse();
    };
    let returned = run(resolved, arguments)?;
    judge().map(|()| returned)
}

/// What is to be called for a callable; `None` for what is none.
#[inline]
fn resolve(callable: &Zval) -> Option<Resolved> {
    match Object::in_zval(callable.dereference()) {
        Some(object) => resolve_object(object),
        None => remembered(callable),
    }
}

#[cold]
fn refuse<T>() -> Result<T> {
    exception::throw(ext_php_rs::zend::ce::error(), "Value not callable")
}

/// Calls a method or function that is known already.
pub(super) fn call_function(
    function: NonNull<zend_function>,
    object: Option<&Object>,
    class: &ClassEntry,
    arguments: &mut [Zval],
) -> Result<Zval> {
    let resolved = Resolved {
        function,
        object: object.map_or(null_mut(), Object::as_ptr),
        class: std::ptr::from_ref(class).cast_mut(),
    };
    let returned = run(resolved, arguments)?;
    judge().map(|()| returned)
}

/// Calls the static method `name` of `class`, or what a subclass put in its place.
pub(crate) fn call_static(class: &ClassEntry, name: &str, arguments: &mut [Zval]) -> Result<Zval> {
    match super::class::find_method(class, name) {
        Some(function) => call_function(function, None, class, arguments),
        None => exception::throw(
            ext_php_rs::zend::ce::error(),
            &format!("Call to undefined method {name}()"),
        ),
    }
}

/// The static method `name` of `class`, or what a subclass put in its place, as a closure: `static::name(...)`.
pub(crate) fn static_closure(class: &ClassEntry, name: &str) -> Zval {
    closure_of(class, name, null_mut())
}

/// The method `name` of an object as a closure, whatever its visibility.
pub(crate) fn method(object: &Object, name: &str) -> Zval {
    let mut this = object.to_zval();
    closure_of(object.class(), name, &raw mut this)
}

fn closure_of(class: &ClassEntry, name: &str, this: *mut Zval) -> Zval {
    let mut closure = Zval::null();
    if let Some(function) = super::class::find_method(class, name) {
        let class = std::ptr::from_ref(class).cast_mut();
        // SAFETY: the function belongs to the class or to one that it descends from; the closure counts its own reference to the object.
        unsafe {
            let scope = function.as_ref().common.scope;
            let function = function.as_ptr();
            engine::zend_create_fake_closure(&raw mut closure, function, scope, class, this);
        }
    }
    closure
}

/// `Closure::fromCallable($callable)`.
pub(crate) fn closure(callable: &Zval) -> Result<Zval> {
    // SAFETY: the engine registers the class before any extension.
    let class = unsafe { &*engine::zend_ce_closure };
    call_static(class, "fromCallable", &mut [callable.shallow_clone()])
}

/// Whether PHP could call the value from here.
pub(crate) fn is_callable(value: &Zval) -> bool {
    let mut cache = empty_cache();
    let callable = is_callable_into(value, &mut cache);
    // SAFETY: gives back what the look-up may have made for a call that does not come.
    unsafe { engine::zend_release_fcall_info_cache(&raw mut cache) };
    callable
}

/// Makes a call. Only a fatal error is told: whether it has thrown is to be [judged](judge) when everything is dropped that the call has left behind.
fn run(resolved: Resolved, arguments: &mut [Zval]) -> Result<Zval> {
    let mut frame = Frame {
        resolved,
        arguments,
        returned: Zval::new(),
    };
    let (context, mut done) = ((&raw mut frame).cast(), null_mut());
    // SAFETY: `enter` takes the frame that it is given here.
    if unsafe { ext_php_rs_zend_try_catch(enter, context, &raw mut done) } {
        return Err(Unwind::Bailout);
    }
    // The last reference to an argument may be ours, and its destructor may throw.
    for argument in frame.arguments {
        value::discard(std::mem::take(argument));
    }
    Ok(frame.returned)
}

/// Whether a call has thrown, or what was dropped behind it.
fn judge() -> Result<()> {
    if exception::pending() {
        Err(Unwind::Exception)
    } else {
        Ok(())
    }
}

/// Asks the engine for something that may run PHP, such as the stream wrapper or the `__get()` of a script. A fatal error jumps over `f`, which
/// should have nothing to drop.
pub(super) fn guarded<T>(f: impl FnOnce() -> T) -> Result<T> {
    let outcome = try_catch(AssertUnwindSafe(f)).map_err(|_| Unwind::Bailout)?;
    judge().map(|()| outcome)
}

/// A call that is about to be made.
struct Frame<'a> {
    resolved: Resolved,
    arguments: &'a mut [Zval],
    returned: Zval,
}

/// Makes a call inside of a try block of the engine. It has nothing to drop, so that a fatal error may jump over it, and does not panic.
unsafe extern "C" fn enter(frame: *const c_void) -> *const c_void {
    // SAFETY: the caller's promise is a frame. The function is alive: its owner (a class, the function table, or the closure in the callable) is
    // held by the caller's caller.
    unsafe {
        let frame = &mut *frame.cast_mut().cast::<Frame<'_>>();
        zend_call_known_function(
            frame.resolved.function.as_ptr(),
            frame.resolved.object,
            frame.resolved.class,
            &raw mut frame.returned,
            u32::try_from(frame.arguments.len()).unwrap_or_default(),
            frame.arguments.as_mut_ptr(),
            null_mut(),
        );
    }
    std::ptr::null()
}

/// Resolves a callable that is no object, or remembers what it resolved to.
#[inline(never)]
fn remembered(callable: &Zval) -> Option<Resolved> {
    if !callable.is_string() {
        return look_up(callable);
    }
    let (identity, scope) = (value::identity(callable)?, scope());
    let place = identity / 16 % REMEMBERED;
    let known = STRINGS.with_borrow(|strings| {
        let memory = strings[place].as_ref()?;
        (value::identity(&memory.callable) == Some(identity) && memory.scope == scope)
            .then_some(memory.resolved)
    });
    if known.is_some() {
        return known;
    }
    let resolved = look_up(callable)?;
    // SAFETY: the function is alive; every kind of function has these flags.
    let flags = unsafe { resolved.function.as_ref().common.fn_flags };
    // An object would have to be kept alive, and a trampoline serves one call.
    if resolved.object.is_null() && flags & ZEND_ACC_CALL_VIA_TRAMPOLINE == 0 {
        let memory = Memory {
            callable: callable.shallow_clone(),
            scope,
            resolved,
        };
        let forgotten = STRINGS.with_borrow_mut(|strings| strings[place].replace(memory));
        drop(forgotten);
    }
    Some(resolved)
}

/// The class of the method of ours that is running.
fn scope() -> *mut zend_class_entry {
    // SAFETY: the frame that runs is alive, and every kind of function has a scope or null.
    unsafe {
        let frame = (*engine::executor()).current_execute_data;
        match frame.as_ref().and_then(|frame| frame.func.as_ref()) {
            Some(function) => function.common.scope,
            None => null_mut(),
        }
    }
}

/// Forgets remembered callables: their strings belong to the request that ends.
pub(crate) fn forget() {
    let forgotten = STRINGS.with_borrow_mut(std::mem::take);
    drop(forgotten);
}

/// A closure, or another object that can be called: whoever has it may call it.
fn resolve_object(object: &Object) -> Option<Resolved> {
    let (mut class, mut function, mut this) = (null_mut(), null_mut(), null_mut());
    let (class, function, this) = (&raw mut class, &raw mut function, &raw mut this);
    // SAFETY: the object is alive and its handlers are too; what they find is the object's.
    unsafe {
        let find = (*(*object.as_ptr()).handlers).get_closure?;
        if find(object.as_ptr(), class, function, this, true) != ZEND_RESULT_CODE_SUCCESS {
            return None;
        }
        Some(Resolved {
            function: NonNull::new(*function)?,
            object: *this,
            class: *class,
        })
    }
}

fn look_up(callable: &Zval) -> Option<Resolved> {
    let mut cache = empty_cache();
    if !is_callable_into(callable, &mut cache) {
        return None;
    }
    Some(Resolved {
        function: NonNull::new(cache.function_handler)?,
        object: cache.object,
        class: cache.called_scope,
    })
}

fn empty_cache() -> zend_fcall_info_cache {
    // SAFETY: an all-zero cache is an empty one.
    unsafe { std::mem::zeroed() }
}

fn is_callable_into(callable: &Zval, cache: &mut zend_fcall_info_cache) -> bool {
    // SAFETY: the callable is only read; the frame is that of the method of ours that is running.
    unsafe {
        let frame = (*engine::executor()).current_execute_data;
        let value = std::ptr::from_ref(callable).cast_mut();
        engine::zend_is_callable_at_frame(value, null_mut(), frame, 0, cache, null_mut())
    }
}
