# SPDX-License-Identifier: GPL-2.0-only
# What programs with asm/hyperv-xmm.h need: HYPERV_XMM, options of the
# preprocessor, and HYPERV_XMM_STUBS, which are made in O. HEADERS, where the
# header is, may be set.

HYPERV := $(dir $(lastword $(MAKEFILE_LIST)))
HEADERS ?= $(HYPERV)../../../../arch/x86/include

HYPERV_XMM := -I$(HEADERS) -I$(O)/include -I$(HYPERV)include
# The kernel's asm/asm.h has it so.
HYPERV_XMM += -D'ASM_CALL_CONSTRAINT="+r" (hv_test_sp)'

HYPERV_XMM_STUBS := $(addprefix $(O)/include/linux/,bug.h compiler.h irqflags.h \
		    kernel.h nmi.h stddef.h types.h)

# All that the header wants of the kernel is in include/asm/mshyperv.h.
$(HYPERV_XMM_STUBS):
	@mkdir -p $(@D)
	@echo '#include <asm/mshyperv.h>' >$@
