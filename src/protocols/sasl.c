#include "protocols/sasl.h"

#include "base/base64.h"
#include "protocols/text.h"

#include <strings.h>

enum { RESPONSE_LIMIT = 4096 }; /* tokens are long */

/* RFC 5802 7: "n,a=zid,n=user,r=nonce". */
static struct span scram_user(struct span text)
{
	while (span_left(text) > 0) {
		struct span rest = text, part = span_until(&rest, ',');

		if (part.failed)
			break;
		if (span_begins(part, "n=")) {
			span_skip(&part, strlen("n="));
			return part;
		}
		text = rest;
	}
	return span_of(NULL, 0);
}

/* RFC 4616 2: authorization identity, NUL, name, NUL, password. */
static struct span plain_user(struct span text)
{
	(void)span_until(&text, '\0');
	return span_until(&text, '\0');
}

/* RFC 2195 2: name, blank, digest. */
static struct span cram_user(struct span text)
{
	const size_t blank = span_find_last(text, ' ');

	return span_take(&text, blank == SIZE_MAX ? 0 : blank);
}

/* RFC 7628 3.1, RFC 5801 4: "n,a=user,", ^A, "auth=Bearer ...". The name may be missing. */
static struct span bearer_user(struct span text)
{
	struct span name;

	(void)span_until(&text, ',');
	name = span_until(&text, ',');
	if (name.failed || !span_begins(name, "a="))
		return span_of(NULL, 0);
	span_skip(&name, strlen("a="));
	return name;
}

static struct span user_of(const struct sasl *sasl, struct span text)
{
	if (strcasecmp(sasl->mechanism, "PLAIN") == 0)
		return plain_user(text);
	if (strcasecmp(sasl->mechanism, "LOGIN") == 0)
		return text;
	if (strcasecmp(sasl->mechanism, "CRAM-MD5") == 0)
		return cram_user(text);
	if (strncasecmp(sasl->mechanism, "SCRAM-", strlen("SCRAM-")) == 0)
		return scram_user(text);
	if (strcasecmp(sasl->mechanism, "OAUTHBEARER") == 0)
		return bearer_user(text);
	if (strcasecmp(sasl->mechanism, "XOAUTH2") == 0 && span_begins(text, "user=")) {
		span_skip(&text, strlen("user="));
		return span_until(&text, '\001');
	}
	return span_of(NULL, 0);
}

void sasl_begin(struct sasl *sasl, struct span arguments)
{
	const struct span mechanism = text_word(&arguments);

	*sasl = (struct sasl){ .active = true };
	span_copy_text(mechanism, sasl->mechanism, sizeof(sasl->mechanism));
	arguments = text_trim(arguments);
	if (span_left(arguments) > 0)
		sasl_response(sasl, arguments);
}

void sasl_octets(struct sasl *sasl, struct span response)
{
	struct span user;

	if (sasl->responses++ > 0 || response.failed)
		return;
	user = user_of(sasl, response);
	if (!user.failed && text_is_plain(user))
		span_copy_text(user, sasl->user, sizeof(sasl->user));
}

void sasl_response(struct sasl *sasl, struct span line)
{
	uint8_t room[RESPONSE_LIMIT];

	sasl_octets(sasl, base64_read(line, room, sizeof(room)));
	explicit_bzero(room, sizeof(room));
}

bool sasl_is_clear(const struct sasl *sasl)
{
	static const char *const clear[] = { "PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2" };

	for (size_t i = 0; i < sizeof(clear) / sizeof(*clear); i++)
		if (strcasecmp(sasl->mechanism, clear[i]) == 0)
			return true;
	return false;
}

bool sasl_basic_user(struct span credentials, char *user, size_t size)
{
	uint8_t room[RESPONSE_LIMIT];
	struct span text = base64_read(text_trim(credentials), room, sizeof(room));
	const struct span name = span_until(&text, ':');

	user[0] = '\0';
	if (!name.failed && text_is_plain(name))
		span_copy_text(name, user, size);
	explicit_bzero(room, sizeof(room));
	return !name.failed;
}
