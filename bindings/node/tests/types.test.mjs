// What type checkers know is what runs.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'

import { living } from './support.mjs'

const here = path.dirname(fileURLToPath(import.meta.url))
const require = createRequire(import.meta.url)

function compiler() {
  try {
    return require.resolve('typescript/bin/tsc')
  } catch {
    return undefined
  }
}
const needsCompiler = { skip: compiler() === undefined && 'typescript is not installed' }

function check(...files) {
  const done = spawnSync(
    process.execPath,
    [compiler(), '--noEmit', '--strict', '--target', 'es2022', '--module', 'node16', '--moduleResolution', 'node16',
      ...files.map((file) => path.join(here, 'types', file))],
    { encoding: 'utf8', cwd: here },
  )
  return { status: done.status, said: done.stdout + done.stderr }
}

test('a well typed program passes the strict compiler, as a module and as a script', needsCompiler, () => {
  assert.deepEqual(check('good.mts', 'good.cts'), { status: 0, said: '' })
})

test('every mistake in an ill typed program is found', needsCompiler, () => {
  const { said } = check('bad.mts')
  const marked = fs.readFileSync(path.join(here, 'types', 'bad.mts'), 'utf8').split('\n')
  const expected = marked.flatMap((line, i) => (line.includes('// wrong') ? [i + 1] : []))
  const found = [...new Set([...said.matchAll(/bad\.mts\((\d+),/g)].map((match) => Number(match[1])))]
  assert.deepEqual(found, expected, said)
  assert.ok(expected.length >= 9)
})

test('an output has the fields of its type', () =>
  living(async (ig, me) => {
    const declared = fs.readFileSync(
      path.join(path.dirname(require.resolve('@ignition/node/package.json')), 'lib', 'operations.d.ts'), 'utf8')
    const fieldsOf = (name) =>
      [...declared.match(new RegExp(`export interface ${name} \\{\n([^}]*)\\}`))[1].matchAll(/^  (\w+)\??:/gm)].map((m) => m[1])
    assert.deepEqual(Object.keys(await me.today.get()), fieldsOf('RulesTodayPayload'))
    assert.deepEqual(Object.keys(await me.focus.start({ duration_seconds: 600 })), fieldsOf('FocusSession'))
  }))
