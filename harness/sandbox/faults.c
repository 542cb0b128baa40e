/* The table of deliberate faults of the enforcer. */
#include "enforcer_faults.h"

#define NP_FAULT_ENTRY(id, text, number, sentence) { .name = text, .clause = number, .what = sentence },
static const struct np_sandbox_fault faults[] = {
	NP_FAULTS(NP_FAULT_ENTRY)
	{ .name = NULL },
};

const struct np_sandbox_fault *np_sandbox_faults(void)
{
	return faults;
}

enum np_fault_id np_fault_find(const char *name)
{
	if (!name)
		return NP_FAULT_NONE;
	for (size_t i = 0; faults[i].name; i++)
		if (!strcmp(faults[i].name, name))
			return (enum np_fault_id)(i + 1);
	return NP_FAULT_NONE;
}
