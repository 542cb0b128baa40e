/* Addresses of services, and what else the API server fills in. The contract is in services.h. */
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "services_private.h"

#define N_NUMBERS 65534U /* of 65,536 in both ranges, the first and the last are not used */

static const char *const family_names[2] = { "IPv4", "IPv6" };
static const char *const ranges[2] = { NP_SERVICES_CIDR4, NP_SERVICES_CIDR6 };

static struct np_addr numbered(unsigned family, unsigned number)
{
	struct np_cidr range = { 0 };
	struct np_addr ip = { 0 };

	np_cidr_parse(np_str_from(ranges[family]), &range);
	np_addr_add(&range.addr, number, &ip);
	return ip;
}

static bool in_range(const struct np_addr *ip)
{
	struct np_addr net;
	struct np_cidr range;

	np_cidr_parse(np_str_from(ranges[ip->width == 16]), &range);
	net = np_addr_mask(ip, range.prefix_bits);
	return np_addr_eq(&net, &range.addr);
}

static bool same_object(const json_t *a, const json_t *b)
{
	return strcmp(np_json_str(a, "metadata/name", ""), np_json_str(b, "metadata/name", "")) ==
		       0 &&
	       strcmp(np_json_str(a, "metadata/namespace", ""),
		      np_json_str(b, "metadata/namespace", "")) == 0;
}

/* Does a service of @list other than @self have it? */
static bool is_taken(const json_t *list, const json_t *self, const struct np_addr *ip)
{
	size_t i;
	json_t *other;

	json_array_foreach(list, i, other) {
		struct np_addr theirs;

		if (!same_object(other, self) &&
		    np_svc_list_ip(np_json_at(other, "spec/clusterIPs"), ip->width == 16,
				   &theirs) &&
		    np_addr_eq(&theirs, ip))
			return true;
	}
	return false;
}

static void set_default(json_t *o, const char *key, const char *value)
{
	if (!json_is_string(json_object_get(o, key)))
		json_object_set_new(o, key, json_string(value));
}

/* Which families, in which order; neither when the field holds something else. */
static int read_families(const json_t *spec, unsigned ret[2], size_t *ret_n, struct np_err *err)
{
	const json_t *list = json_object_get(spec, "ipFamilies");
	const char *policy =
		np_json_str(spec, "ipFamilyPolicy",
			    json_array_size(list) == 1 ? "SingleStack" : "PreferDualStack");
	size_t n = 0;
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item) {
		const char *name = json_is_string(item) ? json_string_value(item) : "";
		unsigned family = strcmp(name, family_names[1]) == 0;

		if (n == 2 || strcmp(name, family_names[family]) != 0 ||
		    (n == 1 && ret[0] == family)) {
			np_err_set(err, NP_EVALID, "'%s' is not IPv4 or IPv6, or is there twice",
				   name);
			return np_err_path(err, "spec.ipFamilies[%zu]", i);
		}
		ret[n++] = family;
	}
	if (n == 0)
		ret[n++] = 0;
	if (n == 1 && strcmp(policy, "SingleStack") != 0)
		ret[n++] = !ret[0];
	*ret_n = strcmp(policy, "SingleStack") == 0 ? 1 : n;
	return 0;
}

/* spec.clusterIPs, or the single spec.clusterIP. Borrowed; NULL when none is asked for. */
static const char *asked(const json_t *spec, size_t i)
{
	const json_t *list = json_object_get(spec, "clusterIPs");
	const char *text = json_string_value(json_array_get(list, i));

	if (!text && i == 0 && json_array_size(list) == 0)
		text = np_json_str(spec, "clusterIP", NULL);
	return text && *text ? text : NULL;
}

static int check_asked(const json_t *list, const json_t *service, const char *text, unsigned family,
		       size_t i, struct np_addr *ret, struct np_err *err)
{
	struct np_addr ip;

	if (!np_addr_parse(np_str_from(text), &ip) || (ip.width == 16) != (family == 1) ||
	    !in_range(&ip))
		np_err_set(err, NP_EVALID, "'%s' is not an address of %s", text, ranges[family]);
	else if (is_taken(list, service, &ip))
		np_err_set(err, NP_EVALID, "'%s' belongs to another service", text);
	else {
		*ret = ip;
		return 0;
	}
	return np_err_path(err, "spec.clusterIPs[%zu]", i);
}

/*
 * A number free in both ranges. Handed out in turn, so that two callers never get the same before
 * either is stored.
 */
static int take_number(struct np_services *s, const json_t *list, const json_t *service,
		       unsigned *ret, struct np_err *err)
{
	unsigned number = 0;
	bool found = false;

	pthread_mutex_lock(&s->lock);
	for (unsigned tries = 0; tries < N_NUMBERS && !found; tries++) {
		struct np_addr ip[2];

		number = s->next_number;
		s->next_number = number % N_NUMBERS + 1;
		ip[0] = numbered(0, number);
		ip[1] = numbered(1, number);
		found = !is_taken(list, service, &ip[0]) && !is_taken(list, service, &ip[1]);
	}
	pthread_mutex_unlock(&s->lock);
	if (!found)
		return np_err_set(err, NP_ELIMIT, "no service address is left");
	*ret = number;
	return 0;
}

static void set_ips(json_t *spec, json_t *ips, const unsigned *families, size_t n)
{
	json_t *names = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(names, json_string(family_names[families[i]]));
	json_object_set(spec, "clusterIP", json_array_get(ips, 0));
	json_object_set_new(spec, "clusterIPs", ips);
	json_object_set_new(spec, "ipFamilies", names);
	set_default(spec, "ipFamilyPolicy", n == 2 ? "PreferDualStack" : "SingleStack");
}

static int allocate(struct np_services *s, json_t *service, json_t *spec, const json_t *list,
		    struct np_err *err)
{
	unsigned families[2] = { 0, 0 };
	unsigned number = 0;
	json_t *ips;
	size_t n = 0;

	if (read_families(spec, families, &n, err) < 0)
		return -1;
	if (s->ipv4_only && families[0] == 1) {
		np_err_set(err, NP_EVALID, "the kernel under the sandbox has no IPv6");
		return np_err_path(err, "spec.ipFamilies[0]");
	}
	if (s->ipv4_only)
		n = 1;
	if (asked(spec, 0) && strcmp(asked(spec, 0), "None") == 0) {
		set_ips(spec, np_json_pack("[s]", "None"), families, n);
		return 0;
	}
	if (asked(spec, 0) && !np_json_at(spec, "ipFamilies"))
		families[0] = strchr(asked(spec, 0), ':') != NULL;
	families[1] = !families[0];
	if ((!asked(spec, 0) || (n == 2 && !asked(spec, 1))) &&
	    take_number(s, list, service, &number, err) < 0)
		return -1;
	ips = json_array();
	for (size_t i = 0; i < n; i++) {
		struct np_addr ip = numbered(families[i], number);
		char text[NP_ADDR_TEXT_MAX];

		if (asked(spec, i) &&
		    check_asked(list, service, asked(spec, i), families[i], i, &ip, err) < 0) {
			json_decref(ips);
			return -1;
		}
		json_array_append_new(ips, json_string(np_addr_text(&ip, text)));
	}
	set_ips(spec, ips, families, n);
	return 0;
}

static void default_ports(const json_t *spec)
{
	size_t i;
	json_t *port;

	json_array_foreach(json_object_get(spec, "ports"), i, port) {
		if (!json_is_object(port))
			continue;
		set_default(port, "protocol", "TCP");
		if (!json_object_get(port, "targetPort") &&
		    json_is_integer(json_object_get(port, "port")))
			json_object_set(port, "targetPort", json_object_get(port, "port"));
	}
}

int np_services_allocate(struct np_services *s, json_t *service, struct np_err *err)
{
	json_t *spec = json_object_get(service, "spec");
	json_t *list;
	int rc = 0;

	if (!json_is_object(spec)) {
		np_err_set(err, NP_EVALID, "a service needs a spec");
		return np_err_path(err, "spec");
	}
	set_default(spec, "type", "ClusterIP");
	set_default(spec, "sessionAffinity", "None");
	default_ports(spec);
	if (strcmp(np_json_str(spec, "type", ""), "ExternalName") == 0)
		return 0;
	set_default(spec, "internalTrafficPolicy", "Cluster");
	list = np_store_list(s->store, NP_KIND_SERVICE, NULL, NULL);
	rc = allocate(s, service, spec, list, err);
	json_decref(list);
	return rc;
}
