/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls of Hyper-V as the kernel makes them: by asm/hyperv-xmm.h. For guest
 * code. The inputs are those of the Hypervisor Top-Level Functional
 * Specification, 3 (and 10.5 for HvCallSendSyntheticClusterIpiEx), all in one
 * page; the result is the hypercall's status.
 */
#ifndef VIRTFIX_HYPERV_H
#define VIRTFIX_HYPERV_H

void hyperv_start(void *page, unsigned int features);
unsigned long hyperv_flush_space(void *input);
unsigned long hyperv_flush_list(void *input, unsigned short addresses);
unsigned long hyperv_flush_space_ex(void *input, unsigned short banks);
unsigned long hyperv_flush_list_ex(void *input, unsigned short addresses,
				   unsigned short banks);
unsigned long hyperv_send_ipi_ex(void *input, unsigned short banks);

#endif
