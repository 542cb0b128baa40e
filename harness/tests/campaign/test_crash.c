/*
 * test_crash.c - what logs say about a process that died: a table of reports as real programs write
 * them, keys that stay when a release moves lines and addresses, and text that somebody wrote to do
 * harm.
 */
#include "../suite.h"
#include "np/base/json.h"
#include "np/base/rng.h"
#include "np/campaign/crash.h"

struct sample {
	const char *name, *log;
	enum np_crash_kind kind;
	const char *component, *type;
	const char *frames[3];
	size_t n; /* reports in the log; 0: one */
};

static const struct sample samples[] = {
	{ "nil dereference",
	  "I0314 09:26:53.589793       1 sync.go:44] syncing policies\n"
	  "panic: runtime error: invalid memory address or nil pointer dereference\n"
	  "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x17c4e12]\n"
	  "\n"
	  "goroutine 91 [running]:\n"
	  "example.org/cni/agent/pkg/policy.(*Translator).portOf(0xc0004e2000, 0x0, {0x1d3b2a0, "
	  "0x3})\n"
	  "\t/go/src/example.org/cni/agent/pkg/policy/translate.go:214 +0x52\n"
	  "example.org/cni/agent/pkg/policy.(*Translator).Rules.func2.1(...)\n"
	  "\t/go/src/example.org/cni/agent/pkg/policy/translate.go:160\n"
	  "example.org/cni/agent/cmd/agent.main()\n"
	  "\t/go/src/example.org/cni/agent/cmd/agent/main.go:31 +0x3d\n"
	  "created by main.start in goroutine 1\n"
	  "\t/go/src/example.org/cni/agent/main.go:9 +0x11\n"
	  "\ngoroutine 1 [select]:\nmain.wait()\n\t/go/src/main.go:3 +0x1\n",
	  NP_CRASH_DIED,
	  "agent",
	  "nil-deref",
	  { "example.org/cni/agent/pkg/policy.(*Translator).portOf",
	    "example.org/cni/agent/pkg/policy.(*Translator).Rules.func",
	    "example.org/cni/agent/cmd/agent.main" },
	  1 },
	{ "frames of the panic itself",
	  "panic: runtime error: index out of range [3] with length 3 [recovered]\n"
	  "\tpanic: runtime error: index out of range [3] with length 3\n\n"
	  "goroutine 7 [running]:\n"
	  "k8s.io/apimachinery/pkg/util/runtime.HandleCrash({0x0, 0x0, 0x0})\n"
	  "\t/go/pkg/mod/k8s.io/apimachinery@v0.29.1/pkg/util/runtime/runtime.go:56 +0xcd\n"
	  "panic({0x1a2b3c0?, 0xc0000123a8?})\n"
	  "\t/usr/local/go/src/runtime/panic.go:914 +0x21f\n"
	  "example.org/np/ctrl.(*C).sync(0x0)\n"
	  "\t/src/ctrl.go:9 +0x1\n",
	  NP_CRASH_DIED,
	  "agent",
	  "index-out-of-range",
	  { "example.org/np/ctrl.(*C).sync" },
	  1 },
	{ "concurrent map writes",
	  "fatal error: concurrent map writes\n\ngoroutine 33 [running]:\n"
	  "runtime.throw({0x1, 0x2})\n\t/usr/local/go/src/runtime/panic.go:1077 +0x5c fp=0x1\n"
	  "runtime.mapassign_faststr(0x1, 0x2)\n\t/usr/local/go/src/runtime/map_faststr.go:203 "
	  "+0x3\n"
	  "example.org/sdn/node.(*podManager).add(0xc1)\n\t/src/pod.go:2 +0x1\n",
	  NP_CRASH_DIED,
	  "agent",
	  "concurrent-map",
	  { "example.org/sdn/node.(*podManager).add" },
	  1 },
	{ "deadlock",
	  "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\n"
	  "main.main()\n\t/src/main.go:5 +0x1\n",
	  NP_CRASH_DIED,
	  "agent",
	  "deadlock",
	  { "main.main" },
	  1 },
	{ "explicit panic with a name that varies",
	  "panic: cannot parse port of policy npf-000123-x in 10.0.0.1/24: 77\n\ngoroutine 1 "
	  "[running]:\n"
	  "main.f(0x1)\n\t/src/main.go:5 +0x1\n",
	  NP_CRASH_DIED,
	  "agent",
	  "explicit-panic:cannot parse port of policy * in #: #",
	  { "main.f" },
	  1 },
	{ "survived, klog and HandleCrash",
	  "E0314 09:26:53.589793       1 runtime.go:79] Observed a panic: \"invalid memory address "
	  "or nil pointer "
	  "dereference\" (runtime error: invalid memory address or nil pointer dereference)\n"
	  "goroutine 203 [running]:\n"
	  "k8s.io/apimachinery/pkg/util/runtime.logPanic({0x1a2b3c0, 0x3})\n\t/go/runtime.go:75 "
	  "+0x85\n"
	  "panic({0x1a2b3c0, 0x3})\n\t/usr/local/go/src/runtime/panic.go:884 +0x212\n"
	  "example.org/npm/translate.rule({0x0, 0x0})\n\t/src/translate.go:81 +0x9a\n"
	  "\nI0314 09:26:53.600000       1 sync.go:44] syncing policies\n",
	  NP_CRASH_SURVIVED,
	  "agent",
	  "nil-deref",
	  { "example.org/npm/translate.rule" },
	  1 },
	{ "observed, then thrown again",
	  "E0314 09:26:53.589793       1 runtime.go:79] Observed a panic: runtime error: slice "
	  "bounds out of range [:5] "
	  "with capacity 2\n"
	  "goroutine 203 [running]:\n"
	  "k8s.io/apimachinery/pkg/util/runtime.logPanic({0x1a2b3c0, 0x3})\n\t/go/runtime.go:75 "
	  "+0x85\n"
	  "panic({0x1a2b3c0, 0x3})\n\t/usr/local/go/src/runtime/panic.go:884 +0x212\n"
	  "example.org/x.cut(...)\n\t/src/x.go:81\n"
	  "panic: runtime error: slice bounds out of range [:5] with capacity 2 [recovered]\n"
	  "\tpanic: runtime error: slice bounds out of range [:5] with capacity 2\n\n"
	  "goroutine 203 [running]:\n"
	  "panic({0x1a2b3c0, 0x3})\n\t/usr/local/go/src/runtime/panic.go:884 +0x212\n"
	  "example.org/x.cut(...)\n\t/src/x.go:81\n",
	  NP_CRASH_DIED,
	  "agent",
	  "slice-bounds",
	  { "example.org/x.cut" },
	  1 },
	{ "survived, old HandleCrash, which knows files only",
	  "E0314 09:26:53.589793     135 runtime.go:69] Observed a panic: \"close of closed channel\" "
	  "(close of closed channel)\n"
	  "k8s.io/apimachinery@v0.0.0-20190101000000-0123456789ab/pkg/util/runtime/runtime.go:76\n"
	  "runtime/panic.go:860\ninternal/runtime/maps/runtime.go:208\n"
	  "example.org/mesh/agent@v1.9.0+incompatible/rules/set.go:22\n"
	  "example.org/mesh/agent@v1.9.0+incompatible/rules/all.go:427\nruntime/asm_amd64.s:1771\n"
	  "INFO: 2026/11/23 22:44:48.449354 EVENT UpdateNamespace {}\n",
	  NP_CRASH_SURVIVED,
	  "agent",
	  "closed-channel",
	  { "example.org/mesh/agent/rules/set.go", "example.org/mesh/agent/rules/all.go" },
	  1 },
	{ "survived, structured klog",
	  "E0314 09:26:53.589793       1 panic.go:262] \"Observed a panic\" panic=\"runtime error: "
	  "assignment to entry in nil "
	  "map\" panicGoValue=\"...\" stacktrace=<\n"
	  "\tgoroutine 8 [running]:\n"
	  "\tpanic({0x1a2b3c0, 0x3})\n\t\t/usr/local/go/src/runtime/panic.go:884 +0x212\n"
	  "\texample.org/y.(*Set).Add(0xc0)\n\t\t/src/y.go:12 +0x1\n"
	  " >\n",
	  NP_CRASH_SURVIVED,
	  "agent",
	  "nil-map-write",
	  { "example.org/y.(*Set).Add" },
	  1 },
	{ "survived, zap of controller-runtime",
	  "{\"level\":\"error\",\"ts\":\"2026-03-14T09:26:53Z\",\"msg\":\"Observed a "
	  "panic\",\"panic\":\"runtime error: invalid "
	  "memory address or nil pointer dereference\",\"stacktrace\":\"goroutine 5 "
	  "[running]:\\npanic({0x1, 0x2})\\n\\t/usr/"
	  "local/go/src/runtime/panic.go:770 "
	  "+0x1\\nexample.org/npa/controllers.(*PolicyReconciler).Reconcile(0xc0)\\n\\t/"
	  "workspace/controllers/policy.go:77 +0x2\\n\"}\n",
	  NP_CRASH_SURVIVED,
	  "agent",
	  "nil-deref",
	  { "example.org/npa/controllers.(*PolicyReconciler).Reconcile" },
	  1 },
	{ "http server",
	  "2026/03/14 09:26:53 http: panic serving 10.1.2.3:41234: runtime error: integer divide "
	  "by zero\n"
	  "goroutine 5 "
	  "[running]:\nnet/http.(*conn).serve.func1()\n\t/usr/local/go/src/net/http/server.go:1868 "
	  "+0xb9\n"
	  "panic({0x1, 0x2})\n\t/usr/local/go/src/runtime/panic.go:770 "
	  "+0x1\nmain.handle()\n\t/src/main.go:1 +0x1\n",
	  NP_CRASH_SURVIVED,
	  "agent",
	  "divide-by-zero",
	  { "main.handle" },
	  1 },
	{ "logrus panic, repeated by Go as an address",
	  "time=\"2026-03-14T09:26:53Z\" level=panic msg=\"Failed to program rules for "
	  "10.0.0.0/8\" component=agent\n"
	  "panic: (*logrus.Entry) 0xc000122000\n\ngoroutine 11 [running]:\n"
	  "github.com/sirupsen/logrus.(*Entry).log(0xc0, 0x0, {0x1, "
	  "0x2})\n\t/go/pkg/mod/github.com/sirupsen/logrus@v1.9.3/entry.go:260 +0x49c\n"
	  "example.org/felix/dataplane.(*Table).Apply(0xc0)\n\t/go/src/table.go:900 +0x1\n",
	  NP_CRASH_DIED,
	  "agent",
	  "explicit-panic:Failed to program rules for #",
	  { "example.org/felix/dataplane.(*Table).Apply" },
	  1 },
	{ "Felix's own format",
	  "2026-03-14 09:26:53.589 [PANIC][88] felix/table.go 1023: Failed to program iptables, "
	  "giving up after retries\n"
	  "panic: (*logrus.Entry) 0xc000122000\n\ngoroutine 11 [running]:\n"
	  "example.org/felix/iptables.(*Table).Apply(0xc0)\n\t/go/src/table.go:900 +0x1\n",
	  NP_CRASH_DIED,
	  "agent",
	  "explicit-panic:Failed to program iptables, giving up after retries",
	  { "example.org/felix/iptables.(*Table).Apply" },
	  1 },
	{ "klog fatal",
	  "F0314 09:26:53.589793       1 main.go:132] unable to run: exit status 4\n",
	  NP_CRASH_DIED,
	  "agent",
	  "fatal:unable to run: exit status #",
	  { "main.go" },
	  1 },
	{ "time stamps of the runtime before every line",
	  "2026-03-14T09:26:53.589793238Z panic: runtime error: index out of range [0] with length "
	  "0\n"
	  "2026-03-14T09:26:53.589793239Z \n"
	  "2026-03-14T09:26:53.589793240Z goroutine 1 [running]:\n"
	  "2026-03-14T09:26:53.589793241Z main.first(...)\n"
	  "2026-03-14T09:26:53.589793242Z \t/src/main.go:11\n",
	  NP_CRASH_DIED,
	  "agent",
	  "index-out-of-range",
	  { "main.first" },
	  1 },
	{ "AddressSanitizer",
	  "=================================================================\n"
	  "==4242==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000011 at pc "
	  "0x55d bp 0x7ffd sp 0x7ffc\n"
	  "READ of size 1 at 0x602000000011 thread T0\n"
	  "    #0 0x7f1 in __interceptor_memcmp (/lib/libasan.so.8+0x3f)\n"
	  "    #1 0x55d1 in port_parse src/port.c:41:9\n"
	  "    #2 0x55d2 in policy_parse.isra.0 src/policy.c:120\n"
	  "    #3 0x55d3 in main src/main.c:7\n\n"
	  "0x602000000011 is located 0 bytes to the right of 1-byte region\n"
	  "allocated by thread T0 here:\n    #0 0x7f2 in malloc (/lib/libasan.so.8+0x4f)\n    #1 "
	  "0x55d9 in copy src/a.c:1\n\n"
	  "SUMMARY: AddressSanitizer: heap-buffer-overflow src/port.c:41:9 in "
	  "port_parse\n==4242==ABORTING\n",
	  NP_CRASH_DIED,
	  "agent",
	  "asan:heap-buffer-overflow",
	  { "port_parse", "policy_parse", "main" },
	  1 },
	{ "LeakSanitizer",
	  "==9==ERROR: LeakSanitizer: detected memory leaks\n\nDirect leak of 7 byte(s) in 1 "
	  "object(s) allocated from:\n"
	  "    #0 0x7f2 in malloc (/lib/libasan.so.8+0x4f)\n    #1 0x55d9 in copy src/a.c:1\n\n"
	  "SUMMARY: AddressSanitizer: 7 byte(s) leaked in 1 allocation(s).\n",
	  NP_CRASH_LEAK,
	  "agent",
	  "lsan:detected memory leaks",
	  { "copy" },
	  1 },
	{ "UBSan",
	  "src/port.c:17:12: runtime error: signed integer overflow: 2147483647 + 1 cannot be "
	  "represented in type 'int'\n"
	  "    #0 0x55d1 in range_size src/port.c:17:12\n",
	  NP_CRASH_DIED,
	  "agent",
	  "ubsan:signed integer overflow",
	  { "range_size" },
	  1 },
	{ "libFuzzer",
	  "==77== ERROR: libFuzzer: timeout after 25 seconds\n    #0 0x1 in "
	  "__sanitizer_print_stack_trace x\n"
	  "    #1 0x2 in spin src/loop.c:3:1\n",
	  NP_CRASH_HANG,
	  "agent",
	  "libfuzzer:timeout",
	  { "spin" },
	  1 },
	{ "assert",
	  "agent: ../src/set.c:88: set_add: Assertion `s->n < s->cap' failed.\nAborted (core "
	  "dumped)\n",
	  NP_CRASH_DIED,
	  "agent",
	  "assert:set.c",
	  { "set_add" },
	  1 },
	{ "glibc",
	  "*** stack smashing detected ***: terminated\n",
	  NP_CRASH_DIED,
	  "agent",
	  "stack-smashing",
	  { NULL },
	  1 },
	{ "Envoy",
	  "[2026-03-14 09:26:53.589][12][critical][assert] [source/common/filter/ports.cc:55] "
	  "assert failure: lo <= hi. Details: overlap\n"
	  "[2026-03-14 09:26:53.590][12][critical][backtrace] [./source/server/backtrace.h:104] "
	  "Caught Aborted, suspect faulting address 0x1\n",
	  NP_CRASH_DIED,
	  "agent",
	  "assert:ports.cc",
	  { NULL },
	  2 },
	{ "ovs-vswitchd under its monitor",
	  "2026-03-14T09:26:53.589Z|00005|daemon_unix(monitor)|ERR|1 crashes: pid 31 died, killed "
	  "(Segmentation fault), core dumped, restarting\n",
	  NP_CRASH_DIED,
	  "daemon_unix",
	  "signal:Segmentation fault",
	  { NULL },
	  1 },
	{ "Rust, old",
	  "thread 'main' panicked at 'called `Option::unwrap()` on a `None` value', "
	  "src/rules.rs:10:27\n"
	  "stack backtrace:\n   0: rust_begin_unwind\n             at "
	  "/rustc/1/library/std/src/panicking.rs:584:5\n"
	  "   1: core::panicking::panic_fmt\n             at /rustc/1/x.rs:1:1\n"
	  "   2: agent::rules::compile::h0123456789abcdef\n             at ./src/rules.rs:10:27\n",
	  NP_CRASH_DIED,
	  "agent",
	  "explicit-panic:called \"*\" on a \"*\" value",
	  { "agent::rules::compile" },
	  1 },
	{ "Rust, a worker, new",
	  "thread 'tokio-runtime-worker' panicked at src/rules.rs:10:27:\nindex 4 is beyond 2\n"
	  "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n",
	  NP_CRASH_SURVIVED,
	  "agent",
	  "explicit-panic:index # is beyond #",
	  { NULL },
	  1 },
	{ "Python",
	  "Traceback (most recent call last):\n  File \"/code/policy.py\", line 61, in add\n    "
	  "self.rules(p)\n"
	  "  File \"/code/policy.py\", line 80, in rules\n    int(port)\nValueError: invalid "
	  "literal for int() with base 10: 'web'\n",
	  NP_CRASH_DIED,
	  "agent",
	  "python:ValueError",
	  { "rules", "add" },
	  1 },
	{ "kernel",
	  "[ 1234.567890] BUG: kernel NULL pointer dereference, address: 0000000000000010\n"
	  "[ 1234.567891] #PF: supervisor read access in kernel mode\n"
	  "[ 1234.567892] RIP: 0010:nft_rbtree_get+0x12/0x90 [nf_tables]\n"
	  "[ 1234.567893] Call Trace:\n[ 1234.567894]  <TASK>\n[ 1234.567895]  "
	  "nft_lookup_eval+0x6c/0xf0 [nf_tables]\n"
	  "[ 1234.567896]  ? nft_do_chain+0x1/0x2\n[ 1234.567897] ---[ end trace 0000000000000000 "
	  "]---\n",
	  NP_CRASH_DIED,
	  "kernel",
	  "kernel:null-deref",
	  { "nft_rbtree_get", "nft_lookup_eval" },
	  1 },
	{ "kernel, out of memory",
	  "[ 9.1] Memory cgroup out of memory: Killed process 812 (felix) total-vm:1\n",
	  NP_CRASH_OOM,
	  "kernel",
	  "kernel:oom-kill",
	  { NULL },
	  1 },
};

/* What says nothing of a crash, although it sounds like it. */
static const char *const quiet[] = {
	"I0314 09:26:53.589793       1 sync.go:44] policy \"panic: nothing\" was added\n",
	"time=\"2026-03-14T09:26:53Z\" level=info msg=\"panic: is a name\"\n",
	"{\"level\":\"info\",\"msg\":\"don't panic\"}\n",
	"2026-03-14 09:26:53.589 [INFO][88] felix/table.go 1023: [PANIC] handler installed\n",
	"loading file.c:3: nothing to do\n",
	"goroutine 1 [running]:\nmain.main()\n\t/src/main.go:5 +0x1\n",
	"",
};

static void scan(const char *log, struct np_crashes *ret)
{
	*ret = (struct np_crashes){ 0 };
	np_crash_scan(np_str_from(log), "agent", ret);
}

START_TEST(reports_are_read)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(samples); i++) {
		const struct sample *s = &samples[i];
		struct np_crashes c;

		scan(s->log, &c);
		ck_assert_msg(c.n == s->n, "%s: %zu reports", s->name, c.n);
		ck_assert_msg(c.items[0].kind == s->kind, "%s: %s", s->name,
			      np_crash_kind_name(c.items[0].kind));
		ck_assert_msg(strcmp(c.items[0].component, s->component) == 0, "%s: %s", s->name,
			      c.items[0].component);
		ck_assert_msg(strcmp(c.items[0].type, s->type) == 0, "%s: %s", s->name,
			      c.items[0].type);
		for (size_t k = 0; k < 3 && s->frames[k]; k++)
			ck_assert_msg(k < c.items[0].n_frames &&
					      strcmp(c.items[0].frames[k], s->frames[k]) == 0,
				      "%s: frame %zu: %s", s->name, k,
				      k < c.items[0].n_frames ? c.items[0].frames[k] : "none");
		ck_assert_msg(s->frames[0] || c.items[0].n_frames == 0, "%s: %s", s->name,
			      c.items[0].frames[0]);
		np_crashes_release(&c);
	}
}
END_TEST

START_TEST(ordinary_lines_are_none)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(quiet); i++) {
		struct np_crashes c;

		scan(quiet[i], &c);
		ck_assert_msg(c.n == 0, "%s: %s", quiet[i], c.n ? c.items[0].type : "");
		np_crashes_release(&c);
	}
}
END_TEST

static const char *one_key(const char *log, char *key)
{
	struct np_crashes c;

	scan(log, &c);
	ck_assert_uint_eq(c.n, 1);
	np_crash_key(&c.items[0], key);
	np_crashes_release(&c);
	return key;
}

#define PANIC(addr, goroutine, line, path, func)                                                   \
	"panic: runtime error: invalid memory address or nil pointer dereference\n"                \
	"[signal SIGSEGV: segmentation violation code=0x1 addr=" addr " pc=" addr "]\n\n"          \
	"goroutine " goroutine " [running]:\n" func "(" addr ", {" addr "})\n\t" path ":" line     \
	" +0x1\nmain.main()\n\t/src/main.go:" line " +0x1\n"

START_TEST(keys_outlive_a_release)
{
	char a[NP_CRASH_KEY_LEN + 1], b[NP_CRASH_KEY_LEN + 1], first[NP_CRASH_KEY_LEN + 1];
	static const char *const same[] = {
		PANIC("0xc0ffee", "9", "77", "/home/x/f.go", "example.org/p.(*T).Do.func2"),
		PANIC("0x1", "12345", "1", "/go/pkg/mod/example.org/p@v1.2.3/f.go", "example.org/p.(*T).Do.func1.3"),
		PANIC("0x1", "1", "2", "/v/f.go", "github.com/big/one/vendor/example.org/p.(*T).Do.func7"),
		PANIC("0x1", "1", "2", "/v/f.go", "example.org/p/v3.(*T).Do.func7"),
	}, *const others[] = {
		PANIC("0x1", "1", "2", "/v/f.go", "example.org/p.(*U).Do.func7"),
		PANIC("0x1", "1", "2", "/v/f.go", "example.org/p.(*T).Undo"),
	};

	one_key(PANIC("0x0", "1", "10", "/src/f.go", "example.org/p.(*T).Do.func1"), first);
	ck_assert_uint_eq(strlen(first), NP_CRASH_KEY_LEN);
	for (size_t i = 0; i < NP_ARRAY_SIZE(same); i++)
		ck_assert_msg(strcmp(one_key(same[i], a), first) == 0, "%zu: %s", i, same[i]);
	for (size_t i = 0; i < NP_ARRAY_SIZE(others); i++)
		ck_assert_msg(strcmp(one_key(others[i], b), first) != 0, "%zu", i);
}
END_TEST

/* Fixed for good: what campaigns of last year called a bug must find it again. */
START_TEST(keys_are_what_they_were)
{
	struct np_crash c = { .kind = NP_CRASH_DIED,
			      .component = "agent",
			      .type = "nil-deref",
			      .n_frames = 2,
			      .frames = { "a.b", "c.d" } };
	char key[NP_CRASH_KEY_LEN + 1], alt[NP_CRASH_ALT_KEYS][NP_CRASH_KEY_LEN + 1];

	np_crash_key(&c, key);
	ck_assert_str_eq(key, "ddc072503d40");
	np_crash_alt_keys(&c, alt);
	ck_assert_str_ne(alt[0], alt[1]);
	snprintf(c.type, sizeof(c.type), "index-out-of-range");
	np_crash_alt_keys(&c, alt);
	ck_assert_str_ne(alt[0], key);
	np_crash_key_of(NP_CRASH_ENFORCEMENT, "cluster", "over-allow", "ipblock", key);
	ck_assert_str_eq(key, "d3a0b76044a3");
}
END_TEST

static void check_bounded(const struct np_crashes *c, size_t n)
{
	ck_assert_uint_le(c->n, NP_CRASH_MAX);
	for (size_t i = 0; i < c->n; i++) {
		ck_assert_uint_le(c->items[i].end, n);
		ck_assert_uint_lt(c->items[i].start, c->items[i].end);
		for (const char *p = c->items[i].message; *p; p++)
			ck_assert_int_ge(*p, ' ');
	}
}

START_TEST(every_cut_of_every_report)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(samples); i++)
		for (size_t n = 0; n <= strlen(samples[i].log); n++) {
			struct np_crashes c = { 0 };
			np_auto_free char *copy = np_xmalloc(n + 1);

			/* Without a NUL behind it: nobody may read on. */
			memcpy(copy, samples[i].log, n);
			np_crash_scan((struct np_str){ copy, n }, "agent", &c);
			check_bounded(&c, n);
			np_crashes_release(&c);
		}
}
END_TEST

START_TEST(spoilt_reports)
{
	struct np_rng rng;

	np_rng_seed(&rng, 7);
	for (int round = 0; round < 20000; round++) {
		const char *log = samples[np_rng_below(&rng, NP_ARRAY_SIZE(samples))].log;
		size_t n = strlen(log);
		np_auto_free char *copy = np_xmalloc(n);
		struct np_crashes c = { 0 };

		memcpy(copy, log, n);
		for (int k = 0; k < 8; k++)
			copy[np_rng_below(&rng, n)] = (char)np_rng_next(&rng);
		np_crash_scan((struct np_str){ copy, n }, "agent", &c);
		check_bounded(&c, n);
		np_crashes_release(&c);
	}
}
END_TEST

START_TEST(floods_are_bounded)
{
	struct np_buf b = { 0 };
	struct np_crashes c = { 0 };

	for (int i = 0; i < 1000; i++)
		np_buf_printf(&b, "panic: number %d\n\nI am another line\n", i);
	np_crash_scan((struct np_str){ b.data, b.len }, "agent", &c);
	ck_assert_uint_eq(c.n, NP_CRASH_MAX);
	ck_assert_uint_eq(c.n_dropped, 1000 - NP_CRASH_MAX);
	np_crashes_release(&c);
	np_buf_clear(&b);
	/* One line of many megabytes, and a stack without an end. */
	for (int i = 0; i < 300000; i++)
		np_buf_adds(&b, "panic: (((((((((((");
	np_buf_adds(&b, "\npanic: x\n\ngoroutine 1 [running]:\n");
	for (int i = 0; i < 20000; i++)
		np_buf_adds(&b, "main.f()\n\t/src/main.go:5 +0x1\n");
	np_crash_scan((struct np_str){ b.data, b.len }, "agent", &c);
	ck_assert_uint_eq(c.n, 1);
	check_bounded(&c, b.len);
	ck_assert_uint_eq(c.items[0].n_frames, NP_CRASH_FRAMES);
	np_crashes_release(&c);
	np_buf_release(&b);
}
END_TEST

START_TEST(terminals_are_not_repainted)
{
	struct np_crashes c;
	struct np_buf b = { 0 };

	scan("panic: \x1b[31mred\x1b[0m \xff\xfe policy\n", &c);
	ck_assert_uint_eq(c.n, 1);
	np_crash_title(&c.items[0], &b);
	ck_assert_ptr_null(strchr(np_buf_text(&b), '\x1b'));
	ck_assert_ptr_null(strchr(c.items[0].message, '\x1b'));
	np_buf_release(&b);
	np_crashes_release(&c);
}
END_TEST

static const struct {
	const char *line, *template;
} templates[] = {
	{ "2026-03-14 09:26:53.589 [WARNING][88] felix/ipsets.go 319: Failed to update IP sets "
	  "attempt=4 family=\"inet\"",
	  "Failed to update IP sets attempt=# family=\"*\"" },
	{ "E0314 09:26:53.589793       1 np.go:79] Aborting sync of np-npf-x/npf-000017-a: ipset "
	  "exited with 2",
	  "Aborting sync of *: ipset exited with #" },
	{ "plain 10.1.2.3:80 fd00::1 0xdeadbeef 550e8400-e29b-41d4-a716-446655440000 web2",
	  "plain # # # # web#" },
	{ "\"Sync failed\" err=\"exit status 2\"", "\"Sync failed\" err=\"*\"" },
};

START_TEST(templates_have_nothing_that_varies)
{
	char buf[NP_TEMPLATE_MAX];

	for (size_t i = 0; i < NP_ARRAY_SIZE(templates); i++)
		ck_assert_str_eq(np_log_template(np_str_from(templates[i].line), buf, sizeof(buf)),
				 templates[i].template);
}
END_TEST

START_TEST(exits_have_meanings)
{
	ck_assert_str_eq(np_exit_meaning(2, "Error", "agent").type, "go-panic");
	ck_assert(np_exit_meaning(137, "OOMKilled", "agent").kind == NP_CRASH_OOM);
	ck_assert(np_exit_meaning(137, "Error", "agent").kind == NP_CRASH_HANG);
	ck_assert(np_exit_meaning(129, "Error", "calico-node").benign);
	ck_assert(!np_exit_meaning(129, "Error", "agent").benign);
	ck_assert(np_exit_meaning(143, "Error", "agent").benign);
	ck_assert(!np_exit_meaning(77, NULL, NULL).benign);
}
END_TEST

RUN_TESTS("crash", reports_are_read, ordinary_lines_are_none, keys_outlive_a_release,
	  keys_are_what_they_were, every_cut_of_every_report, spoilt_reports, floods_are_bounded,
	  terminals_are_not_repainted, templates_have_nothing_that_varies, exits_have_meanings)
