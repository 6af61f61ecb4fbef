#ifndef MODEL_VERSION_H
#define MODEL_VERSION_H

#define VRFY_VERSION "0.1.0"

#endif
