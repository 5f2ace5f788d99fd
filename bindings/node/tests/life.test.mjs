// Many promises, the event loop, closing, worker threads, the end of the process, memory.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

import { open } from '@ignition/node'
import { life, living, place, run, sleep, SLOWNESS } from './support.mjs'

async function onDisk() {
  const ig = await open(`sqlite:${place()}`)
  const { user } = await ig.users.create({ email: 'ada@example.org' })
  return { ig, me: ig.asUser(user.id) }
}

/** How long the event loop kept a timer waiting while `work` ran, in milliseconds: the longest time and the usual one. */
async function delayDuring(work) {
  const waits = []
  let last = performance.now()
  const look = () => {
    const now = performance.now()
    waits.push(now - last)
    last = now
  }
  const timer = setInterval(look, 1)
  const value = await work()
  look()
  clearInterval(timer)
  waits.sort((a, b) => a - b)
  return { longest: waits[waits.length - 1], usual: waits[Math.floor(waits.length / 2)], value }
}

test('calls after close are unavailable, as often as it is closed', async () => {
  const { ig, me } = await life()
  assert.equal(ig.closed, false)
  await Promise.all([ig.close(), ig.close()])
  await ig.close()
  assert.equal(ig.closed, true)
  for (const call of [() => me.today.get(), () => me.call('today.get'), () => me.answer('today.get'), () => ig.users.list()]) {
    await assert.rejects(call(), { code: 'UNAVAILABLE', reason: 'closed' })
  }
  assert.throws(() => ig.setNow('2026-03-10T09:00:00Z'), { code: 'UNAVAILABLE' })
})

test('calls under way when the store is closed end normally', async () => {
  const { ig, me } = await onDisk()
  const calls = Array.from({ length: 50 }, (_, i) => me.habits.create({ name: `Habit ${i}` }))
  const closing = ig.close()
  await assert.rejects(me.habits.create({ name: 'late' }), { reason: 'closed' })
  assert.equal((await Promise.all(calls)).length, 50)
  await closing
})

test('a store is closed in full when close() has ended', async () => {
  const file = place()
  const ig = await open(`sqlite:${file}`)
  await ig.users.create({ email: 'ada@example.org' })
  await Promise.all([ig.users.list(), ig.close()])
  assert.equal(fs.existsSync(`${file}-wal`), false, 'the last one to close folds the log into the database')
})

test('thousands of promises at once are all kept, and the event loop turns meanwhile', async () => {
  const { ig, me } = await onDisk()
  for (let i = 0; i < 40; ++i) await me.habits.create({ name: `Habit ${i}` })
  const { longest, usual, value } = await delayDuring(async () => {
    const calls = []
    for (let i = 0; i < 3000; ++i) {
      calls.push(i % 30 === 0 ? me.habits.create({ name: `More ${i}` }) : me.today.get({ current_route: '/today' }))
      // A program that makes calls without a pause would itself be what blocks.
      if (i % 20 === 0) await nextTurn()
    }
    return Promise.all(calls)
  })
  assert.equal(value.length, 3000)
  assert.ok(value.every((answer) => answer.habit !== undefined || answer.etag !== undefined))
  // A machine that has much else to do may take the core away from the event loop for a while.
  assert.ok(usual < 15 * SLOWNESS, `the event loop usually stood still for ${usual} ms`)
  assert.ok(longest < 500 * SLOWNESS, `the event loop stood still for ${longest} ms`)
  await ig.close()
})

test('one call after the other lets timers run', () =>
  living(async (ig) => {
    const { longest } = await delayDuring(async () => {
      const until = performance.now() + 300
      while (performance.now() < until) await ig.auth.session()
    })
    assert.ok(longest < 150 * SLOWNESS, `a timer waited for ${longest} ms`)
  }))

// Holds the write lock of a SQLite file until it is told to let go.
const HOLD = `
import sqlite3, sys
store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
store.execute("COMMIT")`

test('writes that wait for another program hold up neither the event loop nor reads nor files', async () => {
  const file = place()
  const ig = await open(`sqlite:${file}`)
  const me = ig.asUser((await ig.users.create({ email: 'ada@example.org' })).user.id)
  const other = spawn('python3', ['-c', HOLD, file], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(other.stdout, 'data')
  let written = 0
  const writes = Array.from({ length: 40 }, (_, i) => me.habits.create({ name: `Habit ${i}` }).then(() => ++written))
  const { usual, longest, value } = await delayDuring(async () => {
    const answers = []
    for (let i = 0; i < 50; ++i) {
      answers.push((await me.habits.list()).total)
      await fs.promises.stat(file)
      await sleep(2)
    }
    return answers
  })
  assert.deepEqual([written, new Set(value)], [0, new Set([0])])
  assert.ok(usual < 15 * SLOWNESS, `the event loop usually stood still for ${usual} ms`)
  assert.ok(longest < 500 * SLOWNESS, `the event loop stood still for ${longest} ms`)
  other.stdin.end('\n')
  await Promise.all(writes)
  assert.equal((await me.habits.list()).total, 40)
  await ig.close()
})

test('the addon works with the libraries that its package brings', { skip: !process.env.IGNITION_BUNDLED }, () => {
  const maps = fs.readFileSync('/proc/self/maps', 'utf8').split('\n')
  for (const name of ['libsqlite3', 'libfmt', 'libsimdjson', 'libdate-tz']) {
    const found = maps.filter((line) => line.includes(`/${name}.`))
    assert.ok(found.length > 0 && found.every((line) => line.includes('/node_modules/@ignition/node/prebuilt/')), name)
  }
})

test('an open store does not keep the process, calls under way do', async () => {
  const ended = await run(`
    const { open } = require('@ignition/node')
    open('sqlite:${place()}').then(async (ig) => {
      const { user } = await ig.users.create({ email: 'ada@example.org' })
      ig.asUser(user.id).habits.create({ name: 'Read' }).then(() => console.log('kept'))
    })`)
  assert.deepEqual(ended, { status: 0, signal: null, stdout: 'kept\n', stderr: '' })
})

test('a store that nobody closed is closed at the end', async () => {
  const file = place()
  const ended = await run(`
    const { open } = require('@ignition/node')
    open('sqlite:${file}').then((ig) => { globalThis.ig = ig; return ig.users.create({ email: 'ada@example.org' }) })`)
  assert.deepEqual(ended, { status: 0, signal: null, stdout: '', stderr: '' })
  assert.equal(fs.existsSync(`${file}-wal`), false)
})

const ENDINGS = {
  'process.exit(0)': 0,
  'process.exit(3)': 3,
  'setImmediate(() => { throw new Error("on purpose") })': 1,
  'ig.close(); process.exit(0)': 0,
  'process.on("exit", () => me.today.get()); process.exit(0)': 0,
  'globalThis.ig = null; me = null; gc(); process.exit(0)': 0,
}
for (const [ending, status] of Object.entries(ENDINGS)) {
  test(`the process ends in peace with calls under way: ${ending}`, async () => {
    const program = `
      const { open } = require('@ignition/node')
      open('sqlite:${place()}').then(async (ig) => {
        globalThis.ig = ig
        let me = ig.asUser((await ig.users.create({ email: 'ada@example.org' })).user.id)
        const again = (i) => me && me.user.update({ name: 'Ada ' + i }).then(() => me && me.today.get()).then(() => again(i))
        for (let i = 0; i < 40; ++i) again(i)
        setTimeout(() => { console.log('leaving'); ${ending} }, 100)
      })`
    const ended = await run(program, { options: ['--expose-gc'] })
    assert.deepEqual([ended.status, ended.signal, ended.stdout], [status, null, 'leaving\n'], ended.stderr)
    assert.ok(status === 1 || ended.stderr === '', ended.stderr)
  })
}

const WORKER = `
  const { open } = require('@ignition/node')
  const { parentPort, workerData } = require('node:worker_threads')
  open(workerData).then(async (ig) => {
    const me = ig.asUser((await ig.users.create({ email: process.pid + Math.random() + '@example.org' })).user.id)
    const again = (i) => me.user.update({ name: 'Ada ' + i }).then(() => me.today.get()).then(() => again(i))
    for (let i = 0; i < 20; ++i) again(i)
    parentPort.postMessage('begun')
  })`

test('worker threads have stores of their own, and may be ended with calls under way', async () => {
  const url = `sqlite:${place()}`
  const workers = Array.from({ length: 4 }, () => new Worker(WORKER, { eval: true, workerData: url }))
  await Promise.all(workers.map((worker) => new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject))))
  await sleep(50)
  assert.deepEqual(await Promise.all(workers.map((worker) => worker.terminate())), [1, 1, 1, 1])
  const ig = await open(url)
  assert.equal((await ig.users.list()).total, 4)
  await ig.close()
})

test('workers come and go while the process lives', async () => {
  for (let i = 0; i < 5; ++i) {
    const worker = new Worker(WORKER, { eval: true, workerData: `sqlite:${place()}` })
    await new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject))
    await worker.terminate()
  }
})

test('a process whose only stores are in workers ends in peace', async () => {
  const ended = await run(`
    const { Worker } = require('node:worker_threads')
    const worker = new Worker(${JSON.stringify(WORKER)}, { eval: true, workerData: 'sqlite:${place()}' })
    worker.on('message', () => process.exit(0))`)
  assert.deepEqual(ended, { status: 0, signal: null, stdout: '', stderr: '' })
})

test('a store that is forgotten is closed, also with a call under way', async () => {
  const ended = await run(
    `
    const { open } = require('@ignition/node')
    const fs = require('node:fs')
    const files = () => fs.readdirSync('/proc/self/fd').length
    ;(async () => {
      const before = files()
      for (let i = 0; i < 20; ++i) await (await open('sqlite:${place()}' + i)).users.list()
      const kept = (await open('sqlite:${place()}')).users.list()
      for (let i = 0; i < 100 && files() > before + 4; ++i) { gc(); await new Promise((r) => setTimeout(r, 20)) }
      console.log(files() <= before + 4, (await kept).total)
    })()`,
    { options: ['--expose-gc'] },
  )
  assert.deepEqual(ended, { status: 0, signal: null, stdout: 'true 0\n', stderr: '' })
})

test('nothing leaks', { skip: SLOWNESS > 1 && 'a sanitizer keeps what is freed' }, async () => {
  const ended = await run(
    `
    const { open } = require('@ignition/node')
    ;(async () => {
      const ig = await open('sqlite::memory:')
      const me = ig.asUser((await ig.users.create({ email: 'ada@example.org' })).user.id)
      async function round() {
        for (let i = 0; i < 400; ++i) {
          await Promise.all([me.today.get(), me.answer('today.get', {}, { ifNoneMatch: 'x' }), me.json('habits.list')])
          for (const bad of [{ duration_seconds: 5 }, { nonsense: [1, { a: 'b' }] }, { duration_seconds: () => 1 }]) {
            await me.call('focus.start', bad).catch(() => {})
          }
        }
        gc()
        await new Promise(setImmediate)
        gc()
        return process.memoryUsage()
      }
      for (let i = 0; i < 4; ++i) await round()
      const before = await round()
      let after
      for (let i = 0; i < 8; ++i) after = await round()
      console.log(JSON.stringify({ rss: after.rss - before.rss, heap: after.heapUsed - before.heapUsed }))
    })()`,
    { options: ['--expose-gc', '--max-semi-space-size=1'] },
  )
  assert.equal(ended.stderr, '')
  const grown = JSON.parse(ended.stdout)
  // 19,200 calls: a hundred bytes lost in each would be 1.9 MB.
  assert.ok(grown.heap < 200_000, JSON.stringify(grown))
  assert.ok(grown.rss < 3_000_000, JSON.stringify(grown))
})

test('opening and closing gives threads and files back', async () => {
  async function openAndClose() {
    const ig = await open(`sqlite:${place()}`)
    await ig.users.list()
    await ig.close()
  }
  for (let i = 0; i < 5; ++i) await openAndClose()
  const threads = fs.readdirSync('/proc/self/task').length
  const files = fs.readdirSync('/proc/self/fd').length
  for (let i = 0; i < 10; ++i) await openAndClose()
  assert.ok(fs.readdirSync('/proc/self/task').length <= threads)
  assert.equal(fs.readdirSync('/proc/self/fd').length, files)
})
