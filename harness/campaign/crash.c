/* crash.c - finding reports in a log, and the name that one bug keeps. */
#include "np/campaign/crash.h"

#include <openssl/sha.h>
#include <string.h>

#include "crash_parts.h"
#include "np/base/mem.h"

static const char *const kind_names[NP_N_CRASH_KINDS] = { "crash",	 "panic-survived", "hang",
							  "oom",	 "leak",	   "stuck",
							  "enforcement", "validation-diff" };

const char *np_crash_kind_name(enum np_crash_kind k)
{
	return kind_names[k];
}

bool np_crash_kind_parse(struct np_str s, enum np_crash_kind *ret)
{
	for (int k = 0; k < NP_N_CRASH_KINDS; k++)
		if (np_str_is(s, kind_names[k])) {
			*ret = (enum np_crash_kind)k;
			return true;
		}
	return false;
}

void np_crashes_release(struct np_crashes *c)
{
	free(c->items);
	*c = (struct np_crashes){ 0 };
}

static crash_reader *const readers[] = {
	crash_read_sanitizer, crash_read_kernel, crash_read_rust,
	crash_read_go,	      crash_read_native, crash_read_python
};

/*
 * A report may say anything where a name is looked for; addresses and lines ("0x12", ":12") become
 * '#' even there, so that no key depends on them.
 */
static void cut_varying(char *s)
{
	struct np_str rest = np_str_from(s);
	char *to = s, before = '\0';

	while (rest.n) {
		size_t n = str_number(rest);
		bool is_address = n > 2 && (rest.p[1] | 0x20) == 'x';
		bool varies = is_address || (n && before == ':');

		before = varies ? '#' : rest.p[0];
		*to++ = before;
		rest = str_from(rest, varies ? n : 1);
	}
	*to = '\0';
}

static void settle_names(struct np_crash *c)
{
	cut_varying(c->component);
	cut_varying(c->type);
	for (size_t i = 0; i < c->n_frames; i++)
		cut_varying(c->frames[i]);
}

static bool read_one(struct crash_at *at, const char *component, struct np_crash *ret)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(readers); i++) {
		size_t next = at->next;

		*ret = (struct np_crash){ 0 };
		str_copy(ret->component, sizeof(ret->component), np_str_from(component));
		if (readers[i](at, ret)) {
			settle_names(ret);
			return true;
		}
		at->next = next;
	}
	return false;
}

static void keep(struct np_crashes *list, const struct np_crash *c)
{
	if (list->n == NP_CRASH_MAX) {
		list->n_dropped++;
		return;
	}
	list->items = np_grow(list->items, &list->cap, list->n, sizeof(*list->items));
	list->items[list->n++] = *c;
}

void np_crash_scan(struct np_str log, const char *component, struct np_crashes *ret)
{
	size_t skipped = log.n > NP_CRASH_LOG_MAX ? log.n - NP_CRASH_LOG_MAX : 0, number = 1;
	struct crash_at at = { .log = str_from(log, skipped) };

	while (at.start < at.log.n) {
		struct np_str line = log_line_at(at.log, at.start, &at.next);
		struct np_crash c;

		log_line_parse(line, &at.line);
		if (line.n && read_one(&at, component, &c)) {
			c.line = number;
			c.start = skipped + at.start;
			c.end = skipped + at.end;
			keep(ret, &c);
			at.next = at.end;
		}
		for (size_t i = at.start; i < at.next; i++)
			number += at.log.p[i] == '\n';
		at.start = at.next;
	}
}

/* ---- keys ---- */

static void hash_key(const struct np_buf *b, char *ret)
{
	unsigned char sum[SHA_DIGEST_LENGTH];

	SHA1((const unsigned char *)np_buf_text(b), b->len, sum);
	for (size_t i = 0; i < NP_CRASH_KEY_LEN / 2; i++)
		snprintf(ret + 2 * i, 3, "%02x", sum[i]);
}

static void key_over(const struct np_crash *c, bool type, size_t n_frames, char *ret)
{
	struct np_buf b = { 0 };

	np_buf_printf(&b, "%s|%s|%s", kind_names[c->kind], c->component, type ? c->type : "");
	for (size_t i = 0; i < n_frames; i++)
		np_buf_printf(&b, "|%s", i < c->n_frames ? c->frames[i] : "");
	hash_key(&b, ret);
	np_buf_release(&b);
}

void np_crash_key(const struct np_crash *c, char *ret)
{
	key_over(c, true, 3, ret);
}

void np_crash_alt_keys(const struct np_crash *c, char ret[NP_CRASH_ALT_KEYS][NP_CRASH_KEY_LEN + 1])
{
	key_over(c, true, 2, ret[0]);
	key_over(c, c->n_frames == 0, 3, ret[1]);
}

void np_crash_key_of(enum np_crash_kind kind, const char *component, const char *type,
		     const char *about, char *ret)
{
	struct np_buf b = { 0 };

	np_buf_printf(&b, "%s|%s|%s|%s||", kind_names[kind], component, type, about);
	hash_key(&b, ret);
	np_buf_release(&b);
}

static const char *const kind_words[NP_N_CRASH_KINDS] = {
	[NP_CRASH_DIED] = "crash",
	[NP_CRASH_SURVIVED] = "panic (survived)",
	[NP_CRASH_HANG] = "hang",
	[NP_CRASH_OOM] = "out of memory",
	[NP_CRASH_LEAK] = "leak",
	[NP_CRASH_STUCK] = "stuck",
	[NP_CRASH_ENFORCEMENT] = "wrong enforcement",
	[NP_CRASH_VALIDATION] = "validation difference",
};

void np_crash_title(const struct np_crash *c, struct np_buf *ret)
{
	np_buf_printf(ret, "%s %s: %s", c->component, kind_words[c->kind], c->type);
	if (c->n_frames)
		np_buf_printf(ret, " in %s", c->frames[0]);
}
