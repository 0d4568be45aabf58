//! Goes behind a block: prints the value of its last expression with `{:?}`. Prints nothing for `()`
//! and for types without `Debug`; an `Err` becomes the error of `main`. Method resolution picks the
//! implementation for the most references first.

pub struct LastValue<'a, T: ?Sized>(pub &'a T);

/// The error of `main`: the `{:?}` form of the block's own.
pub struct MainError(String);

impl ::std::fmt::Debug for MainError {
    fn fmt(&self, f: &mut ::std::fmt::Formatter) -> ::std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl ::std::fmt::Display for MainError {
    fn fmt(&self, f: &mut ::std::fmt::Formatter) -> ::std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl ::std::error::Error for MainError {}

type ShowResult = ::std::result::Result<(), MainError>;

pub trait ShowUnit {
    fn livedeck_show(&self) -> ShowResult;
}

impl<'a> ShowUnit for &'a &'a LastValue<'a, ()> {
    fn livedeck_show(&self) -> ShowResult {
        Ok(())
    }
}

impl<'a, E: ::std::fmt::Debug> ShowUnit for &'a &'a LastValue<'a, ::std::result::Result<(), E>> {
    fn livedeck_show(&self) -> ShowResult {
        self.0.as_ref().map(|_| ()).map_err(|error| MainError(format!("{:?}", error)))
    }
}

pub trait ShowDebug {
    fn livedeck_show(&self) -> ShowResult;
}

impl<'a, T: ::std::fmt::Debug + ?Sized> ShowDebug for &'a LastValue<'a, T> {
    fn livedeck_show(&self) -> ShowResult {
        // Tells livedeck to put the value on a line of its own.
        if ::std::io::IsTerminal::is_terminal(&::std::io::stdout()) {
            print!("\x1b[?7z");
        }
        println!("{:?}", self.0);
        Ok(())
    }
}

pub trait ShowNothing {
    fn livedeck_show(&self) -> ShowResult;
}

impl<'a, T: ?Sized> ShowNothing for LastValue<'a, T> {
    fn livedeck_show(&self) -> ShowResult {
        Ok(())
    }
}
