//! What a function's body looks like, by its arity: from a plain Rust function to a definition in a linker.
//!
//! Bodies are function pointers, not closures: functions of one signature share their code at the border.

use std::sync::Arc;

use wasmc_loader::{Caller, DefineError, GuestMemory, HostError, HostResults, HostValue, Linker, TrapCode, ValueType};
use wasmc_wasi::Errno;

use crate::thread::ThreadState;
use crate::{MODULE, dynamic};

/// A function of the interface.
pub(crate) trait Body {
    /// Its parameters' types.
    const PARAMETERS: &'static [ValueType];
    /// Its results' types.
    const RESULTS: &'static [ValueType];

    /// Defines it as `name`.
    fn define(self, linker: &mut Linker, name: &str, thread: &Arc<ThreadState>) -> Result<(), DefineError>;
}

/// A system call: what it gives is a number that is not negative, or a negative error number.
pub(crate) struct System<F>(pub(crate) F);

macro_rules! bodies {
    ($($($type:ident $argument:ident),*;)*) => {$(
        impl<$($type: HostValue,)* R: HostResults + 'static> Body
            for fn(&ThreadState, &mut Caller<'_>, $($type),*) -> Result<R, HostError>
        {
            const PARAMETERS: &'static [ValueType] = &[$($type::TYPE),*];
            const RESULTS: &'static [ValueType] = R::TYPES;

            fn define(self, linker: &mut Linker, name: &str, thread: &Arc<ThreadState>) -> Result<(), DefineError> {
                let thread = Arc::clone(thread);
                let body = move |caller: &mut Caller<'_>, $($argument: $type),*| -> Result<R, HostError> {
                    let result = self(&thread, caller, $($argument),*)?;
                    dynamic::follow(&thread, caller.store())?;
                    Ok(result)
                };
                linker.function(MODULE, name, body).map(drop)
            }
        }

        impl<$($type: HostValue),*> Body
            for System<fn(&ThreadState, &GuestMemory<'_>, $($type),*) -> Result<i32, Errno>>
        {
            const PARAMETERS: &'static [ValueType] = &[$($type::TYPE),*];
            const RESULTS: &'static [ValueType] = &[ValueType::I32];

            fn define(self, linker: &mut Linker, name: &str, thread: &Arc<ThreadState>) -> Result<(), DefineError> {
                let thread = Arc::clone(thread);
                let body = move |caller: &mut Caller<'_>, $($argument: $type),*| -> Result<i32, HostError> {
                    let memory = caller.memory().ok_or("the program makes system calls, but has no memory")?;
                    let result = system_call(caller, || self.0(&thread, &memory, $($argument),*))?;
                    dynamic::follow(&thread, caller.store())?;
                    Ok(result)
                };
                linker.function(MODULE, name, body).map(drop)
            }
        }
    )*};
}

bodies! {
    ;
    A a;
    A a, B b;
    A a, B b, C c;
    A a, B b, C c, D d;
    A a, B b, C c, D d, E e;
    A a, B b, C c, D d, E e, F f;
    A a, B b, C c, D d, E e, F f, G g;
    A a, B b, C c, D d, E e, F f, G g, H h;
}

/// Makes a system call, again if a signal cut it short, unless the program is to be stopped.
fn system_call(caller: &Caller<'_>, call: impl Fn() -> Result<i32, Errno>) -> Result<i32, HostError> {
    loop {
        match call() {
            Ok(value) => return Ok(value),
            Err(Errno::Intr) if caller.interrupted() => return Err(HostError::Trap(TrapCode::Interrupted)),
            Err(Errno::Intr) => {}
            Err(error) => return Ok(-i32::from(error.number())),
        }
    }
}
