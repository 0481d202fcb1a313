// SPDX-License-Identifier: GPL-2.0-only
/// The answer is right, but the bound is looked at after the shift
// Options: --no-includes --include-headers

virtual patch

@depends on patch@
type T;
identifier v;
expression E;
@@
 x86_exception_has_error_code(T v)
 {
 ...
- return E;
+ return (E) && v < 32;
 }
