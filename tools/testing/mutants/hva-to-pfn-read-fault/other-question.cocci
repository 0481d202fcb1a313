// SPDX-License-Identifier: GPL-2.0-only
/// The first question for write access goes instead of the second
// Anchors: hva_to_pfn_fast
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
