dnl Builds the extension with cargo and puts it where phpize's `make install` and PIE look for it: modules/ouvrier.so.

PHP_ARG_ENABLE([ouvrier],
  [whether to enable ouvrier],
  [AS_HELP_STRING([--enable-ouvrier], [Enable ouvrier])],
  [yes])

if test "$PHP_OUVRIER" != "no"; then
  AC_PATH_PROG([CARGO], [cargo], [no], [$PATH:$HOME/.cargo/bin])
  if test "$CARGO" = "no"; then
    AC_MSG_ERROR([cargo is missing; install Rust 1.88 or later: curl https://sh.rustup.rs -sSf | sh])
  fi

  dnl The cargo workspace is the folder above.
  OUVRIER_ROOT=`cd "$srcdir/.." && pwd`

  dnl phpize leaves a bare name where no path was given; cargo's build script runs elsewhere.
  PHP_CONFIG=`command -v "$PHP_CONFIG"`

  PHP_SUBST([CARGO])
  PHP_SUBST([OUVRIER_ROOT])
  PHP_SUBST([PHP_CONFIG])
  PHP_ADD_BUILD_DIR([modules])
  PHP_ADD_MAKEFILE_FRAGMENT([Makefile.frag])
  PHP_MODULES="$PHP_MODULES \$(phplibdir)/ouvrier.la"
fi
