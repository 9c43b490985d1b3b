/* tls_ciphers.c: the names of cipher suites, and which of them are weak (RFC 7465, RFC 8758, RFC 9325 section
 * 4). */
#include "protocols/tls_hello.h"

static const struct {
	uint16_t number;
	const char *name;
} ciphers[] = {
#define CIPHER(number, name) { number, name },
#include "protocols/tls_ciphers.def"
#undef CIPHER
};

const char *tls_cipher_text(uint16_t cipher)
{
	size_t low = 0, high = sizeof(ciphers) / sizeof(ciphers[0]);

	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (ciphers[middle].number == cipher)
			return ciphers[middle].name;
		if (ciphers[middle].number < cipher)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* The names say it; those of GOST and others say nothing and are not judged. */
const char *tls_cipher_weakness(uint16_t cipher)
{
	static const struct {
		const char *part, *why;
	} weak[] = {
		{ "_NULL_WITH", "neither key exchange nor encryption" },
		{ "_WITH_NULL", "no encryption" },
		{ "_EXPORT", "keys of 40 or 56 bits" },
		{ "_anon_", "nobody proves who he is" },
		{ "_RC4_", "RC4 is broken" },
		{ "_RC2_", "RC2 is broken" },
		{ "_DES_", "DES has keys of 56 bits" },
		{ "_DES40_", "keys of 40 bits" },
		{ "_3DES_", "3DES has blocks of 64 bits" },
		{ "_IDEA_", "IDEA has blocks of 64 bits" },
	};
	const char *const name = tls_cipher_text(cipher);

	for (size_t i = 0; name != NULL && i < sizeof(weak) / sizeof(weak[0]); i++)
		if (strstr(name, weak[i].part) != NULL)
			return weak[i].why;
	return NULL;
}
