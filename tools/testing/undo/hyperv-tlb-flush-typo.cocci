// SPDX-License-Identifier: GPL-2.0-only
/// Misspell the mask of the CPUs to flush
// Options: --no-includes

virtual patch

@depends on patch@
type T;
@@
struct kvm_vcpu_hv {
...
- T tlb_flush;
+ T tlb_lush;
...
};

@depends on patch@
expression V;
@@
  kvm_hv_flush_tlb(...)
  {
  <...
- V->tlb_flush
+ V->tlb_lush
  ...>
  }
