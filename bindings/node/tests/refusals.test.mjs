// Whatever a program gets wrong is an IgnitionError with the right code, and changes nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { IgnitionError, open } from '@ignition/node'
import { living, place } from './support.mjs'

const NOBODY = '11111111-1111-4111-8111-111111111111'

test('a refused field is named with its path and bound', () =>
  living(async (ig, me) => {
    const error = await me.focus.start({ duration_seconds: 5 }).catch((thrown) => thrown)
    assert.ok(error instanceof IgnitionError && error instanceof Error)
    assert.deepEqual([error.name, error.code, error.reason], ['IgnitionError', 'VALIDATION_ERROR', 'out_of_range'])
    assert.equal(error.message, 'duration_seconds: must be 60..14400, got 5')
    assert.equal(String(error), 'IgnitionError: duration_seconds: must be 60..14400, got 5')
    assert.equal(error.fields[0].field, 'duration_seconds')
    assert.equal(error.details.fields, error.fields)
    assert.deepEqual(JSON.parse(JSON.stringify(error)), { code: error.code, message: error.message, details: error.details })
  }))

test('the stack of a refusal leads to the line that called', () =>
  living(async (ig, me) => {
    async function theLineThatCalled() {
      await me.focus.start({ duration_seconds: 5 })
    }
    const error = await theLineThatCalled().catch((thrown) => thrown)
    assert.match(error.stack, /theLineThatCalled/)
  }))

class Strange {
  get [Symbol.toStringTag]() {
    return 'Strange'
  }
}
const WRONG = [
  ['name', null, 'name', 'wrong_type'],
  ['name', 5, 'name', 'wrong_type'],
  ['name', true, 'name', 'wrong_type'],
  ['name', 5n, 'name', 'wrong_type'],
  ['name', Symbol('Read'), 'name', 'wrong_type'],
  ['name', () => 'Read', 'name', 'wrong_type'],
  ['name', new Map([['a', 1]]), 'name', 'wrong_type'],
  ['name', new Set(['Read']), 'name', 'wrong_type'],
  ['name', Buffer.from('Read').buffer, 'name', 'wrong_type'],
  ['name', new Uint8Array(4), 'name', 'wrong_type'],
  ['name', Promise.resolve('Read'), 'name', 'wrong_type'],
  ['name', new Strange(), 'name', 'wrong_type'],
  ['name', { a: { b: undefined, c: () => 1 } }, 'name.a.c', 'wrong_type'],
  ['name', ['a', undefined], 'name[1]', 'wrong_type'],
  ['name', 'lone \ud800 surrogate', 'name', 'invalid_text'],
  ['name', ['a', NaN], 'name[1]', 'out_of_range'],
  ['name', Infinity, 'name', 'out_of_range'],
  ['name', new Date(NaN), 'name', 'invalid_format'],
  ['nonsense', 1, 'nonsense', 'unknown_field'],
]
for (const [field, value, path, code] of WRONG) {
  test(`${path}: ${typeof value} ${Object.prototype.toString.call(value)} is refused as ${code}`, () =>
    living(async (ig, me) => {
      const error = await me.habits.create({ name: 'Read', [field]: value }).catch((thrown) => thrown)
      assert.equal(error.code, 'VALIDATION_ERROR')
      assert.deepEqual([error.fields[0].field, error.fields[0].code], [path, code])
      assert.equal((await me.habits.list()).total, 0)
    }))
}

test('a missing field is refused by name', () =>
  living(async (ig, me) => {
    for (const input of [undefined, null, {}, { name: undefined }]) {
      const error = await me.habits.create(input).catch((thrown) => thrown)
      assert.deepEqual(error.fields.map(({ field, code }) => [field, code]), [['name', 'required']])
    }
  }))

test('an input that contains itself is refused', () =>
  living(async (ig, me) => {
    const loop = {}
    loop.again = [loop]
    await assert.rejects(me.call('habits.create', { name: loop }), { code: 'VALIDATION_ERROR', reason: 'too_deep' })
    const endless = { toJSON: () => endless }
    await assert.rejects(me.call('habits.create', endless), { code: 'VALIDATION_ERROR', reason: 'too_deep' })
  }))

test("an exception in a value's own code comes through", () =>
  living(async (ig, me) => {
    const moody = {
      get name() {
        throw new RangeError('no name today')
      },
    }
    await assert.rejects(me.habits.create(moody), { name: 'RangeError', message: 'no name today' })
  }))

test('an input that is no object is refused', () =>
  living(async (ig, me) => {
    for (const given of [[], 'text', 5, true, Buffer.from('{}'), () => ({})]) {
      await assert.rejects(me.call('habits.create', given), { code: 'VALIDATION_ERROR' }, String(given))
    }
  }))

test('who may call is checked', () =>
  living(async (ig, me) => {
    await assert.rejects(me.users.list(), { code: 'FORBIDDEN' })
    await assert.rejects(ig.today.get(), { code: 'UNAUTHORIZED' })
    await assert.rejects(ig.asUser(NOBODY).today.get(), { code: 'UNAUTHORIZED' })
  }))

test('what does not exist is not found', () =>
  living(async (ig, me) => {
    await assert.rejects(me.focus.get({ id: NOBODY }), { code: 'NOT_FOUND' })
    for (const name of ['focus.dance', '', 'toString', '__proto__', 'x'.repeat(100_000)]) {
      await assert.rejects(me.call(name), { code: 'NOT_FOUND' })
    }
    assert.throws(() => me.focus.dance(), TypeError)
    assert.equal(me.dancing, undefined)
  }))

test('arguments of the wrong kind are validation errors', () =>
  living(async (ig, me) => {
    const refused = { name: 'IgnitionError', code: 'VALIDATION_ERROR' }
    for (const id of ['nobody', 5, undefined, null, {}]) assert.throws(() => ig.asUser(id), refused)
    for (const now of ['noon', null, 5, new Date(NaN)]) assert.throws(() => ig.setNow(now), refused)
    for (const call of [
      () => me.call(null),
      () => me.call(5),
      () => me.call('today.get', {}, { idempotencyKey: 5 }),
      () => me.call('today.get', {}, 'k1'),
      () => me.json('today.get', {}, { idempotencyKey: {} }),
      () => me.answer('today.get', {}, { ifNoneMatch: 5 }),
      () => open('file.db'),
      () => open(5),
      () => open(),
      () => open('sqlite::memory:', 'now'),
      () => open('sqlite::memory:', { now: 'noon' }),
      () => open('sqlite::memory:', { now: 5 }),
      () => open('sqlite::memory:', { seed: 'x' }),
      () => open('sqlite::memory:', { migrate: 'yes' }),
      () => open('sqlite::memory:', { settings: { AUTH_MIN_AGE: {} } }),
    ]) {
      // A promise in every case: nothing is thrown before it.
      const promise = call()
      await assert.rejects(promise, refused, String(call))
    }
  }))

test('methods of another object are a TypeError', () =>
  living(async (ig, me) => {
    await assert.rejects(me.call.call({}, 'today.get'), TypeError)
    assert.throws(() => ig.close.call({}), TypeError)
  }))

test('a clock that runs cannot be set', async () => {
  const ig = await open('sqlite::memory:')
  assert.throws(() => ig.setNow('2026-03-10T09:00:00Z'), { code: 'CONFLICT' })
  await ig.close()
})

test('a folder that is not there cannot be opened', async () => {
  await assert.rejects(open(`sqlite://${place('no/such/folder/life.db')}`), IgnitionError)
})
