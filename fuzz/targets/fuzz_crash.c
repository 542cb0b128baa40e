/*
 * fuzz_crash.c - the log of a process that died, whose text is whatever somebody named a policy, and
 * everything that is made of it. What is kept is bounded and printable; a bug keeps its key when
 * lines, addresses, processes and goroutines have other numbers and when the log comes in two
 * pieces; reports are well-formed, and a script stays a script of its own commands.
 */
#include <ctype.h>

#include "../../harness/campaign/agents.h"
#include "np/campaign/bug.h"
#include "texts.h"

#define COMPONENT "agent"

/* Instead of that of base/clock.c (--wrap): a report says when it was written. */
const char *__wrap_np_wall_text(char *buf, size_t size);
const char *__wrap_np_wall_text(char *buf, size_t size)
{
	snprintf(buf, size, "2026-01-02T03:04:05Z");
	return buf;
}

/* ---- what is kept ---- */

static void check_line(const char *s, size_t size, const char *what)
{
	size_t n = strnlen(s, size);

	FUZZ_CHECK(n < size, "%s: no end", what);
	for (size_t i = 0; i < n; i++)
		FUZZ_CHECK(s[i] >= ' ' && s[i] <= '~', "%s: byte %u at %zu", what, (uint8_t)s[i], i);
}

static void check_key(const char *key)
{
	FUZZ_CHECK(strlen(key) == NP_CRASH_KEY_LEN && strspn(key, "0123456789abcdef") == NP_CRASH_KEY_LEN,
		   "key %s", key);
}

static void check_crash(const struct np_crash *c)
{
	char key[NP_CRASH_KEY_LEN + 1], alt[NP_CRASH_ALT_KEYS][NP_CRASH_KEY_LEN + 1];
	enum np_crash_kind kind;

	FUZZ_CHECK(np_crash_kind_parse(np_str_from(np_crash_kind_name(c->kind)), &kind) && kind == c->kind,
		   "kind %d", c->kind);
	check_line(c->component, sizeof(c->component), "component");
	check_line(c->type, sizeof(c->type), "type");
	check_line(c->message, sizeof(c->message), "message");
	FUZZ_CHECK(c->type[0], "no type");
	FUZZ_CHECK(c->n_frames <= NP_CRASH_FRAMES, "%zu frames", c->n_frames);
	for (size_t i = 0; i < c->n_frames; i++) {
		check_line(c->frames[i], sizeof(c->frames[i]), "frame");
		FUZZ_CHECK(c->frames[i][0], "an empty frame");
	}
	np_crash_key(c, key);
	check_key(key);
	np_crash_alt_keys(c, alt);
	for (int i = 0; i < NP_CRASH_ALT_KEYS; i++)
		check_key(alt[i]);
}

/* In the order of the log, apart from each other, each on a line of its own. */
static void check_places(const struct np_crashes *list, struct np_str log)
{
	size_t end = 0, at = 0, line = 1;

	FUZZ_CHECK(list->n <= NP_CRASH_MAX && (!list->n_dropped || list->n == NP_CRASH_MAX),
		   "%zu reports, %zu more", list->n, list->n_dropped);
	for (size_t i = 0; i < list->n; i++) {
		const struct np_crash *c = &list->items[i];

		FUZZ_CHECK(c->start >= end && c->end > c->start && c->end <= log.n, "%zu to %zu of %zu",
			   c->start, c->end, log.n);
		FUZZ_CHECK(!c->start || log.p[c->start - 1] == '\n', "begins in a line");
		for (; at < c->start; at++)
			line += log.p[at] == '\n';
		FUZZ_CHECK(c->line == line, "line %zu is called %zu", line, c->line);
		end = c->end;
	}
}

/* ---- numbers that differ from run to run ---- */

/* Another digit of the same sort, so that lengths and notations stay. */
static char other_digit(char c)
{
	if (isdigit((unsigned char)c))
		return c == '9' ? '0' : (char)(c + 1);
	return c == 'f' || c == 'F' ? (char)(c - 5) : (char)(c + 1);
}

/* Digits at @i; one before 'x' begins an address, which is another matter. */
static size_t change_digits(char *p, size_t i, size_t n)
{
	for (; i < n && isdigit((unsigned char)p[i]) && (i + 1 == n || (p[i + 1] | 0x20) != 'x'); i++)
		p[i] = other_digit(p[i]);
	return i;
}

/* Unless they go on as a word: "0xCaught panic". */
static size_t change_hex(char *p, size_t i, size_t n)
{
	size_t end = i;

	while (end < n && isxdigit((unsigned char)p[end]))
		end++;
	for (; i < end && (end == n || !isalpha((unsigned char)p[end])); i++)
		p[i] = other_digit(p[i]);
	return end;
}

static bool at_mark(const char *p, size_t i, const char *mark)
{
	size_t n = strlen(mark);

	return i >= n && memcmp(p + i - n, mark, n) == 0;
}

/* Behind this a number varies, be it in a stack or in what somebody wrote to look like one. */
static bool varies_behind(const char *p, size_t i)
{
	static const char *const marks[] = { ".go:", ".c:", ".cc:", ".cpp:", ".h:", ".rs:", ".s:" };

	for (size_t k = 0; k < NP_ARRAY_SIZE(marks); k++)
		if (at_mark(p, i, marks[k]))
			return true;
	/* "goroutine 7 [running]:" at the start of a line */
	return at_mark(p, i, "goroutine ") && (i == 10 || p[i - 11] == '\n');
}

/* "==7==ERROR: AddressSanitizer: " at the start of a line: is its number at @i? */
static bool is_process(const char *p, size_t i, size_t n)
{
	static const char mark[] = "==ERROR: AddressSanitizer: ";
	size_t end = i;

	if (!at_mark(p, i, "==") || (i > 2 && p[i - 3] != '\n'))
		return false;
	while (end < n && isdigit((unsigned char)p[end]))
		end++;
	return n - end >= sizeof(mark) - 1 && memcmp(p + end, mark, sizeof(mark) - 1) == 0;
}

static struct np_str with_other_numbers(struct np_str log)
{
	struct np_str copy = fuzz_tight((const uint8_t *)log.p, log.n);
	char *p = (char *)copy.p;

	for (size_t i = 0; i < copy.n;) {
		size_t from = i;

		if (at_mark(p, i, "0x") || at_mark(p, i, "0X"))
			i = change_hex(p, i, copy.n);
		else if (varies_behind(p, i) || is_process(p, i, copy.n))
			i = change_digits(p, i, copy.n);
		i += i == from;
	}
	return copy;
}

static void check_same_keys(const struct np_crashes *a, const struct np_crashes *b)
{
	char key[2][NP_CRASH_KEY_LEN + 1];

	FUZZ_CHECK(a->n == b->n, "%zu reports become %zu", a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		np_crash_key(&a->items[i], key[0]);
		np_crash_key(&b->items[i], key[1]);
		FUZZ_CHECK(strcmp(key[0], key[1]) == 0, "%s %s %s is not %s %s %s", a->items[i].component,
			   a->items[i].type, a->items[i].n_frames ? a->items[i].frames[0] : "",
			   b->items[i].component, b->items[i].type,
			   b->items[i].n_frames ? b->items[i].frames[0] : "");
	}
}

static void check_other_numbers(const struct np_crashes *list, struct np_str log)
{
	struct np_str other = with_other_numbers(log);
	struct np_crashes again = { 0 };

	np_crash_scan(other, COMPONENT, &again);
	check_same_keys(list, &again);
	np_crashes_release(&again);
	fuzz_loosen(&other);
}

/* A report alone, without what is before and behind it, is the same report. */
static void check_alone(const struct np_crashes *list, struct np_str log)
{
	for (size_t i = 0; i < list->n && i < 8; i++) {
		struct np_crash c = list->items[i];
		struct np_crashes one = { &c, 1, 1, 0 }, alone = { 0 };
		struct np_str tight = fuzz_tight((const uint8_t *)log.p + c.start, c.end - c.start);

		np_crash_scan(tight, COMPONENT, &alone);
		check_same_keys(&one, &alone);
		np_crashes_release(&alone);
		fuzz_loosen(&tight);
	}
}

/* ---- a log that comes in pieces ---- */

static json_t *bugs_of(struct np_str first, struct np_str second)
{
	struct agents a = { .n_stuck = 0 };
	struct agent g = { .component = COMPONENT };
	json_t *bugs = json_array();

	if (first.n)
		agents_read_on(&a, &g, first, bugs);
	agents_read_piece(&a, &g, second, bugs);
	FUZZ_CHECK(g.tail.len <= 2 * AGENT_TAIL_MAX, "%zu bytes of evidence", g.tail.len);
	FUZZ_CHECK(!g.held.len, "%zu bytes are held when all is told", g.held.len);
	np_buf_release(&g.tail);
	free(a.stuck);
	return bugs;
}

static void check_pieces(struct np_str log)
{
	size_t cut = log.n ? ((uint8_t)log.p[log.n - 1] * 257u + log.n / 2) % log.n : 0;
	json_t *whole = bugs_of(NP_STR_NONE, log);
	json_t *cut_up = bugs_of((struct np_str){ log.p, cut }, (struct np_str){ log.p + cut, log.n - cut });

	FUZZ_CHECK(json_equal(whole, cut_up), "%zu findings in one piece, %zu when cut at %zu",
		   json_array_size(whole), json_array_size(cut_up), cut);
	json_decref(whole);
	json_decref(cut_up);
}

/* ---- what is written of it ---- */

/* The fence that stands around a log is not closed by it: as many are opened as there are texts. */
static void check_fences(const struct np_buf *b)
{
	size_t open = 0, n_fences = 0;

	for (const char *p = np_buf_text(b); *p; p += strcspn(p, "\n"), p += *p == '\n') {
		size_t tildes = strspn(p, "~");

		if (tildes >= 6 && (!open || (tildes >= open && (p[tildes] == '\n' || !p[tildes])))) {
			open = open ? 0 : tildes;
			n_fences++;
		}
	}
	FUZZ_CHECK(!open && n_fences == 4, "%zu fences", n_fences);
}

/* A variable that is set to one quoted word. */
static bool is_setting(struct np_str line)
{
	size_t i = 9;

	if (!np_str_starts(line, "default='"))
		return false;
	while (i < line.n)
		if (line.p[i] != '\'')
			i++;
		else if (line.n - i > 4 && memcmp(line.p + i, "'\\''", 4) == 0)
			i += 4;
		else
			break;
	return i + 1 == line.n;
}

/* Every line is one of a script about nothing, or a setting, or the title behind '#'. */
static void check_script(const struct np_buf *b, const struct np_buf *model)
{
	struct fuzz_in in = { (const uint8_t *)b->data, b->len };
	struct fuzz_in want = { (const uint8_t *)model->data, model->len };

	for (unsigned n = 1; in.n || want.n; n++) {
		struct np_str line = fuzz_until(&in, '\n'), other = fuzz_until(&want, '\n');
		bool same = n == 2 ? np_str_starts(line, "# ") : np_str_eq(line, other);

		FUZZ_CHECK(same || (is_setting(line) && is_setting(other)), "line %u of the script: %.*s", n,
			   NP_STR_ARG(line));
	}
}

static void write_script(const json_t *bug, const struct np_crash *c, struct np_buf *b)
{
	struct np_crash nothing = { .kind = c->kind, .component = COMPONENT, .type = "x", .message = "x" };
	struct np_buf model = { NULL, 0, 0 };
	json_t *other = np_bug_new(&nothing, NP_STR_NONE);

	np_buf_clear(b);
	np_bug_script(bug, b);
	np_bug_script(other, &model);
	fuzz_check_plain(b, "script");
	check_script(b, &model);
	np_buf_release(&model);
	json_decref(other);
}

static void write_list(const json_t *bugs, struct np_buf *b)
{
	for (int f = NP_BUG_TEXT; f <= NP_BUG_SARIF; f++)
		for (int disclose = 0; disclose < 2; disclose++) {
			np_buf_clear(b);
			np_bugs_print(bugs, NP_BUG_DIR, (enum np_bug_format)f, disclose, b);
			if (f == NP_BUG_JSON || f == NP_BUG_SARIF)
				fuzz_check_json(b);
			else if (f == NP_BUG_JUNIT)
				fuzz_check_xml(b);
			else
				fuzz_check_plain(b, "list");
		}
}

static void check_written(const struct np_crash *c, struct np_str log)
{
	json_t *bug = np_bug_new(c, log), *bugs = json_array();
	struct np_buf b = { NULL, 0, 0 };

	np_crash_title(c, &b);
	check_line(np_buf_text(&b), b.len + 1, "title");
	np_buf_clear(&b);
	np_json_dump(bug, 1, &b);
	fuzz_check_json(&b);
	np_buf_clear(&b);
	np_bug_markdown(bug, &b);
	fuzz_check_plain(&b, "report.md");
	check_fences(&b);
	write_script(bug, c, &b);
	json_array_append_new(bugs, bug);
	write_list(bugs, &b);
	np_buf_release(&b);
	json_decref(bugs);
}

/* ---- templates ---- */

/* Printable, cut to what there is room for, and without what a number is. */
static void check_template(struct np_str line)
{
	char full[NP_TEMPLATE_MAX], small[17], other[NP_TEMPLATE_MAX];
	struct np_str copy = fuzz_tight((const uint8_t *)line.p, line.n);

	np_log_template(line, full, sizeof(full));
	check_line(full, sizeof(full), "template");
	np_log_template(line, small, sizeof(small));
	FUZZ_CHECK(strncmp(full, small, sizeof(small) - 1) == 0 && strlen(small) < sizeof(small),
		   "%s cut to %s", full, small);
	for (size_t i = 0; i < copy.n;)
		i = isdigit((unsigned char)copy.p[i]) ? change_digits((char *)copy.p, i, copy.n) + 1 : i + 1;
	np_log_template(copy, other, sizeof(other));
	FUZZ_CHECK(strcmp(full, other) == 0, "%s became %s with other numbers", full, other);
	fuzz_loosen(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct np_str log = fuzz_tight(data, size);
	struct fuzz_in in = { data, size };
	struct np_crashes list = { 0 };

	np_crash_scan(log, COMPONENT, &list);
	check_places(&list, log);
	for (size_t i = 0; i < list.n; i++)
		check_crash(&list.items[i]);
	check_other_numbers(&list, log);
	check_alone(&list, log);
	for (size_t i = 0; i < list.n && i < 2; i++)
		check_written(&list.items[i], log);
	check_pieces(log);
	for (int i = 0; in.n && i < 16; i++)
		check_template(fuzz_until(&in, '\n'));
	np_crashes_release(&list);
	fuzz_loosen(&log);
	return 0;
}
