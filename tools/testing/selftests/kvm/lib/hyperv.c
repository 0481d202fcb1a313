// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls of Hyper-V as the kernel makes them. Apart from the rest, since the
 * header wants the kernel's names and not Linux' for user space.
 */
#include <asm/hyperv-xmm.h>

#include "hyperv.h"

#define FLUSH_SPACE	0x02
#define FLUSH_LIST	0x03
#define FLUSH_SPACE_EX	0x13
#define FLUSH_LIST_EX	0x14
#define SEND_IPI_EX	0x15

/* What the header wants of the kernel; see hyperv/include/asm/mshyperv.h. */
struct ms_hyperv_info ms_hyperv;
void *hv_hypercall_pg;
bool hv_test_interrupts;

bool hv_is_isolation_supported(void)
{
	return false;
}

void touch_nmi_watchdog(void)
{
}

/* The form with the input in memory: RDX and R8 are guest physical addresses. */
u64 hv_do_hypercall(u64 control, void *input, void *output)
{
	register u64 r8 asm("r8") = (u64)output;
	u64 status, rdx = (u64)input;

	asm volatile("call *%[page]"
		     : "=a"(status), "+c"(control), "+d"(rdx), "+r"(r8)
		     : [page] "r"(hv_hypercall_pg)
		     : "cc", "memory", "r9", "r10", "r11");
	return status;
}

/* KVM does a whole list at once. */
u64 hv_do_rep_hypercall(u16 code, u16 rep_count, u16 varhead_size, void *input,
			void *output)
{
	return hv_do_hypercall(code | (u64)varhead_size << HV_HYPERCALL_VARHEAD_OFFSET |
			       (u64)rep_count << HV_HYPERCALL_REP_COMP_OFFSET,
			       input, output);
}

/**
 * hyperv_start() - use a hypercall page
 * @page: what the guest wrote to HV_X64_MSR_HYPERCALL
 * @features: CPUID 0x40000003 EDX
 */
void hyperv_start(void *page, unsigned int features)
{
	hv_hypercall_pg = page;
	ms_hyperv.misc_features = features;
}

/**
 * hyperv_flush_space() - HvCallFlushVirtualAddressSpace
 * @input: address space, flags, processors
 */
unsigned long hyperv_flush_space(void *input)
{
	return hv_do_xmm_hypercall(FLUSH_SPACE, input, 24);
}

/**
 * hyperv_flush_list() - HvCallFlushVirtualAddressList
 * @input: address space, flags, processors, the list
 * @addresses: words of the list
 */
unsigned long hyperv_flush_list(void *input, unsigned short addresses)
{
	return hv_do_xmm_rep_hypercall(FLUSH_LIST, addresses, 0, input, 24);
}

/**
 * hyperv_flush_space_ex() - HvCallFlushVirtualAddressSpaceEx
 * @input: address space, flags, format and mask of the processors, their banks
 * @banks: words of processors
 */
unsigned long hyperv_flush_space_ex(void *input, unsigned short banks)
{
	return hv_do_xmm_rep_hypercall(FLUSH_SPACE_EX, 0, banks, input, 32);
}

/**
 * hyperv_flush_list_ex() - HvCallFlushVirtualAddressListEx
 * @input: as hyperv_flush_space_ex(), then the list
 * @addresses: words of the list
 * @banks: words of processors
 */
unsigned long hyperv_flush_list_ex(void *input, unsigned short addresses,
				   unsigned short banks)
{
	return hv_do_xmm_rep_hypercall(FLUSH_LIST_EX, addresses, banks, input, 32);
}

/**
 * hyperv_send_ipi_ex() - HvCallSendSyntheticClusterIpiEx
 * @input: vector, format and mask of the processors, their banks
 * @banks: words of processors
 */
unsigned long hyperv_send_ipi_ex(void *input, unsigned short banks)
{
	return hv_do_xmm_rep_hypercall(SEND_IPI_EX, 0, banks, input, 24);
}
