/* certificate.h: the weaknesses that a certificate can have, for the descriptors that list them. */
#ifndef PROTOCOLS_CERTIFICATE_H
#define PROTOCOLS_CERTIFICATE_H

#include "protocols/protocols.h"

extern const struct weakness tls_certificate_expired, tls_certificate_early, tls_certificate_self_signed,
	tls_certificate_weak_key, tls_certificate_weak_signature;

#endif
