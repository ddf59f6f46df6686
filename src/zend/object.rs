//! PHP objects: references to them, and the Rust state that objects of our classes carry in front of their properties.

use std::{
    cell::UnsafeCell,
    mem::{ManuallyDrop, MaybeUninit, offset_of},
    ptr::{NonNull, null_mut},
    sync::Once,
};

use ext_php_rs::{
    ffi::{
        IS_OBJECT, IS_OBJECT_EX, ext_php_rs_zend_object_alloc, ext_php_rs_zend_object_release,
        instanceof_function_slow, object_properties_init, std_object_handlers, zend_class_entry,
        zend_function, zend_object, zend_object_handlers, zend_object_std_dtor,
        zend_object_std_init, zend_objects_clone_members, zval,
    },
    types::Zval,
    zend::ClassEntry,
};

use super::{
    Result,
    aside::{self, Aside, Late},
    callback, class, engine, value,
};

/// An owned reference to a PHP object. Cloning counts it; dropping the last one runs the destructor, which is PHP.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Object(pub(super) NonNull<zend_object>);

impl Object {
    /// A new reference to the object behind `pointer`, or `None` for null.
    ///
    /// # Safety
    /// The object must be alive.
    pub(super) unsafe fn from_raw(pointer: *mut zend_object) -> Option<Self> {
        let pointer = NonNull::new(pointer)?;
        // SAFETY: the object is alive, and every object is counted.
        unsafe { (*pointer.as_ptr()).gc.refcount += 1 };
        Some(Self(pointer))
    }

    /// The object in `value` without a reference of its own, if it holds one and is no reference.
    #[inline]
    pub(super) fn in_zval(value: &Zval) -> Option<&Self> {
        let place = &raw const value.value;
        // SAFETY: such a value is a pointer to an object, as an `Object` is, and holds the object for as long as it is borrowed.
        (value::type_of(value) == IS_OBJECT).then(|| unsafe { &*place.cast::<Self>() })
    }

    /// The object in `value`, if it holds one.
    #[inline]
    pub(crate) fn from_zval(value: &Zval) -> Option<Self> {
        Self::in_zval(value.dereference()).cloned()
    }

    /// A new object of `class`, with its declared properties and its Rust state, on which no constructor has run.
    pub(crate) fn new(class: &ClassEntry) -> Result<Self> {
        let mut value = Zval::new();
        // SAFETY: the class is registered. On failure an exception is pending and the value is no object.
        unsafe { engine::object_init_ex(&raw mut value, std::ptr::from_ref(class).cast_mut()) };
        Self::taken_from(value).ok_or(super::Unwind::Exception)
    }

    /// The object in `value`, whose reference is taken over. Giving it back would make the object one that the garbage collector looks at.
    fn taken_from(value: Zval) -> Option<Self> {
        let object = Self::in_zval(&value)?.0;
        std::mem::forget(value);
        Some(Self(object))
    }

    pub(super) const fn as_ptr(&self) -> *mut zend_object {
        self.0.as_ptr()
    }

    /// A new reference as a value.
    pub(crate) fn to_zval(&self) -> Zval {
        self.clone().into_zval()
    }

    /// The reference as a value.
    pub(crate) fn into_zval(self) -> Zval {
        let mut value = Zval::new();
        value.value.obj = ManuallyDrop::new(self).as_ptr();
        value.u1.type_info = IS_OBJECT_EX;
        value
    }

    pub(crate) fn class(&self) -> &'static ClassEntry {
        // SAFETY: the class of a live object is registered, and classes live as long as the request.
        unsafe { &*(*self.0.as_ptr()).ce }
    }

    /// The number of the object, unique among those that are alive.
    pub(crate) fn handle(&self) -> u32 {
        // SAFETY: the object is alive.
        unsafe { (*self.0.as_ptr()).handle }
    }

    /// Whether both are the same object.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    /// Whether somebody holds the object beside this reference.
    pub(crate) fn is_shared(&self) -> bool {
        // SAFETY: the object is alive.
        unsafe { (*self.0.as_ptr()).gc.refcount > 1 }
    }

    pub(crate) fn instance_of(&self, class: &ClassEntry) -> bool {
        instance_of(self.class(), class)
    }

    /// The Rust state of the object, or `None` when its class does not descend from a class with state `T`.
    #[inline]
    pub(crate) fn state<T: State>(&self) -> Option<&T> {
        // SAFETY: only objects that `create` made for `T` have these handlers, and they lie inside a `Native<T>`.
        unsafe {
            ((*self.0.as_ptr()).handlers == T::handlers().address())
                .then(|| &(*native::<T>(self.0.as_ptr())).state)
        }
    }

    /// Calls the method `name` (in lower case or not) as PHP would, so that what a subclass overrides is what runs.
    pub(crate) fn call(&self, name: &str, arguments: &mut [Zval]) -> Result<Zval> {
        let Some(function) = class::find_method(self.class(), name) else {
            return super::exception::throw(
                ext_php_rs::zend::ce::error(),
                &format!(
                    "Call to undefined method {}::{name}()",
                    self.class().name().unwrap_or_default()
                ),
            );
        };
        callback::call_function(function, Some(self), self.class(), arguments)
    }
}

/// Whether the class of an object has a constructor.
pub(crate) fn has_constructor(object: &Object) -> bool {
    !object.class().constructor.is_null()
}

/// Whether a function is compiled and not written in PHP.
pub(super) fn is_native(function: NonNull<zend_function>) -> bool {
    // SAFETY: the function belongs to a registered class; every kind of function begins with its type.
    unsafe { u32::from((*function.as_ptr()).type_) == ext_php_rs::ffi::ZEND_INTERNAL_FUNCTION }
}

/// Whether `class` is `parent` or descends from it.
pub(crate) fn instance_of(class: &ClassEntry, parent: &ClassEntry) -> bool {
    // SAFETY: both classes are registered.
    std::ptr::eq(class, parent) || unsafe { instanceof_function_slow(class, parent) }
}

impl Clone for Object {
    fn clone(&self) -> Self {
        // SAFETY: the object is alive.
        unsafe { (*self.0.as_ptr()).gc.refcount += 1 };
        Self(self.0)
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        // SAFETY: gives back the reference that this value owns.
        unsafe { ext_php_rs_zend_object_release(self.0.as_ptr()) };
    }
}

/// Rust state that objects of a class and of all its subclasses carry.
///
/// It exists from the moment the object does, whether or not a constructor runs. It holds handles only, in cells: what PHP can see lives in
/// properties, and PHP may run between any two looks at the state.
pub(crate) trait State: Default + 'static {
    /// The object handlers of the type; a static of its own for each type.
    fn handlers() -> &'static Handlers;

    /// Whether [`aside`] is where the objects have their dynamic properties: for classes that declare many, and have many objects.
    const SETS_ASIDE: bool = false;

    /// Which declared properties are made for whoever looks at them first, in objects that set aside.
    const LATE: &'static [&'static Late] = &[];

    /// What `__destruct()` does, where the class has one of ours and no subclass another: then it is not called through PHP.
    const DESTRUCT: Option<fn(&Self)> = None;

    /// The state of a clone. A handle that must not be shared starts anew.
    fn duplicate(&self) -> Self {
        Self::default()
    }
}

/// The standard handlers of PHP objects, adapted to objects that carry a Rust state. They are made for the first object; until then no object has them.
pub(crate) struct Handlers {
    made: Once,
    table: UnsafeCell<MaybeUninit<zend_object_handlers>>,
}

// SAFETY: the table holds function pointers and numbers, and is written once.
unsafe impl Sync for Handlers {}

impl Handlers {
    pub(crate) const fn new() -> Self {
        Self {
            made: Once::new(),
            table: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    /// The table, which `make` fills.
    fn made_by(&self, make: impl FnOnce() -> zend_object_handlers) -> *const zend_object_handlers {
        self.made.call_once(|| {
            // SAFETY: one call fills the table, before anybody gets to read it.
            unsafe { (*self.table.get()).write(make()) };
        });
        self.address()
    }

    #[inline]
    const fn address(&self) -> *const zend_object_handlers {
        self.table.get().cast_const().cast()
    }
}

#[repr(C)]
struct Native<T> {
    state: T,
    aside: Aside,
    object: zend_object,
}

/// Gives `class` objects with a state of type `T`.
pub(super) fn carry<T: State>(class: &mut zend_class_entry) {
    class.__bindgen_anon_2.create_object = Some(create::<T>);
}

/// How far behind the beginning of its memory an object begins that carries a `T`.
pub(super) const fn distance<T>() -> usize {
    offset_of!(Native<T>, object)
}

/// # Safety
/// The object must have been made by `create` for a `T`.
#[inline]
unsafe fn native<T>(object: *mut zend_object) -> *mut Native<T> {
    // SAFETY: the caller's promise is that such an object is part of that.
    unsafe { object.byte_sub(distance::<T>()).cast() }
}

unsafe extern "C" fn create<T: State>(class: *mut zend_class_entry) -> *mut zend_object {
    const {
        let distance = offset_of!(Native<T>, object) - offset_of!(Native<T>, aside);
        assert!(distance == size_of::<Aside>());
    }
    let handlers = T::handlers().made_by(|| {
        // SAFETY: the standard handlers are a constant table of the engine.
        let mut handlers = unsafe { std_object_handlers };
        handlers.offset = i32::try_from(distance::<T>()).unwrap_or_default();
        handlers.free_obj = Some(free::<T>);
        handlers.clone_obj = Some(duplicate::<T>);
        if T::SETS_ASIDE {
            aside::use_for(&mut handlers, T::LATE);
        }
        if T::DESTRUCT.is_some() {
            handlers.dtor_obj = Some(destruct::<T>);
        }
        handlers
    });
    // SAFETY: the allocation has room for the state, the object and the properties of the class; all three are initialised before use.
    unsafe {
        let native =
            ext_php_rs_zend_object_alloc(size_of::<Native<T>>(), class).cast::<Native<T>>();
        (&raw mut (*native).state).write(T::default());
        (*native).aside = null_mut();
        let object = &raw mut (*native).object;
        zend_object_std_init(object, class);
        init_properties(object, class);
        (*object).handlers = handlers;
        object
    }
}

/// Gives a new object the defaults of its class. Those of our own classes are nothing that is counted: they are copied as they are.
///
/// # Safety
/// The object is of that class, and has room for its properties.
unsafe fn init_properties(object: *mut zend_object, class: *mut zend_class_entry) {
    // SAFETY: the caller's promise.
    unsafe {
        if (*class).type_ != engine::ZEND_INTERNAL_CLASS {
            return object_properties_init(object, class);
        }
        let count = usize::try_from((*class).default_properties_count).unwrap_or_default();
        (*object).properties = null_mut();
        (&raw mut (*object).properties_table)
            .cast::<zval>()
            .copy_from_nonoverlapping((*class).default_properties_table, count);
    }
}

unsafe extern "C" fn destruct<T: State>(object: *mut zend_object) {
    // SAFETY: the object is alive, and carries a `T`; the class names its destructor.
    unsafe {
        let own = NonNull::new((*(*object).ce).destructor).is_some_and(is_native);
        match T::DESTRUCT {
            Some(destruct) if own => destruct(&(*native::<T>(object)).state),
            _ => engine::zend_objects_destroy_object(object),
        }
    }
}

unsafe extern "C" fn free<T: State>(object: *mut zend_object) {
    // SAFETY: the engine frees each object once; the state was written by `create`.
    unsafe {
        (&raw mut (*native::<T>(object)).state).drop_in_place();
        aside::give_back(object);
        zend_object_std_dtor(object);
    }
}

unsafe extern "C" fn duplicate<T: State>(object: *mut zend_object) -> *mut zend_object {
    // SAFETY: both objects carry a `T`, made by `create` for the same class.
    unsafe {
        let copy = create::<T>((*object).ce);
        (*native::<T>(copy)).state = (*native::<T>(object)).state.duplicate();
        aside::unfold(object);
        zend_objects_clone_members(copy, object);
        copy
    }
}
