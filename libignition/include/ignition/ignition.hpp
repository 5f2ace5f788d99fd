// The whole public surface of the library.
#pragma once

#include "ignition/catalogue.hpp"
#include "ignition/config.hpp"
#include "ignition/context.hpp"
#include "ignition/engine.hpp"
#include "ignition/error.hpp"
#include "ignition/openapi.hpp"
#include "ignition/storage.hpp"
#include "ignition/time.hpp"
#include "ignition/types.hpp"
#include "ignition/uuid.hpp"
#include "ignition/version.hpp"
#include "ignition/wire.hpp"
