/* plan.c - selecting cases. */
#include "np/run/plan.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "np/base/file.h"
#include "np/base/mem.h"
#include "np/parse/casefile.h"

static const char *const yaml_suffixes[] = { ".yaml", ".yml", NULL };

/* As a user would write it: without .. and, below the current folder, relative. Takes @dir. */
static char *short_path(char *dir)
{
	np_auto_free char *real = realpath(dir, NULL);
	np_auto_free char *here = getcwd(NULL, 0);
	size_t n = here ? strlen(here) : 0;

	if (!real)
		return dir;
	free(dir);
	if (n && strncmp(real, here, n) == 0 && real[n] == '/')
		return np_xstrdup(real + n + 1);
	return np_xstrdup(real);
}

char *np_plan_suites_dir(void)
{
	static const char *const places[] = { "suites", "../suites", "../../suites",
					      "../share/netpolcheck/suites" };
	const char *env = getenv("NETPOLCHECK_SUITES");
	char exe[4096];
	ssize_t n;
	char *slash;

	if (env && *env)
		return np_xstrdup(env);
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	*slash = '\0';
	for (size_t i = 0; i < NP_ARRAY_SIZE(places); i++) {
		char *dir = np_xasprintf("%s/%s", exe, places[i]);
		np_auto_free char *worlds = np_xasprintf("%s/worlds", dir);

		if (np_is_dir(worlds))
			return short_path(dir);
		free(dir);
	}
	return NULL;
}

static bool has_tag(const struct np_case *c, const char *tag)
{
	for (size_t i = 0; i < c->n_tags; i++)
		if (np_str_is(c->tags[i], tag))
			return true;
	return false;
}

static bool matches_any(const struct np_case *c, const struct np_plan_options *o)
{
	for (size_t i = 0; i < o->n_case_globs; i++)
		if (fnmatch(o->case_globs[i], c->id.p, 0) == 0)
			return true;
	return !o->n_case_globs;
}

static bool selected(const struct np_case *c, const struct np_plan_options *o)
{
	enum np_profile profile = NP_PROFILE_CORE;

	np_profile_parse(c->profile, &profile);
	if (o->profiles && !o->profiles[profile])
		return false;
	if (!matches_any(c, o))
		return false;
	return !o->tag || has_tag(c, o->tag);
}

static int add_file(struct np_plan *p, const char *path, const struct np_plan_options *o,
		    struct np_err *err)
{
	struct np_case c;
	enum np_profile profile;

	if (np_casefile_load(path, &c, err) < 0)
		return -1;
	if (!np_profile_parse(c.profile, &profile)) {
		np_err_set(err, NP_EVALID, "unknown profile '" NP_STR_FMT "'",
			   NP_STR_ARG(c.profile));
		np_err_at(err, path, c.place.line, 0);
		np_case_release(&c);
		return -1;
	}
	if (!selected(&c, o)) {
		np_case_release(&c);
		return 0;
	}
	p->cases = np_grow(p->cases, &p->cap_cases, p->n_cases, sizeof(*p->cases));
	p->cases[p->n_cases++] = c;
	return 0;
}

static int add_path(struct np_plan *p, const char *path, const struct np_plan_options *o,
		    struct np_err *err)
{
	char **files;
	size_t n;
	int rc = 0;

	if (np_files_list(path, yaml_suffixes, &files, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n && rc == 0; i++) {
		const char *below = files[i] + strlen(path) - np_str_ends(np_str_from(path), "/");

		if (!strstr(below, "/worlds/") && !strstr(below, "/profiles/"))
			rc = add_file(p, files[i], o, err);
	}
	np_files_free(files);
	return rc;
}

/* A name is an area of the built-in suites; anything that exists as a path is that path. */
static int add_suite(struct np_plan *p, const char *suite, const struct np_plan_options *o,
		     struct np_err *err)
{
	np_auto_free char *area = NULL;

	if (access(suite, F_OK) == 0)
		return add_path(p, suite, o, err);
	if (o->suites_dir)
		area = np_xasprintf("%s/%s", o->suites_dir, suite);
	if (!area || access(area, F_OK) != 0)
		return np_err_set(
			err, NP_EUSAGE,
			"no suite '%s': neither a path nor an area of the built-in suites", suite);
	return add_path(p, area, o, err);
}

/* Who names several wants each of them: one that is misspelt is not passed over in silence. */
static int refuse_idle_globs(const struct np_plan *p, const struct np_plan_options *o,
			     struct np_err *err)
{
	for (size_t g = 0; g < o->n_case_globs; g++) {
		bool used = false;

		for (size_t i = 0; i < p->n_cases && !used; i++)
			used = fnmatch(o->case_globs[g], p->cases[i].id.p, 0) == 0;
		if (!used)
			return np_err_set(err, NP_EUSAGE,
					  "no case is selected by '%.200s'; 'netpolcheck cases "
					  "list' shows what there is",
					  o->case_globs[g]);
	}
	return 0;
}

static int by_id(const void *a, const void *b)
{
	const struct np_case *x = a, *y = b;

	return np_str_cmp(x->id, y->id);
}

/* Sorts by id alone on the way: in the plan's order a double in another world would be no
 * neighbour. */
static int refuse_doubles(struct np_plan *p, struct np_err *err)
{
	if (p->n_cases)
		qsort(p->cases, p->n_cases, sizeof(*p->cases), by_id);
	for (size_t i = 1; i < p->n_cases; i++)
		if (np_str_eq(p->cases[i].id, p->cases[i - 1].id)) {
			np_err_set(err, NP_EVALID,
				   "case '" NP_STR_FMT "' is there twice; the other is %s",
				   NP_STR_ARG(p->cases[i].id), p->cases[i - 1].place.file);
			return np_err_at(err, p->cases[i].place.file, p->cases[i].place.line, 0);
		}
	return 0;
}

/* ---- tiers ---- */

static bool has_tiers(const struct np_plan_options *o)
{
	np_auto_free char *file = o->suites_dir ? np_xasprintf("%s/tiers.tsv", o->suites_dir) : NULL;

	return file && access(file, F_OK) == 0;
}

static int load_tiers(const struct np_plan_options *o, struct np_tiers *ret, struct np_err *err)
{
	np_auto_free char *file = NULL;

	if (has_tiers(o)) {
		file = np_xasprintf("%s/tiers.tsv", o->suites_dir);
		return np_tiers_load(file, ret, err);
	}
	*ret = (struct np_tiers){ .n_lines = 0 };
	if (o->tier == NP_TIER_SMOKE)
		return np_err_set(err, NP_EUSAGE,
				  "the tier smoke is a choice of the built-in suites, which have no "
				  "tiers.tsv here");
	return 0;
}

/* Where a case comes. */
struct rank {
	enum np_band band;
	size_t line; /* SIZE_MAX: none */
	struct np_case c;
};

static struct rank rank_of(const struct np_tiers *t, const struct np_case *c)
{
	struct rank r = { .line = np_tiers_find(t, c->id), .c = *c };

	if (r.line != SIZE_MAX)
		r.band = t->lines[r.line].tier == NP_TIER_SMOKE ? NP_BAND_SMOKE : NP_BAND_DEFAULT;
	else
		r.band = c->seed ? NP_BAND_GENERATED : NP_BAND_NEW;
	return r;
}

static int by_rank(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;
	int c;

	if (x->band != y->band)
		return x->band < y->band ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	c = np_str_cmp(x->c.world, y->c.world);
	return c ? c : np_str_cmp(x->c.id, y->c.id);
}

/* Brings the cases in order; those that are not of the tier are dropped. */
static void sort_cases(struct np_plan *p, const struct np_tiers *t, enum np_tier tier)
{
	struct rank *ranks = np_xcalloc(p->n_cases + 1, sizeof(*ranks));
	size_t n = 0;

	for (size_t i = 0; i < p->n_cases; i++) {
		ranks[n] = rank_of(t, &p->cases[i]);
		if (tier == NP_TIER_SMOKE && ranks[n].band != NP_BAND_SMOKE)
			np_case_release(&p->cases[i]);
		else
			n++;
	}
	qsort(ranks, n, sizeof(*ranks), by_rank);
	p->bands = np_xcalloc(n + 1, sizeof(*p->bands));
	for (size_t i = 0; i < n; i++) {
		p->cases[i] = ranks[i].c;
		p->bands[i] = ranks[i].band;
	}
	p->n_cases = n;
	free(ranks);
}

static int sort_by_tiers(struct np_plan *p, const struct np_plan_options *o, struct np_err *err)
{
	struct np_tiers tiers;

	if (load_tiers(o, &tiers, err) < 0)
		return -1;
	sort_cases(p, &tiers, o->tier);
	np_tiers_release(&tiers);
	return 0;
}

/* ---- worlds ---- */

const struct np_worldfile *np_plan_world(const struct np_plan *p, struct np_str name)
{
	for (size_t i = 0; i < p->n_worlds; i++)
		if (np_str_eq(p->worlds[i].name, name))
			return &p->worlds[i];
	return NULL;
}

/* A world stands in worlds/ of the built-in suites, or in worlds/ above the case file (a suite of
 * one's own). */
static char *find_world(const struct np_case *c, const char *suites_dir)
{
	const char *file = c->place.file ? c->place.file : "";
	np_auto_free char *dir = np_xasprintf("%s%s", *file == '/' ? "" : "./", file);
	char *slash;

	while ((slash = strrchr(dir, '/'))) {
		char *path;

		*slash = '\0';
		path = np_xasprintf("%s/worlds/" NP_STR_FMT ".yaml", dir, NP_STR_ARG(c->world));
		if (access(path, R_OK) == 0)
			return path;
		free(path);
	}
	return suites_dir ? np_xasprintf("%s/worlds/" NP_STR_FMT ".yaml", suites_dir,
					 NP_STR_ARG(c->world))
			  : NULL;
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int load_world(struct np_plan *p, const char *path, struct np_err *err)
{
	struct np_worldfile w;

	if (np_worldfile_load(path, &w, err) < 0)
		return -1;
	p->worlds = np_grow(p->worlds, &p->cap_worlds, p->n_worlds, sizeof(*p->worlds));
	p->worlds[p->n_worlds++] = w;
	return 0;
}

/* The world of one case, unless it is there already. A second file for the same name is refused:
 * cases, records and reports know worlds by their names. */
static int load_world_of(struct np_plan *p, const struct np_case *c, const char *suites_dir,
			 char ***paths, size_t *cap_paths, struct np_err *err)
{
	np_auto_free char *path = find_world(c, suites_dir);
	const struct np_worldfile *known = np_plan_world(p, c->world);
	const char *loaded = known ? (*paths)[known - p->worlds] : NULL;

	if (!path || access(path, R_OK) != 0) {
		np_err_set(err, NP_EUSAGE, "no world '" NP_STR_FMT "' in a worlds folder",
			   NP_STR_ARG(c->world));
		return np_err_at(err, c->place.file, c->place.line, 0);
	}
	if (known && !same_file(path, loaded)) {
		np_err_set(err, NP_EUSAGE,
			   "world '" NP_STR_FMT "' is %s for this case and %s for another; rename "
			   "one of the two, or run their suites apart",
			   NP_STR_ARG(c->world), path, loaded);
		return np_err_at(err, c->place.file, c->place.line, 0);
	}
	if (known)
		return 0;
	if (load_world(p, path, err) < 0)
		return -1;
	*paths = np_grow(*paths, cap_paths, p->n_worlds - 1, sizeof(**paths));
	(*paths)[p->n_worlds - 1] = np_xstrdup(path);
	return 0;
}

static int load_worlds(struct np_plan *p, const char *suites_dir, struct np_err *err)
{
	char **paths = NULL; /* one for each of p->worlds */
	size_t cap = 0;
	int rc = 0;

	for (size_t i = 0; i < p->n_cases && rc == 0; i++)
		rc = load_world_of(p, &p->cases[i], suites_dir, &paths, &cap, err);
	for (size_t i = 0; i < p->n_worlds && paths; i++)
		free(paths[i]);
	free(paths);
	return rc;
}

static int take_cases(struct np_plan *p, const struct np_plan_options *o, struct np_err *err)
{
	int rc = 0;

	if (!o->n_suites && !o->suites_dir)
		return np_err_set(
			err, NP_EUSAGE,
			"cannot find the suites folder; set NETPOLCHECK_SUITES or use --suite");
	if (!o->n_suites)
		rc = add_path(p, o->suites_dir, o, err);
	for (size_t i = 0; i < o->n_suites && rc == 0; i++)
		rc = add_suite(p, o->suites[i], o, err);
	return rc;
}

int np_plan_load(const struct np_plan_options *o, struct np_plan *ret, struct np_err *err)
{
	struct np_plan p = { 0 };
	int rc = take_cases(&p, o, err);

	if (rc == 0)
		rc = refuse_doubles(&p, err);
	if (rc == 0)
		rc = sort_by_tiers(&p, o, err);
	if (rc == 0 && !p.n_cases)
		rc = np_err_set(
			err, NP_EUSAGE,
			"no case is selected; 'netpolcheck cases list' shows what there is");
	if (rc == 0)
		rc = refuse_idle_globs(&p, o, err);
	if (rc == 0)
		rc = load_worlds(&p, o->suites_dir, err);
	if (rc < 0) {
		np_plan_release(&p);
		return -1;
	}
	*ret = p;
	return 0;
}

void np_plan_release(struct np_plan *p)
{
	for (size_t i = 0; i < p->n_cases; i++)
		np_case_release(&p->cases[i]);
	for (size_t i = 0; i < p->n_worlds; i++)
		np_worldfile_release(&p->worlds[i]);
	free(p->cases);
	free(p->bands);
	free(p->worlds);
	*p = (struct np_plan){ 0 };
}
