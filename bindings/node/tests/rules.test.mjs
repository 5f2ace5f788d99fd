// The pure rules, against samples of the vectors of the C++ tests.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { rules } from '@ignition/node'
import { refusal, vectors } from './support.mjs'

const seriesOf = (c) => ({ start: c.dtstart, timezone: c.tzid ?? undefined, recurrence_rule: c.rrule, exdates: c.exdates, rdates: c.rdates })
const bound = (text) => (text.length === 10 ? `${text}T00:00:00Z` : text)
const windowOf = (c) => ({ from: bound(c.window.start), to: bound(c.window.end) })

test('series have the instances of the vectors', () => {
  let compared = 0
  for (const c of vectors('planning/recurrence.json').cases) {
    if (c.occurrences.length === 0) continue
    assert.deepEqual(rules.recurrence.expand(seriesOf(c), windowOf(c)), { starts: c.occurrences, truncated: false }, c.id)
    ++compared
  }
  assert.ok(compared > 100)
})

test('rules are made canonical or refused as in the vectors', () => {
  for (const c of vectors('planning/rrule_validation.json').cases) {
    if (c.rule === '') continue // an empty text is no rule at all here
    const parse = () => rules.recurrence.parse(c.rule, { start: c.dtstart, timezone: c.tzid ?? undefined })
    if (c.canonical) assert.equal(parse().recurrence_rule, c.canonical)
    else assert.throws(parse, refusal('recurrence_rule', c.reason), c.rule)
  }
})

test('many series are expanded elsewhere, with the same instances', async () => {
  const series = vectors('planning/recurrence.json').cases.filter((c) => c.occurrences.length > 0).map(seriesOf)
  const options = { from: '2026-01-01T00:00:00Z', to: new Date('2027-01-01T00:00:00Z'), limit: 100 }
  const { offsets, starts, truncated } = await rules.recurrence.expandMany(series, { ...options, threads: 2 })
  assert.equal(offsets.length, series.length + 1)
  series.forEach((one, i) => {
    const alone = rules.recurrence.expand(one, options)
    assert.deepEqual(Array.from(starts.subarray(offsets[i], offsets[i + 1])), alone.starts.map((t) => Date.parse(t)))
    assert.equal(truncated[i] === 1, alone.truncated)
  })
  series[3] = { start: '2026-01-01T00:00:00', recurrence_rule: 'FREQ=HOURLY' }
  await assert.rejects(rules.recurrence.expandMany(series, options), refusal('series[3].recurrence_rule', 'unsupported_freq'))
  await assert.rejects(rules.recurrence.expandMany([], { threads: 0 }), refusal('threads', 'out_of_range'))
})

test('one-rep maximums are those of the vectors, one by one and many', async () => {
  const cases = vectors('exercise/one_rep_max.json').estimate.filter((c) => c.formula === 'auto' && c.bodyweight_g === undefined)
  for (const c of cases) {
    const found = rules.training.oneRepMax({ weight_g: c.weight_g, reps: c.reps })
    assert.equal(found?.one_rep_max_g ?? null, c.one_rep_max_g)
    assert.equal(found?.confidence ?? null, c.confidence)
  }
  const maxima = await rules.training.oneRepMaxMany(Float64Array.from(cases, (c) => c.weight_g), Int32Array.from(cases, (c) => c.reps))
  assert.deepEqual(Array.from(maxima), cases.map((c) => c.one_rep_max_g ?? 0))
  await assert.rejects(rules.training.oneRepMaxMany(Float64Array.of(1, NaN), Int32Array.of(1, 1)), refusal('weight_g[1]', 'out_of_range'))
  await assert.rejects(rules.training.oneRepMaxMany(Float64Array.of(1), Int32Array.of()), refusal('reps', 'length'))
  await assert.rejects(rules.training.oneRepMaxMany([1], Int32Array.of(1)), refusal('weight_g', 'wrong_type'))
  assert.throws(() => rules.training.oneRepMax({ weight_g: 3e6, reps: 1 }), refusal('weight_g', 'out_of_range'))
})

test('a focus session runs, pauses and ends', () => {
  const at = (minute) => new Date(Date.UTC(2026, 2, 10, 9, minute))
  const { session } = rules.focus.start({ duration_seconds: 1500, now: at(0) })
  const paused = rules.focus.pause(session, { now: at(10) })
  assert.equal(paused.session.status, 'paused')
  const resumed = rules.focus.resume(paused.session, { now: at(30) })
  assert.equal(resumed.session.ends_at, '2026-03-10T09:45:00.000000Z')
  const done = rules.focus.complete(resumed.session, { now: at(45) })
  assert.deepEqual([done.session.status, done.session.xp_awarded, done.session.coins_awarded], ['completed', 25, 5])
  assert.equal(rules.focus.pause(done.session, { now: at(46) }).refusal, 'no_live_session')
  assert.equal(rules.focus.settle(session, { now: at(59) }).session.status, 'expired')
  assert.equal(rules.focus.abandon(session, { now: at(1) }).session.status, 'abandoned')
  assert.throws(() => rules.focus.start({ duration_seconds: 1, now: at(0) }), refusal('duration_seconds', 'out_of_range'))
  assert.throws(() => rules.focus.pause({ ...session, status: 'paused' }, { now: at(1) }), refusal('session.paused_at', 'invalid'))
})

const ENDED = ['completed', 'abandoned', 'expired']
const OF_LIVE = ['mode', 'status', 'duration_seconds', 'ends_at', 'pause_count', 'xp_awarded', 'coins_awarded']
const OF_ENDED = ['mode', 'status', 'duration_seconds', 'focused_seconds', 'full_credit', 'xp_awarded', 'coins_awarded']

// One step of a session of the vectors; undefined when it is refused.
function focusStep(session, { op, at: now, input, expect }) {
  if (op === 'start') {
    const start = () => rules.focus.start({ duration_seconds: expect.session?.duration_seconds, ...input, now })
    if (!expect.error) return start()
    return assert.throws(start, { code: expect.error })
  }
  const step = op === 'active' ? rules.focus.settle(session, { now }) : rules.focus[op](session, { now })
  assert.equal(step.refusal !== null, expect.error !== undefined, step.refusal)
  return step
}

test('focus sessions follow the vectors', () => {
  let followed = 0
  const alone = vectors('planning/focus.json').cases.filter((c) =>
    c.final.length === 1 && c.steps.every(({ op, expect: { error } }) =>
      error !== 'NOT_FOUND' && !(op === 'start' && error === 'CONFLICT')))
  for (const { id, steps } of alone) {
    let session
    for (const step of steps) {
      const { expect } = step
      const found = focusStep(session, step)
      if (!found) continue
      ;({ session } = found)
      assert.equal(found.changed, expect.state_changed, id)
      if (expect.session === null) assert.ok(ENDED.includes(session.status), id)
      if (expect.session) {
        const names = ENDED.includes(session.status) ? OF_ENDED : OF_LIVE
        const some = (of) => Object.fromEntries(names.map((name) => [name, name === 'ends_at' ? Date.parse(of[name]) : of[name]]))
        assert.deepEqual(some(session), some(expect.session), id)
      }
      ++followed
    }
  }
  assert.ok(alone.length > 40 && followed > 90, `${alone.length} ${followed}`)
})

test('a card is reviewed, previewed and forgotten', async () => {
  const scheduler = new rules.fsrs.Scheduler({ fuzz: false })
  const card = rules.fsrs.newCard('019a0000-0000-7000-8000-000000000001')
  const at = new Date('2026-01-10T12:00:00Z')
  const good = scheduler.review(card, 'good', at)
  assert.equal(good.card.stability, 2.3065)
  assert.equal(good.retrievability, null)
  assert.deepEqual(scheduler.preview(card, at).good, good)
  assert.equal(scheduler.preview(card, at).again.card.stability, 0.212)
  const recall = await scheduler.retrievabilityMany(Float64Array.of(2, 10, 100), Int32Array.of(2, 10, 100), { threads: 2 })
  for (const p of recall) assert.ok(Math.abs(p - 0.9) < 1e-12)
  await assert.rejects(scheduler.retrievabilityMany(Float64Array.of(1, NaN), Int32Array.of(1, 1)), refusal('stability[1]', 'not_finite'))
  assert.throws(() => scheduler.review(good.card, 'good', '2020-01-01T00:00:00Z'), { code: 'VALIDATION_ERROR' })
  assert.throws(() => new rules.fsrs.Scheduler({ desired_retention: 2 }), { code: 'VALIDATION_ERROR' })
})

// Cards that are reviewed again and again, some of them forgotten.
function histories(cards) {
  const reviews = 8
  const offsets = Int32Array.from({ length: cards + 1 }, (_, i) => i * reviews)
  const ratings = Uint8Array.from({ length: cards * reviews }, (_, i) => ((i * 2654435761) % 4294967296 < 5e8 ? 1 : 3))
  const elapsedDays = Int32Array.from({ length: cards * reviews }, (_, i) => (i % reviews === 0 ? 0 : 1 << (i % reviews)))
  let day = 0
  const reviewedAt = Float64Array.from(elapsedDays, (days, i) => (day = i % reviews === 0 ? 20000 : day + days) * 864e5)
  return { offsets, ratings, elapsedDays, reviewedAt }
}

test('parameters are fitted, with word of the progress', async () => {
  const told = []
  const fitted = await rules.fsrs.optimize(histories(500), { onProgress: (done) => told.push(done) })
  assert.equal(fitted.stage, 'trained')
  assert.equal(fitted.parameters.length, 21)
  assert.ok(fitted.items > 1000)
  assert.ok(told.length >= 1 && told.at(-1).step <= told.at(-1).steps)
  assert.deepEqual(await rules.fsrs.optimize(histories(500), { threads: 2 }), fitted)
})

test('fitting stops when its signal says so', async () => {
  const stopped = new AbortController()
  const promise = rules.fsrs.optimize(histories(20_000), { signal: stopped.signal })
  setTimeout(() => stopped.abort(), 5)
  await assert.rejects(promise, { name: 'AbortError' })
  await assert.rejects(rules.fsrs.optimize(histories(10), { signal: AbortSignal.abort() }), { name: 'AbortError' })
  const bad = histories(10)
  bad.ratings[7] = 5
  await assert.rejects(rules.fsrs.optimize(bad), (thrown) => thrown.fields[0].field === 'ratings[7]')
})
