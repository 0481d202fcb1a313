// SPDX-License-Identifier: GPL-2.0-only
/// Write %dr6 on every vCPU put again
///
/// For kernels in which VMX clears the register where it reads the guest's
/// value back: that goes, and the write on vCPU put, which covered Intel
/// and AMD alike, comes back. The guest's value is still loaded only where
/// the guest accesses it without an exit; that part stays as it is. Our
/// change then clears the register in common code after it was read back
/// and after #VMEXIT, and takes the write on vCPU put away.
// Options: --no-includes

virtual patch

@vmx depends on patch@
identifier f, vcpu;
@@
 f(struct kvm_vcpu *vcpu)
 {
 ...
 get_debugreg(vcpu->arch.dr6, 6);
 ...
- set_debugreg(\(0\|DR6_RESERVED\|DR6_ACTIVE_LOW\), 6);
 ... when any
 }

@depends on patch && vmx@
identifier vcpu;
@@
 kvm_arch_vcpu_put(struct kvm_vcpu *vcpu)
 {
 ... when any
 vcpu->arch.last_host_tsc = rdtsc();
+ /* The host's #DB handler expects a clear %dr6. */
+ set_debugreg(DR6_RESERVED, 6);
 }
