// SPDX-License-Identifier: GPL-2.0-only
/// Keep the access bits of the vCPU's last EPT violation again
///
/// Only where the qualification is still kept in the vCPU: a walker that
/// has a qualification of its own has nothing stale to keep.
// Preprocess: FNAME
// Options: --no-includes

virtual patch

@depends on patch@
expression Q, C1, C2, C3;
@@
(
  Q.exit_qualification &=
- 0x180
+ 0x187
  ;
|
  Q.exit_qualification &=
- (EPT_VIOLATION_GVA_IS_VALID | EPT_VIOLATION_GVA_TRANSLATED)
+ (EPT_VIOLATION_GVA_IS_VALID | EPT_VIOLATION_GVA_TRANSLATED | EPT_VIOLATION_ACC_READ | EPT_VIOLATION_ACC_WRITE | EPT_VIOLATION_ACC_INSTR)
  ;
)
- if (C1)
-	Q.exit_qualification |= EPT_VIOLATION_ACC_WRITE;
- if (C2)
-	Q.exit_qualification |= EPT_VIOLATION_ACC_READ;
- if (C3)
-	Q.exit_qualification |= EPT_VIOLATION_ACC_INSTR;
