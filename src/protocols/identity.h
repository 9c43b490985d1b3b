/* identity.h: who asks, where a protocol has a place for it: the User-Agent of HTTP, RTSP and SIP, the name
 * after EHLO and LHLO, the version of SSH. So that who finds it in his logs knows what it was. */
#ifndef PROTOCOLS_IDENTITY_H
#define PROTOCOLS_IDENTITY_H

#define IDENTITY "doorward"

/* As a host's name, which it is not (RFC 6761). */
#define IDENTITY_HOST IDENTITY ".invalid"

#endif
