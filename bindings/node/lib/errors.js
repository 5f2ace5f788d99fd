'use strict'

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

module.exports = { IgnitionError }
