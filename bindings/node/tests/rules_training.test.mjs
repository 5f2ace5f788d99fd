// The rules of training without a store, against samples of the vectors of the C++ tests.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { rules } from '@ignition/node'
import { refusal, vectors } from './support.mjs'

const { training } = rules

// What the operations of a case leave.
function applied(ops) {
  const left = { exercise: {}, session: {}, set: {} }
  for (const { op, id, ...fields } of ops) {
    if (op.startsWith('delete_')) delete left[op.slice(7)][id]
    else {
      const kind = op.replace('edit_', '')
      left[kind][id] = { ...left[kind][id], id, ...fields }
    }
  }
  return left
}

test('sets are replayed into the records of the vectors', () => {
  const { cases } = vectors('exercise/personal_records.json')
  const instants = (events) => events.map((e) => ({ ...e, achieved_at: Date.parse(e.achieved_at) }))
  for (const c of cases) {
    const left = applied(c.ops)
    for (const [exercise, wanted] of Object.entries(c.expect)) {
      const sets = Object.values(left.set).filter((set) => set.exercise === exercise && left.session[set.session])
      const found = training.personalRecords({
        measured_by: left.exercise[exercise].measured_by,
        load_mode: left.exercise[exercise].load_mode,
        sessions: Object.values(left.session),
        sets: sets.map(({ exercise: _, session, is_failure, is_dropset, ...set }) => ({ ...set, session_id: session })),
      })
      assert.deepEqual(instants(found.events), instants(wanted.events), c.name)
      assert.deepEqual(instants(found.current), instants(wanted.current), c.name)
      const improved = Object.fromEntries(Object.entries(wanted.session_summary).filter(([, list]) => list.length > 0))
      assert.deepEqual(Object.fromEntries(found.summaries.map((s) => [s.session_id, s.records])), improved, c.name)
    }
  }
  assert.equal(cases.length, 56)
})

test('sets that cannot be are refused by their place', () => {
  const sessions = [{ id: 's', started_at: new Date('2026-03-02T18:00:00Z') }]
  const set = { id: 'a', session_id: 's', performed_at: '2026-03-02T18:05:00Z', weight_g: 60_000, reps: 10 }
  const replay = (changes) => training.personalRecords({ sessions, sets: [set, { ...set, id: 'b', ...changes }] })
  assert.ok(replay({}).current.length > 0)
  const names = (field) => (thrown) => {
    assert.equal(thrown.code, 'VALIDATION_ERROR')
    assert.equal(thrown.fields[0].field, field)
    return true
  }
  assert.throws(() => replay({ reps: 1001 }), names('sets[1].reps'))
  assert.throws(() => replay({ weight_g: 3_000_000 }), names('sets[1].weight_g'))
  assert.throws(() => replay({ session_id: 't' }), names('sets[1].session_id'))
  assert.throws(() => replay({ reps: 1.5 }), names('sets[1].reps'))
  assert.throws(() => replay({ weight_g: NaN }), refusal('sets[1].weight_g', 'out_of_range'))
  assert.throws(() => training.personalRecords({ sessions, sets: 5 }), refusal('sets', 'wrong_type'))
  assert.throws(() => training.volume({ exercises: [{ key: 'bench' }], sets: [{ exercise: 'press' }] }), names('sets[0].exercise'))
})

test('volume by muscle is that of the vectors', () => {
  const fields = ['key', 'measured_by', 'load_mode', 'primary_muscles', 'secondary_muscles']
  const exercises = vectors('exercise/exercises.json').exercises.map((e) =>
    Object.fromEntries(fields.map((name) => [name, e[name] ?? undefined])))
  const { muscles } = vectors('exercise/stats.json')
  for (const c of muscles) {
    const sets = c.sets.filter(({ status = 'completed' }) => status === 'completed').map(({ status, ...set }) => set)
    const found = training.volume({ exercises, sets })
    assert.deepEqual(Object.fromEntries(found.muscles.map(({ muscle, ...volume }) => [muscle, volume])), c.expect, c.name)
    assert.equal(found.totals.sets_logged, sets.length)
    assert.equal(found.totals.working_sets, sets.filter((set) => !set.is_warmup).length)
  }
  assert.ok(muscles.length >= 7)
})

test('training streaks are those of the vectors', () => {
  const { streak } = vectors('exercise/stats.json')
  for (const { name, expect, ...input } of streak) assert.deepEqual(training.streaks(input), expect, name)
  assert.ok(streak.length > 5)
  assert.throws(() => training.streaks({ ...streak[0], weekly_goal: 0 }), { code: 'VALIDATION_ERROR' })
})

const basisPoints = (factor) => (factor === null || factor === undefined ? undefined : Math.round(factor * 10_000))

// A program of the vectors with intensities as the rules have them.
function programOf({ duration_weeks, weeks, ...program }) {
  return {
    ...program,
    weeks: weeks.map(({ is_deload, intensity_factor, days }) => ({
      is_deload,
      intensity_bp: basisPoints(intensity_factor),
      days: days.map(({ intensity_modifier, ...day }) => ({ ...day, intensity_bp: basisPoints(intensity_modifier) })),
    })),
  }
}

test('the next session of a program and its adherence are those of the vectors', () => {
  const { programs, next, adherence } = vectors('exercise/program_next.json')
  const inputOf = ({ program, run, log, today }) => ({ program: programOf(programs[program]), run, log, today })
  for (const c of next) {
    const { state, slot, missed } = training.programNext(inputOf(c))
    const { state: wantedState, missed: wantedMissed = 0, intensity, ...wanted } = c.expect
    assert.deepEqual([state, missed], [wantedState, wantedMissed], c.name)
    if (wanted.day_id === undefined || wanted.day_id === null) assert.equal(slot, null, c.name)
    else {
      assert.deepEqual(slot, { scheduled_on: null, suggested_on: null, ...wanted, intensity_bp: basisPoints(intensity) }, c.name)
    }
  }
  for (const c of adherence) assert.deepEqual(training.programAdherence(inputOf(c)), { on_time: null, ...c.expect }, c.name)
  assert.deepEqual([next.length, adherence.length], [42, 9])
  const [first] = next
  assert.equal(training.programNext({ ...inputOf(first), run: null }).state, 'not_active')
  assert.throws(() => training.programAdherence({ ...inputOf(first), run: null }), refusal('run', 'required'))
  const broken = programOf(programs.mwf)
  broken.weeks[1].days[2].weekday = 8
  assert.throws(() => training.programNext({ ...inputOf(first), program: broken }),
    (thrown) => thrown.fields[0].field === 'weeks[1].days[2].weekday')
})

test('loads progress as in the vectors', () => {
  const { progression } = vectors('exercise/program_next.json')
  for (const { name, rule, unit, state, session, expect_state, outcome } of progression) {
    const found = training.progress({ ...rule, unit: unit ?? undefined }, state, session)
    assert.equal(found.outcome, outcome, name)
    for (const [field, wanted] of Object.entries(expect_state)) assert.equal(found.state[field], wanted, `${name}: ${field}`)
  }
  assert.ok(progression.length > 10)
})
