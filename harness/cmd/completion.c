/*
 * completion.c - netpolcheck completion: what shells need to complete our command line. It comes
 * from the tables of commands and options themselves: each command, asked with --complete, prints
 * its own.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "completion.h"
#include "np/base/buf.h"
#include "np/base/mem.h"
#include "np/base/proc.h"

#define ASK_TIMEOUT_MS 30000

struct option {
	char *name, *arg, *choices, *help; /* arg "": a flag; choices with blanks between, or "" */
};

/* What can be said after "netpolcheck WORDS". */
struct page {
	char *words; /* "run", "fuzz live" */
	char *summary;
	char *verbs; /* with blanks between, or "" */
	struct option *options;
	size_t n_options, cap_options;
};

struct pages {
	struct page *items;
	size_t n, cap;
};

static void pages_release(struct pages *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct page *page = &p->items[i];

		for (size_t k = 0; k < page->n_options; k++) {
			free(page->options[k].name);
			free(page->options[k].arg);
			free(page->options[k].choices);
			free(page->options[k].help);
		}
		free(page->options);
		free(page->words);
		free(page->summary);
		free(page->verbs);
	}
	free(p->items);
}

/* The field up to the next tab or the line's end; *@at moves behind it. New string. */
static char *take_field(const char **at)
{
	size_t n = strcspn(*at, "\t\n");
	char *field = np_xstrndup(*at, n);

	*at += n + ((*at)[n] == '\t');
	return field;
}

static const char *next_line(const char *at)
{
	at += strcspn(at, "\n");
	return *at ? at + 1 : at;
}

/* Runs this program with the words of @words and @last; its output to @ret. */
static int ask(const char *words, const char *last, struct np_buf *ret, struct np_err *err)
{
	np_auto_free char *copy = np_xstrdup(words);
	char self[4096], *save = NULL;
	const char *argv[8] = { self };
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	size_t argc = 1;
	int status;

	if (n <= 0)
		return np_err_set(err, NP_EENV, "cannot find this program in /proc/self/exe");
	self[n] = '\0';
	for (char *w = strtok_r(copy, " ", &save); w && argc < 6; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	argv[argc] = last;
	status = np_proc_run(argv, NULL, ASK_TIMEOUT_MS, ret, NULL, err);
	if (status > 0)
		return np_err_set(err, NP_EINTERNAL, "'%s %s' ended with status %d", words, last,
				  status);
	return status;
}

static void take_option(struct page *page, const char *line)
{
	struct option o = { 0 };

	o.name = take_field(&line);
	o.arg = take_field(&line);
	o.choices = take_field(&line);
	o.help = take_field(&line);
	page->options =
		np_grow(page->options, &page->cap_options, page->n_options, sizeof(*page->options));
	page->options[page->n_options++] = o;
}

static struct page *add_page(struct pages *p, const char *words, const char *summary)
{
	p->items = np_grow(p->items, &p->cap, p->n, sizeof(*p->items));
	p->items[p->n] = (struct page){ .words = np_xstrdup(words),
					.summary = np_xstrdup(summary),
					.verbs = np_xstrdup("") };
	return &p->items[p->n++];
}

static int add_options(struct pages *p, const char *words, const char *summary, struct np_err *err)
{
	struct np_buf out = { 0 };
	int rc = ask(words, "--complete", &out, err);
	struct page *page = add_page(p, words, summary);

	for (const char *at = np_buf_text(&out); rc == 0 && *at; at = next_line(at))
		take_option(page, at);
	np_buf_release(&out);
	return rc;
}

/* "show RUN | merge SHARD ..": the small words at the beginnings. New string. */
static char *verbs_of_usage(const char *usage)
{
	struct np_buf b = { 0 };

	for (const char *at = usage; at; at = strstr(at, " | "), at = at ? at + 3 : NULL) {
		size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyz-");

		if (n && islower((unsigned char)*at) && (at[n] == ' ' || !at[n]))
			np_buf_printf(&b, "%s%.*s", b.len ? " " : "", (int)n, at);
	}
	return np_buf_steal(&b);
}

/* A command that is a table of commands lists them in its help, two blanks before each. */
static int add_commands_of(struct pages *p, const char *command, const char *summary,
			   struct np_err *err)
{
	struct np_buf out = { 0 }, verbs = { 0 };
	size_t own = p->n;
	int rc = ask(command, "--help", &out, err);

	add_page(p, command, summary);
	for (const char *at = np_buf_text(&out); rc == 0 && *at; at = next_line(at)) {
		size_t n = strncmp(at, "  ", 2) == 0 ? strspn(at + 2, "abcdefghijklmnopqrstuvwxyz-")
						     : 0;
		np_auto_free char *words = NULL, *told = NULL;
		const char *text;

		if (!n)
			continue;
		words = np_xasprintf("%s %.*s", command, (int)n, at + 2);
		text = at + 2 + n + strspn(at + 2 + n, " ");
		told = np_xstrndup(text, strcspn(text, "\n"));
		np_buf_printf(&verbs, "%s%.*s", verbs.len ? " " : "", (int)n, at + 2);
		rc = add_options(p, words, told, err);
	}
	free(p->items[own].verbs);
	p->items[own].verbs = np_buf_steal(&verbs);
	np_buf_release(&out);
	return rc;
}

static int read_pages(struct pages *p, struct np_err *err)
{
	struct np_buf out = { 0 };
	int rc = ask("", "--complete", &out, err);

	for (const char *at = np_buf_text(&out); rc == 0 && *at; at = next_line(at)) {
		const char *fields = at;
		np_auto_free char *name = take_field(&fields), *summary = take_field(&fields),
				  *usage = take_field(&fields);

		if (strncmp(usage, "COMMAND ", 8) == 0) {
			rc = add_commands_of(p, name, summary, err);
			continue;
		}
		rc = add_options(p, name, summary, err);
		free(p->items[p->n - 1].verbs);
		p->items[p->n - 1].verbs = verbs_of_usage(usage);
	}
	np_buf_release(&out);
	return rc;
}

static bool takes_file(const char *arg)
{
	return strstr(arg, "FILE") || strstr(arg, "DIR") || strstr(arg, "PATH");
}

/* --- bash --- */

static void put_bash_values(const struct page *page, struct np_buf *b)
{
	for (size_t i = 0; i < page->n_options; i++) {
		const struct option *o = &page->options[i];

		if (!*o->arg)
			continue;
		np_buf_printf(b, "\t\t--%s) ", o->name);
		if (*o->choices)
			np_buf_printf(b, "COMPREPLY=($(compgen -W '%s' -- \"$cur\"))", o->choices);
		else if (takes_file(o->arg))
			np_buf_adds(b, "compopt -o filenames 2>/dev/null; "
				       "COMPREPLY=($(compgen -f -- \"$cur\"))");
		else
			np_buf_adds(b, ":");
		np_buf_adds(b, "; return ;;\n");
	}
}

static void put_bash_page(const struct page *page, struct np_buf *b)
{
	np_buf_printf(b, "\t\"%s\")\n", page->words);
	np_buf_adds(b, "\t\tcase $prev in\n");
	put_bash_values(page, b);
	np_buf_adds(b, "\t\tesac\n\t\topts=\"");
	for (size_t i = 0; i < page->n_options; i++)
		np_buf_printf(b, "--%s ", page->options[i].name);
	np_buf_printf(b, "--help\"\n\t\tverbs=\"%s\"\n\t\t;;\n", page->verbs);
}

static void put_bash(const struct pages *p, struct np_buf *b)
{
	np_buf_adds(b, "# bash completion of netpolcheck; made by 'netpolcheck completion bash'\n"
		       "_netpolcheck()\n{\n"
		       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
		       "\tlocal page=${COMP_WORDS[1]} at=2 opts= verbs=\n"
		       "\tCOMPREPLY=()\n\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
		       "\t\tCOMPREPLY=($(compgen -W '");
	for (size_t i = 0; i < p->n; i++)
		if (!strchr(p->items[i].words, ' '))
			np_buf_printf(b, "%s ", p->items[i].words);
	np_buf_adds(b, "--help --version' -- \"$cur\"))\n\t\treturn\n\tfi\n\tcase \"$page "
		       "${COMP_WORDS[2]}\" in\n");
	for (size_t i = 0; i < p->n; i++)
		if (strchr(p->items[i].words, ' '))
			np_buf_printf(
				b, "\t\"%s\") [ \"$COMP_CWORD\" -eq 2 ] || page=\"%s\" at=3 ;;\n",
				p->items[i].words, p->items[i].words);
	np_buf_adds(b, "\tesac\n\tcase $page in\n");
	for (size_t i = 0; i < p->n; i++)
		put_bash_page(&p->items[i], b);
	np_buf_adds(b, "\tesac\n\tcase $cur in\n\t-*) COMPREPLY=($(compgen -W \"$opts\" -- "
		       "\"$cur\")); return ;;\n\tesac\n"
		       "\tif [ \"$COMP_CWORD\" -eq \"$at\" ] && [ -n \"$verbs\" ]; then\n"
		       "\t\tCOMPREPLY=($(compgen -W \"$verbs\" -- \"$cur\"))\n\telse\n"
		       "\t\tcompopt -o filenames 2>/dev/null\n"
		       "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\tfi\n}\n"
		       "complete -F _netpolcheck netpolcheck\n");
}

/* --- zsh --- */

/* In single quotes, and with a backslash before what _arguments reads as its own. */
static void put_zsh_text(struct np_buf *b, const char *text, const char *special)
{
	for (; *text; text++) {
		if (*text == '\'')
			np_buf_adds(b, "'\\'");
		else if (strchr(special, *text))
			np_buf_addc(b, '\\');
		np_buf_addc(b, *text);
	}
}

static void put_zsh_option(const struct option *o, struct np_buf *b)
{
	np_buf_printf(b, " \\\n\t\t\t'*--%s[", o->name);
	put_zsh_text(b, o->help, "[]\\");
	np_buf_addc(b, ']');
	if (*o->arg) {
		np_buf_addc(b, ':');
		put_zsh_text(b, o->arg, ":\\");
		np_buf_addc(b, ':');
		if (*o->choices)
			np_buf_printf(b, "(%s)", o->choices);
		else if (takes_file(o->arg))
			np_buf_adds(b, "_files");
	}
	np_buf_addc(b, '\'');
}

static void put_zsh_page(const struct page *page, struct np_buf *b)
{
	np_buf_printf(b, "\t\"%s\")\n\t\t_arguments", page->words);
	for (size_t i = 0; i < page->n_options; i++)
		put_zsh_option(&page->options[i], b);
	np_buf_adds(b, " \\\n\t\t\t'--help[what there is]'");
	if (*page->verbs)
		np_buf_printf(b, " \\\n\t\t\t'1:what:(%s)'", page->verbs);
	np_buf_adds(b, " \\\n\t\t\t'*:file:_files'\n\t\t;;\n");
}

static void put_zsh(const struct pages *p, struct np_buf *b)
{
	np_buf_adds(b, "#compdef netpolcheck\n"
		       "# zsh completion of netpolcheck; made by 'netpolcheck completion zsh'\n"
		       "_netpolcheck() {\n\tlocal page\n\tlocal -a commands\n\tcommands=(\n");
	for (size_t i = 0; i < p->n; i++) {
		if (strchr(p->items[i].words, ' '))
			continue;
		np_buf_printf(b, "\t\t'%s:", p->items[i].words);
		put_zsh_text(b, p->items[i].summary, "\\");
		np_buf_adds(b, "'\n");
	}
	np_buf_adds(b, "\t)\n\tif (( CURRENT == 2 )); then\n"
		       "\t\t_describe -t commands command commands\n\t\treturn\n\tfi\n"
		       "\tpage=$words[2]\n\tshift words\n\t(( CURRENT-- ))\n"
		       "\tcase \"$page $words[2]\" in\n");
	for (size_t i = 0; i < p->n; i++)
		if (strchr(p->items[i].words, ' '))
			np_buf_printf(
				b,
				"\t\"%s\")\n\t\tif (( CURRENT > 2 )); then\n"
				"\t\t\tpage=\"%s\"\n\t\t\tshift words\n\t\t\t(( CURRENT-- ))\n"
				"\t\tfi\n\t\t;;\n",
				p->items[i].words, p->items[i].words);
	np_buf_adds(b, "\tesac\n\tcase $page in\n");
	for (size_t i = 0; i < p->n; i++)
		put_zsh_page(&p->items[i], b);
	np_buf_adds(b, "\tesac\n}\n_netpolcheck \"$@\"\n");
}

/* --- the command --- */

static int print_script(const char *shell, struct np_err *err)
{
	bool zsh = strcmp(shell, "zsh") == 0;
	struct pages pages = { 0 };
	struct np_buf text = { 0 };
	int rc;

	if (!zsh && strcmp(shell, "bash") != 0)
		return np_err_set(err, NP_EUSAGE, "'%s' is not one of bash, zsh", shell);
	rc = read_pages(&pages, err);
	if (rc == 0) {
		(zsh ? put_zsh : put_bash)(&pages, &text);
		if (fwrite(np_buf_text(&text), 1, text.len, stdout) != text.len ||
		    fflush(stdout) != 0)
			rc = np_err_set(err, NP_EIO, "cannot write to standard output");
	}
	np_buf_release(&text);
	pages_release(&pages);
	return rc;
}

static int cmd_completion(int argc, char **argv)
{
	const struct np_option options[] = { { NULL, NP_OPT_FLAG, NULL, NULL, NULL, NULL } };
	struct np_strings args = { 0 };
	struct np_err err = { 0 };
	int status = np_command_begin(&np_cmd_completion, options, argc, argv, &args);

	if (status < 0) {
		status = args.n == 1 ? print_script(args.items[0], &err)
				     : np_err_set(&err, NP_EUSAGE,
						  "say 'completion bash' or "
						  "'completion zsh'");
		if (status < 0)
			status = np_command_fail(&np_cmd_completion, &err);
	}
	np_strings_release(&args);
	return status;
}

const struct np_command np_cmd_completion = {
	.name = "completion",
	.summary = "completion for a shell, from the tables of options",
	.usage = "bash | zsh",
	.exits = "0 done, 2 usage, 3 cannot write",
	.run = cmd_completion,
};
