/* A name from every place of the input, which is the message. The first two octets choose where to begin.
 * Text is from an allocation of its exact size, so that one octet too many is seen. */
#include "protocols/dns_name.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct span message = span_of(bytes, length), at;
	const size_t from = span_u16(&message);
	char *const text = malloc(DNS_NAME_TEXT);

	if (text == NULL)
		abort();
	at = message;
	span_skip(&at, from);
	while (span_left(at) > 0 && !at.failed) {
		struct span again = at;
		const size_t before = span_left(at);
		const bool good = dns_name_read(message, &at, text);

		if (good && (span_left(at) >= before || strlen(text) >= DNS_NAME_TEXT))
			abort();
		if (good != dns_name_read(message, &again, NULL) || (good && again.at != at.at))
			abort();
	}
	free(text);
	return 0;
}
