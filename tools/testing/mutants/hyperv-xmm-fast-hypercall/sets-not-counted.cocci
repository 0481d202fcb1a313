// SPDX-License-Identifier: GPL-2.0-only
/// A set of processors is not counted as the variable part that it is
// Scope: arch/x86/hyperv
// Options: --no-includes

virtual patch

@depends on patch@
identifier T;
struct T *in;
@@
-hv_do_hypercall(HVCALL_FLUSH_VIRTUAL_ADDRESS_SPACE, in, NULL)
+hv_do_xmm_hypercall(HVCALL_FLUSH_VIRTUAL_ADDRESS_SPACE, in, sizeof(*in))

@depends on patch@
identifier c =~ "^HVCALL_(FLUSH_VIRTUAL_ADDRESS_(SPACE_EX|LIST|LIST_EX)|SEND_IPI_EX)$";
expression reps, var;
identifier T;
struct T *in;
@@
-hv_do_rep_hypercall(c, reps, var, in, NULL)
+hv_do_xmm_rep_hypercall(c, reps, 0, in, sizeof(*in))

@depends on patch@
@@
 #include <asm/mshyperv.h>
+#include <asm/hyperv-xmm.h>
