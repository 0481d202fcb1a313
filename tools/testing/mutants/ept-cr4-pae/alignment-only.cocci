// SPDX-License-Identifier: GPL-2.0-only
/// No write of 8 bytes is misaligned, but the entry that it changes is not found
// Options: --no-includes

virtual patch

@depends on patch@
expression P, S;
@@
 detect_write_misaligned(...)
 {
 <...
 S =
- P->role.gpte_is_8_bytes ? 8 : 4
+ 8
 ;
 ...>
 }
