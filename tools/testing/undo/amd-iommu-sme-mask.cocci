// SPDX-License-Identifier: GPL-2.0-only
/// Leave the memory encryption mask in the physical address
// Options: --no-includes

virtual patch

@depends on patch exists@
expression E, x, off, iova;
@@
(
- __sme_clr(E & PM_ADDR_MASK)
+ E & PM_ADDR_MASK
|
- __sme_clr(E) & PM_ADDR_MASK
+ E & PM_ADDR_MASK
)
 ... when any
 return (x & ~off) | (iova & off);
