/* codec.c - layer kube: base64, percent escapes, header safety. */
#include <ctype.h>

#include "codec.h"
#include "np/kube/client.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int sextet(char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

/*
 * EVP_DecodeUpdate() takes blanks and ends silently at '-', EVP_DecodeBlock() counts padding as
 * bytes: hence by hand.
 */
bool np_kube_base64_decode(struct np_str s, struct np_buf *ret)
{
	unsigned bits = 0, n_chars = 0, n_pad = 0;
	size_t start = ret->len;

	for (size_t i = 0; i < s.n; i++) {
		int v = sextet(s.p[i]);

		if (s.p[i] == '\n' || s.p[i] == '\r')
			continue;
		if (s.p[i] == '=')
			n_pad++;
		else if (v < 0 || n_pad)
			goto bad;
		bits = bits << 6 | (v < 0 ? 0 : (unsigned)v);
		if (++n_chars % 4)
			continue;
		if (n_pad > 2)
			goto bad;
		for (unsigned k = 0; k < 3 - n_pad; k++)
			np_buf_addc(ret, (char)(bits >> (16 - 8 * k)));
		bits = 0;
	}
	if (n_chars % 4 == 0 && (!n_pad || n_chars))
		return true;
bad:
	if (ret->data)
		ret->len = start;
	return false;
}

void np_kube_base64_encode(struct np_buf *b, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i += 3) {
		size_t have = n - i < 3 ? n - i : 3;
		unsigned v = (unsigned)p[i] << 16;

		v |= have > 1 ? (unsigned)p[i + 1] << 8 : 0;
		v |= have > 2 ? (unsigned)p[i + 2] : 0;
		for (unsigned k = 0; k < 4; k++)
			np_buf_addc(b, k <= have ? alphabet[v >> (18 - 6 * k) & 63] : '=');
	}
}

bool np_kube_header_safe(struct np_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

void np_kube_escape(struct np_buf *b, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c < 0x80 && isalnum(c)) || (c && strchr("-._~", c)))
			np_buf_addc(b, (char)c);
		else
			np_buf_printf(b, "%%%02X", c);
	}
}

bool np_kube_json_depth_ok(const json_t *v, unsigned max)
{
	json_t *child;
	size_t i;
	void *iter;

	if (!json_is_object(v) && !json_is_array(v))
		return true;
	if (!max)
		return false;
	json_array_foreach((json_t *)v, i, child)
		if (!np_kube_json_depth_ok(child, max - 1))
			return false;
	for (iter = json_object_iter((json_t *)v); iter;
	     iter = json_object_iter_next((json_t *)v, iter))
		if (!np_kube_json_depth_ok(json_object_iter_value(iter), max - 1))
			return false;
	return true;
}
