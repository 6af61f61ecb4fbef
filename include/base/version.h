#ifndef BASE_VERSION_H
#define BASE_VERSION_H

/* Of the product: what --version prints. */
#define VRFY_VERSION "0.1.0"

#endif
