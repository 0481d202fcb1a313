# SPDX-License-Identifier: GPL-2.0-only
# What the subsystems' Makefiles have in common: they set TEST_GEN_PROGS and,
# for programs with more than one source, LIB; O is where things are made.

CC := $(CROSS_COMPILE)gcc
O ?= .
Q := $(if $(V),,@)
say = $(if $(V),:,printf '  %-7s %s\n' $(1) $(2))

CFLAGS ?= -O2 -g
CFLAGS += -std=gnu11 -Wall -Wextra -Werror -D_GNU_SOURCE -MMD -MP

LIB_OBJS := $(addprefix $(O)/,$(addsuffix .o,$(basename $(LIB))))
PROGS := $(addprefix $(O)/,$(TEST_GEN_PROGS))

all: $(PROGS)

$(PROGS): $(O)/%: $(O)/%.o $(LIB_OBJS)
	@$(call say,LD,$(notdir $@))
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -static -o $@ $^ $(LDLIBS)

$(O)/%.o: %.c
	@mkdir -p $(@D)
	@$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) $(CPPFLAGS) -c -o $@ $<

$(O)/%.o: %.S
	@mkdir -p $(@D)
	@$(call say,AS,$<)
	$(Q)$(CC) $(CFLAGS) $(CPPFLAGS) -c -o $@ $<

clean:
	$(Q)$(RM) $(PROGS) $(PROGS:=.o) $(PROGS:=.d) $(LIB_OBJS) $(LIB_OBJS:.o=.d)

.PHONY: all clean
.SECONDARY:

-include $(PROGS:=.d) $(LIB_OBJS:.o=.d)
