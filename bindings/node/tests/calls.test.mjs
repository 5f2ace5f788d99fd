// What a program that embeds Ignition does all day.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'

import * as ignition from '@ignition/node'
import { living, NOW, place } from './support.mjs'

const require = createRequire(import.meta.url)
const { open, LOCAL_USER } = ignition

test('import and require give the same package', () => {
  assert.equal(require('@ignition/node').open, open)
  assert.equal(ignition.default.open, open)
  assert.deepEqual(Object.keys(require('@ignition/node')).sort(), Object.keys(ignition).filter((name) => name !== 'default').sort())
  assert.equal(ignition.version, require('@ignition/node/package.json').version)
})

test('a call by property is the call by name', () =>
  living(async (ig, me) => {
    const started = await me.focus.start({ duration_seconds: 1500 })
    assert.equal(started.status, 'active')
    assert.equal(started.duration_seconds, 1500)
    assert.deepEqual(await me.call('focus.get', { id: started.id }), await me.focus.get({ id: started.id }))
    assert.deepEqual(await me.call('today.get'), await me.today.get())
    assert.equal((await me.today.get()).resolved_state, 'focus_active')
  }))

test('every operation of the catalogue is a method', () =>
  living(async (ig, me) => {
    const names = operationsOf(me)
    assert.ok(names.length > 60)
    for (const name of ['users.create', 'focus.start', 'today.get', 'streaks.days']) assert.ok(names.includes(name), name)
    assert.equal(me.focus.start.name, 'focus.start')
    assert.deepEqual(operationsOf(ig), names)
  }))

test('no namespace hides a method of the callers', () =>
  living(async (ig) => {
    for (const kind of [ignition.Caller, ignition.User, ignition.Ignition]) {
      for (const own of ['call', 'json', 'answer', 'id', 'asUser', 'setNow', 'close', 'closed', 'then', 'constructor']) {
        const described = Object.getOwnPropertyDescriptor(kind.prototype, own)
        assert.ok(!described?.enumerable, own)
      }
    }
    assert.equal(typeof ig.call, 'function')
  }))

function operationsOf(space, before = '') {
  const names = []
  for (const name in space) {
    const inner = space[name]
    if (typeof inner === 'function') names.push(before + name)
    if (typeof inner === 'function' || typeof inner === 'object') names.push(...operationsOf(inner, `${before}${name}.`))
  }
  return names
}

test('a method may be taken off its namespace', () =>
  living(async (ig, me) => {
    const { create, list } = me.habits
    await create({ name: 'Read' })
    assert.equal((await list()).total, 1)
  }))

test('outputs are plain values in the order of the JSON', () =>
  living(async (ig, me) => {
    const today = await me.today.get()
    assert.equal(JSON.stringify(today), await me.json('today.get'))
    assert.equal(today.local_date, '2026-03-10')
    assert.ok(Number.isInteger(today.max_ctas) && Array.isArray(today.quick_picks))
    assert.deepEqual(await me.plan.get(), { plan: null })
  }))

test('texts survive the way there and back', () =>
  living(async (ig, me) => {
    for (const text of ['Ünïcödé 日本 🚀', 'quote " backslash \\ slash /', 'tab\tline\n', 'e\u0301', 'nul \u0000 inside'.slice(0, 4)]) {
      assert.equal((await me.habits.create({ name: text })).habit.name, text.trim())
    }
  }))

test('JavaScript values are taken for what they mean', () =>
  living(async (ig, me) => {
    assert.equal((await me.focus.start({ mode: 'break', duration_seconds: 300, task_id: undefined })).mode, 'break')
    class Named {
      constructor(name) {
        this.name = name
      }
    }
    assert.equal((await me.habits.create(new Named('Read'))).habit.name, 'Read')
    assert.equal((await me.habits.create(Object.assign(Object.create(null), { name: 'Run' }))).habit.name, 'Run')
    assert.equal((await me.habits.create({ toJSON: () => ({ name: 'Rest' }) })).habit.name, 'Rest')
    ig.setNow(new Date('2026-03-12T11:30:00+02:00'))
    assert.equal((await me.today.get()).generated_at, '2026-03-12T09:30:00.000000Z')
    ig.setNow('2026-03-12T10:30:00Z')
    assert.equal((await me.today.get()).generated_at, '2026-03-12T10:30:00.000000Z')
  }))

test('the same store, clock and seed give the same bytes', async () => {
  async function day() {
    const ig = await open('sqlite::memory:', { now: new Date(NOW), seed: 7 })
    const me = ig.asUser((await ig.users.create({ email: 'ada@example.org' })).user.id)
    await me.focus.start({ duration_seconds: 1500 })
    ig.setNow('2026-03-10T09:25:00Z')
    const json = await me.json('today.get')
    await ig.close()
    return json
  }
  assert.equal(await day(), await day())
})

test('an idempotency key is answered, not run again', () =>
  living(async (ig, me) => {
    const options = { idempotencyKey: 'k1' }
    const first = await me.habits.create({ name: 'Read' }, options)
    assert.deepEqual(await me.habits.create({ name: 'Read' }, options), first)
    assert.deepEqual(await me.call('habits.create', { name: 'Read' }, options), first)
    assert.equal((await me.answer('habits.create', { name: 'Read' }, options)).replayed, true)
    assert.equal((await me.habits.list()).total, 1)
    await assert.rejects(me.habits.create({ name: 'Write' }, options), { code: 'CONFLICT' })
  }))

test('an entity tag spares an output that is known', () =>
  living(async (ig, me) => {
    const first = await me.answer('today.get')
    assert.equal(first.etag, first.output.etag)
    assert.deepEqual([first.status, first.notModified, first.replayed], [200, false, false])
    for (const ifNoneMatch of [first.etag, `"${first.etag}"`, `W/"${first.etag}"`, '*']) {
      const again = await me.answer('today.get', {}, { ifNoneMatch })
      assert.deepEqual([again.notModified, again.output, again.etag], [true, null, first.etag])
    }
    await me.habits.create({ name: 'Read' })
    assert.ok((await me.answer('today.get', {}, { ifNoneMatch: first.etag })).output)
    assert.equal((await me.answer('habits.list')).etag, null)
  }))

test('settings configure by the names of the variables', async () => {
  const settings = { AUTH_MIN_AGE: 0, TOS_CURRENT_VERSION: '', AUTH_EMAIL_VERIFICATION_REQUIRED: false }
  const ig = await open(`sqlite:${place()}`, { settings })
  assert.equal((await ig.users.list()).total, 0)
  await ig.close()
  await assert.rejects(open('sqlite::memory:', { settings: { AUTH_MIN_AGE: 'young' } }), (error) => {
    assert.match(error.fields[0].field, /AUTH_MIN_AGE/)
    return error.code === 'VALIDATION_ERROR'
  })
})

test('a store keeps what was written', async () => {
  const url = `sqlite://${place()}`
  const first = await open(url)
  const { user } = await first.users.create({ email: 'ada@example.org' })
  await first.asUser(user.id).habits.create({ name: 'Read' })
  await first.close()
  const second = await open(url)
  assert.deepEqual((await second.asUser(user.id).habits.list()).habits.map((habit) => habit.name), ['Read'])
  await second.close()
})

test('the local user is made once and can be acted for', () =>
  living(async (ig) => {
    await ig.users.ensure_local()
    assert.equal((await ig.asUser(LOCAL_USER).user.get()).user.id, LOCAL_USER)
  }))

test('a store that may not be migrated is unavailable', async () => {
  const ig = await open(`sqlite:${place()}`, { migrate: false })
  await assert.rejects(ig.users.list(), { code: 'UNAVAILABLE', reason: 'schema_pending' })
  await ig.close()
})
