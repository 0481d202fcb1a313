// SPDX-License-Identifier: GPL-2.0-only
/// Nothing stale is kept, but nothing comes from the walk either
// Options: --no-includes

virtual patch

@depends on patch@
expression Q, M;
@@
 Q.exit_qualification &=
- M
+ 1 << 7 | 1 << 8
