//! Time, as the test says it.

use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

/// What time it is, and who waits for what.
#[derive(Default)]
pub struct Clock {
    pub now: Cell<f64>,
    /// Times at which somebody wants to be woken.
    pub waits: RefCell<Vec<f64>>,
}

impl Clock {
    pub fn sleep(self: &Rc<Self>, seconds: f64) -> Sleep {
        Sleep {
            clock: Rc::clone(self),
            until: self.now.get() + seconds,
        }
    }
}

pub struct Sleep {
    clock: Rc<Clock>,
    until: f64,
}

impl Future for Sleep {
    type Output = ();
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.clock.now.get() >= self.until {
            return Poll::Ready(());
        }
        self.clock.waits.borrow_mut().push(self.until);
        Poll::Pending
    }
}
