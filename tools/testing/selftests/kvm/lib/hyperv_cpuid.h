/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID of Hyper-V (Hypervisor Top-Level Functional Specification, 2.4). Apart
 * from hyperv.h, whose other side is compiled as a part of a kernel.
 */
#ifndef VIRTFIX_HYPERV_CPUID_H
#define VIRTFIX_HYPERV_CPUID_H

#include <linux/kvm.h>
#include <stdbool.h>

#include "processor.h"

#define HYPERV_FIRST		0x40000000
#define HYPERV_LAST		0x400000ff

#define HYPERV_FEATURES		0x40000003
#define HYPERV_HYPERCALL_MSRS	(1u << 5)	/* of its EAX */
#define HYPERV_VP_INDEX_MSR	(1u << 6)
#define HYPERV_XMM_INPUT	(1u << 4)	/* of its EDX */

#define HYPERV_HINTS		0x40000004
#define HYPERV_REMOTE_FLUSH	(1u << 2)	/* of its EAX */
#define HYPERV_CLUSTER_IPI	(1u << 10)
#define HYPERV_PROCESSOR_SETS	(1u << 11)

#define MSR_HYPERV_VP_INDEX	0x40000002	/* 7.8.1 */

bool hyperv_cpuid(struct kvm_cpuid2 *cpuid, int fd, bool xmm);

#endif
