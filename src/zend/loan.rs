//! Properties that have another value for as long as something runs.
//!
//! What runs may be suspended in its fiber. Then the property has the value that everybody else has left it with, until the fiber goes on.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    ffi::c_void,
    rc::{Rc, Weak},
};

use ext_php_rs::types::Zval;

use super::{Name, Object, Result, Unwind, engine, exception};

/// A property that has a value on behalf of a fiber.
struct Loan {
    object: Object,
    name: &'static Name,
    /// The address of the fiber; null on the main stack.
    fiber: *const c_void,
    /// Whether the property has the value of the fiber.
    is_in_force: Cell<bool>,
    /// The value of the fiber, and that of the others.
    lent: Cell<Zval>,
    others: Cell<Zval>,
    /// What others find where the property was unset.
    default: fn() -> Zval,
    report: Report,
}

/// Says what the class of an object has thrown when it was asked for a property or given one. Comes back with what is no exception.
pub(crate) type Report = fn(&Object, Unwind) -> Result<()>;

thread_local! {
    /// Those of each fiber, the later ones last. A fiber that the engine never unwinds keeps its own, so that nothing is dropped here.
    static LOANS: RefCell<BTreeMap<*const c_void, Vec<Weak<Loan>>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Runs `f` while the property `name` has the value `value`; after it, and while its fiber is suspended, the one that it had before. One that is
/// not there gets the value `default` then. A class may have a `__get()` and a `__set()` for it, and what they throw is for `report`.
///
/// # Errors
/// What `f` or `report` comes back with.
pub(crate) fn with_property(
    object: &Object,
    name: &'static Name,
    value: Zval,
    default: fn() -> Zval,
    report: Report,
    f: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let loan = Rc::new(Loan {
        object: object.clone(),
        name,
        fiber: running(),
        is_in_force: Cell::new(false),
        lent: Cell::new(value),
        others: Cell::new(Zval::null()),
        default,
        report,
    });
    loan.turn()?;
    if !loan.fiber.is_null() {
        note(&loan);
    }
    let result = f();
    strike(&loan);
    // What the engine gives up without unwinding does not come here; a fiber that does has it in force.
    match result {
        Err(Unwind::Bailout) => result,
        _ => result.and(loan.turn()),
    }
}

fn note(loan: &Rc<Loan>) {
    let noted = Rc::downgrade(loan);
    LOANS.with_borrow_mut(|loans| loans.entry(loan.fiber).or_default().push(noted));
}

fn strike(loan: &Rc<Loan>) {
    LOANS.with_borrow_mut(|loans| {
        let Some(theirs) = loans.get_mut(&loan.fiber) else {
            return;
        };
        theirs.retain(|other| !std::ptr::eq(other.as_ptr(), &**loan));
        if theirs.is_empty() {
            loans.remove(&loan.fiber);
        }
    });
}

impl Loan {
    /// Gives the property the other value. That of the fiber stays what it was where the class does not tell.
    fn turn(&self) -> Result<()> {
        let standing = self.object.read(self.name).or_else(|unwind| {
            let reported = (self.report)(&self.object, unwind);
            reported.map(|()| None)
        })?;
        let coming = if self.is_in_force.get() {
            if let Some(standing) = standing {
                self.lent.set(standing);
            }
            self.others.take()
        } else {
            self.others.set(standing.unwrap_or_else(self.default));
            let lent = self.lent.take();
            self.lent.set(lent.shallow_clone());
            lent
        };
        self.is_in_force.set(!self.is_in_force.get());
        let assigned = self.object.assign(self.name, coming);
        assigned.or_else(|unwind| (self.report)(&self.object, unwind))
    }
}

/// Follows fibers as they are suspended and go on. Only while the module starts.
pub(crate) fn follow_fibers() {
    // SAFETY: the engine takes such handlers until the first request.
    unsafe { engine::zend_observer_fiber_switch_register(switched) };
}

/// Forgets fibers that have not been unwound. Only when no more PHP is going to run.
pub(crate) fn forget() {
    drop(LOANS.take());
}

/// One fiber takes the place of another. The one that the engine calls active is the one that is suspended or goes on; whoever has resumed it, or is
/// resumed by that, was running all the time.
unsafe extern "C" fn switched(_: *mut c_void, _: *mut c_void) {
    let fiber = running();
    if fiber.is_null() {
        return;
    }
    let theirs = |loans: &BTreeMap<_, Vec<Weak<Loan>>>| {
        let theirs = loans.get(&fiber)?;
        Some(theirs.iter().filter_map(Weak::upgrade).collect::<Vec<_>>())
    };
    let Some(mut theirs) = LOANS.with_borrow(theirs) else {
        return;
    };
    // A property that was lent twice is given back in turn.
    if theirs.iter().any(|loan| loan.is_in_force.get()) {
        theirs.reverse();
    }
    // What the class of the application does meanwhile, and whoever hears what it throws, must not suspend the fiber in the middle of a switch.
    // SAFETY: the engine counts who blocks.
    unsafe { engine::zend_fiber_switch_block() };
    let reported = theirs.iter().try_for_each(|loan| loan.turn());
    // SAFETY: as above.
    unsafe { engine::zend_fiber_switch_unblock() };
    drop(theirs);
    if reported == Err(Unwind::Bailout) {
        exception::bailout();
    }
}

/// The address of the fiber that is active, or null.
fn running() -> *const c_void {
    // SAFETY: reads a pointer of this thread, and only its address is looked at.
    unsafe { (*engine::executor()).active_fiber.cast_const().cast() }
}
