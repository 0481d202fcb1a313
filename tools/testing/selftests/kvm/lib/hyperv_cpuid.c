// SPDX-License-Identifier: GPL-2.0-only
/* A vCPU that says it is Hyper-V's. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "hyperv_cpuid.h"
#include "ktap.h"

#define MAX_LEAVES		64
#define FEATURES		1
#define FEATURES_HYPERVISOR	(1u << 31)	/* of its ECX: APM vol. 3, E.3.2 */

/**
 * hyperv_cpuid() - put Hyper-V's leaves in the place of KVM's own
 * @cpuid: what the vCPU shall have; has room for these leaves
 * @fd: the vCPU
 * @xmm: offer XMM fast hypercall input, if KVM does
 *
 * Hypervisor Top-Level Functional Specification, 2.4.
 *
 * Return: whether that is offered.
 */
bool hyperv_cpuid(struct kvm_cpuid2 *cpuid, int fd, bool xmm)
{
	static struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[MAX_LEAVES];
	} hv;
	bool offered = false;
	u32 i, n = 0;

	hv.head.nent = MAX_LEAVES;
	if (ioctl(fd, KVM_GET_SUPPORTED_HV_CPUID, &hv))
		ktap_bail_out("KVM_GET_SUPPORTED_HV_CPUID: %s", strerror(errno));
	for (i = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];

		if (entry->function == FEATURES)
			entry->ecx |= FEATURES_HYPERVISOR;
		if (entry->function < HYPERV_FIRST || entry->function > HYPERV_LAST)
			cpuid->entries[n++] = *entry;
	}
	for (i = 0; i < hv.head.nent; i++) {
		struct kvm_cpuid_entry2 *entry = &hv.entries[i];

		if (entry->function == HYPERV_FIRST) {
			memcpy(&entry->ebx, "Micr", 4);
			memcpy(&entry->ecx, "osof", 4);
			memcpy(&entry->edx, "t Hv", 4);
		} else if (entry->function == HYPERV_FEATURES) {
			if (!xmm)
				entry->edx &= ~HYPERV_XMM_INPUT;
			offered = entry->edx & HYPERV_XMM_INPUT;
		}
		cpuid->entries[n++] = *entry;
	}
	cpuid->nent = n;
	return offered;
}
