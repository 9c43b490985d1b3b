/* certificate.c: what a server's certificate says of it (RFC 5280), and how weak it is. */
#include "protocols/certificate.h"
#include "base/address.h"
#include "base/escape.h"
#include "base/hash.h"
#include "base/openssl_calls.h"
#include "protocols/lines.h"
#include "protocols/tls.h"

#include <stdlib.h>
#include <threads.h>
#include <time.h>

const struct weakness tls_certificate_expired = {
	"tls-certificate-expired",
	"the certificate has expired",
	2,
	"Renew the certificate, and have it renewed before its end from now on.",
};
const struct weakness tls_certificate_early = {
	"tls-certificate-early",
	"the certificate is not valid yet",
	3,
	"Check the clock of this machine and the dates in the certificate.",
};
const struct weakness tls_certificate_self_signed = {
	"tls-certificate-self-signed",
	"the certificate is signed by itself",
	4,
	"Use a certificate from an authority that the clients know.",
};
const struct weakness tls_certificate_weak_key = {
	"tls-certificate-weak-key",
	"the certificate's key is too short",
	2,
	"Make a new key: RSA of 2048 bits or more, or an elliptic curve of 224 or more (NIST SP 800-131A).",
};
const struct weakness tls_certificate_weak_signature = {
	"tls-certificate-weak-signature",
	"the certificate is signed with a broken hash",
	2,
	"Have it signed with SHA-256 or better: MD5 and SHA-1 signatures can be forged (RFC 6151, RFC 9155).",
};

enum { SECURITY_BITS_LEAST = 112, HASH_BITS_LEAST = 112, NAMES_LIMIT = 64, NAMES = 2048 };

/* What one certificate says at any time. */
struct reading {
	struct answer answer;     /* facts, and weaknesses but those of its dates */
	char names[NAMES];        /* texts: all that it is for; the fact holds the first of them */
	int64_t begins_s, ends_s; /* since 1970; all time where they cannot be read */
};

/* Servers show the same certificate to everybody, and reading one costs more than all else in a handshake:
 * those read last are kept, with all their octets, as a hash alone could be forged. */
enum { KEPT_SETS = 64, KEPT_WAYS = 4, KEPT_OCTETS = 4096 };
struct kept {
	size_t length; /* 0: empty */
	uint8_t der[KEPT_OCTETS];
	struct reading reading;
};

/* Where a certificate may be kept is made of its hash. */
struct kept_set {
	struct kept ways[KEPT_WAYS];
	unsigned oldest;
};

/* Each thread has its own, from its first certificate to its end. */
static tss_t kept_key;
static bool has_kept_key;

static void make_kept_key(void)
{
	has_kept_key = tss_create(&kept_key, free) == thrd_success;
}

/* NULL without memory. */
static struct kept_set *kept_sets(void)
{
	static once_flag once = ONCE_FLAG_INIT;
	struct kept_set *sets;

	call_once(&once, make_kept_key);
	if (!has_kept_key)
		return NULL;
	sets = tss_get(kept_key);
	if (sets == NULL) {
		sets = calloc(KEPT_SETS, sizeof(*sets));
		if (tss_set(kept_key, sets) != thrd_success) {
			free(sets);
			sets = NULL;
		}
	}
	return sets;
}

static void tell_name(struct answer *answer, const char *key, const X509_NAME *name)
{
	BIO *const text = BIO_new(BIO_s_mem());
	char *bytes;
	long length;

	if (text == NULL)
		return;
	if (X509_NAME_print_ex(text, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0 &&
	    (length = BIO_get_mem_data(text, &bytes)) > 0)
		answer_fact(answer, key, span_of(bytes, (size_t)length));
	BIO_free(text);
}

static int64_t tell_time(struct answer *answer, const char *key, const ASN1_TIME *time, int64_t otherwise)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1)
		return otherwise;
	answer_fact_format(answer, key, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
			   tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return timegm(&tm);
}

/* RFC 5280 4.2.1.6. Addresses have four octets or sixteen. Empty for the other kinds. */
static struct span name_of(const GENERAL_NAME *name, char text[static ADDRESS_TEXT])
{
	const ASN1_STRING *const value = name->type == GEN_DNS     ? name->d.dNSName
					 : name->type == GEN_EMAIL ? name->d.rfc822Name
					 : name->type == GEN_URI   ? name->d.uniformResourceIdentifier
					 : name->type == GEN_IPADD ? name->d.iPAddress
								   : NULL;
	struct span octets = span_of(NULL, 0);
	struct address address;

	if (value != NULL)
		octets = span_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
	if (name->type != GEN_IPADD)
		return octets;
	if (span_left(octets) == sizeof(address.bytes))
		address = address_v6(octets.at);
	else if (span_left(octets) == 4)
		address = address_v4(span_u32(&octets));
	else
		return span_of(NULL, 0);
	return span_text(address_text(&address, text));
}

/* The names that it is for: "www.example.net", "192.0.2.1". */
static void tell_alternative_names(struct reading *reading, const X509 *certificate)
{
	GENERAL_NAMES *const names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	char text[ADDRESS_TEXT];

	for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names) && i < NAMES_LIMIT; i++)
		(void)texts_add(reading->names, sizeof(reading->names),
				name_of(sk_GENERAL_NAME_value(names, i), text));
	answer_texts(&reading->answer, "subjectaltname", reading->names);
	GENERAL_NAMES_free(names);
}

static void tell_fingerprint(struct answer *answer, const X509 *certificate)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	char text[3 * EVP_MAX_MD_SIZE + 1];

	if (X509_digest(certificate, EVP_sha1(), digest, &size) != 1)
		return;
	answer_fact(answer, "fingerprint",
		    span_text(hex_text(span_of(digest, size), ':', text, sizeof(text))));
}

/* EVE writes it in octets: "0A:1B". */
static void tell_serial(struct answer *answer, const X509 *certificate)
{
	const ASN1_INTEGER *const serial = X509_get0_serialNumber(certificate);
	char text[FACT_VALUE];

	answer_fact(
		answer, "serial",
		span_text(hex_text(span_of(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)),
				   ':', text, sizeof(text))));
}

static void judge_dates(struct answer *answer, const struct reading *reading, int64_t now)
{
	if (reading->ends_s <= now)
		answer_weakness(answer, &tls_certificate_expired, "it ended at %s",
				answer_get(&reading->answer, "notafter"));
	if (reading->begins_s > now)
		answer_weakness(answer, &tls_certificate_early, "it begins at %s",
				answer_get(&reading->answer, "notbefore"));
}

static void judge_key(struct answer *answer, const X509 *certificate)
{
	const EVP_PKEY *const key = X509_get0_pubkey(certificate);
	const char *const kind = key != NULL ? EVP_PKEY_get0_type_name(key) : NULL;

	if (kind == NULL)
		return;
	answer_fact_format(answer, "key", "%s %d", kind, EVP_PKEY_get_bits(key));
	if (EVP_PKEY_get_security_bits(key) < SECURITY_BITS_LEAST)
		answer_weakness(answer, &tls_certificate_weak_key, "%s with %d bits", kind,
				EVP_PKEY_get_bits(key));
}

/* A certificate that is its own issuer proves nothing by its signature, whatever the hash. */
static void judge_signature(struct answer *answer, X509 *certificate)
{
	const char *const algorithm = OBJ_nid2ln(X509_get_signature_nid(certificate));
	int bits = 0;

	answer_fact(answer, "signature_algorithm", span_text(algorithm != NULL ? algorithm : ""));
	if (X509_self_signed(certificate, 0) == 1) {
		answer_weakness(answer, &tls_certificate_self_signed, "issued by %s to itself",
				answer_get(answer, "subject") != NULL ? answer_get(answer, "subject")
								      : "a nameless");
		return;
	}
	if (X509_get_signature_info(certificate, NULL, NULL, &bits, NULL) == 1 && bits > 0 &&
	    bits < HASH_BITS_LEAST)
		answer_weakness(answer, &tls_certificate_weak_signature, "signed with %s",
				algorithm != NULL ? algorithm : "an old hash");
}

static void read_certificate(struct reading *reading, struct span der)
{
	const unsigned char *at = der.at;
	X509 *const certificate = openssl_load(NULL) ? d2i_X509(NULL, &at, (long)span_left(der)) : NULL;
	struct answer *const answer = &reading->answer;

	answer->fact_count = answer->weakness_count = 0;
	memset(reading->names, 0, sizeof(reading->names));
	reading->begins_s = INT64_MIN;
	reading->ends_s = INT64_MAX;
	if (certificate == NULL)
		return;
	tell_name(answer, "subject", X509_get_subject_name(certificate));
	tell_name(answer, "issuerdn", X509_get_issuer_name(certificate));
	tell_serial(answer, certificate);
	tell_alternative_names(reading, certificate);
	tell_fingerprint(answer, certificate);
	reading->begins_s = tell_time(answer, "notbefore", X509_get0_notBefore(certificate), INT64_MIN);
	reading->ends_s = tell_time(answer, "notafter", X509_get0_notAfter(certificate), INT64_MAX);
	judge_key(answer, certificate);
	judge_signature(answer, certificate);
	X509_free(certificate);
}

static const struct kept *find_kept(const struct kept_set *set, struct span der)
{
	for (unsigned i = 0; i < KEPT_WAYS; i++) {
		const struct kept *const way = &set->ways[i];

		if (way->length == span_left(der) && memcmp(way->der, der.at, way->length) == 0)
			return way;
	}
	return NULL;
}

/* From what is kept, or read into it; into `other` what is too long to be kept. */
static const struct reading *reading_of(struct span der, struct reading *other)
{
	const size_t length = span_left(der);
	struct kept_set *const sets = length > 0 && length <= KEPT_OCTETS ? kept_sets() : NULL, *set;
	const struct kept *found;
	struct kept *place;

	if (sets == NULL) {
		read_certificate(other, der);
		return other;
	}
	set = &sets[hash_bytes(der.at, length) % KEPT_SETS];
	found = find_kept(set, der);
	if (found != NULL)
		return &found->reading;
	place = &set->ways[set->oldest++ % KEPT_WAYS];
	place->length = length;
	memcpy(place->der, der.at, length);
	read_certificate(&place->reading, der);
	return &place->reading;
}

void tls_tell_certificate(struct answer *answer, struct span der, int64_t now)
{
	struct reading other = { .ends_s = 0 };
	const struct reading *const reading = reading_of(der, &other);

	for (size_t i = 0; i < reading->answer.fact_count; i++)
		answer_fact(answer, reading->answer.facts[i].key, span_text(reading->answer.facts[i].value));
	for (size_t i = 0; i < reading->answer.weakness_count; i++)
		answer_weakness(answer, reading->answer.weaknesses[i].weakness, "%s",
				reading->answer.weaknesses[i].evidence);
	judge_dates(answer, reading, now);
}

void certificate_write(struct json *json, struct span der)
{
	struct reading other;
	const struct reading *const reading = reading_of(der, &other);

	for (size_t i = 0; i < reading->answer.fact_count; i++) {
		const struct fact *const fact = &reading->answer.facts[i];

		if (strcmp(fact->key, "subjectaltname") == 0)
			emit_texts(json, "subjectaltname", reading->names);
		else
			json_text(json, fact->key, fact->value);
	}
}

void certificate_judge(struct parse *parse, struct span der, int64_t now)
{
	struct reading other;
	const struct reading *const reading = reading_of(der, &other);
	struct answer dates; /* large: but its counts nothing of it need be cleared */

	dates.fact_count = dates.weakness_count = 0;
	judge_dates(&dates, reading, now);
	for (size_t i = 0; i < dates.weakness_count; i++)
		parse_weakness(parse, dates.weaknesses[i].weakness, "%s", dates.weaknesses[i].evidence);
	for (size_t i = 0; i < reading->answer.weakness_count; i++)
		parse_weakness(parse, reading->answer.weaknesses[i].weakness, "%s",
			       reading->answer.weaknesses[i].evidence);
}
