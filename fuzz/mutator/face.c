/* face.c - what the faces of the mutator share. */
#include "face.h"

#include "np/base/mem.h"
#include "np/parse/encode.h"

static enum np_mutate_format format_of(const char *text)
{
	return !text			   ? NP_MUTATE_SAME
	       : strcmp(text, "json") == 0 ? NP_MUTATE_JSON
	       : strcmp(text, "yaml") == 0 ? NP_MUTATE_YAML
					   : NP_MUTATE_SAME;
}

/* One word, such as valid or valid:70. */
static void take_share(struct face *f, struct np_str word)
{
	const char *colon = memchr(word.p, ':', word.n);
	struct np_str name = { word.p, colon ? (size_t)(colon - word.p) : word.n }, number;
	unsigned long long share = 1;

	number = (struct np_str){ name.p + name.n + 1, colon ? word.n - name.n - 1 : 0 };
	if (colon && !np_str_u64(number, 1000000, &share))
		return;
	for (int i = 0; i < NP_N_MUTATE_MODES; i++)
		if (np_str_is(name, np_mutate_mode_name((enum np_mutate_mode)i)))
			f->shares[i] = (unsigned)share;
}

static bool read_shares(struct face *f, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, ",");

		take_share(f, (struct np_str){ text, n });
		text += n + (text[n] == ',');
	}
	return f->shares[0] || f->shares[1] || f->shares[2];
}

void face_init(struct face *f, uint64_t seed, size_t (*mutate_bytes)(uint8_t *, size_t, size_t))
{
	static const unsigned usual[] = { 70, 15, 15 };
	const char *mode = getenv("NPMUTATE_MODE"), *cidr = getenv("NPMUTATE_CIDR");

	*f = (struct face){ .opts = { .format = format_of(getenv("NPMUTATE_FORMAT")),
				      .legacy_cidrs = cidr && strcmp(cidr, "legacy") == 0,
				      .yaml_to_json = np_yaml_to_json,
				      .mutate_bytes = mutate_bytes } };
	if (!mode || !read_shares(f, mode))
		memcpy(f->shares, usual, sizeof(usual));
	np_rng_seed(&f->rng, seed);
	f->mutator = np_mutator_new(&f->opts);
}

void face_release(struct face *f)
{
	np_mutator_free(f->mutator);
	np_buf_release(&f->stream);
}

static enum np_mutate_mode choose_mode(const struct face *f, uint64_t seed)
{
	struct np_rng rng;
	unsigned at;
	int mode = 0;

	np_rng_seed(&rng, ~seed);
	at = (unsigned)np_rng_below(&rng, (uint64_t)f->shares[0] + f->shares[1] + f->shares[2]);
	while (at >= f->shares[mode])
		at -= f->shares[mode++];
	return (enum np_mutate_mode)mode;
}

/* ---- streams ---- */

/* "---" or "..." at the start of a line ends a document, whatever it is in the middle of. */
static bool is_mark(struct np_str s)
{
	if (s.n < 3 || (memcmp(s.p, "---", 3) != 0 && memcmp(s.p, "...", 3) != 0))
		return false;
	return s.n == 3 || memchr(" \t\r\n", s.p[3], 4);
}

/* More than blanks, comments and directives. */
static bool has_content(struct np_str doc)
{
	bool passed = false;

	for (size_t i = 0; i < doc.n; i++) {
		char c = doc.p[i];

		if (c == '\n')
			passed = false;
		else if (c == '#' || (c == '%' && (!i || doc.p[i - 1] == '\n')))
			passed = true;
		else if (!passed && c != ' ' && c != '\t' && c != '\r')
			return true;
	}
	return false;
}

/* Where the first line behind the one at @at begins; text.n when there is none. */
static size_t line_behind(struct np_str text, size_t at)
{
	const char *end = at < text.n ? memchr(text.p + at, '\n', text.n - at) : NULL;

	return end ? (size_t)(end - text.p) + 1 : text.n;
}

size_t face_split(struct np_str text, struct face_piece ret[FACE_PIECES_MAX])
{
	size_t n = 0, from = 0, at = 0;

	while (from < text.n && n < FACE_PIECES_MAX) {
		struct np_str doc = { text.p + from, 0 };

		while (at < text.n && !is_mark((struct np_str){ text.p + at, text.n - at }))
			at = line_behind(text, at);
		doc.n = at - from;
		if (has_content(doc))
			ret[n++] = (struct face_piece){ { text.p, from },
							doc,
							{ text.p + at, text.n - at } };
		from = at < text.n ? at + 3 : text.n;
		at = line_behind(text, at);
	}
	if (n > 1)
		return n;
	ret[0] = (struct face_piece){ NP_STR_NONE, text, NP_STR_NONE };
	return 1;
}

void face_join(const struct face_piece *piece, struct np_str doc, struct np_buf *ret)
{
	np_buf_addstr(ret, piece->before);
	if (piece->before.n && piece->before.p[piece->before.n - 1] != '\n')
		np_buf_addc(ret, '\n');
	np_buf_addstr(ret, doc);
	if (piece->behind.n && ret->len && ret->data[ret->len - 1] != '\n')
		np_buf_addc(ret, '\n');
	np_buf_addstr(ret, piece->behind);
}

/* Now and then all of @text, of which only the first document is read; and when there is no room. */
static struct face_piece choose_piece(const struct face *f, struct np_str text, size_t max,
				      struct np_rng *rng)
{
	struct face_piece pieces[FACE_PIECES_MAX];
	size_t n = f->opts.format == NP_MUTATE_JSON ? 1 : face_split(text, pieces);
	size_t at = n > 1 ? np_rng_below(rng, n + 1) : n;

	if (at < n && pieces[at].before.n + pieces[at].behind.n + NP_MUTATE_ROOM_BYTES + 2 <= max)
		return pieces[at];
	return (struct face_piece){ NP_STR_NONE, text, NP_STR_NONE };
}

void face_mutate(struct face *f, struct np_str a, struct np_str b, bool cross, uint64_t seed,
		 size_t max, struct np_mutation *ret)
{
	struct face_piece piece;
	struct np_rng rng;
	bool whole;

	np_rng_seed(&rng, seed ^ UINT64_C(0x73747265616d));
	piece = choose_piece(f, a, max, &rng);
	b = choose_piece(f, b, SIZE_MAX, &rng).doc;
	whole = piece.doc.n == a.n;
	np_mutator_set_mode(f->mutator, choose_mode(f, seed));
	np_mutator_set_max_bytes(f->mutator,
				 whole ? max : max - piece.before.n - piece.behind.n - 2);
	if (cross)
		np_mutate_cross(f->mutator, piece.doc, b, seed, ret);
	else
		np_mutate(f->mutator, piece.doc, b, seed, ret);
	if (whole)
		return;
	np_buf_clear(&f->stream);
	face_join(&piece, ret->text, &f->stream);
	ret->text = (struct np_str){ np_buf_text(&f->stream), f->stream.len };
}
