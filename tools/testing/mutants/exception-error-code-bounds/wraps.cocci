// SPDX-License-Identifier: GPL-2.0-only
/// No shift is out of bounds, but vector 40 still passes for #DF
// Options: --no-includes --include-headers

virtual patch

@depends on patch@
type T;
identifier v;
constant C;
@@
 x86_exception_has_error_code(T v)
 {
 <...
 C <<
- v
+ (v & 31)
 ...>
 }
