//! Declared properties, read and written by the place of their slot.

use std::{
    ffi::c_int,
    mem::ManuallyDrop,
    ptr::null_mut,
    sync::atomic::{AtomicPtr, Ordering::Relaxed},
};

use ext_php_rs::{
    ffi::{
        HashTable, IS_FALSE, IS_LONG, IS_NULL, IS_REFERENCE, IS_TRUE, IS_UNDEF, ZEND_ACC_STATIC,
        zend_property_info, zend_string,
    },
    types::Zval,
    zend::ClassEntry,
};

use super::{Object, Result, aside, callback::guarded, class::interned, engine, value};

/// The place of a declared property in the objects of a class and of all its subclasses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot(usize);

/// The offset of a property without a value of its own, of which hooks say what it is: PHP has them since 8.4.
const VIRTUAL: u32 = u32::MAX;

impl Slot {
    /// The slot of the property `name` that `class` declares.
    ///
    /// # Panics
    /// When the class has no such property, which the first start after an edit shows.
    pub(crate) fn of(class: &ClassEntry, name: &str) -> Self {
        Self::find(class, name).unwrap_or_else(|| panic!("the class declares ${name}"))
    }

    /// How far behind the beginning of an object it is.
    pub(super) const fn offset(self) -> usize {
        self.0
    }

    /// The slot of the property `name`, if `class` declares or inherits one.
    fn find(class: &ClassEntry, name: &str) -> Option<Self> {
        Self::described_by(class.properties_info.get(name)?)
    }

    /// The slot that an entry in the table of a class describes.
    fn described_by(entry: &Zval) -> Option<Self> {
        // SAFETY: the table holds live property descriptions.
        let info = unsafe { entry.ptr::<zend_property_info>()?.as_ref()? };
        let has_place = info.flags & ZEND_ACC_STATIC == 0 && info.offset != VIRTUAL;
        has_place.then_some(Self(info.offset as usize))
    }
}

impl Object {
    fn place(&self, slot: Slot) -> *mut Zval {
        self.as_ptr().cast::<u8>().wrapping_add(slot.0).cast()
    }

    /// A copy of a property's value; null when it is uninitialised or was unset.
    pub(crate) fn get(&self, slot: Slot) -> Zval {
        self.look(slot, Zval::shallow_clone)
    }

    /// Looks at a property's value. `look` must not run PHP.
    #[inline]
    pub(crate) fn look<T>(&self, slot: Slot, look: impl FnOnce(&Zval) -> T) -> T {
        let value = self.at(slot);
        look(if is_direct(value) {
            value
        } else {
            behind(value)
        })
    }

    /// What stands in the place of a property: its value, a reference to it, or that there is none.
    #[inline]
    fn at(&self, slot: Slot) -> &Zval {
        // SAFETY: the slot belongs to a class of the object, and the value stays in place as long as no PHP runs.
        unsafe { &*self.place(slot) }
    }

    /// Whether a property holds this very string. One that is equal may be another.
    #[inline]
    pub(crate) fn is_literally(&self, slot: Slot, name: &Name) -> bool {
        name.is(self.at(slot))
    }

    /// Gives a property a value of its declared type. What it held before is dropped last, since that may run a destructor.
    #[inline]
    pub(crate) fn set(&self, slot: Slot, value: impl Into<Zval>) {
        // SAFETY: as in `at`; nobody looks at it meanwhile.
        let place = unsafe { &mut *self.place(slot) };
        if value::is_counted(place) {
            exchange(place, value.into());
        } else {
            // SAFETY: there is nothing to be dropped.
            unsafe { std::ptr::write(place, value.into()) };
        }
    }

    /// An integer property; 0 when it holds something else.
    #[inline]
    pub(crate) fn long(&self, slot: Slot) -> i64 {
        let value = self.at(slot);
        match value::type_of(value) {
            // SAFETY: the value is an integer.
            IS_LONG => unsafe { value.value.lval },
            _ => behind(value).long().unwrap_or_default(),
        }
    }

    /// A boolean property; false when it holds something else.
    #[inline]
    pub(crate) fn bool(&self, slot: Slot) -> bool {
        let value = self.at(slot);
        let is_boolean = matches!(value::type_of(value), IS_FALSE | IS_TRUE);
        value::type_of(if is_boolean { value } else { behind(value) }) == IS_TRUE
    }

    /// Whether a property holds null.
    #[inline]
    pub(crate) fn is_null(&self, slot: Slot) -> bool {
        let value = self.at(slot);
        match value::type_of(value) {
            IS_NULL => true,
            IS_UNDEF | IS_REFERENCE => value::type_of(behind(value)) == IS_NULL,
            _ => false,
        }
    }

    /// A string property; empty when it holds something else.
    pub(crate) fn bytes(&self, slot: Slot) -> Vec<u8> {
        self.look(slot, |value| {
            value
                .zend_str()
                .map(|text| text.as_bytes().to_vec())
                .unwrap_or_default()
        })
    }

    /// The length of a string property; 0 when it holds something else.
    pub(crate) fn length(&self, slot: Slot) -> usize {
        self.look(slot, |value| value.zend_str().map_or(0, |text| text.len()))
    }

    /// Appends to a string property: in place, as `.=` does, where nobody else holds the string.
    pub(crate) fn append(&self, slot: Slot, bytes: &[u8]) {
        let old = self.change(slot, |text| value::append(text, bytes));
        drop(old);
    }

    /// The object in a property.
    pub(crate) fn object(&self, slot: Slot) -> Option<Self> {
        self.look(slot, Self::from_zval)
    }

    /// Changes a property in place. `change` must not run PHP.
    pub(crate) fn change<T>(&self, slot: Slot, change: impl FnOnce(&mut Zval) -> T) -> T {
        // SAFETY: as in `look`; nobody else looks at the slot meanwhile.
        change(unsafe { (*self.place(slot)).dereference_mut() })
    }

    /// Whether the object may have a dynamic property `name`; that it does only looking for it tells.
    #[inline]
    pub(crate) fn may_have_dynamic(&self, name: &Name) -> bool {
        self.table_with(name).is_some()
    }

    /// A property by its name: one that the object's class declares, or a dynamic one.
    pub(crate) fn named(&self, name: &str) -> Option<Zval> {
        if let Some(slot) = Slot::find(self.class(), name) {
            return Some(self.get(slot));
        }
        // SAFETY: the object is alive.
        let table = unsafe { aside::table(self.as_ptr())? };
        Some(table.get(name)?.dereference().shallow_clone())
    }

    /// As [`Object::named`], for what is looked up often.
    pub(crate) fn known(&self, name: &Name) -> Option<Zval> {
        let key = name.string.load(Relaxed);
        if key.is_null() {
            return self.named(name.text);
        }
        // SAFETY: the key lives as long as the process and has its hash; the class of a live object is there, and so is its table.
        let declared = unsafe {
            engine::zend_hash_find_known_hash(&self.class().properties_info, key).as_ref()
        };
        if let Some(slot) = declared.and_then(Slot::described_by) {
            return Some(self.get(slot));
        }
        self.known_dynamic(name)
    }

    /// As [`Object::known`], for a name that no class of the object declares.
    pub(crate) fn known_dynamic(&self, name: &Name) -> Option<Zval> {
        let (table, key) = self.table_with(name)?;
        // SAFETY: the table of a live object is, and the key lives as long as the process and has its hash.
        let found = unsafe { engine::zend_hash_find_known_hash(table, key).as_ref()? };
        Some(found.dereference().shallow_clone())
    }

    /// `$object->$name ?? null`: as [`Object::known`], and where nothing is there and the class has a `__get()`, what that returns.
    ///
    /// # Errors
    /// What the class has thrown.
    #[inline(never)]
    pub(crate) fn read(&self, name: &Name) -> Result<Option<Zval>> {
        let found = self.known(name);
        if found.is_some() || self.class().__get.is_null() {
            return Ok(found);
        }
        self.ask_for(name)
    }

    #[cold]
    fn ask_for(&self, name: &Name) -> Result<Option<Zval>> {
        /// `BP_VAR_IS`: a property that is not there is worth no warning.
        const TO_LOOK: c_int = 3;
        let (object, key) = (self.as_ptr(), name.string.load(Relaxed));
        let mut buffer = Zval::new();
        // SAFETY: the object is alive, and the key lives as long as the process. What the handler returns stands in the buffer or is somebody's,
        // and is only looked at before anything else can run.
        let found = unsafe {
            let Some(read) = (*(*object).handlers).read_property else {
                return Ok(None);
            };
            let place = &raw mut buffer;
            let found = guarded(|| read(object, key, TO_LOOK, null_mut(), place))?;
            (*found).dereference().shallow_clone()
        };
        value::discard(buffer);
        Ok((!found.is_null()).then_some(found))
    }

    /// `$object->$name = $value`, through the `__set()` of its class where it has one.
    ///
    /// # Errors
    /// What the class has thrown.
    pub(crate) fn assign(&self, name: &Name, mut value: Zval) -> Result<()> {
        let (object, key) = (self.as_ptr(), name.string.load(Relaxed));
        let place = &raw mut value;
        // SAFETY: the object is alive, and the key lives as long as the process; the handler counts its own reference to the value.
        unsafe {
            let Some(write) = (*(*object).handlers).write_property else {
                return Ok(());
            };
            guarded(|| write(object, key, place, null_mut())).map(drop)
        }
    }

    /// Where a dynamic property `name` is, if there is one, and its name; `None` where there clearly is none.
    #[inline]
    fn table_with(&self, name: &Name) -> Option<(&HashTable, &zend_string)> {
        // SAFETY: the object is alive; the key lives as long as the process and has its hash, once there is a module.
        unsafe {
            let key = name.string.load(Relaxed).as_ref()?;
            Some((aside::table_with(self.as_ptr(), key)?, key))
        }
    }

    /// `unset($object->$name)`.
    pub(crate) fn unset_dynamic(&self, name: &str) {
        // SAFETY: the object is alive; the handler drops its own reference.
        unsafe {
            let mut key = ext_php_rs::types::ZendStr::new(name, false);
            let object = self.as_ptr();
            if let Some(unset) = (*(*object).handlers).unset_property {
                unset(object, key.as_mut_ptr(), null_mut());
            }
        }
    }

    /// Sets a dynamic property.
    pub(crate) fn set_dynamic(&self, name: &str, value: Zval) {
        // SAFETY: the object is alive, and its class allows dynamic properties; the handler counts its own reference.
        unsafe {
            let mut value = value;
            let mut key = ext_php_rs::types::ZendStr::new(name, false);
            let object = self.as_ptr();
            if let Some(write) = (*(*object).handlers).write_property {
                write(object, key.as_mut_ptr(), &raw mut value, null_mut());
            }
        }
    }
}

/// The name of a property that is looked up often, as a string of the engine whose hash is known.
pub(crate) struct Name {
    text: &'static str,
    string: AtomicPtr<zend_string>,
}

impl Name {
    pub(crate) const fn new(text: &'static str) -> Self {
        Self {
            text,
            string: AtomicPtr::new(null_mut()),
        }
    }

    /// Makes the string. Only while the module starts.
    pub(crate) fn prepare(&self) {
        self.string.store(interned(self.text), Relaxed);
    }

    /// Whether a value is this very string. One that is equal may be another.
    pub(crate) fn is(&self, value: &Zval) -> bool {
        // SAFETY: a string is a pointer, and only the address is looked at.
        value.is_string() && unsafe { value.value.str_ } == self.string.load(Relaxed)
    }

    /// The name itself.
    pub(crate) const fn text(&self) -> &'static str {
        self.text
    }
}

/// Whether a property holds its value itself: no reference stands in its place, and it is initialised.
#[inline]
fn is_direct(value: &Zval) -> bool {
    (IS_UNDEF + 1..IS_REFERENCE).contains(&value::type_of(value))
}

/// Puts a value in the place of one that is counted, or behind the reference that stands there.
#[inline(never)]
fn exchange(place: &mut Zval, value: Zval) {
    value::discard(std::mem::replace(place.dereference_mut(), value));
}

/// The value of a property, which it may not hold itself; null where there is none.
#[cold]
#[inline(never)]
fn behind(value: &Zval) -> &Zval {
    static NULL: Null = Null(ManuallyDrop::new(Zval::new()));
    match value::type_of(value) {
        IS_UNDEF => &NULL.0,
        _ => value.dereference(),
    }
}

struct Null(ManuallyDrop<Zval>);

// SAFETY: null is never changed, and points nowhere.
unsafe impl Sync for Null {}

/// Declares a struct of slots, one field for each property, and how to find them in a class.
macro_rules! slots {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $property:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name { $(pub(crate) $field: $crate::zend::Slot),* }

        impl $name {
            /// Finds the slots in the class that declares them.
            pub(crate) fn of(class: &ext_php_rs::zend::ClassEntry) -> Self {
                Self { $($field: $crate::zend::Slot::of(class, $property)),* }
            }
        }
    };
}
pub(crate) use slots;

#[cfg(test)]
impl Slot {
    /// The slot that a property gets in objects of a class that is declared so, its parents first.
    pub(crate) fn of_declared(declarations: &[&str], name: &str) -> Self {
        let mut names = Vec::new();
        for property in declarations
            .iter()
            .flat_map(|source| super::declaration::parse(source).properties)
        {
            if property.flags & ZEND_ACC_STATIC == 0 && !names.contains(&property.name) {
                names.push(property.name);
            }
        }
        let number = names.iter().position(|known| known == name).unwrap();
        let first = std::mem::offset_of!(ext_php_rs::ffi::zend_object, properties_table);
        Self(first + number * size_of::<ext_php_rs::ffi::zval>())
    }

    /// The number of the cache line that the slot is in, of an object that carries a `T` and begins with a line, as PHP's allocator has it for their size.
    pub(crate) const fn line<T>(self) -> usize {
        (super::object::distance::<T>() + self.0) / 64
    }
}
