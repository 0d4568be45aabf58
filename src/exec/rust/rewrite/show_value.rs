//! Behind a block: shows the value of its last expression, as `{:?}` does. Nothing where it has no
//! such form or is `()`; an error that it ends with is one of `main`. The method that takes the most
//! references is looked for first.

pub struct Value<'a, T: ?Sized>(pub &'a T);

/// Why `main` failed, as `{:?}` shows it.
pub struct Failure(String);

impl ::std::fmt::Debug for Failure {
    fn fmt(&self, f: &mut ::std::fmt::Formatter) -> ::std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl ::std::fmt::Display for Failure {
    fn fmt(&self, f: &mut ::std::fmt::Formatter) -> ::std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl ::std::error::Error for Failure {}

type Shown = ::std::result::Result<(), Failure>;

pub trait Finished {
    fn livedeck_show(&self) -> Shown;
}

impl<'a> Finished for &'a &'a Value<'a, ()> {
    fn livedeck_show(&self) -> Shown {
        Ok(())
    }
}

impl<'a, E: ::std::fmt::Debug> Finished for &'a &'a Value<'a, ::std::result::Result<(), E>> {
    fn livedeck_show(&self) -> Shown {
        self.0.as_ref().map(|_| ()).map_err(|error| Failure(format!("{:?}", error)))
    }
}

pub trait Printed {
    fn livedeck_show(&self) -> Shown;
}

impl<'a, T: ::std::fmt::Debug + ?Sized> Printed for &'a Value<'a, T> {
    fn livedeck_show(&self) -> Shown {
        // Where livedeck reads it the value is on a line of its own.
        if ::std::io::IsTerminal::is_terminal(&::std::io::stdout()) {
            print!("\x1b[?7z");
        }
        println!("{:?}", self.0);
        Ok(())
    }
}

pub trait Opaque {
    fn livedeck_show(&self) -> Shown;
}

impl<'a, T: ?Sized> Opaque for Value<'a, T> {
    fn livedeck_show(&self) -> Shown {
        Ok(())
    }
}
