// SPDX-License-Identifier: GPL-2.0-only
/// Clear CPU_FTR_HVMODE alone
// Options: --no-includes

virtual patch

@depends on patch@
identifier f =~ "init_hvmode_206$";
expression E;
@@
 f(...)
 {
 <...
 E->cpu_features &= ~
- (CPU_FTR_HVMODE | CPU_FTR_P9_TM_HV_ASSIST)
+ CPU_FTR_HVMODE
 ...>
 }
