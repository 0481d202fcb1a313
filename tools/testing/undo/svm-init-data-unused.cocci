// SPDX-License-Identifier: GPL-2.0-only
/// Have a struct that nothing uses
// Options: --no-includes

virtual patch

@depends on patch@
identifier svm, sd;
@@
new_asid(struct vcpu_svm *svm, struct svm_cpu_data *sd)
{
...
}
+
+struct svm_init_data {
+	int cpu;
+	int r;
+};
