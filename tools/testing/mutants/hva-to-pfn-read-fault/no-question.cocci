// SPDX-License-Identifier: GPL-2.0-only
/// Both questions for write access go
// Anchors: hva_to_pfn_fast hva_to_pfn_slow
// Options: --no-includes

virtual patch

@depends on patch@
expression W, V;
@@
 hva_to_pfn_fast(...)
 {
 ...
- if (!(W || V))
+ if (!W)
	return false;
 ...
 }

@depends on patch@
expression W, V;
@@
 hva_to_pfn_slow(...)
 {
 ...
- if (unlikely(!W) && V) { ... }
 ...
 }
