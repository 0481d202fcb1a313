// SPDX-License-Identifier: GPL-2.0-only
/*
 * What would be stale in a TLB that is tagged with VPID and EPTP when KVM enters
 * a guest. An emulator may flush more than it has to, so that it never shows.
 *
 * What a guest leaves in the TLB is tagged with the VPID and the EPTP that it
 * ran with (SDM vol. 3 29.4). Where L1 does not use VPIDs, each VM entry and
 * exit between it and L2 flushes all linear and combined mappings (29.4.3.1):
 * KVM, which runs both with one VPID and different EPTPs, must have flushed
 * what the one that it changes to left behind.
 *
 * Each INVEPT and INVVPID of kvm-intel has a probe here, which notes what is
 * flushed, and one at the start of each run of a vCPU reads from the current
 * VMCS what the run will be tagged with. For one vCPU at a time.
 *
 *	echo >/sys/kernel/debug/tlb_tags
 *	cat /sys/kernel/debug/tlb_tags
 *
 * The first forgets everything; the second gives numbers: runs, flushes, runs
 * with another EPTP than the one before, and how many of those found something
 * stale.
 */
#include <linux/debugfs.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>

/* Fields of the VMCS: SDM vol. 3 appendix B */
#define FIELD_VPID	0x0000
#define FIELD_EPTP	0x201a

/* SDM vol. 3 31.3: the types of INVEPT, and of INVVPID */
enum { EPT_SINGLE = 1, EPT_ALL };
enum { VPID_ADDRESS, VPID_SINGLE, VPID_ALL, VPID_SINGLE_BUT_GLOBAL };

/**
 * struct flush_probe - an INVEPT or INVVPID
 * @kp: the probe on it
 * @invept: it is an INVEPT
 * @type: the number of the register that has the type
 * @base: the number of the register from which the descriptor is addressed
 * @displacement: and what is added to it
 */
struct flush_probe {
	struct kprobe kp;
	bool invept;
	u8 type, base;
	s32 displacement;
};

/**
 * struct tags - of an entry in the TLB
 * @vpid: the VPID
 * @eptp: the EPTP
 */
struct tags {
	u64 vpid, eptp;
};

#define MAX_PROBES	128
#define MAX_TAGS	64

/* Any VPID or EPTP */
#define ANY		(~0ull)

static struct flush_probe flush_probes[MAX_PROBES];
static struct kprobe run_probe;
static unsigned int nr_probes;
static struct dentry *file;

static struct tags in_tlb[MAX_TAGS], last;
static unsigned int nr_tags, runs, flushes, changes, stale;

static bool same(struct tags a, struct tags b)
{
	return a.vpid == b.vpid && a.eptp == b.eptp;
}

static void flush(u64 vpid, u64 eptp)
{
	unsigned int i, kept = 0;

	for (i = 0; i < nr_tags; i++) {
		if ((vpid != ANY && in_tlb[i].vpid != vpid) ||
		    (eptp != ANY && in_tlb[i].eptp != eptp))
			in_tlb[kept++] = in_tlb[i];
	}
	nr_tags = kept;
	flushes++;
}

/* A register by its number in an instruction: SDM vol. 2 table 3-1 */
static unsigned long reg(struct pt_regs *regs, u8 number)
{
	const unsigned long by_number[] = {
		regs->ax, regs->cx, regs->dx, regs->bx, regs->sp, regs->bp, regs->si, regs->di,
		regs->r8, regs->r9, regs->r10, regs->r11, regs->r12, regs->r13, regs->r14,
		regs->r15,
	};

	return by_number[number];
}

static int before_flush(struct kprobe *kp, struct pt_regs *regs)
{
	struct flush_probe *probe = container_of(kp, struct flush_probe, kp);
	const u64 *descriptor = (u64 *)(reg(regs, probe->base) + probe->displacement);
	unsigned long type = reg(regs, probe->type);

	if (probe->invept)
		flush(ANY, type == EPT_SINGLE ? descriptor[0] : ANY);
	else if (type == VPID_ALL)
		flush(ANY, ANY);
	else if (type != VPID_ADDRESS)
		flush(descriptor[0] & 0xffff, ANY);
	return 0;
}

static u64 vmcs_read(unsigned long field)
{
	unsigned long value = 0;

	asm volatile("vmread %1, %0" : "+r"(value) : "r"(field) : "cc");
	return value;
}

static int before_run(struct kprobe *kp, struct pt_regs *regs)
{
	struct tags now = { vmcs_read(FIELD_VPID), vmcs_read(FIELD_EPTP) };
	unsigned int i;

	for (i = 0; i < nr_tags && !same(in_tlb[i], now); i++)
		;
	if (runs && last.vpid == now.vpid && last.eptp != now.eptp) {
		changes++;
		stale += i < nr_tags;
	}
	if (i == nr_tags && i < MAX_TAGS)
		in_tlb[nr_tags++] = now;
	last = now;
	runs++;
	return 0;
}

/*
 * 66 [REX] 0f 38 80 is INVEPT, with 81 it is INVVPID. ModRM, with SIB but
 * without an index, and the displacement tell the operands. SDM vol. 2 2.1
 *
 * Returns 0 where there is another instruction, 1, or -EOPNOTSUPP.
 */
static int decode(const u8 *code, struct flush_probe *probe)
{
	u8 rex = 0, modrm, mod;

	if (*code++ != 0x66)
		return 0;
	if ((*code & 0xf0) == 0x40)
		rex = *code++;
	if (*code++ != 0x0f || *code++ != 0x38 || (*code & 0xfe) != 0x80)
		return 0;
	probe->invept = *code++ == 0x80;

	modrm = *code++;
	mod = modrm >> 6;
	probe->type = (modrm >> 3 & 7) | (rex & 4) << 1;
	probe->base = modrm & 7;
	/* No memory, or relative to RIP */
	if (mod == 3 || (mod == 0 && probe->base == 5))
		return -EOPNOTSUPP;
	if (probe->base == 4) {
		probe->base = *code & 7;
		if ((*code++ >> 3 & 7) != 4 || rex & 2 || (mod == 0 && probe->base == 5))
			return -EOPNOTSUPP;
	}
	probe->base |= (rex & 1) << 3;
	probe->displacement = 0;
	if (mod == 1)
		probe->displacement = *(s8 *)code;
	else if (mod == 2)
		memcpy(&probe->displacement, code, sizeof(probe->displacement));
	return 1;
}

/* Modules are in a list, the last one first, of which kvm-intel is before this one. */
static struct module *find_kvm_intel(void)
{
	struct module *mod = THIS_MODULE;
	unsigned int i;

	for (i = 0; i < 16; i++) {
		mod = list_next_entry(mod, list);
		/* The list's head is not in a module. */
		if ((unsigned long)mod < MODULES_VADDR || (unsigned long)mod >= MODULES_END)
			return NULL;
		if (!strcmp(mod->name, "kvm_intel"))
			return mod;
	}
	return NULL;
}

static void remove_probes(void)
{
	while (nr_probes)
		unregister_kprobe(&flush_probes[--nr_probes].kp);
	if (run_probe.addr)
		unregister_kprobe(&run_probe);
}

static int add_probes(void)
{
	struct module *mod = find_kvm_intel();
	const u8 *code, *end;
	int ret;

	if (!mod)
		return -ENOENT;
#ifdef MODULE_MEM
	code = mod->mem[MOD_TEXT].base;
	end = code + mod->mem[MOD_TEXT].size;
#else
	code = mod->core_layout.base;
	end = code + mod->core_layout.text_size;
#endif
	for (; code + 16 < end; code++) {
		struct flush_probe *probe = &flush_probes[nr_probes];
		int found = decode(code, probe);

		if (!found)
			continue;
		if (nr_probes == MAX_PROBES)
			return -ENOSPC;
		memset(&probe->kp, 0, sizeof(probe->kp));
		probe->kp.addr = (kprobe_opcode_t *)code;
		probe->kp.pre_handler = before_flush;
		ret = register_kprobe(&probe->kp);
		/* In the middle of an instruction that only looks so */
		if (ret == -EILSEQ)
			continue;
		if (ret)
			return ret;
		nr_probes++;
		if (found < 0)
			return found;
	}
	if (!nr_probes)
		return -ENOENT;
	run_probe.symbol_name = "vmx_vcpu_run";
	run_probe.pre_handler = before_run;
	ret = register_kprobe(&run_probe);
	if (ret)
		run_probe.addr = NULL;
	return ret;
}

static int tlb_tags_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "%u %u %u %u\n", runs, flushes, changes, stale);
	return 0;
}

static int tlb_tags_open(struct inode *inode, struct file *file)
{
	return single_open(file, tlb_tags_show, NULL);
}

static ssize_t tlb_tags_write(struct file *file, const char __user *buf, size_t count,
			      loff_t *ppos)
{
	nr_tags = 0;
	runs = 0;
	flushes = 0;
	changes = 0;
	stale = 0;
	return count;
}

static const struct file_operations tlb_tags_fops = {
	.owner = THIS_MODULE,
	.open = tlb_tags_open,
	.read = seq_read,
	.write = tlb_tags_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int __init tlb_tags_init(void)
{
	int ret = add_probes();

	if (ret) {
		remove_probes();
		return ret;
	}
	pr_info("tlb_tags: %u probes\n", nr_probes);
	file = debugfs_create_file("tlb_tags", 0600, NULL, NULL, &tlb_tags_fops);
	return 0;
}

static void __exit tlb_tags_exit(void)
{
	debugfs_remove(file);
	remove_probes();
}

module_init(tlb_tags_init);
module_exit(tlb_tags_exit);
MODULE_DESCRIPTION("A TLB that is tagged with VPID and EPTP");
MODULE_LICENSE("GPL");
