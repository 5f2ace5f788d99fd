'use strict'

const addon = require('./addon.js')
const { addOperations } = require('./operations.js')
const rules = require('./rules.js')
const { IgnitionError, refuse, textOf, toJson } = require('./values.js')

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

const NONE = Object.freeze({})

/** Options of a call: an object, or nothing. */
function optionsOf(options) {
  if (options === undefined || options === null) return NONE
  if (typeof options !== 'object') refuse('options', 'wrong_type', 'must be an object')
  return options
}

class Caller {
  #store
  #user

  constructor(store, user) {
    this.#store = store
    this.#user = user
  }

  async #run(operation, input, options, known) {
    try {
      const key = optional(options.idempotencyKey, 'idempotencyKey')
      return await addon.call(this.#store, this.#user, textOf(operation, 'operation'), toJson(input), key, known)
    } catch (thrown) {
      throw IgnitionError.of(thrown)
    }
  }

  async json(operation, input, options) {
    return this.#run(operation, input, optionsOf(options))
  }

  async call(operation, input, options) {
    return JSON.parse(await this.#run(operation, input, optionsOf(options)))
  }

  async answer(operation, input, options) {
    const given = optionsOf(options)
    let known = optional(given.ifNoneMatch, 'ifNoneMatch') ?? ''
    if (known !== '' && known !== '*' && !known.includes('"')) known = `"${known}"`
    const [json, status, etag, notModified, replayed] = await this.#run(operation, input, given, known)
    return { output: notModified ? null : JSON.parse(json), status, etag, notModified, replayed }
  }
}
addOperations(Caller, addon.operations)

class User extends Caller {
  constructor(store, id) {
    super(store, id)
    Object.defineProperty(this, 'id', { value: id, enumerable: true })
  }
}

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

module.exports = { open, rules, Ignition, User, Caller, IgnitionError, LOCAL_USER: addon.localUser, version: addon.version }
