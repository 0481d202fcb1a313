// SPDX-License-Identifier: GPL-2.0-only
/// Vector 32 gets through
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
+if (v > 32)
+	return false;
 return E;
 }
