/* netbios.c: RFC 1001 section 14.1. */
#include "protocols/netbios.h"
#include "base/escape.h"

enum { OCTETS = 16 };

bool netbios_name_text(const char *letters, char text[static NETBIOS_TEXT])
{
	uint8_t octets[OCTETS];
	size_t length = OCTETS - 1;

	for (size_t i = 0; i < OCTETS; i++) {
		const char high = letters[2 * i], low = high != '\0' ? letters[2 * i + 1] : '\0';

		if (high < 'A' || high > 'P' || low < 'A' || low > 'P')
			return false;
		octets[i] = (uint8_t)((high - 'A') << 4 | (low - 'A'));
	}
	while (length > 0 && (octets[length - 1] == ' ' || octets[length - 1] == 0))
		length--;
	length = strnlen((const char *)octets, length);
	memcpy(text, octets, length);
	text[length] = '<';
	(void)hex_text(span_of(octets + OCTETS - 1, 1), 0, text + length + 1, 3);
	memcpy(text + length + 3, ">", 2);
	return true;
}
