/* anydesk.c: AnyDesk, to its relays and between two of its hosts. All of it is TLS; what shows is the name of
 * the relay that is asked for, and up to TLS 1.2 the certificates, which its program makes or has from its
 * own authority. */
#include "protocols/parse.h"

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)first;
	(void)side;
	(void)transport;
	return NO;
}

static const char *const signs[] = { ".net.anydesk.com", "AnyDesk Client", "AnyNet Relay", "AnyNet Root CA",
				     NULL };

const struct protocol protocol_anydesk = {
	.name = "anydesk",
	.title = "AnyDesk",
	DOORS(TCP(7070)),
	.privacy = PRIVACY_ENCRYPTED,
	.recognise = recognise,
	.only_expected = true,
	.tls_signs = signs,
};
