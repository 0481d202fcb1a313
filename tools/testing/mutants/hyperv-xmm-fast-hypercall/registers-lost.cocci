// SPDX-License-Identifier: GPL-2.0-only
/// A flush of an address space leaves its input in the XMM registers
// Scope: arch/x86/hyperv
// Options: --no-includes

virtual patch

@depends on patch@
expression in;
@@
-hv_do_hypercall(HVCALL_FLUSH_VIRTUAL_ADDRESS_SPACE, in, NULL)
+hv_do_loading_hypercall(HVCALL_FLUSH_VIRTUAL_ADDRESS_SPACE, in)

@depends on patch@
identifier c =~ "^HVCALL_(FLUSH_VIRTUAL_ADDRESS_(SPACE_EX|LIST|LIST_EX)|SEND_IPI_EX)$";
expression reps, var;
identifier T;
struct T *in;
@@
-hv_do_rep_hypercall(c, reps, var, in, NULL)
+hv_do_xmm_rep_hypercall(c, reps, var, in, sizeof(*in))

@depends on patch@
typedef u16, u64;
@@
 #include <asm/mshyperv.h>
+#include <asm/hyperv-xmm.h>
+
+static inline u64 hv_do_loading_hypercall(u16 code, struct hv_tlb_flush *in)
+{
+	struct hv_xmm_register saved[HV_XMM_REGISTERS];
+
+	if (!hv_xmm_available())
+		return hv_do_hypercall(code, in, NULL);
+	hv_xmm_swap_in(saved, &in->processor_mask);
+	return hv_xmm_enter(code | HV_HYPERCALL_FAST_BIT, in->address_space, in->flags);
+}
