//! A call of one of our methods, and the coercion of its arguments.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    ptr::NonNull,
};

use ext_php_rs::{
    convert::IntoZval,
    ffi::{
        _ZEND_IS_VARIADIC_BIT, _ZEND_SEND_MODE_SHIFT, IS_CALLABLE, MAY_BE_ANY,
        ZEND_ACC_STRICT_TYPES, ZEND_USER_FUNCTION, zend_execute_data, zend_internal_arg_info,
        zend_internal_function, zend_type, zend_wrong_parameters_count_error, zval,
    },
    types::{ZendStr, Zval},
    zend::ClassEntry,
};

use super::{
    Object, callback, engine,
    exception::{self, Result, Unwind},
    object::instance_of,
    value,
};

/// The bits of a type mask that stand for types.
const TYPES: u32 = (1 << 18) - 1;

/// A call of a method from PHP. Its arguments have the declared types.
pub(crate) struct Call(NonNull<zend_execute_data>);

impl Call {
    /// The call of a frame.
    ///
    /// # Safety
    /// The frame must be alive, and stay so for as long as the call is looked at.
    pub(super) unsafe fn of(frame: *mut zend_execute_data) -> Option<Self> {
        NonNull::new(frame).map(Self)
    }

    /// The object of the call.
    ///
    /// # Errors
    /// An `Error` when the method was called without one.
    pub(crate) fn this(&self) -> Result<Object> {
        self.borrow_this().cloned()
    }

    /// As [`Call::this`], for those who need the object only during the call, which holds it.
    pub(crate) fn borrow_this(&self) -> Result<&Object> {
        // SAFETY: the frame is alive during the call.
        let this = unsafe { &(*self.0.as_ptr()).This };
        Object::in_zval(this).map_or_else(without_object, Ok)
    }

    /// The class that a static method was called on, `static::class`.
    pub(crate) fn called_class(&self) -> &'static ClassEntry {
        // SAFETY: of a static call `This` holds the class, of another the object.
        unsafe {
            let this = &(*self.0.as_ptr()).This;
            this.object()
                .map_or_else(|| &*this.value.ce, |object| &*object.ce)
        }
    }

    /// How many arguments were given, surplus ones included.
    pub(crate) fn count(&self) -> usize {
        // SAFETY: the frame is alive during the call.
        unsafe { (*self.0.as_ptr()).This.u2.num_args as usize }
    }

    fn place(&self, index: usize) -> Option<*mut Zval> {
        // SAFETY: the arguments follow the frame, as ZEND_CALL_ARG has it.
        (index < self.count())
            .then(|| unsafe { self.0.as_ptr().cast::<Zval>().add(FRAME_SLOTS + index) })
    }

    /// An argument in its place, or `None` when it was left out. Nobody changes it meanwhile but [`Call::change`].
    pub(crate) fn look(&self, index: usize) -> Option<&Zval> {
        // SAFETY: the place holds a value during the call.
        self.place(index)
            .map(|place| unsafe { (*place).dereference() })
    }

    /// An argument, or `None` when it was left out.
    pub(crate) fn argument(&self, index: usize) -> Option<Zval> {
        self.look(index).map(Zval::shallow_clone)
    }

    /// An argument that may be null; null when it was left out.
    pub(crate) fn value(&self, index: usize) -> Zval {
        self.argument(index).unwrap_or_else(Zval::null)
    }

    /// Changes an argument in place; one that was given by reference changes for the caller too. `change` must not run PHP.
    pub(crate) fn change<T>(&self, index: usize, change: impl FnOnce(&mut Zval) -> T) -> Option<T> {
        // SAFETY: the place holds a value during the call, and nobody else looks at it meanwhile.
        self.place(index)
            .map(|place| change(unsafe { (*place).dereference_mut() }))
    }

    pub(crate) fn bool_or(&self, index: usize, default: bool) -> bool {
        self.look(index).and_then(Zval::bool).unwrap_or(default)
    }

    pub(crate) fn long_or(&self, index: usize, default: i64) -> i64 {
        self.look(index).and_then(Zval::long).unwrap_or(default)
    }

    pub(crate) fn double_or(&self, index: usize, default: f64) -> f64 {
        self.look(index)
            .and_then(|value| {
                value
                    .double()
                    .or_else(|| value.long().map(|number| number as f64))
            })
            .unwrap_or(default)
    }

    /// A string argument; empty when it was left out or is null.
    pub(crate) fn bytes(&self, index: usize) -> Vec<u8> {
        self.look(index)
            .and_then(|value| value.zend_str().map(|text| text.as_bytes().to_vec()))
            .unwrap_or_default()
    }

    /// An argument that is an object.
    pub(crate) fn object(&self, index: usize) -> Option<Object> {
        self.look(index).and_then(Object::from_zval)
    }
}

#[cold]
fn without_object<T>() -> Result<T> {
    exception::throw(ext_php_rs::zend::ce::error(), "the method needs an object")
}

/// ZEND_CALL_FRAME_SLOT: the size of a frame in values, rounded up.
const FRAME_SLOTS: usize = size_of::<zend_execute_data>().div_ceil(size_of::<zval>());

/// What the engine calls for a method: checks the arguments, calls `F`, returns what it returns or unwinds as it says.
pub(super) unsafe extern "C" fn trampoline<F, R>(
    frame: *mut zend_execute_data,
    return_value: *mut zval,
) where
    F: Fn(&mut Call) -> Result<R> + Copy,
    R: IntoZval,
{
    const {
        assert!(
            size_of::<F>() == 0,
            "a method is a function, not a closure that captures"
        )
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: `F` has no bytes and existed when the class was declared; the engine's pointers are valid during the call.
        let (method, mut call) = unsafe {
            (
                NonNull::<F>::dangling().as_ref(),
                Call(NonNull::new_unchecked(frame)),
            )
        };
        check(&call)?;
        let value = method(&mut call)?
            .into_zval(false)
            .unwrap_or_else(|_| Zval::null());
        // SAFETY: the engine gives an initialised place for the result.
        unsafe { return_value.write(value) };
        Ok(())
    }));
    match outcome {
        Ok(Ok(()) | Err(Unwind::Exception)) => {}
        Ok(Err(Unwind::Bailout)) => exception::bailout(),
        Err(_) => {
            let _: Result<()> = exception::throw(
                ext_php_rs::zend::ce::error(),
                "ouvrier: internal error (a Rust panic; see stderr)",
            );
        }
    }
}

/// As [`trampoline`], for a function that is at hand.
pub(super) unsafe fn enter<F, R>(_: F, frame: *mut zend_execute_data, return_value: *mut zval)
where
    F: Fn(&mut Call) -> Result<R> + Copy,
    R: IntoZval,
{
    // SAFETY: the caller's promise is the same.
    unsafe { trampoline::<F, R>(frame, return_value) }
}

/// Checks the number and the types of the arguments, and coerces scalars as PHP does for functions written in PHP:
/// by the caller's `strict_types`. Surplus arguments are nobody's business.
#[inline]
fn check(call: &Call) -> Result<()> {
    // SAFETY: the frame and its function are alive.
    let function = unsafe { &(*(*call.0.as_ptr()).func).internal_function };
    let given = call.count();
    if given < function.required_num_args as usize {
        return too_few(function);
    }
    for index in 0..given.min(function.num_args as usize) {
        // SAFETY: an internal function's argument descriptions follow that of its return value; the place is that of an argument.
        let (info, argument) = unsafe {
            let place = call.place(index).unwrap_or(std::ptr::null_mut());
            (&*function.arg_info.add(index), &mut *place)
        };
        if !fits(&info.type_, argument) {
            coerce(call, index, info, argument)?;
        }
    }
    Ok(())
}

#[cold]
fn too_few(function: &zend_internal_function) -> Result<()> {
    // SAFETY: throws, and looks at the numbers and at the frame that runs.
    unsafe { zend_wrong_parameters_count_error(function.required_num_args, function.num_args) };
    Err(Unwind::Exception)
}

/// Whether there is nothing to be checked: the value has the very type, or any will do. Neither what is given by reference nor the rest of the
/// arguments is checked.
fn fits(r#type: &zend_type, value: &Zval) -> bool {
    let mask = r#type.type_mask;
    let types = mask & TYPES;
    types & (1 << value::type_of(value)) != 0
        || mask & _ZEND_IS_VARIADIC_BIT != 0
        || mask >> _ZEND_SEND_MODE_SHIFT & 1 != 0
        || types & MAY_BE_ANY == MAY_BE_ANY
        || (types == 0 && r#type.ptr.is_null())
}

/// Makes an argument what its type asks for, or throws what PHP throws, unless finding that out has thrown.
#[inline(never)]
fn coerce(
    call: &Call,
    index: usize,
    info: &zend_internal_arg_info,
    argument: &mut Zval,
) -> Result<()> {
    if accepts(call, &info.type_, argument) {
        return Ok(());
    }
    if !exception::pending() {
        // SAFETY: the description and the argument are those at `index` of the function that is called.
        unsafe {
            engine::zend_verify_arg_error(
                (*call.0.as_ptr()).func,
                std::ptr::from_ref(info).cast(),
                u32::try_from(index + 1).unwrap_or_default(),
                argument,
            );
        }
    }
    Err(Unwind::Exception)
}

/// Whether `value`, which is not of the very type, can be made what `type` asks for, or is an object that it names.
fn accepts(call: &Call, r#type: &zend_type, value: &mut Zval) -> bool {
    let mask = r#type.type_mask & TYPES;
    let is_named = !r#type.ptr.is_null();
    if is_named && Object::from_zval(value).is_some_and(|object| is_a(call, r#type, &object)) {
        return true;
    }
    if mask & (1 << IS_CALLABLE) != 0 && callback::is_callable(value) {
        return true;
    }
    // SAFETY: the value is an argument of the frame and may be changed in place.
    unsafe { engine::zend_verify_scalar_type_hint(mask, value, is_caller_strict(call), false) }
}

/// Whether an object is of one of the classes that a type names.
fn is_a(call: &Call, r#type: &zend_type, object: &Object) -> bool {
    // SAFETY: once registered, the type of an argument holds the name of its class.
    unsafe {
        let name: &ZendStr = &*r#type.ptr.cast();
        if name.as_bytes() == b"self" {
            let scope = (*(*call.0.as_ptr()).func).common.scope;
            return object.instance_of(&*scope);
        }
        ClassEntry::try_find(name.as_str().unwrap_or_default())
            .is_some_and(|class| instance_of(object.class(), class))
    }
}

/// Whether the calling code has `declare(strict_types=1)`.
fn is_caller_strict(call: &Call) -> bool {
    // SAFETY: the frames below a live frame are alive.
    unsafe {
        let caller = (*call.0.as_ptr()).prev_execute_data;
        if caller.is_null() || (*caller).func.is_null() {
            return false;
        }
        let function = &(*(*caller).func).common;
        u32::from(function.type_) == ZEND_USER_FUNCTION
            && function.fn_flags & ZEND_ACC_STRICT_TYPES != 0
    }
}
