/* options.c - command tables: parsing, help, errors. */
#include "np/cmd/options.h"

#include <stdlib.h>
#include <string.h>

#include "np/base/mem.h"
#include "np/base/str.h"

void np_strings_add(struct np_strings *list, const char *item)
{
	list->items = np_grow(list->items, &list->cap, list->n, sizeof(*list->items));
	list->items[list->n++] = item;
}

void np_strings_release(struct np_strings *list)
{
	free(list->items);
	*list = (struct np_strings){ 0 };
}

static const struct np_option *find_option(const struct np_option *options, const char *name,
					   size_t n)
{
	for (const struct np_option *o = options; o->name; o++)
		if (strlen(o->name) == n && memcmp(o->name, name, n) == 0)
			return o;
	return NULL;
}

/* How many leading bytes two names share: enough to guess what was meant by a misspelt option. */
static size_t common_prefix(const char *a, const char *b, size_t n)
{
	size_t i = 0;

	while (i < n && a[i] && a[i] == b[i])
		i++;
	return i;
}

static int unknown_option(const struct np_option *options, const char *name, size_t n,
			  struct np_err *err)
{
	const struct np_option *best = NULL;
	size_t best_len = 1;

	for (const struct np_option *o = options; o->name; o++) {
		size_t len = common_prefix(o->name, name, n);

		if (len > best_len) {
			best = o;
			best_len = len;
		}
	}
	if (best)
		return np_err_set(err, NP_EUSAGE, "unknown option '--%.*s'; did you mean '--%s'?",
				  (int)n, name, best->name);
	return np_err_set(err, NP_EUSAGE, "unknown option '--%.*s'; --help lists them", (int)n,
			  name);
}

static int set_choice(const struct np_option *o, const char *value, struct np_err *err)
{
	np_auto_free char *all = np_xstrdup("");

	for (int i = 0; o->choices[i]; i++) {
		char *longer;

		if (strcmp(o->choices[i], value) == 0) {
			*(int *)o->dest = i;
			return 0;
		}
		longer = np_xasprintf("%s%s%s", all, i ? ", " : "", o->choices[i]);
		free(all);
		all = longer;
	}
	return np_err_set(err, NP_EUSAGE, "--%s: '%s' is not one of %s", o->name, value, all);
}

static int set_value(const struct np_option *o, const char *value, struct np_err *err)
{
	switch (o->kind) {
	case NP_OPT_FLAG:
		*(bool *)o->dest = true;
		return 0;
	case NP_OPT_STRING:
		*(const char **)o->dest = value;
		return 0;
	case NP_OPT_STRINGS:
		np_strings_add(o->dest, value);
		return 0;
	case NP_OPT_U64:
		if (!np_str_u64(np_str_from(value), ~0ULL, o->dest))
			return np_err_set(err, NP_EUSAGE, "--%s: '%s' is not a whole number",
					  o->name, value);
		return 0;
	case NP_OPT_DURATION:
		if (!np_str_duration_ms(np_str_from(value), o->dest))
			return np_err_set(err, NP_EUSAGE,
					  "--%s: '%s' is not a duration such as 250ms, 10s or 5m",
					  o->name, value);
		return 0;
	case NP_OPT_CHOICE:
		return set_choice(o, value, err);
	}
	return np_err_set(err, NP_EINTERNAL, "--%s: bad option table", o->name);
}

static int parse_option(const struct np_option *options, int argc, char **argv, int *i,
			struct np_err *err)
{
	const char *name = argv[*i] + 2;
	const char *eq = strchr(name, '=');
	size_t n = eq ? (size_t)(eq - name) : strlen(name);
	const struct np_option *o = find_option(options, name, n);
	const char *value = eq ? eq + 1 : NULL;

	if (!o)
		return unknown_option(options, name, n, err);
	if (o->kind == NP_OPT_FLAG) {
		if (value)
			return np_err_set(err, NP_EUSAGE, "--%s takes no value", o->name);
	} else if (!value) {
		if (*i + 1 >= argc)
			return np_err_set(err, NP_EUSAGE, "--%s needs a value: %s", o->name,
					  o->arg);
		value = argv[++*i];
	}
	return set_value(o, value, err);
}

int np_options_parse(const struct np_option *options, int argc, char **argv,
		     struct np_strings *args, bool *ret_help, struct np_err *err)
{
	bool only_args = false;

	for (int i = 1; i < argc; i++) {
		if (only_args || argv[i][0] != '-' || strcmp(argv[i], "-") == 0) {
			if (!args)
				return np_err_set(err, NP_EUSAGE, "unexpected argument '%s'",
						  argv[i]);
			np_strings_add(args, argv[i]);
		} else if (strcmp(argv[i], "--") == 0) {
			only_args = true;
		} else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			*ret_help = true;
		} else if (argv[i][1] != '-') {
			return np_err_set(err, NP_EUSAGE,
					  "unknown option '%s'; options begin with '--'", argv[i]);
		} else if (parse_option(options, argc, argv, &i, err) < 0) {
			return -1;
		}
	}
	return 0;
}

void np_options_help(const struct np_command *cmd, const struct np_option *options, FILE *out)
{
	fprintf(out, "usage: netpolcheck %s %s\n\n%s.\n\n", cmd->name, cmd->usage, cmd->summary);
	for (const struct np_option *o = options; o->name; o++) {
		np_auto_free char *left =
			np_xasprintf("--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");

		fprintf(out, "  %-26s %s\n", left, o->help);
	}
	fprintf(out, "\nexit status: %s\n", cmd->exits);
}

/* For 'netpolcheck completion': name, value, choices and help of each option, tabs between. */
static void print_table(const struct np_option *options)
{
	for (const struct np_option *o = options; o->name; o++) {
		printf("%s\t%s\t", o->name, o->arg ? o->arg : "");
		for (int i = 0; o->kind == NP_OPT_CHOICE && o->choices[i]; i++)
			printf("%s%s", i ? " " : "", o->choices[i]);
		printf("\t%s\n", o->help);
	}
}

int np_command_begin(const struct np_command *cmd, const struct np_option *options, int argc,
		     char **argv, struct np_strings *args)
{
	struct np_err err = { 0 };
	bool help = false;

	if (argc == 2 && strcmp(argv[1], "--complete") == 0) {
		print_table(options);
		return NP_EXIT_OK;
	}
	if (np_options_parse(options, argc, argv, args, &help, &err) < 0) {
		np_command_fail(cmd, &err);
		return NP_EXIT_USAGE;
	}
	if (help) {
		np_options_help(cmd, options, stdout);
		return NP_EXIT_OK;
	}
	return -1;
}

int np_command_fail(const struct np_command *cmd, const struct np_err *err)
{
	char text[NP_ERR_TEXT_MAX];

	fprintf(stderr, "netpolcheck %s: %s\n", cmd->name, np_err_text(err, text, sizeof(text)));
	switch (err->code) {
	case NP_EUSAGE:
	case NP_EPARSE:
	case NP_EVALID:
	case NP_ELIMIT:
		return NP_EXIT_USAGE;
	case NP_EINTR:
		return NP_EXIT_INTERRUPTED;
	default:
		return NP_EXIT_ENV;
	}
}
