// SPDX-License-Identifier: GPL-2.0-only
/// Nothing is flushed
// Options: --no-includes

virtual patch

@depends on patch@
expression E;
@@
 nested_vmx_transition_tlb_flush(...)
 {
 <...
- ept_sync_context(E);
+ return;
 ...>
 }
