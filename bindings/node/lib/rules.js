'use strict'

const addon = require('./addon.js')
const { IgnitionError, refuse, textOf, toJson } = require('./values.js')

const native = addon.rules

/** Runs `work`; what the library refuses is thrown as an IgnitionError. */
function refusing(work) {
  try {
    return work()
  } catch (thrown) {
    throw IgnitionError.of(thrown)
  }
}

/** As refusing(), for promises. */
async function promising(work) {
  try {
    return await work()
  } catch (thrown) {
    throw IgnitionError.of(thrown)
  }
}

function call(name, input = {}) {
  return refusing(() => JSON.parse(native.call(name, toJson(input))))
}

function objectOf(value, field) {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object') refuse(field, 'wrong_type', 'must be an object')
  return value
}

const camel = (name) => name.replace(/_./g, (found) => found[1].toUpperCase())

/** All rules, each a function of one object, by what they are about: `training.one_rep_max` is `training.oneRepMax`. */
function namedRules() {
  const all = {}
  for (const rule of native.names()) {
    const [about, name] = rule.split('.')
    all[about] ??= {}
    all[about][camel(name)] = (input) => call(rule, input)
  }
  return all
}

const { recurrence, training, focus, lists, levels, streaks, sm2, fsrs } = namedRules()

Object.assign(recurrence, {
  parse(rule, { start, timezone } = {}) {
    return call('recurrence.parse', { start, timezone, recurrence_rule: textOf(rule, 'recurrence_rule') })
  },

  expand(series, options) {
    return call('recurrence.expand', { ...objectOf(options, 'options'), series: [series] })
  },

  expandMany(series, options) {
    return promising(async () => {
      const [offsets, starts, truncated] = await native.expandMany(toJson({ ...objectOf(options, 'options'), series }))
      return { offsets, starts, truncated }
    })
  },
})

Object.assign(training, {
  oneRepMaxMany(weight_g, reps, { formula = 'auto' } = {}) {
    return promising(() => native.oneRepMaxMany(weight_g, reps, formula))
  },

  progress(rule, state, session = {}) {
    return call('training.progress', { rule, state, session })
  },
})

for (const name of ['settle', 'pause', 'resume', 'complete', 'abandon']) {
  focus[name] = (session, moment) => call(`focus.${name}`, { ...objectOf(moment, 'moment'), session })
}

class Scheduler {
  #handle

  constructor(settings) {
    const given = { ...objectOf(settings, 'settings') }
    if (ArrayBuffer.isView(given.parameters)) given.parameters = Array.from(given.parameters)
    this.#handle = refusing(() => native.scheduler(toJson(given)))
  }

  #call(rule, input) {
    return refusing(() => JSON.parse(rule(this.#handle, toJson(input))))
  }

  review(card, rating, at) {
    return this.#call(native.review, { card, rating, at })
  }

  preview(card, at) {
    const [again, hard, good, easy] = this.#call(native.preview, { card, at })
    return { again, hard, good, easy }
  }

  retrievability(card, at) {
    return this.#call(native.retrievability, { card, at })
  }

  fromSm2(card) {
    return this.#call(native.fromSm2, card)
  }

  queue(cards, options) {
    return this.#call(native.queue, { ...objectOf(options, 'options'), cards })
  }

  reviewMany(cards, answers, { threads = 1 } = {}) {
    return promising(async () => {
      const before = objectOf(cards, 'cards')
      const given = objectOf(answers, 'answers')
      const at = given.at instanceof Float64Array ? given.at.slice() : given.at
      const outcomes = await native.reviewMany(this.#handle, before, { ...given, at }, threads)
      const { elapsed_days, retrievability, ...after } = outcomes
      const count = after.state.length
      after.last_reviewed_at = at.length === count ? at : new Float64Array(count).fill(at[0])
      if (before.ids !== undefined) after.ids = before.ids
      return { cards: after, elapsed_days, retrievability }
    })
  }

  replayMany(histories, { threads = 1 } = {}) {
    return promising(async () => native.replayMany(this.#handle, objectOf(histories, 'histories'), threads))
  }

  retrievabilityMany(stability, elapsedDays, { threads = 1 } = {}) {
    return promising(() => native.retrievabilityMany(this.#handle, stability, elapsedDays, threads))
  }

  intervalsMany(stability, { threads = 1 } = {}) {
    return promising(() => native.intervalsMany(this.#handle, stability, threads))
  }
}

/** A card that has never been reviewed. */
function newCard(id) {
  return {
    id: textOf(id, 'id'),
    state: 'new',
    step: 0,
    stability: null,
    difficulty: null,
    due_at: null,
    due_day: null,
    scheduled_days: 0,
    lapses: 0,
    reps: 0,
    last_reviewed_at: null,
    last_study_day: null,
  }
}

const running = new Set()
// Before the addon waits for what runs: an optimisation may take minutes.
process.prependListener('exit', () => running.forEach(native.stop))

const LOOK_EVERY_MS = 50

async function optimize(histories, options) {
  const { threads = 1, shortTerm = true, relearningSteps = 1, maxItems = 200_000, onProgress, signal } = objectOf(options, 'options')
  const reviews = objectOf(histories, 'histories')
  signal?.throwIfAborted()
  const watched = native.optimization()
  const stop = () => native.stop(watched)
  const tell = () => {
    const [step, steps] = native.progress(watched)
    if (steps > 0) onProgress({ step, steps })
  }
  const timer = onProgress && setInterval(tell, LOOK_EVERY_MS)
  signal?.addEventListener('abort', stop)
  running.add(watched)
  try {
    const json = toJson({ short_term: shortTerm, relearning_steps: relearningSteps, max_items: maxItems, threads })
    const done = await promising(() => native.optimize(watched, json, reviews))
    signal?.throwIfAborted()
    if (onProgress) tell()
    const { parameters, ...more } = JSON.parse(done)
    return { parameters: Float64Array.from(parameters), ...more }
  } finally {
    running.delete(watched)
    clearInterval(timer)
    signal?.removeEventListener('abort', stop)
  }
}

function evaluate(histories, options) {
  return promising(async () => {
    const { parameters = [], threads = 1, maxItems = 200_000 } = objectOf(options, 'options')
    const json = toJson({ parameters: Array.from(parameters), max_items: maxItems, threads })
    return JSON.parse(await native.evaluate(json, objectOf(histories, 'histories')))
  })
}

// What Int32Arrays of days hold where there is none.
const NO_DAY = -(2 ** 31)

/** `count` cards that have never been reviewed. */
function newCards(count, ids) {
  return {
    state: new Uint8Array(count),
    step: new Int32Array(count),
    stability: new Float64Array(count),
    difficulty: new Float64Array(count),
    last_reviewed_at: new Float64Array(count).fill(NaN),
    last_study_day: new Int32Array(count).fill(NO_DAY),
    lapses: new Int32Array(count),
    reps: new Int32Array(count),
    ...(ids && { ids }),
  }
}

Object.assign(fsrs, {
  Scheduler,
  newCard,
  newCards,
  NO_DAY,
  optimize,
  evaluate,

  forecast(cards, options) {
    return call('fsrs.forecast', { ...objectOf(options, 'options'), cards })
  },
})

Object.assign(sm2, {
  newCard: () => ({ interval_days: 1, ease_factor: 2.5, lapses: 0 }),

  review(card, rating) {
    return call('sm2.review', { card, rating })
  },

  reviewMany(cards, ratings, { threads = 1 } = {}) {
    return promising(async () => {
      const { due_in_days, ...after } = await native.reviewManySm2(objectOf(cards, 'cards'), ratings, threads)
      return { cards: after, due_in_days }
    })
  },
})

module.exports = { recurrence, training, focus, lists, levels, streaks, fsrs, sm2 }
