/* crash_frames.c - names of functions without what varies, and without those that only carry the
 * news. */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "crash_parts.h"
#include "np/base/mem.h"

/* Beginnings of frames that say nothing of where a bug is. */
static const char *const go_noise[] = {
	"runtime.",
	"runtime/",
	"panic",
	"sync.",
	"sync/",
	"reflect.",
	"internal/",
	"log.",
	"log/",
	"testing.",
	"k8s.io/apimachinery/pkg/util/runtime.",
	"k8s.io/apimachinery/pkg/util/runtime/",
	"k8s.io/klog",
	"github.com/sirupsen/logrus.",
	"go.uber.org/zap",
	"github.com/go-logr/",
	"sigs.k8s.io/controller-runtime/pkg/internal/controller.(*Controller[...]).Reconcile.func",
	"sigs.k8s.io/controller-runtime/pkg/internal/controller.(*Controller).Reconcile.func",
	"net/http.(*conn).serve.func",
};

static const char *const native_noise[] = {
	"__libc_",
	"__GI_",
	"__assert",
	"__asan",
	"__interceptor_",
	"__sanitizer",
	"__ubsan",
	"__lsan",
	"__hwasan",
	"__msan",
	"__tsan",
	"__stack_chk",
	"__fortify",
	"__pthread",
	"__rust",
	"__cxa_",
	"_start",
	"std::terminate",
	"std::panicking",
	"core::panicking",
	"core::result::unwrap_failed",
	"core::option::",
	"core::ops::function",
	"std::sys",
	"std::rt::",
	"rust_begin_unwind",
	"rust_panic",
	"backtrace::",
	"fuzzer::",
	"LLVMFuzzer",
	"operator new",
	"operator delete",
	"asm_exc_",
	"exc_page_fault",
	"page_fault_oops",
	"do_user_addr_fault",
	"__die",
	"dump_stack",
	"show_regs",
	"__warn",
	"report_bug",
	"watchdog_timer_fn",
	"__hrtimer",
	"hrtimer_interrupt",
};

/* The same, but only as whole names. */
static const char *const native_words[] = {
	"raise",	"abort", "malloc",	 "calloc", "realloc", "free",  "gsignal",
	"pthread_kill", "clone", "start_thread", "killpg", "??",      "panic",
};

static bool begins(const char *s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strncmp(s, list[i], strlen(list[i])) == 0)
			return true;
	return false;
}

static bool is_noise(const char *s, enum frame_style style)
{
	if (style == FRAME_GO)
		return begins(s, go_noise, NP_ARRAY_SIZE(go_noise));
	for (size_t i = 0; i < NP_ARRAY_SIZE(native_words); i++)
		if (strcmp(s, native_words[i]) == 0)
			return true;
	return begins(s, native_noise, NP_ARRAY_SIZE(native_noise));
}

static bool all_digits(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isdigit((unsigned char)p[i]))
			return false;
	return n > 0;
}

/* Takes @n bytes out of @s at @at. */
static void cut(char *s, size_t at, size_t n)
{
	memmove(s + at, s + at + n, strlen(s + at + n) + 1);
}

/* "@v1.2.3" anywhere, "/v3" where a path or a function follows. */
static void cut_versions(char *s)
{
	char *p;

	while ((p = strstr(s, "@v"))) {
		size_t n = 2;

		while (p[n] && p[n] != '/' && p[n] != ')' &&
		       !(p[n] == '.' && isalpha((unsigned char)p[n + 1])))
			n++;
		cut(s, (size_t)(p - s), n);
	}
	for (p = s; (p = strstr(p, "/v")); p++) {
		size_t n = strcspn(p + 2, "/.");

		if (all_digits(p + 2, n) && p[2 + n])
			cut(s, (size_t)(p - s), 2 + n);
	}
}

/* Closures are numbered in the order of the source: f.func2.1 and f.func1 are both f.func. */
static void cut_closures(char *s)
{
	static const char *const marks[] = { ".func", ".gowrap", ".deferwrap" };
	char *p;

	for (size_t i = 0; i < NP_ARRAY_SIZE(marks); i++)
		for (p = s; (p = strstr(p, marks[i])); p++) {
			char *digits = p + strlen(marks[i]);
			size_t n = strspn(digits, "0123456789.");

			if (!isdigit((unsigned char)digits[0]) || digits[n])
				continue;
			p[5] = '\0';
			if (i)
				*p = '\0';
			break;
		}
	p = strstr(s, "-fm");
	if (p && !p[3])
		*p = '\0';
}

static void normalise_go(char *s)
{
	char *open = strrchr(s, '('), *p;

	/* The last bracket is the arguments', unless it is the (*T) of a method value. */
	if (open && open > s && open[-1] != '.')
		*open = '\0';
	while ((p = strstr(s, "/vendor/")))
		memmove(s, p + 8, strlen(p + 8) + 1);
	s[strcspn(s, " ")] = '\0';
	cut_versions(s);
	cut_closures(s);
}

/* What compilers and unwinders put behind a name: kinds of clones, offsets, the object's path. */
static void cut_tails(char *s)
{
	static const char *const tails[] = { ".isra.", ".constprop.", ".part.", ".cold", ".llvm.",
					     "+0x",    " [0x",	      " (/",	" /" };

	for (size_t i = 0; i < NP_ARRAY_SIZE(tails); i++) {
		char *p = strstr(s, tails[i]);

		if (p && p > s)
			*p = '\0';
	}
}

/* Arguments begin at the first bracket that is no part of a name. */
static void cut_arguments(char *s)
{
	for (char *open = s; (open = strchr(open, '(')); open++) {
		bool anonymous = strncmp(open, "(anonymous", 10) == 0;
		bool is_operator = open - s >= 8 && strncmp(open - 8, "operator", 8) == 0;

		if (!anonymous && !is_operator) {
			*open = '\0';
			return;
		}
	}
}

/* "name file.c:1": only C++ has blanks in names. */
static void cut_place(char *s)
{
	if (!strchr(s, '<') && !strstr(s, "(anonymous") && !strstr(s, "operator"))
		s[strcspn(s, " ")] = '\0';
}

/* Rust: name::h0123456789abcdef */
static void cut_hash(char *s)
{
	char *hash = strrchr(s, ':');

	if (hash && hash > s && hash[-1] == ':' && hash[1] == 'h' && strlen(hash) == 18)
		hash[-1] = '\0';
}

static void cut_blanks(char *s)
{
	for (size_t n = strlen(s); n && s[n - 1] == ' ';)
		s[--n] = '\0';
}

static void normalise_native(char *s)
{
	cut_tails(s);
	cut_arguments(s);
	cut_place(s);
	cut_hash(s);
	cut_blanks(s);
}

/* Go's functions have a package in front; nobody's begin with a digit. */
static bool is_name(const char *s, enum frame_style style)
{
	if (style == FRAME_GO)
		return isalpha((unsigned char)s[0]) || s[0] == '_';
	return s[0] && !isdigit((unsigned char)s[0]);
}

void crash_add_frame(struct np_crash *c, struct np_str text, enum frame_style style)
{
	char name[NP_CRASH_LINE_MAX];

	if (c->n_frames == NP_CRASH_FRAMES)
		return;
	str_copy(name, sizeof(name), str_trim(text));
	if (style == FRAME_GO)
		normalise_go(name);
	else
		normalise_native(name);
	if (!is_name(name, style) || is_noise(name, style))
		return;
	snprintf(c->frames[c->n_frames++], NP_CRASH_FRAME_MAX, "%.*s", NP_CRASH_FRAME_MAX - 1,
		 name);
}

struct np_str crash_numbered_frame(struct np_str line)
{
	struct np_str s = str_trim(line);
	bool hash = s.n && s.p[0] == '#';
	size_t n = hash;

	while (n < s.n && isdigit((unsigned char)s.p[n]))
		n++;
	if (n == (size_t)hash || n > 5 || n >= s.n)
		return NP_STR_NONE;
	if (s.p[n] != ':' && !(hash && isspace((unsigned char)s.p[n])))
		return NP_STR_NONE;
	if (s.p[n] == ':')
		n++;
	s = str_trim(str_from(s, n));
	if (np_str_starts(s, "0x")) {
		size_t in = str_find(s, " in ");

		s = in == SIZE_MAX ? str_trim(str_from(s, str_until(s, ' ').n))
				   : str_from(s, in + 4);
		if (np_str_starts(s, "- "))
			s = str_from(s, 2);
	}
	return s;
}
