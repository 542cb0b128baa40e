/*
 * values.h - layer mutate: boundary values of every scalar: at and beside each limit that the API
 * server checks, and words that some reader takes for something else. A port that starts with
 * '#' is a number. Included by schema.c alone.
 */
#ifndef NP_HARNESS_MUTATE_VALUES_H
#define NP_HARNESS_MUTATE_VALUES_H

#define A10(c) c c c c c c c c c c
#define A60(c) A10(c) A10(c) A10(c) A10(c) A10(c) A10(c)
#define A62(c) A60(c) c c
#define A63(c) A62(c) c
#define A64(c) A63(c) c
#define A253(c) A63(c) A63(c) A63(c) A62(c) c c

static const char *const mvalues_versions[] = {
	"networking.k8s.io/v1",
};
static const char *const mvalues_bad_versions[] = {
	"",
	"v1",
	"networking.k8s.io",
	"networking.k8s.io/v1beta1",
	"extensions/v1beta1",
	"networking.k8s.io/v1/v1",
	"Networking.k8s.io/v1",
	"networking.k8s.io/v1 ",
	"/v1",
	"networking.k8s.io/",
};
static const char *const mvalues_kinds[] = {
	"NetworkPolicy",
};
static const char *const mvalues_bad_kinds[] = {
	"",    "networkpolicy", "NetworkPolicies", "NetworkPolicyList",
	"Pod", "NETWORKPOLICY", "NetworkPolicy ",  "List",
};
static const char *const mvalues_names[] = {
	"a",	   "0",		  "a-b",     "a.b",
	"default", "kube-system", "1.2.3.4", "x--y",
	"0.0",	   "allow-all",	  "null",    "true",
	"y",	   "1e3",	  "0x10",    "a.b.c.d.e.f.g",
	A63("n"),  A64("n"),	  A253("n"), A62("n") "." A63("n"),
};
static const char *const mvalues_bad_names[] = {
	"",    "A",   "-a",    "a-", "a..b",	 ".a",	"a.", "a_b",	     "a b",
	"a/b", "a\n", "a%2fb", "..", "\xc3\xa4", "a:b", "a*", A253("n") "n", A60("n") ".-" A60("n"),
};
static const char *const mvalues_prefixes[] = {
	"a", "a-", "gen-", "a.b-", "0", A60("g") "-", A253("g"),
};
static const char *const mvalues_bad_prefixes[] = {
	"A", "_a", "a_b", "a..b", "-a", ".", "a b", A253("g") "g",
};
static const char *const mvalues_namespaces[] = {
	"default", "kube-system", "a", "0", "x", A63("s"),
};
static const char *const mvalues_bad_namespaces[] = {
	"A", "a.b", "-a", "a-", "a_b", "a b", A64("s"),
};
static const char *const mvalues_annotations[] = {
	"",
	"a",
	"true",
	"1",
	"null",
	"{}",
	"[]",
	"{\"a\":1}",
	"a: b",
	"# a",
	"- a",
	"a\nb",
	"\ttab",
	" blank ",
	"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
	"'",
	"\"",
	"\\",
	"%",
	"*a",
	"&a",
	"!a",
	"---",
	"...",
	"| a",
	"> a",
	"~",
	"@a",
	"`a",
	"a #b",
	"0x10",
	"12:30:45",
	"<a>",
	"${a}",
	"$(a)",
	"{{a}}",
	"%s%n",
	A253("a") A253("b") A253("c"),
};
static const char *const mvalues_bad_annotations[] = {
	"\xff",
	"\xc0\x80",
	"\xed\xa0\x80",
	"\x01",
};
static const char *const mvalues_finalizers[] = {
	"kubernetes", "orphan", "foregroundDeletion", "example.com/a", "a/b",
};
static const char *const mvalues_bad_finalizers[] = {
	"", "a", "Kubernetes", "a b", "a/b/c", "A/b", "/a", "a/",
};
static const char *const mvalues_types[] = {
	"Ingress",
	"Egress",
};
static const char *const mvalues_bad_types[] = {
	"", "ingress", "INGRESS", "Both", "Ingress ", "All", "egress", "Egres", "*",
};
static const char *const mvalues_cidrs[] = {
	"0.0.0.0/0",
	"::/0",
	"10.0.0.0/8",
	"0.0.0.0/1",
	"128.0.0.0/1",
	"0.0.0.0/32",
	"255.255.255.255/32",
	"127.0.0.0/8",
	"127.0.0.1/32",
	"169.254.169.254/32",
	"169.254.0.0/16",
	"224.0.0.0/4",
	"240.0.0.0/4",
	"10.96.0.1/32",
	"10.96.0.0/12",
	"10.244.0.0/16",
	"192.168.0.0/31",
	"192.168.1.0/24",
	"172.16.0.0/12",
	"100.64.0.0/10",
	"::1/128",
	"::/128",
	"::/1",
	"8000::/1",
	"fe80::/10",
	"ff00::/8",
	"2001:db8::/32",
	"2001:db8::/64",
	"2001:db8::1/128",
	"2001:db8::/127",
	"fd00::/8",
	"64:ff9b::/96",
	"2002::/16",
	"::/96",
	"::1.2.3.4/128",
	"FE80::/10",
	"2001:db8:0:0::/64",
	"0::/0",
	"0:0:0:0:0:0:0:0/0",
	"2001:DB8::/32",
	"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
};
static const char *const mvalues_bad_cidrs[] = {
	"",
	"10.0.0.0",
	"10.0.0.1/8",
	"10.0.0.0/33",
	"10.0.0.0/-1",
	"10.0.0.0/",
	"/8",
	"0/0",
	"10.0.0/8",
	"10/8",
	"256.0.0.0/8",
	"010.0.0.0/8",
	"10.0.0.0/08",
	"10.0.0.0.0/8",
	"10.0.0.0/8/8",
	"::/129",
	"::g/64",
	":::/0",
	"1::2::3/64",
	"fe80::1%eth0/128",
	"[::]/0",
	"::ffff:10.0.0.0/104",
	"::ffff:0:0/96",
	"0000a::/16",
	"2001:db8::1/64",
	"10.0.0.0/4294967304",
	"10.0.0.0/+8",
	"0x0a.0.0.0/8",
	"any",
	"all",
	"localhost/8",
	"10.0.0.0/255.0.0.0",
	"10.0.0.0-10.0.0.9",
	"*",
	" 10.0.0.0/8",
	"10.0.0.0/8 ",
	"10.0.0.0/ 8",
	"10.0.0.0/8\n",
	"10.0.0.0/8,11.0.0.0/8",
	"\xd9\xa1\xd9\xa0.0.0.0/8",
};
static const char *const mvalues_label_values[] = {
	"",	      "a",	 "web",	  "db",	     "0",
	"1",	      "true",	 "false", "null",    "yes",
	"no",	      "y",	 "n",	  "on",	     "off",
	"1.0",	      "1e3",	 "0x10",  "017",     "0o17",
	"2001-01-01", "A.B_c-d", "x--y",  "default", "kube-system",
	"kube-dns",   "e",	 "0.5",	  A63("v"),  "A" A60("-") "Z",
};
static const char *const mvalues_bad_label_values[] = {
	"-",   "a-",  "-a", "_a", "a_",	      ".a",  "a.", "a b", "a/b",      "a:b",
	"a,b", "a=b", "!a", "*",  "\xc3\xa4", "a\n", " ",  "(a)", "12:30:45", A64("v"),
};
static const char *const mvalues_label_keys[] = {
	"app",
	"role",
	"tier",
	"kubernetes.io/metadata.name",
	"kubernetes.io/os",
	"k8s.io/x",
	"k8s-app",
	"a/b",
	"a",
	"0",
	"1.0",
	"y",
	"n",
	"on",
	"null",
	"true",
	"A_b.c-d",
	"app.kubernetes.io/name",
	"io.kubernetes.pod.namespace",
	"io.cilium.k8s.policy.cluster",
	"io.cilium.k8s.namespace.labels.x",
	"k8s.io.cilium.k8s.policy.serviceaccount",
	"projectcalico.org/name",
	"projectcalico.org/namespace",
	"projectcalico.org/orchestrator",
	"pcns.a",
	"pod-template-hash",
	"node-role.kubernetes.io/control-plane",
	"reserved.host",
	"any.x",
	"cidr.0",
	A63("k"),
	A60("p") "." A60("p") "/" A63("k"),
	A253("p") "/" A63("k"),
};
static const char *const mvalues_bad_label_keys[] = {
	"",    "/",   "a/",	  "/a",	    "a/b/c", "A/b",    "-a",
	"a-",  "a b", "a_",	  "a..b/c", "-a/b",  "a_b/c",  "a:b",
	"a=b", "!a",  "\xc3\xa4", "a\n",    " ",     A64("k"), A253("p") "p/a",
};
static const char *const mvalues_operators[] = {
	"In",
	"NotIn",
	"Exists",
	"DoesNotExist",
};
static const char *const mvalues_bad_operators[] = {
	"",   "in",	   "IN",  "Equals",	   "=", "!=", "notin", "exists", "Gt",
	"Lt", "NotExists", "In ", "DoesNotExists",
};
static const char *const mvalues_ports[] = {
	"#1",	    "#2",      "#22",
	"#53",	    "#80",     "#81",
	"#443",	    "#1023",   "#1024",
	"#5432",    "#8080",   "#8181",
	"#9090",    "#32767",  "#32768",
	"#49151",   "#49152",  "#60999",
	"#65534",   "#65535",  "http",
	"a",	    "web-1",   "dns-tcp",
	"8080-tcp", "1a",      "x123456789abcde",
	"a0",	    "metrics", "e1",
	"1e3",	    "0x50",    "y",
	"null",	    "true",
};
static const char *const mvalues_bad_ports[] = {
	"#0",	 "#-1", "#65536", "#65616", "#2147483647",	"#-2147483648", "",    "80",
	"-a",	 "a-",	"a--b",	  "HTTP",   "x123456789abcdef", "a_b",		"a b", "a.b",
	"65536", "-1",	"*",	  "1-2",    "http\n",		"\xc3\xa4",
};
static const char *const mvalues_end_ports[] = {
	"#1",	  "#2",	    "#22",    "#53",	"#80",	  "#81",    "#443",
	"#1023",  "#1024",  "#5432",  "#8080",	"#8181",  "#9090",  "#32767",
	"#32768", "#49151", "#49152", "#60999", "#65534", "#65535",
};
static const char *const mvalues_bad_end_ports[] = {
	"#0", "#-1", "#65536", "#65616", "#2147483647", "#-2147483648",
};
static const char *const mvalues_protocols[] = {
	"TCP",
	"UDP",
	"SCTP",
};
static const char *const mvalues_bad_protocols[] = {
	"",    "tcp",  "Tcp",	 "udp", "ICMP",	 "ICMPv6", "ANY",
	"All", "TCP ", "TCPUDP", "6",	"SCTP6", "*",
};

#endif
