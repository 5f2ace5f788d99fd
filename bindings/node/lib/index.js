'use strict'

const addon = require('./addon.js')
const { IgnitionError } = require('./errors.js')
const { addOperations } = require('./operations.js')
const { refuse, textOf, toJson } = require('./values.js')

const LOCAL_USER = addon.localUser

/** Runs `work`; what the library refuses is thrown as an IgnitionError. */
function refusing(work) {
  try {
    return work()
  } catch (thrown) {
    throw IgnitionError.of(thrown)
  }
}

function optional(value, field) {
  return value === undefined || value === null ? undefined : textOf(value, field)
}

/** Options of a call: an object, or nothing. */
function optionsOf(options) {
  if (options === undefined || options === null) return {}
  if (typeof options !== 'object') refuse('options', 'wrong_type', 'must be an object')
  return options
}

/** Operations on behalf of somebody: `caller.focus.start({...})`, or by name `caller.call('focus.start', {...})`. */
class Caller {
  #store
  #user

  constructor(store, user) {
    this.#store = store
    this.#user = user
  }

  async json(operation, input, options) {
    try {
      const key = options === undefined ? undefined : optional(optionsOf(options).idempotencyKey, 'idempotencyKey')
      return await addon.call(this.#store, this.#user, textOf(operation, 'operation'), toJson(input), key)
    } catch (thrown) {
      throw IgnitionError.of(thrown)
    }
  }

  async call(operation, input, options) {
    return JSON.parse(await this.json(operation, input, options))
  }

  async answer(operation, input, options) {
    try {
      const given = optionsOf(options)
      const key = optional(given.idempotencyKey, 'idempotencyKey')
      let known = optional(given.ifNoneMatch, 'ifNoneMatch') ?? ''
      if (known !== '' && known !== '*' && !known.includes('"')) known = `"${known}"`
      const [json, status, etag, notModified, replayed] = await addon.call(
        this.#store, this.#user, textOf(operation, 'operation'), toJson(input), key, known)
      return { output: notModified ? null : JSON.parse(json), status, etag, notModified, replayed }
    } catch (thrown) {
      throw IgnitionError.of(thrown)
    }
  }
}
addOperations(Caller, addon.operations)

/** Operations on behalf of a user. */
class User extends Caller {
  #id

  constructor(store, id) {
    super(store, id)
    this.#id = id
  }

  get id() {
    return this.#id
  }
}

/** An open store; itself a caller for system operations. */
class Ignition extends Caller {
  #store
  #closing

  constructor(store) {
    super(store, undefined)
    this.#store = store
  }

  asUser(id) {
    return new User(this.#store, refusing(() => addon.userId(textOf(id, 'user_id'))))
  }

  setNow(now) {
    refusing(() => addon.setNow(this.#store, instant(now)))
  }

  get closed() {
    return this.#closing !== undefined
  }

  close() {
    this.#closing ??= addon.close(this.#store)
    return this.#closing
  }
}
if (Symbol.asyncDispose) {
  Object.defineProperty(Ignition.prototype, Symbol.asyncDispose, {
    value() {
      return this.close()
    },
  })
}

function instant(value) {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid' : value.toISOString()
  return textOf(value, 'now')
}

async function open(url, options) {
  const { now, seed, settings, migrate } = optionsOf(options)
  const given = { now: now === undefined ? undefined : instant(now), seed, migrate }
  if (settings !== undefined && settings !== null) {
    given.settings = {}
    for (const [name, value] of Object.entries(settings)) {
      given.settings[name] = typeof value === 'boolean' || typeof value === 'number' ? String(value) : value
    }
  }
  try {
    return new Ignition(await addon.open(textOf(url, 'url'), toJson(given)))
  } catch (thrown) {
    throw IgnitionError.of(thrown)
  }
}

module.exports = { open, Ignition, User, Caller, IgnitionError, LOCAL_USER, version: addon.version }
