/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86-64 as a guest in ring 0 sees it.
 *
 * "APM" is the AMD64 Architecture Programmer's Manual, volume 2; "SDM" is
 * Intel's Software Developer's Manual.
 */
#ifndef VIRTFIX_PROCESSOR_H
#define VIRTFIX_PROCESSOR_H

#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

#ifndef __packed
#define __packed	__attribute__((packed))
#endif

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#endif

#define PAGE_SIZE	4096ul

/* Control registers: APM 3.1, SDM vol. 3 2.5 */
#define CR0_PE		(1u << 0)
#define CR0_MP		(1u << 1)
#define CR0_ET		(1u << 4)
#define CR0_NE		(1u << 5)
#define CR0_WP		(1u << 16)
#define CR0_PG		(1u << 31)
#define CR4_PSE		(1u << 4)
#define CR4_PAE		(1u << 5)
#define CR4_OSFXSR	(1u << 9)
#define CR4_OSXMMEXCPT	(1u << 10)

/* Page table entries: APM 5.3, SDM vol. 3 4.5 */
#define PTE_P		(1ull << 0)
#define PTE_RW		(1ull << 1)
#define PTE_US		(1ull << 2)
#define PTE_PS		(1ull << 7)

#define RFLAGS_FIXED	(1ull << 1)
#define RFLAGS_IF	(1ull << 9)

#define MSR_EFER	0xc0000080
#define EFER_LME	(1u << 8)
#define EFER_LMA	(1u << 10)
#define EFER_SVME	(1u << 12)
#define MSR_PAT		0x00000277

#define DB_VECTOR	1
#define NMI_VECTOR	2
#define UD_VECTOR	6
#define DF_VECTOR	8
#define GP_VECTOR	13
#define PF_VECTOR	14

struct desc_ptr {
	u16 limit;
	u64 base;
} __packed;

/**
 * rdmsr() - read a model-specific register (APM vol. 3, RDMSR)
 * @msr: its number
 *
 * Return: its value.
 */
static inline u64 rdmsr(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (u64)high << 32 | low;
}

/**
 * wrmsr() - write a model-specific register (APM vol. 3, WRMSR)
 * @msr: its number
 * @value: the new value
 */
static inline void wrmsr(u32 msr, u64 value)
{
	asm volatile("wrmsr" :: "c"(msr), "a"((u32)value), "d"((u32)(value >> 32))
		     : "memory");
}

/**
 * cpuid() - read a CPUID leaf (APM vol. 3, CPUID)
 * @leaf: the function, in EAX
 * @index: the index, in ECX
 * @out: EAX, EBX, ECX, EDX
 */
static inline void cpuid(u32 leaf, u32 index, u32 out[4])
{
	asm volatile("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
		     : "a"(leaf), "c"(index));
}

/**
 * outl() - write 32 bits to an I/O port (APM vol. 3, OUT)
 * @port: the port
 * @value: what to write
 */
static inline void outl(u16 port, u32 value)
{
	asm volatile("outl %0, %1" :: "a"(value), "Nd"(port) : "memory");
}

/**
 * inl() - read 32 bits from an I/O port (APM vol. 3, IN)
 * @port: the port
 *
 * Return: what was read.
 */
static inline u32 inl(u16 port)
{
	u32 value;

	asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

/**
 * mmio_write64() - write 64 bits with one MOV, which KVM's emulator sees
 * @address: where; anything that is not RAM
 * @value: what to write
 */
static inline void mmio_write64(u64 address, u64 value)
{
	asm volatile("movq %0, (%1)" :: "r"(value), "r"(address) : "memory");
}

/**
 * mmio_read64() - read 64 bits with one MOV, which KVM's emulator sees
 * @address: where; anything that is not RAM
 *
 * Return: what was read.
 */
static inline u64 mmio_read64(u64 address)
{
	u64 value;

	asm volatile("movq (%1), %0" : "=r"(value) : "r"(address) : "memory");
	return value;
}

/**
 * invlpg() - drop the translation of a linear address (APM vol. 3, INVLPG)
 * @address: the address
 */
static inline void invlpg(u64 address)
{
	asm volatile("invlpg (%0)" :: "r"(address) : "memory");
}

/**
 * hlt() - wait for an interrupt (APM vol. 3, HLT)
 */
static inline void hlt(void)
{
	asm volatile("hlt" ::: "memory");
}

#define READ_REG(name)						\
static inline u64 read_##name(void)				\
{								\
	u64 value;						\
								\
	asm volatile("mov %%" #name ", %0" : "=r"(value));	\
	return value;						\
}

#define WRITE_REG(name)						\
static inline void write_##name(u64 value)			\
{								\
	asm volatile("mov %0, %%" #name :: "r"(value) : "memory");	\
}

WRITE_REG(cr0)
WRITE_REG(cr4)

READ_REG(cr0)
READ_REG(cr2)
READ_REG(cr3)
READ_REG(cr4)
READ_REG(dr6)
READ_REG(dr7)

#endif
