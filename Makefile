# SPDX-License-Identifier: GPL-2.0-only
#
# virtfix: KVM and VFIO fixes, carried out of tree. See README.md; make help.

MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := all
.SUFFIXES:
.NOTPARALLEL:
.DELETE_ON_ERROR:

# V=1 shows the commands, as in the kernel.
Q := $(if $(filter 1,$(V)),,@)
quiet = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' $(1) $(2);)

srctree := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
O ?= $(srctree)/build
objtree := $(abspath $(O))

# What the user may name; empty means what kernel-find finds.
export KDIR KSRC KIMAGE ARCH CROSS_COMPILE V

# make itself sets CC to cc; the kernel's own choice stands unless it is given.
HOSTCC := $(if $(filter default,$(origin CC)),gcc,$(CC))
ifeq ($(origin CC),default)
unexport CC
else
export CC
endif
HOSTCFLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror \
	      -Wmissing-prototypes -Wshadow
ENGINE_LIBS := libarchive jansson libkmod

VIRTFIX := $(objtree)/virtfix
virtfix = $(VIRTFIX) --build $(objtree) $(if $(filter 1,$(V)),-v) \
	  $(if $(filter undefined,$(origin FIXES)),,--fixes '$(FIXES)')

# --- the machine that this runs on -------------------------------------------

# "make deps GOAL..." installs first; the goals then start in a fresh make, so
# that what was installed is seen.
ifneq ($(filter deps,$(MAKECMDGOALS)),)

goals := $(filter-out deps,$(MAKECMDGOALS))
.PHONY: deps then-goals $(goals)
deps:
	$(Q)$(srctree)/scripts/deps $(or $(goals),all)
	$(if $(filter check prove,$(goals)),$(Q)$(srctree)/scripts/test-kernels $(objtree)/kernels)
	$(if $(filter check prove,$(goals)),$(Q)$(srctree)/scripts/test-emulators $(objtree)/emulators)
then-goals: deps
	$(if $(goals),$(Q)$(MAKE) -f $(srctree)/Makefile $(goals))
$(goals): then-goals
	@:

else

# --- the engine ---------------------------------------------------------

engine-src := $(wildcard $(srctree)/tools/virtfix/*.c)
engine-obj := $(patsubst $(srctree)/tools/virtfix/%.c,$(objtree)/engine/%.o,$(engine-src))

# The engine has its place and the build directory compiled in: where they, or
# the flags, are not those of the objects that are there, these are made anew.
engine-made-for := $(HOSTCC) $(HOSTCFLAGS) $(SANITIZE) $(srctree) $(objtree)
$(objtree)/engine/made-for: FORCE
	@mkdir -p $(@D)
	@echo '$(engine-made-for)' | cmp -s - $@ || echo '$(engine-made-for)' >$@
.PHONY: FORCE

$(objtree)/engine/%.o: $(srctree)/tools/virtfix/%.c $(srctree)/tools/virtfix/virtfix.h $(srctree)/Makefile \
		       $(objtree)/engine/made-for
	@mkdir -p $(@D)
	$(call quiet,CC,tools/virtfix/$*.o) $(HOSTCC) $(HOSTCFLAGS) $(SANITIZE) \
		-DVIRTFIX_TOP='"$(srctree)"' -DVIRTFIX_BUILD='"$(objtree)"' \
		$$(pkg-config --cflags $(ENGINE_LIBS)) -c -o $@ $<
	$(if $(filter 1 2,$(C)),$(call quiet,CHECK,tools/virtfix/$*.c) sparse -Wno-decl -D_GNU_SOURCE \
		-DVIRTFIX_TOP='""' -DVIRTFIX_BUILD='""' \
		$$(pkg-config --cflags $(ENGINE_LIBS)) $<)

$(engine-obj): | engine-deps
.PHONY: engine-deps
engine-deps:
	@command -v pkg-config >/dev/null && pkg-config --exists $(ENGINE_LIBS) || \
		$(srctree)/scripts/deps --check build

$(VIRTFIX): $(engine-obj)
	$(call quiet,LD,virtfix) $(HOSTCC) $(SANITIZE) -o $@ $^ \
		$$(pkg-config --libs $(ENGINE_LIBS)) -lmd

.PHONY: engine
engine: $(VIRTFIX)
	@:

# --- what it is for -------------------------------------------------------

.PHONY: all modules status patches stage

# The pair of headers and source, checked, and where its modules are made.
kernel = eval "$$($(srctree)/scripts/kernel-find \
	 $(if $(KDIR)$(KSRC),--match '$(KDIR)' '$(KSRC)') || echo exit $$?)"; \
	 dir=$(objtree)/linux-$$RELEASE; \
	 [ -n "$$KMODULES" ] || ! [ -d "/lib/modules/$$RELEASE/kernel" ] || \
		KMODULES=/lib/modules/$$RELEASE
stage-and-build = $(virtfix) stage "$$KSRC" "$$dir/stage" && \
	MODCHECK="$(VIRTFIX) modcheck --abi $$dir/stage/.virtfix/abi$${KMODULES:+ --stock $$KMODULES}" \
	$(srctree)/scripts/build-modules "$$dir/stage" "$$KDIR" "$$dir"
# 1 says that a fix is needed: that is no failure of the table.
table = { $(virtfix) status "$$KSRC" || [ $$? -eq 1 ]; }

all: $(VIRTFIX)
	$(Q)$(kernel); \
	echo "  KERNEL  $$RELEASE: headers $$KDIR, source $$KSRC"; \
	$(stage-and-build) && $(table) && \
	echo "modules in $$dir/modules:" && $(VIRTFIX) modules "$$dir/modules"

modules: $(VIRTFIX)
	$(Q)$(kernel); $(stage-and-build)

stage: $(VIRTFIX)
	$(Q)$(kernel); $(virtfix) stage "$$KSRC" "$$dir/stage"

# KSRC alone is enough for these.
ksrc = ksrc='$(KSRC)'; \
       [ -n "$$ksrc" ] || { eval "$$($(srctree)/scripts/kernel-find || echo exit $$?)"; ksrc=$$KSRC; }

status: $(VIRTFIX)
	$(Q)$(ksrc); $(virtfix) status $(if $(filter 1,$(JSON)),--json) "$$ksrc" || [ $$? -eq 1 ]

OUT ?= $(objtree)/patches
patches: $(VIRTFIX)
	$(Q)$(ksrc); $(virtfix) patches --signoff '$(SIGNOFF)' "$$ksrc" '$(OUT)'

# --- which fixes ------------------------------------------------------------

.PHONY: menuconfig nconfig defconfig allyesconfig
menuconfig nconfig defconfig allyesconfig:
	@$(srctree)/scripts/deps --check $@
	$(Q)mkdir -p $(objtree) && cd $(objtree) && \
	srctree=$(srctree) KCONFIG_CONFIG=$(objtree)/.config \
	$(if $(filter menuconfig,$@),kconfig-mconf,\
	$(if $(filter nconfig,$@),kconfig-nconf,\
	$(if $(filter defconfig,$@),kconfig-conf --alldefconfig,kconfig-conf --allyesconfig))) \
	$(srctree)/Kconfig

# --- documentation ----------------------------------------------------------

# The catalogue is about the kernels at hand: KSRC, or those of make deps check.
.PHONY: htmldocs
htmldocs: $(VIRTFIX)
	@$(srctree)/scripts/deps --check $@
	$(Q)$(ksrc); trees=; for c in $(objtree)/kernels/*/kernel.conf; do \
		[ -n '$(KSRC)' ] || ! [ -f "$$c" ] || trees="$$trees $$(sed -n 's/^KSRC=//p' "$$c")"; \
	done; rm -rf $(objtree)/Documentation && cp -r $(srctree)/Documentation $(objtree)/ && \
	$(virtfix) catalogue $(objtree)/Documentation/fixes $${trees:-"$$ksrc"} && \
	sphinx-build -q -W -b html $(objtree)/Documentation $(objtree)/html && \
	echo "  HTML    $(objtree)/html/index.html"

# --- checks -----------------------------------------------------------------

.PHONY: check prove bench coccicheck
prove: $(VIRTFIX)
	@$(srctree)/scripts/deps --check prove
	$(Q)O=$(objtree) VIRTFIX=$(VIRTFIX) $(srctree)/tools/testing/prove \
		$(addprefix -m ,$(MACHINE)) $(if $(filter 1,$(MUTANTS)),-x) \
		$(if $(filter 1,$(STOCK)),-d) \
		$(addprefix -s ,$(SHARD)) $(FIX)

check: $(VIRTFIX)
	@$(srctree)/scripts/deps --check check
	@$(srctree)/scripts/test-kernels --check $(objtree)/kernels
	@$(srctree)/scripts/test-emulators --check $(objtree)/emulators
	$(Q)O=$(objtree) VIRTFIX=$(VIRTFIX) HOSTCC=$(HOSTCC) $(srctree)/tools/testing/check $(TESTS)

bench: $(VIRTFIX)
	$(Q)O=$(objtree) VIRTFIX=$(VIRTFIX) $(srctree)/tools/testing/bench

# The semantic patches themselves; a kernel's own "make coccicheck COCCI=" runs them.
coccicheck:
	$(Q)mkdir -p $(objtree); cd $(srctree); \
	for f in $$(find $(wildcard arch drivers virt tools) -name '*.cocci' | sort); do \
		echo "  COCCI   $$f"; \
		spatch --very-quiet --parse-cocci $$(sed -n 's/^virtual /-D /p' $$f) $$f \
			>$(objtree)/coccicheck.log 2>&1 || { cat $(objtree)/coccicheck.log; exit 1; }; \
	done

.PHONY: clean help
clean:
	$(call quiet,CLEAN,$(objtree)) rm -rf $(objtree)

help:
	@cat $(srctree)/scripts/help.txt

endif # deps
