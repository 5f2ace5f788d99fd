'use strict'

const addon = require('./addon.js')

class IgnitionError extends Error {
  constructor(code, message, details = {}) {
    super(message)
    this.code = code
    this.details = details
  }

  get reason() {
    return this.details.reason ?? null
  }

  get fields() {
    return this.details.fields ?? []
  }

  toJSON() {
    return { code: this.code, message: this.message, details: this.details }
  }

  /** What the library threw: the JSON of a refusal. Anything else is not ours and comes back as it is. */
  static of(thrown) {
    if (typeof thrown !== 'string') return thrown
    const { code, message, details } = JSON.parse(thrown)
    return new IgnitionError(code, message, details)
  }
}
Object.defineProperty(IgnitionError.prototype, 'name', { value: 'IgnitionError', configurable: true, writable: true })

/** Throws VALIDATION_ERROR for the field at `place`. */
function refuse(place, code, message) {
  throw IgnitionError.of(addon.invalid(place, code, message))
}

/** `value` when it is a text, for the argument called `field`. */
function textOf(value, field) {
  if (typeof value !== 'string') refuse(field, 'wrong_type', `must be a string, got a JavaScript ${typeof value}`)
  return value
}

// JSON.stringify is quick, but silent about what it cannot say: that is looked for before.
function check(value, place, depth) {
  switch (typeof value) {
    case 'string':
      if (/\p{Surrogate}/u.test(value)) refuse(place, 'invalid_text', 'must be valid Unicode text, without lone surrogates')
      return
    case 'number':
      if (!Number.isFinite(value)) refuse(place, 'out_of_range', 'must be a finite number')
      return
    case 'boolean':
      return
    case 'object':
      if (value !== null) checkObject(value, place, depth)
      return
    default:
      refuse(place, 'wrong_type', `cannot be a JavaScript ${typeof value}`)
  }
}

function checkObject(value, place, depth) {
  if (depth > addon.maxDepth) refuse(place, 'too_deep', `must be nested at most ${addon.maxDepth} deep`)
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; ++i) check(value[i], `${place}[${i}]`, depth + 1)
    return
  }
  if (value instanceof Date && Number.isNaN(value.getTime())) refuse(place, 'invalid_format', 'must be a valid date')
  if (typeof value.toJSON === 'function') return check(value.toJSON(), place, depth + 1)
  const kind = Object.prototype.toString.call(value).slice(8, -1)
  if (kind !== 'Object') refuse(place, 'wrong_type', `cannot be a JavaScript ${kind}`)
  for (const key of Object.keys(value)) {
    // A member that is undefined is absent, as everywhere in JavaScript.
    const member = value[key]
    if (member !== undefined) check(member, place === '' ? key : `${place}.${key}`, depth + 1)
  }
}

/** The JSON of an input. Throws VALIDATION_ERROR that names the field which JSON cannot say. */
function toJson(input) {
  if (input === undefined || input === null) return ''
  check(input, '', 0)
  return JSON.stringify(input)
}

module.exports = { IgnitionError, refuse, textOf, toJson }
