'use strict'

const os = require('node:os')
const path = require('node:path')

// Node shows addons the libraries that it carries itself, of other versions. With RTLD_DEEPBIND the addon sees its own
// first. A sanitizer's runtime does not allow it.
const { RTLD_NOW, RTLD_DEEPBIND = 0 } = os.constants.dlopen
const flags = RTLD_NOW | (process.env.LD_PRELOAD ? 0 : RTLD_DEEPBIND)

const addon = { exports: {} }
process.dlopen(addon, path.join(__dirname, '..', 'prebuilt', `${process.platform}-${process.arch}`, 'ignition.node'), flags)

// process.exit() tells addons nothing before it takes away what their threads work with.
process.on('exit', addon.exports.end)

module.exports = addon.exports
