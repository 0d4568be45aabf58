//! The locale that the environment names.

#![expect(unsafe_code, reason = "the C library knows which locales are installed")]

/// Returns whether the locale for characters is installed. Over ssh, it is often one of another
/// machine; programs are in the `C` locale then.
pub(in crate::exec) fn is_locale_installed() -> bool {
    // SAFETY: the name is a C string, there is no base, and a created locale is freed once.
    unsafe {
        let locale = libc::newlocale(libc::LC_CTYPE_MASK, c"".as_ptr(), std::ptr::null_mut());
        if !locale.is_null() {
            libc::freelocale(locale);
        }
        !locale.is_null()
    }
}
