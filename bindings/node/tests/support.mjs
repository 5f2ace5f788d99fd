import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { spawn } from 'node:child_process'
import { after } from 'node:test'

import { IgnitionError, open } from '@ignition/node'

export const NOW = '2026-03-10T09:00:00Z'

/** What takes a second here takes that many under a sanitizer. */
export const SLOWNESS = Number(process.env.IGNITION_SLOWNESS ?? 1)

/** A store in memory whose clock stands and whose ids repeat, and a user of it. */
export async function life() {
  const ig = await open('sqlite::memory:', { now: NOW, seed: 7 })
  const { user } = await ig.users.create({ email: 'ada@example.org' })
  return { ig, me: ig.asUser(user.id) }
}

/** Runs `work` with a new store in memory, and closes it. */
export async function living(work) {
  const { ig, me } = await life()
  try {
    return await work(ig, me)
  } finally {
    await ig.close()
  }
}

const folders = []
after(() => folders.forEach((folder) => fs.rmSync(folder, { recursive: true, force: true })))

/** The path of a file in a new folder. */
export function place(name = 'life.db') {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ignition-node-'))
  folders.push(folder)
  return path.join(folder, name)
}

/** Runs a program, given as text, in a process of its own. */
export async function run(program, { options = [], type = 'commonjs' } = {}) {
  const child = spawn(process.execPath, [...options, `--input-type=${type}`, '-e', program], {
    cwd: path.dirname(new URL(import.meta.url).pathname),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (text) => (said.stdout += text))
  child.stderr.on('data', (text) => (said.stderr += text))
  const timer = setTimeout(() => child.kill('SIGKILL'), 120_000)
  const [status, signal] = await new Promise((resolve) => child.on('close', (...how) => resolve(how)))
  clearTimeout(timer)
  return { status, signal, ...said }
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** The test vectors in a file, which the C++ tests read, too. */
export const vectors = (name) => JSON.parse(fs.readFileSync(new URL(`vectors/${name}`, import.meta.url), 'utf8'))

/** Says whether a value was refused at `field`, for `reason`. */
export const refusal = (field, reason) => (thrown) => {
  assert.ok(thrown instanceof IgnitionError)
  assert.equal(thrown.code, 'VALIDATION_ERROR')
  assert.deepEqual([thrown.fields[0].field, thrown.reason], [field, reason])
  return true
}
